// Spectrograms: framing, window, Fourier transform and power, as torch.stft and torchaudio's Spectrogram define
// them. stft.wgsl says how they are computed.

import { DeferredCopy, type DeviceArray, empty, fromHost } from "../gpu/array.ts";
import { type Access, copiesToTextures } from "../gpu/bindings.ts";
import { device } from "../gpu/device.ts";
import { defineKernel } from "../gpu/kernel.ts";
import { sizeOf } from "../gpu/shape.ts";
import texel from "../kernels/shared/texel.wgsl" with { type: "text" };
import { unroll } from "../kernels/shared/unroll.ts";
import { wantAtMost, wantPositive, wantWhole } from "../tensor/check.ts";
import { arrayOf } from "../tensor/handle.ts";
import { BOOLEAN, NUMBER } from "../tensor/options.ts";
import { Tensor } from "../tensor/tensor.ts";
import { splitLast } from "./check.ts";
import { hannInFrame, type WindowOptions } from "./fourier/window.ts";
import source from "./stft.wgsl" with { type: "text" };
import { table } from "./tables.ts";

const lastPass = ({ TEXTURES }: Record<string, number>): readonly Access[] => [
  TEXTURES === 1 ? "passingTexture" : "read",
  "read",
  "write",
];

const kernel = defineKernel({
  name: "stft",
  code: (sizes) => [unroll(source, sizes), texel].join("\n"),
  entries: {
    frames: ({ TEXTURES }) => (TEXTURES === 1 ? ["texture", "texture", "write"] : ["read", "read", "write"]),
    stage: ({ TEXTURES }) =>
      TEXTURES === 1 ? ["passingTexture", "texture", "write"] : ["read", "read", "write"],
    power: lastPass,
    spectrum: lastPass,
    direct: ["read", "read", "read", "write"],
  },
});

const WORKGROUP = 64;
const FRAMES = "the frames of a spectrogram";
/** Bytes that the frames of one launch may take: they are passed over several times, best in a cache. */
const SCRATCH = 4 * 2 ** 20;
/**
 * Numbers that an invocation transforms in registers, at most. On a CPU the programs of 32 do a tenth more in a time, but take the
 * driver three times as long to compile: they are for many frames.
 */
const MOST = { few: 16, many: 32 };
/** Samples in all frames together that are many. */
const MANY = 2 ** 22;
let manyFrom = MANY;

/** Has so many samples in frames count as many, or, by null, those where it pays. For tests. */
export function manyFramesFrom(samples: number | null): void {
  manyFrom = samples ?? MANY;
}

/** Frames an invocation: on a CPU, window and roots cost as much to load as samples. */
const framesEach = (): number => (device().adapter.software ? 4 : 1);

/** What a spectrogram is computed with. */
export interface SpectrogramOptions {
  /** Samples that are transformed; there are floor(nFft / 2) + 1 bins. Default 400. Powers of two are fast. */
  nFft?: number;
  /** Samples under the window, which sits in the middle of a frame. Default nFft. */
  winLength?: number;
  /** Samples from one frame to the next. Default floor(winLength / 2). */
  hopLength?: number;
  /** Exponent of the magnitude: 2 for power, 1 for magnitude. */
  power?: number;
  /** Divide by the window's norm, √(sum of window²). */
  normalized?: boolean;
  /** Frame t is centred at sample t · hopLength, the clip being mirrored at its ends. Else it begins there. */
  center?: boolean;
  /** Whether the window is Hann's periodic form, the default, or the symmetric one, as in `hannWindow`. */
  periodic?: boolean;
}

/** What a spectrogram's options are; MelSpectrogram has them too. */
export const SPECTROGRAM = {
  nFft: NUMBER,
  winLength: NUMBER,
  hopLength: NUMBER,
  power: NUMBER,
  normalized: BOOLEAN,
  center: BOOLEAN,
  periodic: BOOLEAN,
};

/** All of a spectrogram's options, and its bins. Throws, in the name of `who`, where they make no sense. */
export function resolveSpectrogram(
  options: SpectrogramOptions,
  who: string,
): { options: Required<SpectrogramOptions>; bins: number } {
  const { nFft = 400, power = 2, normalized = false, center = true, periodic = true } = options;
  const { winLength = nFft, hopLength = Math.max(1, Math.floor(winLength / 2)) } = options;
  wantWhole(who, { nFft, winLength, hopLength }, 1);
  wantAtMost(who, { nFft }, 65536);
  wantPositive(who, { power });
  if (winLength > nFft) throw new RangeError(`${who}: winLength ${winLength} is longer than nFft ${nFft}`);
  return {
    options: { nFft, winLength, hopLength, power, normalized, center, periodic },
    bins: Math.floor(nFft / 2) + 1,
  };
}

