// From features to what the network is fed: standardised, masked while training, as the network takes them.

import { HostRandom } from "../../gpu/host-random.ts";
import { audio, noGrad, type Tensor } from "../../index.ts";
import { sizeOf } from "../features/extractor.ts";
import type { Features } from "../features/features.ts";
import type { Recipe } from "../recipes/recipe.ts";
import { kindOf } from "./networks/kinds.ts";
import { RowStore } from "./stores/row-store.ts";

/** What is subtracted from every value, and what the rest is divided by. */
export interface Standardization {
  mean: number;
  deviation: number;
}

/** The mean and (population) standard deviation of the given segments' values. */
export function standardizationOf({ values, shape }: Features, segments: readonly number[]): Standardization {
  const size = sizeOf(shape);
  const overAll = (term: (value: number) => number) => {
    let total = 0;
    for (const segment of segments) {
      let sum = 0;
      for (let i = segment * size; i < (segment + 1) * size; i++) sum += term(values[i]!);
      total += sum;
    }
    return total / (segments.length * size);
  };
  const mean = overAll((value) => value);
  const deviation = Math.sqrt(overAll((value) => (value - mean) ** 2));
  return { mean, deviation: deviation > 0 ? deviation : 1 };
}

/** The network's input from standardised examples `[n, …shape]`: masked for training if wanted, and then made ready for it. */
export function networkInput(examples: Tensor, { masks, network }: Recipe, masked: boolean): Tensor {
  return noGrad(() => {
    // Widths are drawn below the parameter: one more, so that the recipe's is the widest.
    const visible =
      masks !== null && masked
        ? audio.freqTimeMask(examples, { freqMaskParam: masks.mels + 1, timeMaskParam: masks.frames + 1 })
        : examples;
    return kindOf(network).input(visible, network);
  });
}

/** Segments for the GPU, standardised. */
export class SegmentStore {
  readonly labels: readonly number[];
  readonly size: number;
  readonly rows: RowStore;

  /**
   * @param segments which of the features' segments to hold; position i of the store is segments[i]
   * @param maxBytes the largest array that the device can bind
   * @param keptBytes what may stay on the GPU, if not as much as stores keep
   */
  constructor(
    private readonly features: Features,
    segments: readonly number[],
    labels: readonly number[],
    readonly standardization: Standardization,
    readonly maxBytes: number,
    keptBytes?: number,
  ) {
    const { mean, deviation } = standardization;
    const { shape, values } = features;
    const width = sizeOf(shape);
    this.size = segments.length;
    this.labels = labels;
    const write = (i: number, into: Float32Array) => {
      const from = segments[i]! * width;
      for (let k = 0; k < width; k++) into[k] = (values[from + k]! - mean) / deviation;
    };
    this.rows = new RowStore(segments.length, width, write, maxBytes, keptBytes);
  }

  /** The segments at these positions: `[positions, …shape]`. */
  examples(positions: readonly number[]): Tensor {
    const { shape } = this.features;
    return noGrad(() => this.rows.gather(positions).reshape([positions.length, ...shape]));
  }

  /** The network's input for the segments at these positions, masked for training if wanted. */
  input(positions: readonly number[], recipe: Recipe, masked: boolean): Tensor {
    return noGrad(() => networkInput(this.examples(positions), recipe, masked));
  }
}

/**
 * The positions of one epoch's batches, shuffled. A last batch of a single segment, of which batch norm could
 * make nothing, joins the one before.
 */
export function epochBatches(size: number, batchSize: number, random: HostRandom): number[][] {
  const order = random.shuffle(Array.from({ length: size }, (_, i) => i));
  const batches: number[][] = [];
  for (let from = 0; from < size; from += batchSize) batches.push(order.slice(from, from + batchSize));
  if (batches.length > 1 && batches.at(-1)!.length === 1) batches.at(-2)!.push(...batches.pop()!);
  return batches;
}

/** What an epoch's shuffling and its draws on the GPU begin from, whether or not a run was interrupted before it. */
export function epochRandom(seed: number, epoch: number): { order: HostRandom; gpuSeed: number } {
  const random = new HostRandom(seed, epoch);
  return { gpuSeed: random.int(2 ** 32), order: random };
}
