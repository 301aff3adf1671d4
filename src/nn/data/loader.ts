// Batches of a dataset: rows of tensors are gathered on the GPU, single examples put together.
import { isList, show, wantWhole } from "../../tensor/check.ts";
import { handleOf } from "../../tensor/handle.ts";
import { BOOLEAN, type Kind, NUMBER, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Batch, collated, type Floats, noteFloats } from "./collate.ts";
import { asDataset, type Dataset, listed, Subset, TensorDataset, wantIndex } from "./dataset.ts";
import { BatchSampler, isSampler, RandomSampler, type Sampler, SequentialSampler } from "./sampler.ts";

/** How a DataLoader makes batches. */
export interface DataLoaderOptions<T, B> {
  /** Examples of a batch; the last may have fewer. Default 1. */
  batchSize?: number;
  /** Whether each pass goes in another order. Default false. */
  shuffle?: boolean;
  /** What the orders are drawn by: the same seed gives the same ones. Default: manualSeed's. */
  seed?: number;
  /** The numbers of a pass's examples instead of all of them in a row, as WeightedRandomSampler draws them. */
  sampler?: Sampler;
  /** The numbers of each batch's examples, in the place of the four above and dropLast. */
  batchSampler?: Sampler<readonly number[]>;
  /** Whether a last batch of fewer examples is left out. Default false. */
  dropLast?: boolean;
  /** Makes a batch of examples in a way of its own. */
  collateFn?: (examples: T[]) => B;
}

const FUNCTION: Kind = { says: "a function", fits: (value) => typeof value === "function" };
const SAMPLER: Kind = {
  says: "a list of the examples' numbers, or what has a length and can be iterated",
  fits: isSampler,
};
const BATCHES: Kind = { says: "lists of the examples' numbers, one a batch", fits: isSampler };
const loaderOptions = takes("DataLoader", 2, {
  batchSize: NUMBER,
  shuffle: BOOLEAN,
  seed: NUMBER,
  sampler: SAMPLER,
  batchSampler: BATCHES,
  dropLast: BOOLEAN,
  collateFn: FUNCTION,
});

/**
 * Goes over a dataset in batches: `for (const [x, y] of loader)`, or `for await` where get() gives promises or the event loop is
 * to turn. Of a TensorDataset, and of parts of one, a batch is a gather of its rows; of others, tensors are stacked, typed
 * arrays, numbers and bools become tensors, words stay lists, and lists and objects are gone into. A list is a dataset too.
 *
 * Numbers become int32 where they are whole, as PyTorch's do, and float32 once there was one in that place that is not: of a list,
 * and of parts of one, that is known from the first batch on. Where get() computes them, have it give `tensor(y)` for a number
 * that is to be float32 whatever it is.
 * @example
 * const set = new data.TensorDataset(arange(10).reshape([5, 2]), arange(5));
 * const loader = new data.DataLoader(set, { batchSize: 2 });
 * for (const [x, y] of loader) console.assert(x.shape[0] === y.shape[0]);
 * loader.length; // → 3
 */
export class DataLoader<T, B = Batch<T>> implements Iterable<B>, AsyncIterable<B> {
  /** Null where a batchSampler says which examples a batch has. */
  readonly batchSize: number | null;
  private readonly drawn: boolean;
  private readonly batches: Sampler<readonly number[]>;
  private readonly collate: ((examples: T[]) => B) | undefined;
  private floats: Floats | null = null;

  readonly dataset: Dataset<T>;

  constructor(dataset: Dataset<T> | readonly T[], options?: DataLoaderOptions<T, B>, ...more: never[]) {
    this.dataset = asDataset("DataLoader", dataset);
    loaderOptions(options, more);
    const { batchSize = 1, shuffle = false, seed, sampler, batchSampler, dropLast = false } = options ?? {};
    if (
      batchSampler !== undefined &&
      Object.values({ ...options, collateFn: undefined }).filter((each) => each !== undefined).length > 1
    )
      throw new TypeError(
        "DataLoader: batchSampler says all of the batches: leave out batchSize, shuffle, seed, sampler and dropLast",
      );
    if (shuffle && sampler !== undefined)
      throw new TypeError("DataLoader: give shuffle or a sampler, one of both: the sampler says the order");
    wantWhole("DataLoader", { batchSize }, 1);
    if (seed !== undefined) wantWhole("DataLoader", { seed }, 0);
    this.batchSize = batchSampler === undefined ? batchSize : null;
    this.drawn = (batchSampler ?? sampler) !== undefined;
    const all = this.dataset;
    const order = sampler ?? (shuffle ? new RandomSampler(all, { seed }) : new SequentialSampler(all));
    this.batches = batchSampler ?? new BatchSampler(order, batchSize, { dropLast });
    this.collate = options?.collateFn;
  }

  /** Batches of a pass. */
  get length(): number {
    return this.batches.length;
  }

  /** The numbers of each batch's examples. */
  private *positions(): Generator<readonly number[]> {
    for (const batch of this.batches) {
      if (!isList(batch) || batch.length === 0)
        throw new TypeError(`DataLoader: the batchSampler gives lists of numbers, got ${show(batch)}`);
      if (this.drawn)
        for (const index of batch) wantIndex("DataLoader: the sampler", index, this.dataset.length);
      yield batch;
    }
  }

  *[Symbol.iterator](): Generator<B> {
    for (const positions of this.positions()) {
      const rows = this.rows(positions);
      if (rows !== null) {
        yield rows;
        continue;
      }
      const examples = positions.map((position) => this.dataset.get(position));
      if (examples.some((example) => example instanceof Promise))
        throw new TypeError("DataLoader: the dataset's get(i) gives promises: go over it with for await");
      yield this.together(examples as T[]);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<B> {
    for (const positions of this.positions()) {
      yield this.rows(positions) ??
        this.together(await Promise.all(positions.map((position) => this.dataset.get(position))));
    }
  }

  /** Of tensors in rows, a batch at once; null of other datasets, and where a class or an object has a get() of its own. */
  private rows(positions: readonly number[]): B | null {
    if (this.collate !== undefined) return null;
    let dataset: unknown = this.dataset;
    let at = positions;
    while (dataset instanceof Subset && dataset.get === Subset.prototype.get) {
      const { indices } = dataset;
      at = at.map((position) => indices[position]!);
      dataset = dataset.dataset;
    }
    if (!(dataset instanceof TensorDataset) || dataset.get !== TensorDataset.prototype.get) return null;
    const inARow = at.every((position, i) => position === at[0]! + i);
    return dataset.tensors.map((each: Tensor) => {
      if (!inARow) return each.indexSelect(0, at);
      const rows = each.narrow(0, at[0]!, at.length);
      handleOf(rows).origin = "DataLoader"; // a batch is no view in PyTorch either, and may be written into
      return rows;
    }) as B;
  }

  private together(examples: T[]): B {
    if (this.collate !== undefined) return this.collate(examples);
    if (this.floats === null) {
      this.floats = new Set();
      for (const example of listed(this.dataset)) noteFloats(example, this.floats);
    }
    return collated(examples, this.floats) as B;
  }
}
