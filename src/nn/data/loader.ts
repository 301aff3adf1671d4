// Batches of a dataset: rows of tensors are gathered on the GPU, single examples put together.
import { wantWhole } from "../../tensor/check.ts";
import { handleOf } from "../../tensor/handle.ts";
import { BOOLEAN, type Kind, NUMBER, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Batch, collated, type Floats, noteFloats } from "./collate.ts";
import { asDataset, type Dataset, listed, Subset, shuffled, TensorDataset, wantIndex } from "./dataset.ts";

/** In which order a pass goes over the examples: their numbers, a list or what gives them anew each time. */
export interface Sampler extends Iterable<number> {
  readonly length: number;
}

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
  /** Whether a last batch of fewer examples is left out. Default false. */
  dropLast?: boolean;
  /** Makes a batch of examples in a way of its own. */
  collateFn?: (examples: T[]) => B;
}

const FUNCTION: Kind = { says: "a function", fits: (value) => typeof value === "function" };
const SAMPLER: Kind = {
  says: "a list of the examples' numbers, or what has a length and can be iterated",
  fits: (value) =>
    typeof value === "object" && value !== null && Symbol.iterator in value && "length" in value,
};
const loaderOptions = takes("DataLoader", 2, {
  batchSize: NUMBER,
  shuffle: BOOLEAN,
  seed: NUMBER,
  sampler: SAMPLER,
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
  readonly batchSize: number;
  private readonly shuffle: boolean;
  private readonly seed: number | undefined;
  private readonly sampler: Sampler | undefined;
  private readonly dropLast: boolean;
  private readonly collate: ((examples: T[]) => B) | undefined;
  private passes = 0;
  private floats: Floats | null = null;

  readonly dataset: Dataset<T>;

  constructor(dataset: Dataset<T> | readonly T[], options?: DataLoaderOptions<T, B>, ...more: never[]) {
    this.dataset = asDataset("DataLoader", dataset);
    loaderOptions(options, more);
    const { batchSize = 1, shuffle = false, seed, sampler, dropLast = false, collateFn } = options ?? {};
    if (shuffle && sampler !== undefined)
      throw new TypeError("DataLoader: give shuffle or a sampler, one of both: the sampler says the order");
    wantWhole("DataLoader", { batchSize }, 1);
    if (seed !== undefined) wantWhole("DataLoader", { seed }, 0);
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.seed = seed;
    this.sampler = sampler;
    this.dropLast = dropLast;
    this.collate = collateFn;
  }

  /** Batches of a pass. */
  get length(): number {
    const batches = (this.sampler ?? this.dataset).length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** The numbers of each batch's examples, in a new order each time where they are shuffled. */
  private *positions(): Generator<number[]> {
    const count = this.dataset.length;
    const inOrder = () => Array.from({ length: count }, (_, i) => i);
    const order = this.sampler ?? (this.shuffle ? shuffled(count, this.seed, this.passes++) : inOrder());
    let batch: number[] = [];
    for (const index of order) {
      if (this.sampler !== undefined) wantIndex("DataLoader: the sampler", index, count);
      batch.push(index);
      if (batch.length < this.batchSize) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0 && !this.dropLast) yield batch;
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
