// Long sounds in stretches: each has the samples of a number of segments, with those around them that resampling
// looks at, so that its segments come out as if the whole sound had been computed at once.

import { filterReach } from "../../audio/resample.ts";
import { gcd } from "../../gpu/shape.ts";
import type { FrontEnd } from "../recipes/recipe.ts";
import type { Waveform } from "../sound/waveform.ts";
import { isLong, type Piece, peakOf, preparedWave, type Resampling, resampledPart } from "./features.ts";

export interface Stretch extends Piece {
  readonly length: number;
  readonly skip: number;
  /** Which of the sound's segments is its first. */
  readonly segment: number;
  /** Whether it is all of the sound. */
  readonly whole: boolean;
}

/** A sound that comes in blocks of one rate, from its beginning with each call. */
export interface Blocks {
  blocks(): AsyncIterable<Waveform>;
}

/** How a sound is cut, in samples at the front end's rate. */
export type Cutting = Pick<FrontEnd, "sampleRate" | "segmentSamples" | "segmentStep">;

/** Segments of a stretch, and samples before resampling, at the most. */
const SEGMENTS = 64;
const SAMPLES = 2 ** 22;

/** The last stretch's samples are a multiple of this, before resampling or behind it, where that gives more. */
const LENGTHS = 4096;

/** A sound file as the front end takes it, in stretches. */
export async function* listen(sound: Blocks, frontEnd: FrontEnd): AsyncGenerator<Stretch> {
  let peak: number | undefined;
  for await (const stretch of stretches(heard(sound, frontEnd), frontEnd, SEGMENTS)) {
    if (frontEnd.peakNormalized && !stretch.whole) {
      peak ??= await peakOfAll(sound, frontEnd);
      yield { ...stretch, peak };
    } else yield stretch;
  }
}

/** A sound's parts, none of which overlap, of so many samples at the front end's rate. */
function parts(sound: Blocks, frontEnd: Resampling): AsyncGenerator<Stretch> {
  const everySample = { ...frontEnd, segmentSamples: 1, segmentStep: 1 };
  return stretches(heard(sound, frontEnd), everySample, 2 ** 20);
}

/** A sound of any length at another rate, from its beginning to its end, part by part. */
export async function* resampledParts(sound: Blocks, sampleRate: number): AsyncGenerator<Float32Array> {
  const settings = { resamples: true, sampleRate, segmentSamples: 1 };
  for await (const part of parts(sound, settings)) yield resampledPart(part, settings);
}

/** The peak of a sound that is too long to be held: the file is read from its beginning once more. */
async function peakOfAll(sound: Blocks, frontEnd: FrontEnd): Promise<number> {
  let peak = 0;
  for await (const part of parts(sound, frontEnd)) peak = Math.max(peak, await peakOf(part, frontEnd));
  return peak;
}

/** A sound of any length as segments are cut from it, on the host. */
export async function preparedSound(sound: Blocks, frontEnd: FrontEnd): Promise<Float32Array> {
  const wave = await shortWave(sound, frontEnd);
  if (wave !== null) return preparedWave(wave, frontEnd);
  const resampled: Float32Array[] = [];
  for await (const part of parts(sound, frontEnd)) resampled.push(await resampledPart(part, frontEnd));
  const prepared = concatenated(resampled);
  if (!frontEnd.peakNormalized) return prepared;
  const peak = prepared.reduce((most, x) => Math.max(most, Math.abs(x)), 0) || 1; // silence stays silence
  return prepared.map((x) => x / peak);
}

