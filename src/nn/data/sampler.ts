// Which examples a pass takes, and in which order, by torch.utils.data's names.
import { HostRandom } from "../../gpu/host-random.ts";
import { nextDraw } from "../../gpu/random.ts";
import { isList, isTensor, show, wantNoMore, wantWhole } from "../../tensor/check.ts";
import { BOOLEAN, NUMBER, takes } from "../../tensor/options.ts";
import { listOfIndices, shuffled } from "./dataset.ts";

/** In which order a pass goes over the examples: their numbers, a list or what gives them anew each time. */
export interface Sampler<T = number> extends Iterable<T> {
  readonly length: number;
}

/** Whether it can be gone over, and says how long it is. */
export const isSampler = (value: unknown): value is Sampler =>
  typeof value === "object" &&
  value !== null &&
  Symbol.iterator in value &&
  "length" in value &&
  !isTensor(value);

/** Throws unless there is something to go over. */
function wantLength(who: string, dataSource: { readonly length: number }): void {
  if (!isTensor(dataSource) && typeof dataSource?.length === "number") return;
  throw new TypeError(`${who}: the dataset has a length, got ${show(dataSource)}`);
}

/**
 * All numbers in a row.
 * @example [...new data.SequentialSampler(new data.TensorDataset(arange(3)))]; // → [0, 1, 2]
 */
export class SequentialSampler implements Iterable<number> {
  constructor(
    private readonly dataSource: { readonly length: number },
    ...more: never[]
  ) {
    wantLength("SequentialSampler", dataSource);
    wantNoMore("SequentialSampler", more);
  }

  /** The numbers of a pass. */
  get length(): number {
    return this.dataSource.length;
  }

  *[Symbol.iterator](): Generator<number> {
    for (let i = 0; i < this.length; i++) yield i;
  }
}

const randomOptions = takes("RandomSampler", 2, { replacement: BOOLEAN, numSamples: NUMBER, seed: NUMBER });

/**
 * All numbers in a new order each pass; or as many as numSamples says, each drawn anew with replacement. Without a seed, by
 * manualSeed's.
 * @example
 * const sampler = new data.RandomSampler(new data.TensorDataset(arange(3)), { numSamples: 2 });
 * [...sampler].length; // → 2
 */
export class RandomSampler implements Iterable<number> {
  private readonly replacement: boolean;
  private readonly numSamples: number | undefined;
  private readonly seed: number | undefined;
  private passes = 0;

  constructor(
    private readonly dataSource: { readonly length: number },
    options?: { replacement?: boolean; numSamples?: number; seed?: number },
    ...more: never[]
  ) {
    wantLength("RandomSampler", dataSource);
    randomOptions(options, more);
    const { replacement = false, numSamples, seed } = options ?? {};
    if (numSamples !== undefined) wantWhole("RandomSampler", { numSamples }, 0);
    this.replacement = replacement;
    this.numSamples = numSamples;
    this.seed = seed;
  }

  /** The numbers of a pass. */
  get length(): number {
    return this.numSamples ?? this.dataSource.length;
  }

  *[Symbol.iterator](): Generator<number> {
    const count = this.dataSource.length;
    if (this.replacement && count > 0) {
      const { seed, draw } = this.seed === undefined ? nextDraw() : { seed: this.seed, draw: this.passes++ };
      const random = new HostRandom(seed, draw);
      for (let i = 0; i < this.length; i++) yield Math.floor(random.uniform() * count);
      return;
    }
    // More than there are go round again, in another order, as in PyTorch.
    for (let left = this.length; left > 0 && count > 0; left -= count)
      yield* shuffled(count, this.seed, this.passes++).slice(0, left);
  }
}

const subsetOptions = takes("SubsetRandomSampler", 2, { seed: NUMBER });

/**
 * Some numbers in a new order each pass: a part of a dataset without making one. Without a seed, by manualSeed's.
 * @example [...new data.SubsetRandomSampler([4, 4])]; // → [4, 4]
 */
export class SubsetRandomSampler implements Iterable<number> {
  /** The numbers of a pass. */
  readonly length: number;
  private readonly indices: readonly number[];
  private readonly seed: number | undefined;
  private passes = 0;

  constructor(indices: ArrayLike<number>, options?: { seed?: number }, ...more: never[]) {
    this.indices = listOfIndices("SubsetRandomSampler", indices);
    subsetOptions(options, more);
    this.length = indices.length;
    this.seed = options?.seed;
  }

