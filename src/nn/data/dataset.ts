// Datasets: anything with a length and a get(i), tensors in rows, and parts of others.

import { HostRandom } from "../../gpu/host-random.ts";
import { nextDraw } from "../../gpu/random.ts";
import { formatShape } from "../../gpu/shape.ts";
import { isList, isTensor, show, wantNoMore, wantTensor } from "../../tensor/check.ts";
import { refuseIndices } from "../../tensor/instead.ts";
import { NUMBER, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/**
 * Examples by number: a class of one's own derives from it, or is simply written with a length and a get(i), which may give a promise.
 * @example
 * class Squares extends data.Dataset<number[]> {
 *   get length() { return 4; }
 *   get(i: number) { return [i, i * i]; }
 * }
 * [...new data.DataLoader(new Squares(), { batchSize: 4 })][0]![1]; // → [0, 1, 4, 9]
 */
export abstract class Dataset<T = unknown> {
  /** Number of examples. */
  abstract readonly length: number;
  /**
   * The example at an index.
   * @throws RangeError where a dataset has none there
   */
  abstract get(index: number): T | Promise<T>;
}

refuseIndices(Dataset.prototype, (i) => `dataset[${i}]: write dataset.get(${i})`);

/** The lists that datasets were made of. */
const lists = new WeakMap<object, readonly unknown[]>();

/** What has a length and a get(), or a list, which is taken as one. Throws where it is neither. */
export function asDataset<T>(who: string, dataset: Dataset<T> | readonly T[]): Dataset<T> {
  if (Array.isArray(dataset)) {
    const made = { length: dataset.length, get: (i: number) => dataset[i] as T };
    lists.set(made, dataset);
    return made;
  }
  if (isTensor(dataset))
    throw new TypeError(
      `${who}: the dataset has a length and a get(i), got ${show(dataset)}: write new data.TensorDataset(x)`,
    );
  const { length, get } = (dataset ?? {}) as Partial<Dataset<unknown>>;
  if (typeof length === "number" && typeof get === "function") return dataset as Dataset<T>;
  throw new TypeError(
    `${who}: the dataset has a length and a get(i), got ${show(dataset)}: write get length() { … } and get(i) { … }`,
  );
}

/** Throws unless i is one of 0 … length − 1. */
export function wantIndex(who: string, index: number, length: number): void {
  if (Number.isInteger(index) && index >= 0 && index < length) return;
  const kind = typeof index === "number" ? RangeError : TypeError;
  throw new kind(`${who}: the index is one of 0 … ${length - 1}, got ${show(index)}`);
}

/** Indices as a list. Throws where they are none: those of a tensor are on the GPU. */
export function listOfIndices(who: string, indices: ArrayLike<number>): number[] {
  if (isList(indices)) return Array.from(indices);
  const hint = isTensor(indices) ? ": write await indices.tolist()" : "";
  throw new TypeError(`${who}: the indices are a list of whole numbers, got ${show(indices)}${hint}`);
}

/**
 * Tensors of as many rows each: example i is the i-th row of each.
 * @example
 * const set = new data.TensorDataset(tensor([[1, 2], [3, 4]]), tensor([0, 1]));
 * set.length; // → 2
 * set.get(1); // → [[3, 4], 1]
 */
export class TensorDataset<T extends Tensor[] = Tensor[]> extends Dataset<T> {
  readonly tensors: T;

  constructor(...tensors: T) {
    super();
    if (tensors.length === 0) throw new TypeError("TensorDataset: wants one tensor or more");
    for (const [i, tensor] of tensors.entries()) {
      wantTensor("TensorDataset", `argument ${i}`, tensor);
      if (tensor.ndim === 0 || tensor.shape[0] !== tensors[0]!.shape[0])
        throw new RangeError(
          `TensorDataset: all tensors have as many rows, got ${tensors.map(({ shape }) => formatShape(shape)).join(" and ")}`,
        );
    }
    this.tensors = tensors;
  }

  get length(): number {
    return this.tensors[0]!.shape[0]!;
  }

  /** The rows at an index, one of each tensor. */
  get(index: number, ...more: never[]): T {
    wantIndex("TensorDataset.get", index, this.length);
    wantNoMore("TensorDataset.get", more);
    return this.tensors.map((tensor) => tensor.select(0, index)) as T;
  }
}

/**
 * Some examples of another dataset, by their numbers.
 * @example
 * const set = new data.TensorDataset(tensor([[1, 2], [3, 4]]));
 * new data.Subset(set, [1]).get(0); // → [[3, 4]]
 */
export class Subset<T> extends Dataset<T> {
  readonly dataset: Dataset<T>;

  constructor(
    dataset: Dataset<T> | readonly T[],
    readonly indices: readonly number[],
    ...more: never[]
  ) {
    super();
    this.dataset = asDataset("Subset", dataset);
    listOfIndices("Subset", indices);
    wantNoMore("Subset", more);
    for (const index of indices) wantIndex("Subset", index, dataset.length);
  }

  get length(): number {
    return this.indices.length;
  }

  /** The item at a place in the part. */
  get(index: number, ...more: never[]): T | Promise<T> {
    wantIndex("Subset.get", index, this.length);
    wantNoMore("Subset.get", more);
    return this.dataset.get(this.indices[index]!);
  }
}

/**
 * Several datasets in a row.
 * @example
 * const set = new data.ConcatDataset([new data.TensorDataset(arange(2)), new data.TensorDataset(tensor([7]))]);
 * set.length; // → 3
 * set.get(2); // → [7]
 */
export class ConcatDataset<T> extends Dataset<T> {
  readonly datasets: readonly Dataset<T>[];

  constructor(datasets: readonly (Dataset<T> | readonly T[])[], ...more: never[]) {
    super();
    if (!Array.isArray(datasets) || datasets.length === 0)
      throw new TypeError(`ConcatDataset: wants a list of datasets, got ${show(datasets)}`);
    wantNoMore("ConcatDataset", more);
    this.datasets = datasets.map((each) => asDataset<T>("ConcatDataset", each));
  }

  get length(): number {
    return this.datasets.reduce((sum, { length }) => sum + length, 0);
  }

  /** The item at a place in the row. */
  get(index: number, ...more: never[]): T | Promise<T> {
    wantIndex("ConcatDataset.get", index, this.length);
    wantNoMore("ConcatDataset.get", more);
    let [which, at] = [0, index];
    while (at >= this.datasets[which]!.length) at -= this.datasets[which++]!.length;
    return this.datasets[which]!.get(at);
  }
}

/** What can be looked through without computing anything: lists, also those that others are parts of or made of. */
export function listed(dataset: Dataset<unknown>): readonly unknown[] {
  if (dataset instanceof Subset && dataset.get === Subset.prototype.get) return listed(dataset.dataset);
  if (dataset instanceof ConcatDataset && dataset.get === ConcatDataset.prototype.get)
    return dataset.datasets.flatMap(listed);
  return lists.get(dataset) ?? [];
}

const splitOptions = takes("randomSplit", 3, { seed: NUMBER });

/**
 * Parts of a dataset, drawn by the seed, that have no example in common: their lengths, which add up to the dataset's, or their
 * shares, which add up to 1 (what is left when they are rounded down goes to the first ones, one each). Without a seed, by
 * manualSeed's.
 * @example
 * const [train, test] = data.randomSplit(new data.TensorDataset(arange(10)), [8, 2]);
 * [train.length, test.length]; // → [8, 2]
 */
export function randomSplit<T>(
  data: Dataset<T> | readonly T[],
  lengths: readonly number[],
  options?: { seed?: number },
  ...more: never[]
): Subset<T>[] {
  const dataset = asDataset("randomSplit", data);
  if (!isList(lengths) || !Array.from(lengths).every((n) => typeof n === "number" && n >= 0))
    throw new TypeError(`randomSplit: the lengths are a list of numbers ≥ 0, got ${show(lengths)}`);
  splitOptions(options, more);
  const sum = lengths.reduce((total, length) => total + length, 0);
  let sizes = [...lengths];
  if (Math.abs(sum - 1) < 1e-9 && !(dataset.length === 1 && sizes.every(Number.isInteger))) {
    sizes = sizes.map((share) => Math.floor(share * dataset.length));
    const rest = dataset.length - sizes.reduce((total, size) => total + size, 0);
    for (let i = 0; i < rest; i++) sizes[i % sizes.length]!++;
  } else if (sum !== dataset.length || !sizes.every(Number.isInteger))
    throw new RangeError(
      `randomSplit: the lengths add up to the dataset's ${dataset.length}, or shares to 1, got ${show(lengths)}`,
    );
  const order = shuffled(dataset.length, options?.seed);
  return sizes.map((size, i) => {
    const from = sizes.slice(0, i).reduce((total, each) => total + each, 0);
    return new Subset(dataset, order.slice(from, from + size));
  });
}

/** 0 … count − 1 in a drawn order: by a seed, and as often as it was used, or by manualSeed's next draw. */
export function shuffled(count: number, seed?: number, times = 0): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  const drawn = seed === undefined ? nextDraw() : { seed, draw: times };
  return new HostRandom(drawn.seed, drawn.draw).shuffle(order);
}