/**
 * The STFT itself of waveforms [..., samples] that begin with their first frame: [..., nFft / 2 + 1, frames, 2], the
 * last dimension being (re, im). nFft is a power of two from 4 on. `istft` is the way back.
 */
export function stft(wave: Tensor, { nFft, hopLength }: { nFft: number; hopLength: number }): Tensor {
  wantPowerOfTwo("stft", nFft);
  const { options, bins } = resolveSpectrogram({ nFft, hopLength, center: false }, "stft");
  const framing = frame(wave, options, "stft");
  const { clips, frames, lead } = framing;
  const out = empty([...lead, bins, frames, 2], "float32", "stft");
  for (const { first, batch } of chunks(clips * frames, options)) {
    transform(framing, options, { first, batch, out, outFirst: first, outFrames: frames }, "spectrum");
  }
  return new Tensor(out, "stft");
}

/** Throws unless `nFft` is one that the passes of the fast transform can do. */
export function wantPowerOfTwo(who: string, nFft: number): void {
  if (nFft >= 4 && nFft <= 65536 && isPowerOfTwo(nFft)) return;
  throw new RangeError(`${who}: nFft is a power of two from 4 to 65536, not ${nFft}`);
}

/** How waveforms fall into frames. */
export interface Framing {
  wave: DeviceArray;
  lead: number[];
  clips: number;
  samples: number;
  /** Frames a clip. */
  frames: number;
  pad: number;
}

/** Counts the frames of [..., samples]; throws where a clip is too short for one. */
export function frame(wave: Tensor, options: Required<SpectrogramOptions>, who: string): Framing {
  const { nFft, center } = options;
  splitLast(who, wave, "a waveform [..., samples]");
  const framing = framesOf(arrayOf(wave), options);
  const { samples, pad } = framing;
  if (center && samples <= pad) {
    throw new RangeError(
      `${who}: clips of ${samples} samples are too short to be mirrored by ${pad} on each side (nFft ${nFft}): pad them to ${pad + 1}, or take center: false`,
    );
  }
  if (samples + 2 * pad < nFft) {
    throw new RangeError(`${who}: clips of ${samples} samples are shorter than nFft ${nFft}: pad them`);
  }
  return framing;
}

export function framesOf(
  wave: DeviceArray,
  { nFft, hopLength, center }: Required<SpectrogramOptions>,
): Framing {
  const lead = wave.shape.slice(0, -1);
  const samples = wave.shape.at(-1)!;
  const pad = center ? Math.floor(nFft / 2) : 0;
  const frames = 1 + Math.floor((samples + 2 * pad - nFft) / hopLength);
  return { wave, lead, clips: sizeOf(lead), samples, frames, pad };
}

/** Stretches of frames, counted through all clips, that are transformed in one go. */
export function chunks(frames: number, { nFft }: { nFft: number }): { first: number; batch: number }[] {
  const most = Math.max(64, 64 * Math.floor(SCRATCH / (8 * nFft) / 64));
  const result: { first: number; batch: number }[] = [];
  for (let first = 0; first < frames; first += most) {
    result.push({ first, batch: Math.min(most, frames - first) });
  }
  return result;
}

/** Where a launch writes: frame `first` of all frames is frame `outFirst` of out [clips, bins, outFrames]. */
interface Target {
  first: number;
  batch: number;
  out: DeviceArray;
  outFirst: number;
  outFrames: number;
}

/**
 * What clips are parts of, and where they begin in it: as `segments` leaves them, part after part of each whole; else the array
 * itself, clip after clip.
 */
function sourceOf(wave: DeviceArray) {
  const samples = wave.shape.at(-1)!;
  const { deferred } = wave;
  if (deferred instanceof DeferredCopy && deferred.lie !== null) {
    const { shape, strides, offset } = deferred.lie;
    const dims = [...shape.keys()].filter((d) => shape[d]! > 1);
    const along = dims.pop();
    if (along !== undefined && dims.length <= 2 && strides[along] === 1 && shape[along] === samples) {
      const [whole, part] = dims.length === 2 ? dims : [undefined, dims[0]];
      const step = (d: number | undefined) => (d === undefined ? 0 : strides[d]!);
      const count = part === undefined ? 1 : shape[part]!;
      return { of: deferred.of, parts: { offset, wholes: step(whole), count, parts: step(part) } };
    }
  }
  return { of: wave, parts: { offset: 0, wholes: samples, count: 1, parts: 0 } };
}