/** A sound as one waveform where it can be computed at once; null where it is too long. */
async function shortWave(sound: Blocks, frontEnd: FrontEnd): Promise<Waveform | null> {
  const parts: Float32Array[] = [];
  let length = 0;
  let rate = 0;
  for await (const { samples, sampleRate } of sound.blocks()) {
    parts.push(samples);
    length += samples.length;
    rate = sampleRate;
    if (isLong(length, rate, frontEnd)) return null;
  }
  return { samples: parts.length === 1 ? parts[0]! : concatenated(parts), sampleRate: rate };
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A clip's pieces: the whole of it, or stretches where it is too long to be computed at once. */
export async function* pieces(sound: Blocks, frontEnd: FrontEnd): AsyncGenerator<Piece> {
  const wave = await shortWave(sound, frontEnd);
  if (wave === null) yield* listen(sound, frontEnd);
  else yield wave;
}

/** The sound's blocks, at the rate that the front end takes them to have. */
async function* heard(sound: Blocks, { resamples, sampleRate }: Resampling): AsyncGenerator<Waveform> {
  for await (const block of sound.blocks()) yield resamples ? block : { ...block, sampleRate };
}

/** Cuts a sound that comes in blocks of one rate into stretches of `most` segments; a shorter one is one stretch. */
export async function* stretches(
  blocks: AsyncIterable<Waveform>,
  cutting: Cutting,
  most: number,
): AsyncGenerator<Stretch> {
  let cutter: Cutter | undefined;
  for await (const { samples, sampleRate } of blocks) {
    cutter ??= new Cutter(sampleRate, cutting);
    const count = Math.min(most, cutter.most);
    cutter.push(samples);
    while (cutter.ready(count)) yield cutter.take(count);
  }
  const last = cutter?.rest();
  if (last !== undefined && last !== null) yield last;
}

/** Cuts a sound into stretches while it comes. */
export class Cutter {
  private readonly held = new Samples();
  private readonly cut: Cut;
  /** The number of the sound's segment that the next stretch begins with. */
  private segment = 0;

  constructor(
    readonly sampleRate: number,
    private readonly cutting: Cutting,
  ) {
    this.cut = new Cut(sampleRate, cutting.sampleRate);
  }

  /** As many segments as one stretch may have. */
  get most(): number {
    const { segmentStep, sampleRate } = this.cutting;
    return Math.max(1, Math.floor(SAMPLES / (segmentStep * Math.max(1, this.sampleRate / sampleRate))));
  }

  push(samples: Float32Array): void {
    this.held.push(samples);
  }

  /** Whether all samples of the next `count` segments are there. */
  ready(count: number): boolean {
    return this.held.end >= this.cut.inputEnd(this.from + this.span(count));
  }

  /** The stretch of the next `count` segments, which are ready. */
  take(count: number): Stretch {
    const { from, held, cut, sampleRate, segment } = this;
    const length = this.span(count);
    const { start, skip } = cut.input(from);
    const samples = held.take(start, cut.inputEnd(from + length));
    this.segment += count;
    held.forget(cut.input(this.from).start);
    return { samples, sampleRate, length, skip, segment, whole: false };
  }

  /** The segments that are left when no more samples come, of a short sound one at least; null where there are none. */
  rest(): Stretch | null {
    const { from, held, cut, sampleRate, segment } = this;
    const { segmentSamples, segmentStep, sampleRate: target } = this.cutting;
    const left = Math.floor((cut.outputs(held.end) - from - segmentSamples) / segmentStep) + 1;
    const count = segment === 0 ? Math.max(1, left) : left;
    if (count <= 0) return null;
    const length = this.span(count);
    const { start, skip } = cut.input(from);
    this.segment += count;
    // A sound that is too short for one segment is repeated when it is resampled: no silence behind it.
    if (left <= 0) return { samples: held.take(0, held.end), sampleRate, length, skip, segment, whole: true };
    // Silence behind the end, where it is anyway: sounds of almost one length can be computed together.
    const needed = Math.max(held.end, cut.inputEnd(from + length)) - start;
    const lengths = Math.max(1, Math.floor(LENGTHS * Math.min(1, sampleRate / target)));
    const samples = held.take(start, start + lengths * Math.ceil(needed / lengths));
    return { samples, sampleRate, length, skip, segment, whole: segment === 0 };
  }

  /** Where the next segment begins, in samples at the front end's rate. */
  private get from(): number {
    return this.segment * this.cutting.segmentStep;
  }

  /** Samples of so many segments. */
  private span(count: number): number {
    return (count - 1) * this.cutting.segmentStep + this.cutting.segmentSamples;
  }
}

/** Which input samples an output sample of audio.resample depends on. */
class Cut {
  private readonly orig: number;
  private readonly next: number;
  /** The filter's reach on each side, and one as times are rounded. */
  private readonly margin: number;

  constructor(sampleRate: number, target: number) {
    const divisor = gcd(sampleRate, target);
    this.orig = sampleRate / divisor;
    this.next = target / divisor;
    this.margin = sampleRate === target ? 0 : filterReach(this.orig, this.next) + 1;
  }

  /** Outputs of a whole sound of so many samples. */
  outputs(samples: number): number {
    return Math.ceil((samples * this.next) / this.orig);
  }

  /** Behind the last input sample that outputs before `to` depend on. */
  inputEnd(to: number): number {
    return Math.ceil((to * this.orig) / this.next) + this.margin;
  }

  /** From which input sample on, and which output from there on is number `from`: one of the same filter phase. */
  input(from: number): { start: number; skip: number } {
    const first = Math.max(0, Math.floor((from * this.orig) / this.next) - this.margin);
    const period = Math.floor(first / this.orig); // after `orig` samples and `next` outputs, phases begin anew
    return { start: period * this.orig, skip: from - period * this.next };
  }
}

/** Samples of a sound that are still needed. */
class Samples {
  private parts: Float32Array[] = [];
  /** The place of the first held sample in the sound, and that behind the last. */
  private start = 0;
  end = 0;

  push(samples: Float32Array): void {
    this.parts.push(samples);
    this.end += samples.length;
  }

  /** Samples from … to − 1; zeros behind the end. */
  take(from: number, to: number): Float32Array {
    const taken = new Float32Array(to - from);
    let at = this.start;
    for (const part of this.parts) {
      const [low, high] = [Math.max(from, at), Math.min(to, at + part.length)];
      if (low < high) taken.set(part.subarray(low - at, high - at), low - from);
      at += part.length;
    }
    return taken;
  }

  /** Lets go of the parts that end before a sample. */
  forget(before: number): void {
    while (this.parts.length > 0 && this.start + this.parts[0]!.length <= before) {
      this.start += this.parts.shift()!.length;
    }
  }
}