  *[Symbol.iterator](): Generator<number> {
    for (const i of shuffled(this.length, this.seed, this.passes++)) yield this.indices[i]!;
  }
}

const batchOptions = takes("BatchSampler", 3, { dropLast: BOOLEAN });

/**
 * The numbers that a sampler gives, in lists of batchSize, for a loader's batchSampler. The last may be shorter, unless dropLast leaves
 * it out.
 * @example [...new data.BatchSampler([4, 2, 0], 2)]; // → [[4, 2], [0]]
 */
export class BatchSampler implements Sampler<number[]> {
  private readonly dropLast: boolean;

  constructor(
    readonly sampler: Sampler,
    readonly batchSize: number,
    options?: { dropLast?: boolean },
    ...more: never[]
  ) {
    if (!isSampler(sampler))
      throw new TypeError(`BatchSampler: the sampler has a length and can be iterated, got ${show(sampler)}`);
    wantWhole("BatchSampler", { batchSize }, 1);
    batchOptions(options, more);
    this.dropLast = options?.dropLast ?? false;
  }

  /** Batches of a pass. */
  get length(): number {
    const batches = this.sampler.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  *[Symbol.iterator](): Generator<number[]> {
    let batch: number[] = [];
    for (const index of this.sampler) {
      batch.push(index);
      if (batch.length < this.batchSize) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0 && !this.dropLast) yield batch;
  }
}

const samplerOptions = takes("WeightedRandomSampler", 3, { replacement: BOOLEAN, seed: NUMBER });

/**
 * The numbers of examples, drawn as often as their weights say, anew each pass: rare classes are seen as often as others where an
 * example weighs 1 / its class's count. Without replacement none is drawn twice. Without a seed, by manualSeed's.
 * @example
 * const sampler = new data.WeightedRandomSampler([0, 1, 0], 2);
 * [...sampler]; // → [1, 1]
 */
export class WeightedRandomSampler implements Iterable<number> {
  /** The numbers of a pass. */
  readonly length: number;
  private readonly weights: readonly number[];
  private readonly replacement: boolean;
  private readonly seed: number | undefined;
  private passes = 0;

  constructor(
    weights: ArrayLike<number>,
    numSamples: number,
    options?: { replacement?: boolean; seed?: number },
    ...more: never[]
  ) {
    const { replacement = true, seed } = options ?? {};
    const list = isList(weights) ? Array.from(weights) : [];
    const wrong = list.find((weight) => !(Number.isFinite(weight) && weight >= 0));
    if (list.length === 0 || wrong !== undefined)
      throw new TypeError(
        `WeightedRandomSampler: the weights are a list of numbers ≥ 0, got ${show(wrong ?? weights)}`,
      );
    wantWhole("WeightedRandomSampler", { numSamples }, 1);
    samplerOptions(options, more);
    const positive = list.filter((weight) => weight > 0).length;
    const needed = replacement ? 1 : numSamples;
    if (positive < needed)
      throw new RangeError(
        `WeightedRandomSampler: ${needed} of the weights are above 0 at least, got ${positive}`,
      );
    this.weights = list;
    this.length = numSamples;
    this.replacement = replacement;
    this.seed = seed;
  }

  *[Symbol.iterator](): Generator<number> {
    const { seed, draw } = this.seed === undefined ? nextDraw() : { seed: this.seed, draw: this.passes++ };
    const random = new HostRandom(seed, draw);
    if (!this.replacement) {
      // The largest of uniform^(1 / weight): P. S. Efraimidis, P. G. Spirakis, "Weighted random sampling with a reservoir", 2006.
      const keys = this.weights.map((weight) => Math.log(1 - random.uniform()) / weight);
      const order = keys.map((_, i) => i).filter((i) => this.weights[i]! > 0);
      yield* order.sort((a, b) => keys[b]! - keys[a]!).slice(0, this.length);
      return;
    }
    let sum = 0;
    const ends = this.weights.map((weight) => (sum += weight));
    for (let n = 0; n < this.length; n++) {
      const at = random.uniform() * sum;
      let [low, high] = [0, ends.length - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (ends[middle]! > at) high = middle;
        else low = middle + 1;
      }
      yield low;
    }
  }
}