/** Writes |X|^power of `batch` frames; or, where `result` is "spectrum" and nFft a power of two, X as pairs (re, im). */
export function transform(
  framing: Framing,
  options: Required<SpectrogramOptions>,
  target: Target,
  result: "power" | "spectrum" = "power",
): void {
  const { nFft, hopLength: hop, power } = options;
  const { wave, clips, frames, samples, pad } = framing;
  const { first, batch, out, outFirst, outFrames } = target;
  const { of, parts } = sourceOf(wave);
  const params = { batch, first, frames, samples, hop, pad, nFft, span: 0, outFirst, outFrames };
  const all = { ...params, ...parts, exponent: power };
  const constants = { POWER: power === 1 || power === 2 ? power : 0 };
  const groups = (items: number): [number, number, number] => [Math.ceil(batch / WORKGROUP), items, 1];
  if (!isPowerOfTwo(nFft) || nFft < 4) {
    const bins = groups(Math.floor(nFft / 2) + 1);
    const arrays = [of, windowTable(options), rootTable(nFft), out];
    kernel.launch("direct", {
      arrays,
      params: all,
      constants,
      sizes: { RADIX: 2, TEXTURES: 0, EVEN: 0 },
      groups: bins,
    });
    return;
  }
  const few = device().adapter.software && clips * frames * nFft < manyFrom;
  const most = few ? MOST.few : MOST.many;
  const [radix, ...others] = radices(nFft, { least: 2, most }) as [number, ...number[]];
  const [columns, rows] = [nFft / radix, radix / 2 + 1];
  const each = framesEach();
  const TEXTURES = copiesToTextures(4 * of.size) ? 1 : 0;
  const even = [hop, pad, parts.offset, parts.wholes, parts.parts].every((n) => n % 2 === 0);
  const begun = empty([rows, columns, batch, 2], "float32", FRAMES);
  kernel.launch("frames", {
    arrays: [of, factorTable(options, radix), begun],
    params: all,
    constants: { FRAMES: each },
    sizes: { RADIX: radix, TEXTURES, EVEN: TEXTURES === 1 && even ? 1 : 0 },
    groups: [Math.ceil(batch / (WORKGROUP * each)), columns / 2, 1],
  });
  const last = others.at(-1)!;
  const z = pass(begun, others.slice(0, -1), { span: columns, batch, blocks: rows, PAIRS: 1 });
  kernel.launch(result, {
    arrays: [z, startTable(others), out],
    params: { ...all, span: columns },
    constants: result === "power" ? constants : {},
    sizes: { RADIX: last, TEXTURES, EVEN: 0 },
    groups: groups((rows * columns) / last),
  });
  z.release();
}

/**
 * The discrete Fourier transform of each of `batch` columns of so many complex numbers, z [points, batch, 2], which is released.
 * `orderTable` says where the bins are.
 */
export function transformColumns(z: DeviceArray, points: number, batch: number): DeviceArray {
  return pass(z, radices(points), { span: points, batch, blocks: 1, PAIRS: 0 });
}

interface Blocks {
  blocks: number;
  span: number;
  batch: number;
  /** Whether z is that of `frames`, two columns side by side. */
  PAIRS: 0 | 1;
}

/** Passes of these radices over blocks of z, which is released. */
function pass(
  z: DeviceArray,
  radices: readonly number[],
  { blocks, span, batch, PAIRS }: Blocks,
): DeviceArray {
  const framing = { first: 0, frames: 0, samples: 0, hop: 0, pad: 0, nFft: 0, outFirst: 0, outFrames: 0 };
  const unused = { ...framing, exponent: 0, offset: 0, wholes: 0, count: 1, parts: 0 };
  const each = framesEach();
  let left = span;
  for (const radix of radices) {
    const passed = empty(z.shape, "float32", FRAMES);
    kernel.launch("stage", {
      arrays: [z, stageTable(left, radix), passed],
      params: { ...unused, batch, span: left },
      constants: { FRAMES: each, PAIRS },
      sizes: { RADIX: radix, TEXTURES: copiesToTextures(4 * z.size) ? 1 : 0, EVEN: 0 },
      groups: [Math.ceil(batch / (WORKGROUP * each)), (blocks * span) / radix, 1],
    });
    z.release();
    z = passed;
    left /= radix;
  }
  return z;
}

