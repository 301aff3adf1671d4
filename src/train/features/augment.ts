// Altered copies of training clips, as K. J. Piczak (MLSP 2015) makes them: played faster or slower, higher or lower,
// and begun later, by random amounts that depend on nothing but the recipe, the clip's name and the copy's number.

import { HostRandom } from "../../gpu/host-random.ts";
import { audio, cat, noGrad, type Tensor } from "../../index.ts";
import { crc32 } from "../../nn/weights/crc.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { Augmentation, FrontEnd } from "../recipes/recipe.ts";
import type { Waveform } from "../sound/waveform.ts";
import type { FeatureExtractor } from "./extractor.ts";
import {
  type ClipFeatures,
  clipFeatures,
  isLong,
  joinPieces,
  levelled,
  manyAtOnce,
  resampled,
} from "./features.ts";

/** Part of the cache's key: raise it when the same settings give other copies. */
const VERSION = 1;

type Ranges = NonNullable<Augmentation["classes"]>[string];

/** What a recipe's augmentation comes to in a dataset of these classes. */
export interface Alterations {
  readonly seed: number;
  /** Of each clip. */
  readonly copies: number;
  /** Seconds. */
  readonly maxDelay: number;
  /** By class name; null: copies are only delayed. */
  readonly ranges: Readonly<Record<string, Ranges>> | null;
}

export function alterationsFor(
  { seed, copies, maxDelay, classes, delayedCopies }: Augmentation,
  names: readonly string[],
): Alterations {
  if (classes === null) return { seed, copies, maxDelay, ranges: null };
  if (names.every((name) => Object.hasOwn(classes, name))) return { seed, copies, maxDelay, ranges: classes };
  return { seed, copies: delayedCopies, maxDelay, ranges: null };
}

/** All that these clips' copies depend on besides their sound, for the cache's key. */
export function copiesKey(dataset: Dataset, clips: readonly number[], alterations: Alterations): object {
  const classes = clips.map((clip) => dataset.classes[dataset.clips[clip]!.label]!);
  return { VERSION, ...alterations, classes };
}

/** How one copy differs from its clip. */
export interface Alteration {
  /** It is played this many times as fast. */
  rate: number;
  semitones: number;
  /** Samples. */
  delay: number;
}

/** Draws how a clip's copies differ from it. */
export function drawAlterations(
  name: string,
  className: string,
  { seed, copies, maxDelay, ranges }: Alterations,
  sampleRate: number,
): Alteration[] {
  const { stretch, pitch } = ranges?.[className] ?? { stretch: [1, 1], pitch: [0, 0] };
  return Array.from({ length: copies }, (_, copy) => {
    const random = new HostRandom(seed, crc32(new TextEncoder().encode(`${name} ${copy}`)));
    const within = ([low, high]: readonly number[]) => low! + (high! - low!) * random.uniform();
    return {
      rate: within(stretch),
      semitones: within(pitch),
      delay: Math.round(within([0, maxDelay]) * sampleRate),
    };
  });
}

/** The features of copies of a sound, of all as of one long clip. Of a long sound each piece is altered by itself. */
export async function copiesOf(
  wave: Waveform,
  drawn: readonly Alteration[],
  extractor: FeatureExtractor,
): Promise<ClipFeatures> {
  const { frontEnd } = extractor;
  const done: ClipFeatures[] = [];
  for (const piece of equalPieces(wave, frontEnd)) {
    const many = manyAtOnce(piece.samples.length, wave.sampleRate, frontEnd);
    for (let first = 0; first < drawn.length; first += many) {
      const features = await clipFeatures(() => {
        const original = resampled([piece], frontEnd);
        const some = drawn.slice(first, first + many);
        const copies = cat(some.map((alteration) => alter(original, alteration, frontEnd.sampleRate)));
        return levelled(copies, frontEnd);
      }, extractor);
      done.push(features);
    }
  }
  return joinPieces(done);
}

/** The sound in as few pieces of one length as can be computed, each at once. */
function equalPieces({ samples, sampleRate }: Waveform, frontEnd: FrontEnd): Waveform[] {
  let count = 1;
  while (isLong(Math.ceil(samples.length / count), sampleRate, frontEnd)) count++;
  const length = Math.ceil(samples.length / count);
  return Array.from({ length: count }, (_, i) => {
    return { samples: samples.subarray(i * length, (i + 1) * length), sampleRate };
  });
}

/** One copy of waves `[n, samples]`, as long as they are: cut off, or silent at the end. */
function alter(waves: Tensor, { rate, semitones, delay }: Alteration, sampleRate: number): Tensor {
  return noGrad(() => {
    const samples = waves.shape[1]!;
    let copy = rate === 1 ? waves : audio.timeStretch(waves, rate);
    if (semitones !== 0) copy = audio.pitchShift(copy, sampleRate, semitones);
    const missing = samples - copy.shape[1]!;
    if (missing > 0) copy = copy.pad([0, missing]);
    else if (missing < 0) copy = copy.narrow(1, 0, samples);
    return audio.delay(copy, delay);
  });
}
