// From features to what the network is fed: standardised, masked while training, with deltas as second channel.
import { audio, cat, noGrad, type Tensor, tensor } from "../index.ts";
import { HostRandom } from "../tensor/host-random.ts";
import type { Features } from "./features.ts";
import type { Recipe } from "./recipe.ts";

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

export interface Batch {
  /** `[segments, 2, nMels, frames]` */
  input: Tensor;
  labels: number[];
  /** Where in the store each row came from. */
  order: number[];
}

/** Segments that live on the GPU, standardised, in pieces that a kernel can read. */
export class SegmentStore {
  private readonly pieces: Tensor[] = [];
  private readonly pieceRows: number;
  readonly labels: readonly number[];
  readonly size: number;

  /**
   * @param segments which of the features' segments to hold; position i of the store is segments[i]
   * @param maxBytes the largest array that the device can bind (the piece that one lookup reads)
   */
  constructor(
    private readonly features: Features,
    segments: readonly number[],
    labels: readonly number[],
    { mean, deviation }: Standardization,
    maxBytes: number,
  ) {
    const { nMels, frames, values } = features;
    const row = nMels * frames;
    this.size = segments.length;
    this.labels = labels;
    this.pieceRows = Math.max(1, Math.floor(maxBytes / (row * 4)));
    for (let from = 0; from < segments.length; from += this.pieceRows) {
      const part = segments.slice(from, from + this.pieceRows);
      const data = new Float32Array(part.length * row);
      part.forEach((segment, i) => {
        for (let k = 0; k < row; k++) data[i * row + k] = (values[segment * row + k]! - mean) / deviation;
      });
      this.pieces.push(tensor(data, { shape: [part.length, row] }));
    }
  }

  /**
   * The network's input for the segments at these positions, masked for training if wanted. The rows come
   * in another order where the store is in several pieces.
   */
  batch(positions: readonly number[], recipe: Recipe, masked: boolean): Batch {
    return noGrad(() => this.assemble(positions, recipe, masked));
  }

  private assemble(positions: readonly number[], recipe: Recipe, masked: boolean): Batch {
    const { nMels, frames } = this.features;
    const byPiece = this.pieces.map(() => [] as number[]);
    for (const position of positions) byPiece[Math.floor(position / this.pieceRows)]!.push(position);
    const order = byPiece.flat();
    const found = byPiece.flatMap((rows, piece) =>
      rows.length === 0 ? [] : [this.pieces[piece]!.indexSelect(rows.map((row) => row % this.pieceRows))],
    );
    let logMel = cat(found).reshape([order.length, nMels, frames]);
    if (recipe.masks !== null && masked) {
      // Widths are drawn below the parameter: one more, so that the recipe's is the widest.
      const { mels, frames } = recipe.masks;
      logMel = audio.freqTimeMask(logMel, { freqMaskParam: mels + 1, timeMaskParam: frames + 1 });
    }
    const deltas = audio.computeDeltas(logMel, { winLength: recipe.deltaWidth });
    const input = cat([logMel.unsqueeze(1), deltas.unsqueeze(1)], 1);
    return { input, labels: order.map((position) => this.labels[position]!), order };
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