/**
 * The passes that transform so many points, a power of two: as few as there can be of at most `most` numbers, but `least`, about as
 * large as each other.
 */
function radices(points: number, { least = 1, most = MOST.many } = {}): number[] {
  const bits = Math.log2(points);
  const count = Math.max(least, Math.ceil(bits / Math.log2(most)));
  return Array.from({ length: count }, (_, i) => 2 ** Math.floor((bits + count - 1 - i) / count));
}

/** Where passes leave a bin of `span`: a block's part q holds the bins q + radix · m, and so on inside the part. */
function placeOf(bin: number, span: number, [radix, ...others]: readonly number[]): number {
  if (radix === undefined) return 0;
  return (bin % radix) * (span / radix) + placeOf(Math.floor(bin / radix), span / radix, others);
}

/** Where `transformColumns` leaves each bin. */
export function orderTable(points: number): DeviceArray {
  return table(`order ${points}`, () => {
    const passes = radices(points);
    const places = Uint32Array.from({ length: points }, (_, bin) => placeOf(bin, points, passes));
    return [fromHost(places, [points])];
  })[0]!;
}

/** The first bin of each block that the last of these passes transforms. */
function startTable(passes: readonly number[]): DeviceArray {
  return table(`starts ${passes}`, () => {
    const span = passes.reduce((product, radix) => product * radix, 1);
    const last = passes.at(-1)!;
    const starts = new Uint32Array(span / last);
    for (let bin = 0; bin < starts.length; bin++) starts[placeOf(bin, span, passes) / last] = bin;
    return [fromHost(starts, [starts.length])];
  })[0]!;
}

/** e^(-2 pi i k / n), as (re, im). */
function root(k: number, n: number): [re: number, im: number] {
  const angle = (2 * Math.PI * k) / n;
  return [Math.cos(angle), -Math.sin(angle)];
}

/** All of them, for k < n. */
export function rootTable(n: number): DeviceArray {
  return table(`backward roots ${n}`, () => {
    const values = Float32Array.from(Array.from({ length: n }, (_, k) => root(k, n)).flat());
    return [fromHost(values, [n, 2])];
  })[0]!;
}

/**
 * What `frames` multiplies by, for each two columns j and j + 1: the window at j + columns · r, for r < radix, and the
 * roots e^(-2 pi i q j / nFft), for q ≤ radix / 2; of both columns, one behind the other.
 */
function factorTable(options: WindowOptions, radix: number): DeviceArray {
  const { nFft, winLength, normalized, periodic } = options;
  return table(`factors ${nFft} ${winLength} ${normalized} ${periodic} ${radix}`, () => {
    const window = hannInFrame(options);
    const columns = nFft / radix;
    const values: number[] = [];
    for (let j = 0; j < columns; j += 2) {
      for (let r = 0; r < radix; r++) for (const at of [j, j + 1]) values.push(window[at + columns * r]!);
      for (let q = 0; q <= radix / 2; q++) for (const at of [j, j + 1]) values.push(...root(q * at, nFft));
    }
    return [fromHost(Float32Array.from(values), [columns / 2, radix + 1, 4])];
  })[0]!;
}

/** What a pass multiplies by: for each j < span / radix, e^(-2 pi i q j / span) for q < radix. */
function stageTable(span: number, radix: number): DeviceArray {
  return table(`factors ${span} ${radix}`, () => {
    const values: number[] = [];
    for (let j = 0; j < span / radix; j++) for (let q = 0; q < radix; q++) values.push(...root(q * j, span));
    return [fromHost(Float32Array.from(values), [span / radix, radix, 2])];
  })[0]!;
}

/** The window of a frame. */
export function windowTable(options: WindowOptions): DeviceArray {
  const { nFft, winLength, normalized, periodic } = options;
  return table(`window ${nFft} ${winLength} ${normalized} ${periodic}`, () => [
    fromHost(Float32Array.from(hannInFrame(options)), [nFft]),
  ])[0]!;
}

export function isPowerOfTwo(n: number): boolean {
  return Number.isInteger(Math.log2(n));
}
