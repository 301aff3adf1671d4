// What the network hears: sounds as the examples that a front end makes of them, computed on the GPU in batches of those of one length.
import { audio, noGrad, type Tensor, tensor } from "../../index.ts";
import type { FrontEnd } from "../recipes/recipe.ts";
import type { Waveform } from "../sound/waveform.ts";
import { oneLine, UserError } from "../terminal/errors.ts";
import { type FeatureExtractor, sizeOf } from "./extractor.ts";

/** Part of the cache's key: raise it when the same settings give other numbers. */
export const FRONT_END_VERSION = 5;

/** Examples, one a segment, in the order of the clips and of time. */
export interface Features {
  /** Of one example. */
  readonly shape: readonly number[];
  /** `[segments, …shape]`; log-mel ones are in dB. */
  readonly values: Float32Array;
  /** The clip of each segment; every clip has at least one. */
  readonly clipOf: Uint32Array;
  /** 1 where the segment is silent: no example to learn from. */
  readonly silent: Uint32Array;
  /** Clips that are damaged, of which some could be heard: their names, and what is wrong. */
  readonly damaged?: readonly string[];
}

/** Which clips the features are of, and what was done to them first. */
export interface Source {
  /** Indices into the dataset's clips. */
  readonly clips: readonly number[];
  /** Settings besides the front end's that the features depend on. */
  readonly settings: object | null;
}

/** Gives the features of a source: those that were kept of it, or else computed ones. */
export type Keep = (source: Source, compute: () => Promise<Features>) => Promise<Features>;

/** One clip's part of them. */
export interface ClipFeatures {
  values: Float32Array;
  silent: boolean[];
}

/** A clip, or a part of a long sound. */
export interface Piece extends Waveform {
  /** Of a part: how many samples it is, after resampling; others are there for resampling to look at … */
  readonly length?: number;
  /** … of which so many, resampled, come before it. */
  readonly skip?: number;
  /** Of a part: the whole sound's peak, if the front end divides by it. By default the piece's own. */
  readonly peak?: number;
}

/** What of a front end says at which rate sounds are heard, and how long they are at least. */
export type Resampling = Pick<FrontEnd, "resamples" | "sampleRate" | "segmentSamples">;

/** Clips of one length and rate are computed together, this many at most, and this many samples. */
const CLIPS_AT_ONCE = 16;
const SAMPLES_AT_ONCE = 2 ** 22;
/** Samples that may wait for others of their length, … */
const WAITING_SAMPLES = 2 ** 24;
/** … and pieces that may come meanwhile: a sound whose length no other has would wait for the last of all. */
const PIECES_MEANWHILE = 256;

/** What so many samples become on the GPU: overlapping segments repeat those that resampling leaves. */
function costOf(samples: number, sampleRate: number, frontEnd: FrontEnd): number {
  const repeated = Math.ceil(frontEnd.segmentSamples / frontEnd.segmentStep);
  return samples * Math.max(1, (repeated * frontEnd.sampleRate) / sampleRate);
}

/** How many sounds of so many samples can be computed at once; 0 where one is too long. */
export function manyAtOnce(samples: number, sampleRate: number, frontEnd: FrontEnd): number {
  return Math.floor(SAMPLES_AT_ONCE / costOf(samples, sampleRate, frontEnd));
}

/** Whether a sound of so many samples is too long to be computed at once. */
export function isLong(samples: number, sampleRate: number, frontEnd: FrontEnd): boolean {
  return manyAtOnce(samples, sampleRate, frontEnd) === 0;
}

/** Computes the features of pieces of sound, those of one length and rate together. */
export class FeatureBatches<T> {
  /** In the order of the first of each, which came as the `at`th. */
  private readonly waiting = new Map<string, { at: number; pieces: { of: T; piece: Piece }[] }>();
  private samplesWaiting = 0;
  private added = 0;
  private running = Promise.resolve();

  /**
   * `deliver` is given each piece's features, by what the piece was said to be `of`, in no particular order, and `fail`
   * why there are none; by default that is thrown.
   */
  constructor(
    private readonly extractor: FeatureExtractor,
    private readonly deliver: (of: T, features: ClipFeatures) => void | Promise<void>,
    private readonly fail: (of: T, error: UserError) => void = (_, error) => {
      throw error;
    },
  ) {}

