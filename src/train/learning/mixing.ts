// What a training step learns from: plain segments, or mixtures of two.

import type { HostRandom } from "../../gpu/host-random.ts";
import { audio, cat, noGrad, type Tensor, tensor } from "../../index.ts";
import type { FeatureExtractor } from "../features/extractor.ts";
import type { Recipe } from "../recipes/recipe.ts";
import { UserError } from "../terminal/errors.ts";
import { networkInput, type SegmentStore, type Standardization } from "./batches.ts";
import { parts, type TrainingData } from "./step.ts";
import type { WaveStore } from "./stores/wave-store.ts";

/** Segments as they are, but for masks. */
export class PlainSegments implements TrainingData {
  readonly size: number;
  readonly labels: readonly number[];

  constructor(
    private readonly store: SegmentStore,
    private readonly recipe: Recipe,
  ) {
    this.labels = store.labels;
    this.size = store.size;
  }

  batch(positions: readonly number[]) {
    const targets = positions.map((position) => this.store.labels[position]!);
    return { input: this.store.input(positions, this.recipe, true), targets };
  }
}

/** Each segment mixed with one of another class: see the recipe's `mixing`. */
export class MixedSegments implements TrainingData {
  readonly size: number;
  readonly labels: readonly number[];

  constructor(
    private readonly store: SegmentStore,
    private readonly recipe: Recipe,
    private readonly classes: number,
  ) {
    checkMixable(store.labels);
    this.labels = store.labels;
    this.size = store.size;
  }

  batch(positions: readonly number[], random: HostRandom) {
    const { store, recipe, classes } = this;
    const mixtures = drawMixtures(positions, store.labels, random);
    return noGrad(() => {
      const first = store.examples(positions);
      const second = store.examples(mixtures.map(({ partner }) => partner));
      const share = tensor(
        mixtures.map(({ share }) => share),
        { shape: [positions.length, ...first.shape.slice(1).map(() => 1)] },
      );
      const mixed =
        recipe.mixing === "power" && recipe.frontEnd.kind === "log-mel"
          ? mixPower(first, second, share, store.standardization, recipe.frontEnd.topDb)
          : second.add(first.sub(second).mul(share));
      return {
        input: networkInput(mixed, recipe, true),
        targets: mixedTargets(positions, mixtures, store.labels, classes),
      };
    });
  }
}

/**
 * Between-class mixing (see audio.mixBetweenClass) of power spectrograms instead of waveforms: sounds that know nothing
 * of each other's phase add up in power. With the mean power for the loudness, A and B are heard with the shares r and
 * 1 − r in
 *
 *   (p² A + (1 − p)² B) / (p² + (1 − p)²),   p = r √(mean B) / (r √(mean B) + (1 − r) √(mean A))
 *
 * @param first standardised log-mel segments [n, nMels, frames], and so are the second ones and the result
 * @param share r, [n, 1, 1]
 * @param topDb of the front end: decibels below a segment's loudest value at which the rest is cut off
 */
export function mixPower(
  first: Tensor,
  second: Tensor,
  share: Tensor,
  { mean, deviation }: Standardization,
  topDb: number,
): Tensor {
  const power = (standard: Tensor) =>
    standard
      .mul(deviation)
      .add(mean)
      .mul(Math.LN10 / 10)
      .exp();
  const [a, b] = [power(first), power(second)];
  const meanOf = (segments: Tensor) => segments.mean([1, 2], true);
  // p and 1 − p, squared, without their common denominator
  const ofA = share.square().mul(meanOf(b));
  const ofB = share.neg().add(1).square().mul(meanOf(a));
  const mixed = a.mul(ofA).add(b.mul(ofB)).div(ofA.add(ofB));
  return audio.amplitudeToDb(mixed, { topDb, floorDims: 2 }).sub(mean).div(deviation);
}

/** Segments whose front end is computed at once; more would only take more memory. */
const SEGMENTS_AT_ONCE = 128;

/** Each segment's waveform mixed with that of one of another class: see the recipe's `mixing`. */
export class MixedWaves implements TrainingData {
  readonly size: number;

  constructor(
    private readonly store: WaveStore,
    readonly labels: readonly number[],
    private readonly standardization: Standardization,
    private readonly extractor: FeatureExtractor,
    private readonly recipe: Recipe,
    private readonly classes: number,
  ) {
    checkMixable(labels);
    this.size = labels.length;
  }

  batch(positions: readonly number[], random: HostRandom) {
    const { labels, recipe, classes } = this;
    const mixtures = drawMixtures(positions, labels, random);
    return noGrad(() => {
      const pieces = parts(
        positions.map((_, i) => i),
        SEGMENTS_AT_ONCE,
      );
      const examples = pieces.map((piece) =>
        this.mixed(
          piece.map((i) => positions[i]!),
          piece.map((i) => mixtures[i]!),
        ),
      );
      return {
        input: networkInput(cat(examples), recipe, true),
        targets: mixedTargets(positions, mixtures, labels, classes),
      };
    });
  }

  /** Standardised examples of the mixtures. */
  private mixed(positions: readonly number[], mixtures: readonly Mixture[]): Tensor {
    const { store, standardization, extractor } = this;
    return noGrad(() => {
      const waves = audio.mixBetweenClass(
        store.segments(positions),
        store.segments(mixtures.map(({ partner }) => partner)),
        mixtures.map(({ share }) => share),
        extractor.frontEnd.sampleRate,
      );
      return extractor.extract(waves).sub(standardization.mean).div(standardization.deviation);
    });
  }
}

/** What one example is mixed with. */
export interface Mixture {
  /** The other one's position. */
  partner: number;
  /** The example's own share, 0 … 1; the partner has the rest. */
  share: number;
}

/** A partner of another class, each as likely, and a uniform share for each position. */
export function drawMixtures(
  positions: readonly number[],
  labels: readonly number[],
  random: HostRandom,
): Mixture[] {
  return positions.map((position) => {
    let partner = random.int(labels.length);
    while (labels[partner] === labels[position]) partner = random.int(labels.length);
    return { partner, share: random.uniform() };
  });
}

/** Probabilities `[positions, classes]`: the example's share for its own class, the rest for the partner's. */
export function mixedTargets(
  positions: readonly number[],
  mixtures: readonly Mixture[],
  labels: readonly number[],
  classes: number,
): Tensor {
  const targets = new Float32Array(positions.length * classes);
  mixtures.forEach(({ partner, share }, i) => {
    targets[i * classes + labels[positions[i]!]!] = share;
    targets[i * classes + labels[partner]!] = 1 - share;
  });
  return tensor(targets, { shape: [positions.length, classes] });
}

export function checkMixable(labels: readonly number[]): void {
  if (new Set(labels).size < 2)
    throw new UserError(
      "mixing wants training segments of two classes or more; --set mixing=null does without",
    );
}
