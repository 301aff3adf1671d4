// From features to what the network is fed: standardised, masked while training, with deltas as second channel.

import { HostRandom } from "../../gpu/host-random.ts";
import { audio, cat, noGrad, type Tensor } from "../../index.ts";
import type { Features } from "../features/features.ts";
import type { Recipe } from "../recipes/recipe.ts";
import { RowStore } from "./row-store.ts";

/** What is subtracted from every value, and what the rest is divided by. */
export interface Standardization {
  mean: number;
  deviation: number;
}

/** The mean and (population) standard deviation of the given segments' values. */
export function standardizationOf(
  { values, nMels, frames }: Features,
  segments: readonly number[],
): Standardization {
  const size = nMels * frames;
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

/**
 * The network's input `[n, 2, nMels, frames]` from standardised log-mel segments `[n, nMels, frames]`: masked for
 * training if wanted, and then with their deltas.
 */
export function networkInput(logMel: Tensor, { masks, deltaWidth }: Recipe, masked: boolean): Tensor {
  return noGrad(() => {
    // Widths are drawn below the parameter: one more, so that the recipe's is the widest.
    const visible =
      masks !== null && masked
        ? audio.freqTimeMask(logMel, { freqMaskParam: masks.mels + 1, timeMaskParam: masks.frames + 1 })
        : logMel;
    const deltas = audio.computeDeltas(visible, { winLength: deltaWidth });
    return cat([visible.unsqueeze(1), deltas.unsqueeze(1)], 1);
  });
}

/** Segments that live on the GPU, standardised. */
export class SegmentStore {
  readonly labels: readonly number[];
  readonly size: number;
  private readonly rows: RowStore;

  /**
   * @param segments which of the features' segments to hold; position i of the store is segments[i]
   * @param maxBytes the largest array that the device can bind
   */
  constructor(
    private readonly features: Features,
    segments: readonly number[],
    labels: readonly number[],
    readonly standardization: Standardization,
    maxBytes: number,
  ) {
    const { mean, deviation } = standardization;
    const { nMels, frames, values } = features;
    const width = nMels * frames;
    this.size = segments.length;
    this.labels = labels;
    const write = (i: number, into: Float32Array) => {
      const from = segments[i]! * width;
      for (let k = 0; k < width; k++) into[k] = (values[from + k]! - mean) / deviation;
    };
    this.rows = new RowStore(segments.length, width, write, maxBytes);
  }

  /** The segments at these positions: `[positions, nMels, frames]`. */
  logMel(positions: readonly number[]): Tensor {
    const { nMels, frames } = this.features;
    return noGrad(() => this.rows.gather(positions).reshape([positions.length, nMels, frames]));
  }

  /** The network's input for the segments at these positions, masked for training if wanted. */
  input(positions: readonly number[], recipe: Recipe, masked: boolean): Tensor {
    return noGrad(() => networkInput(this.logMel(positions), recipe, masked));
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