  async add(of: T, piece: Piece): Promise<void> {
    const { samples, sampleRate, skip, length, peak } = piece;
    const key = `${sampleRate} ${samples.length} ${skip} ${length} ${peak === undefined}`;
    const { at, pieces } = this.waiting.get(key) ?? { at: this.added, pieces: [] };
    pieces.push({ of, piece });
    this.waiting.set(key, { at, pieces });
    this.samplesWaiting += samples.length;
    this.added++;
    const cost = costOf(samples.length, sampleRate, this.extractor.frontEnd);
    if (pieces.length === CLIPS_AT_ONCE || (pieces.length + 1) * cost > SAMPLES_AT_ONCE) await this.run(key);
    const [first, oldest] = this.waiting.entries().next().value ?? [key, { at: this.added }];
    if (this.samplesWaiting > WAITING_SAMPLES || this.added - oldest.at > PIECES_MEANWHILE)
      await this.run(first);
  }

  /** Computes those that still wait for others of their length. */
  async finish(): Promise<void> {
    for (const key of [...this.waiting.keys()]) await this.run(key);
    await this.running;
  }

  private async run(key: string): Promise<void> {
    const batch = this.waiting.get(key)!.pieces;
    this.waiting.delete(key);
    for (const { piece } of batch) this.samplesWaiting -= piece.samples.length;
    const result = batchFeatures(
      batch.map(({ piece }) => piece),
      this.extractor,
    );
    await this.running; // the batch before; this one is on the GPU while the next is decoded
    this.running = result.then(
      async (features) => {
        for (const [i, { of }] of batch.entries()) await this.deliver(of, features[i]!);
      },
      (error) => {
        if (!(error instanceof UserError)) throw error;
        for (const { of } of batch) this.fail(of, error);
      },
    );
    this.running.catch(() => {}); // reported by whoever awaits it next
  }
}

/** The features of a few sounds that belong to no dataset. */
export async function featuresOf(waves: readonly Waveform[], extractor: FeatureExtractor): Promise<Features> {
  const clips: ClipFeatures[] = [];
  for (const wave of waves) clips.push(...(await batchFeatures([wave], extractor)));
  return joinClips(clips, extractor);
}

