// What the network hears: every clip of a dataset as log-mel segments, computed on the GPU in batches of clips.
import { audio, noGrad, type Tensor, tensor } from "../index.ts";
import type { Dataset, Waveform } from "./dataset.ts";
import type { Progress } from "./progress.ts";
import { type FrontEnd, framesOf } from "./recipe.ts";
import { type Stop, throwIfStopped } from "./signals.ts";

/** Part of the cache's key: raise it when the same settings give other numbers. */
export const FRONT_END_VERSION = 2;

/** Log-mel segments, in the order of the clips and of time. */
export interface Features {
  readonly nMels: number;
  readonly frames: number;
  /** `[segments, nMels, frames]`, dB. */
  readonly values: Float32Array;
  /** The clip of each segment; every clip has at least one. */
  readonly clipOf: Uint32Array;
  /** 1 where the segment is silent: no example to learn from. */
  readonly silent: Uint32Array;
}

/** One clip's part of them. */
export interface ClipFeatures {
  values: Float32Array;
  silent: boolean[];
}

/** Clips of one length and rate are computed together, this many at most. */
const CLIPS_AT_ONCE = 16;
/** Samples that may wait for others of their length. */
const WAITING_SAMPLES = 2 ** 24;

/** The features of all clips of a dataset. Throws Interrupted when asked to stop. */
export async function computeFeatures(
  dataset: Dataset,
  frontEnd: FrontEnd,
  progress: Progress,
  stop: Stop,
): Promise<Features> {
  const done = new Array<ClipFeatures>(dataset.clips.length);
  const waiting = new Map<string, { clip: number; wave: Waveform }[]>();
  let samplesWaiting = 0;
  let finished = 0;
  let running = Promise.resolve();
  const run = async (key: string) => {
    const batch = waiting.get(key)!;
    waiting.delete(key);
    samplesWaiting -= batch.reduce((sum, { wave }) => sum + wave.samples.length, 0);
    const result = batchFeatures(
      batch.map(({ wave }) => wave),
      frontEnd,
    );
    await running; // the batch before; this one is on the GPU while the next is decoded
    running = result.then((features) => {
      batch.forEach(({ clip }, i) => {
        done[clip] = features[i]!;
      });
      finished += batch.length;
      progress.update(finished);
    });
    running.catch(() => {}); // reported by whoever awaits it next
  };
  progress.begin("computing features", dataset.clips.length);
  for (let clip = 0; clip < dataset.clips.length; clip++) {
    throwIfStopped(stop, "stopped before training began; nothing was written");
    const wave = await dataset.load(clip);
    const key = `${wave.sampleRate} ${wave.samples.length}`;
    const batch = waiting.get(key) ?? [];
    batch.push({ clip, wave });
    waiting.set(key, batch);
    samplesWaiting += wave.samples.length;
    if (batch.length === CLIPS_AT_ONCE) await run(key);
    else if (samplesWaiting > WAITING_SAMPLES) await run(waiting.keys().next().value!);
  }
  for (const key of [...waiting.keys()]) await run(key);
  await running;
  progress.clear();
  return joinClips(done, frontEnd);
}

/** The features of a few sounds that belong to no dataset. */
export async function featuresOf(waves: readonly Waveform[], frontEnd: FrontEnd): Promise<Features> {
  const clips: ClipFeatures[] = [];
  for (const wave of waves) clips.push(...(await batchFeatures([wave], frontEnd)));
  return joinClips(clips, frontEnd);
}

/** The features of clip 0, clip 1, … */
export function joinClips(clips: readonly ClipFeatures[], frontEnd: FrontEnd): Features {
  const frames = framesOf(frontEnd);
  const counts = clips.map(({ silent }) => silent.length);
  const values = new Float32Array(counts.reduce((a, b) => a + b, 0) * frontEnd.nMels * frames);
  let at = 0;
  for (const clip of clips) {
    values.set(clip.values, at);
    at += clip.values.length;
  }
  const clipOf = Uint32Array.from(counts.flatMap((count, clip) => new Array<number>(count).fill(clip)));
  const silent = Uint32Array.from(clips.flatMap((clip) => clip.silent.map(Number)));
  return { nMels: frontEnd.nMels, frames, values, clipOf, silent };
}