/** A clip's pieces as one. */
export function joinPieces(parts: readonly ClipFeatures[]): ClipFeatures {
  if (parts.length === 1) return parts[0]!;
  const values = new Float32Array(parts.reduce((sum, part) => sum + part.values.length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.values.length;
  }
  return { values, silent: parts.flatMap(({ silent }) => silent) };
}

/** The features of clip 0, clip 1, … */
export function joinClips(
  clips: readonly ClipFeatures[],
  { shape }: Pick<FeatureExtractor, "shape">,
): Features {
  const counts = clips.map(({ silent }) => silent.length);
  const values = new Float32Array(counts.reduce((a, b) => a + b, 0) * sizeOf(shape));
  let at = 0;
  for (const clip of clips) {
    values.set(clip.values, at);
    at += clip.values.length;
  }
  const clipOf = Uint32Array.from(counts.flatMap((count, clip) => new Array<number>(count).fill(clip)));
  const silent = Uint32Array.from(clips.flatMap((clip) => clip.silent.map(Number)));
  return { shape, values, clipOf, silent };
}

/** Pieces of one length and rate → their segments. */
async function batchFeatures(pieces: readonly Piece[], extractor: FeatureExtractor): Promise<ClipFeatures[]> {
  const { frontEnd } = extractor;
  const { values, silent } = await clipFeatures(() => {
    const waves = levelledPieces(resampled(pieces, frontEnd), pieces, frontEnd);
    return partOf(waves, pieces[0]!);
  }, extractor);
  const [size, segments] = [values.length / pieces.length, silent.length / pieces.length];
  return pieces.map((_, i) => ({
    values: values.slice(i * size, (i + 1) * size),
    silent: silent.slice(i * segments, (i + 1) * segments),
  }));
}

/** The fault is the recipe's, be it of all sounds or of some. */
export class FrontEndError extends UserError {
  override name = "FrontEndError";
}

/** Computes something. Throws FrontEndError where settings that are each in order make it impossible together. */
function possible<T>(compute: () => T): T {
  try {
    return noGrad(compute);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new FrontEndError(`the recipe's front end cannot be computed: ${oneLine(error)}`, { cause: error });
  }
}

/** A part of a sound at the front end's rate. */
export async function resampledPart(part: Piece, frontEnd: Resampling): Promise<Float32Array> {
  return (await possible(() => partOf(resampled([part], frontEnd), part)).data()) as Float32Array;
}

/** The largest magnitude in a part of a sound, at the front end's rate. */
export async function peakOf(part: Piece, frontEnd: FrontEnd): Promise<number> {
  const peak = noGrad(() =>
    partOf(resampled([part], frontEnd), part)
      .abs()
      .max(),
  );
  return peak.item();
}

/** The part of `[pieces, samples]` that pieces of this kind are about. */
function partOf(waves: Tensor, { skip = 0, length }: Piece): Tensor {
  return length === undefined ? waves : waves.narrow(1, skip, length);
}

/** Each piece divided by its sound's peak, if wanted. */
function levelledPieces(waves: Tensor, pieces: readonly Piece[], frontEnd: FrontEnd): Tensor {
  if (!frontEnd.peakNormalized || pieces[0]!.peak === undefined) return levelled(waves, frontEnd);
  const peaks = pieces.map(({ peak = 1 }) => peak || 1); // silence stays silence
  return waves.div(tensor(peaks, { shape: [pieces.length, 1] }));
}

/** A waveform as segments are cut from it, on the host. */
export async function preparedWave(wave: Waveform, frontEnd: FrontEnd): Promise<Float32Array> {
  const prepared = possible(() => levelled(resampled([wave], frontEnd), frontEnd));
  return (await prepared.data()) as Float32Array;
}

/**
 * Waveforms of one length and rate → `[clips, samples]` at the front end's rate, long enough for one segment: a shorter sound is
 * repeated, once it has that rate, as a model that others run sees no other (export/front-end.ts). Silence behind it would be most
 * of what the network sees: of ESC-10's clips cut to .15 to .6 s, .63 are told right with silence and .73 repeated (docs/data.md).
 */
export function resampled(waves: readonly Waveform[], frontEnd: Resampling): Tensor {
  const { samples } = waves[0]!;
  const sampleRate = frontEnd.resamples ? waves[0]!.sampleRate : frontEnd.sampleRate;
  const length = Math.max(1, samples.length); // of a sound without samples: silence
  const joined = new Float32Array(waves.length * length);
  for (const [i, wave] of waves.entries()) joined.set(wave.samples, i * length);
  const clips = tensor(joined, { shape: [waves.length, length] });
  const heard = audio.resample(clips, sampleRate, frontEnd.sampleRate);
  const [shortest, own] = [frontEnd.segmentSamples, heard.shape[1]!];
  return own < shortest ? heard.tile([1, Math.ceil(shortest / own)]).narrow(1, 0, shortest) : heard;
}

/** Each of `[clips, samples]` divided by its peak, if wanted. */
export function levelled(clips: Tensor, { peakNormalized }: FrontEnd): Tensor {
  return peakNormalized ? audio.peakNormalize(clips) : clips;
}

/** Waves `[clips, samples]` at the front end's rate → their segments' examples, clip after clip as if of one. */
export async function clipFeatures(waves: () => Tensor, extractor: FeatureExtractor): Promise<ClipFeatures> {
  const { frontEnd, shape } = extractor;
  const [examples, powers] = possible(() => {
    const { segmentSamples: length, segmentStep: hop } = frontEnd;
    const segments = audio.segments(waves(), { length, hop });
    const powers = frontEnd.kind === "log-mel" ? [] : [segments.square().mean(1)];
    return [extractor.extract(segments), ...powers];
  });
  const values = (await examples!.data()) as Float32Array;
  const levels = powers === undefined ? means(values, sizeOf(shape)) : decibels(await powers.data());
  return { values, silent: levels.map((level) => isSilent(level, frontEnd)) };
}

/** The means of rows of so many values. */
function means(values: Float32Array, size: number): number[] {
  return Array.from({ length: values.length / size }, (_, row) => {
    let sum = 0;
    for (let i = row * size; i < (row + 1) * size; i++) sum += values[i]!; // by index: an iterator takes ten times as long
    return sum / size;
  });
}

function decibels(powers: ArrayLike<number>): number[] {
  return Array.from(powers, (power) => 10 * Math.log10(power));
}

function isSilent(level: number, frontEnd: FrontEnd): boolean {
  const { silenceDb } = frontEnd;
  return (
    level < silenceDb || (frontEnd.kind === "log-mel" && frontEnd.silenceIncludesEqual && level === silenceDb)
  );
}