/** Waveforms of one length and rate → their segments. */
async function batchFeatures(waves: readonly Waveform[], frontEnd: FrontEnd): Promise<ClipFeatures[]> {
  const spectrograms = noGrad(() => waveSegments(levelled(resampled(waves, frontEnd), frontEnd), frontEnd));
  const data = (await spectrograms.data()) as Float32Array;
  const perClip = data.length / waves.length;
  return waves.map((_, i) => toClipFeatures(data.slice(i * perClip, (i + 1) * perClip), frontEnd));
}

/** A waveform as segments are cut from it, on the host. */
export async function preparedWave(wave: Waveform, frontEnd: FrontEnd): Promise<Float32Array> {
  const prepared = noGrad(() => levelled(resampled([wave], frontEnd), frontEnd));
  return (await prepared.data()) as Float32Array;
}

/** Waveforms of one length and rate → `[clips, samples]` at the front end's rate, long enough for one segment. */
export function resampled(waves: readonly Waveform[], frontEnd: FrontEnd): Tensor {
  const { samples } = waves[0]!;
  const sampleRate = frontEnd.resamples ? waves[0]!.sampleRate : frontEnd.sampleRate;
  const shortest = Math.ceil((frontEnd.segmentSamples * sampleRate) / frontEnd.sampleRate);
  const length = Math.max(samples.length, shortest);
  const joined = new Float32Array(waves.length * length);
  for (const [i, wave] of waves.entries()) joined.set(wave.samples, i * length);
  const clips = tensor(joined, { shape: [waves.length, length] });
  return audio.resample(clips, sampleRate, frontEnd.sampleRate);
}

/** Each of `[clips, samples]` divided by its peak, if wanted. */
export function levelled(clips: Tensor, { peakNormalized }: FrontEnd): Tensor {
  return peakNormalized ? audio.peakNormalize(clips) : clips;
}

/** `[clips, samples]` at the front end's rate → `[clips · segments, nMels, frames]` in dB, clip after clip. */
export function waveSegments(clips: Tensor, frontEnd: FrontEnd): Tensor {
  const { segmentSamples: length, segmentStep: hop } = frontEnd;
  return logMel(audio.segments(clips, { length, hop }), frontEnd);
}

/** Segments `[n, samples]` → their spectrograms `[n, nMels, frames]` in dB. */
export function logMel(segments: Tensor, frontEnd: FrontEnd): Tensor {
  const { sampleRate, nFft, winLength, hopLength, nMels, normalized, melScale, norm, topDb } = frontEnd;
  const mel = { sampleRate, nFft, winLength, hopLength, nMels, normalized, melScale, norm };
  // Each segment has its own loudest value, and floor below it.
  return audio.amplitudeToDb(new audio.MelSpectrogram(mel).forward(segments), { topDb, floorDims: 2 });
}

/** One clip's segments, and which of them are silent. */
export function toClipFeatures(values: Float32Array, frontEnd: FrontEnd): ClipFeatures {
  const size = frontEnd.nMels * framesOf(frontEnd);
  const silent: boolean[] = [];
  for (let at = 0; at < values.length; at += size)
    silent.push(isSilent(values.subarray(at, at + size), frontEnd));
  return { values, silent };
}

function isSilent(segment: Float32Array, { silenceDb, silenceIncludesEqual }: FrontEnd): boolean {
  let sum = 0;
  for (const value of segment) sum += value;
  const mean = sum / segment.length;
  return mean < silenceDb || (silenceIncludesEqual && mean === silenceDb);
}
