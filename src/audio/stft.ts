// Spectrograms: framing, window, Fourier transform and power, as torch.stft and torchaudio's Spectrogram define
// them. stft.wgsl says how they are computed.

import { type DeviceArray, empty, fromHost } from "../gpu/array.ts";
import { defineKernel } from "../gpu/kernel.ts";
import { sizeOf } from "../gpu/shape.ts";
import { wantAtMost, wantPositive, wantWhole } from "../tensor/check.ts";
import { arrayOf } from "../tensor/handle.ts";
import { BOOLEAN, NUMBER } from "../tensor/options.ts";
import { Tensor } from "../tensor/tensor.ts";
import { splitLast } from "./check.ts";
import { hannInFrame, type WindowOptions } from "./fourier/window.ts";
import source from "./stft.wgsl" with { type: "text" };
import { split, table } from "./tables.ts";

const kernel = defineKernel({
  name: "stft",
  code: source,
  entries: {
    load: ["read", "read", "write"],
    radix4: ["write", "read"],
    radix2: ["write"],
    power: ["read", "read", "read", "write"],
    spectrum: ["read", "read", "read", "write"],
    direct: ["read", "read", "read", "write"],
  },
});

const WORKGROUP = 64;
/** Bytes that the frames of one launch may take: they are passed over several times, best in a cache. */
const SCRATCH = 8 * 2 ** 20;
/** Complex numbers that an invocation of `load` makes, as in stft.wgsl. */
const PACKED = 8;

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

/** Writes |X|^power of `batch` frames; or, where `result` is "spectrum" and nFft a power of two, X as pairs (re, im). */
export function transform(
  framing: Framing,
  options: Required<SpectrogramOptions>,
  target: Target,
  result: "power" | "spectrum" = "power",
): void {
  const { nFft, hopLength: hop, power } = options;
  const { wave, frames, samples, pad } = framing;
  const { first, batch, out, outFirst, outFrames } = target;
  const params = { batch, first, frames, samples, hop, pad, nFft, span: 0, outFirst, outFrames };
  const all = { ...params, exponent: power, zero: 0 };
  const constants = { POWER: power === 1 || power === 2 ? power : 0 };
  const groups = (items: number): [number, number, number] => [Math.ceil(batch / WORKGROUP), items, 1];
  const window = windowTable(options);
  const twiddles = twiddleTable(nFft);
  if (!isPowerOfTwo(nFft) || nFft < 4) {
    const bins = groups(Math.floor(nFft / 2) + 1);
    kernel.launch("direct", { arrays: [wave, window, twiddles, out], params: all, constants, groups: bins });
    return;
  }
  const points = nFft / 2;
  const z = empty([points, batch, 4], "float32", "the frames of a spectrogram");
  kernel.launch("load", {
    arrays: [wave, window, z],
    params: all,
    groups: groups(Math.ceil(points / PACKED)),
  });
  transformInPlace(z, nFft, batch);
  const arrays = [z, twiddles, orderTable(points), out];
  kernel.launch(result, { arrays, params: all, constants, groups: groups(points + 1) });
  z.release();
}

/**
 * The discrete Fourier transform of each of `batch` columns of nFft / 2 complex numbers, z [nFft / 2, batch, 4] as in
 * stft.wgsl, in place. `orderTable` says where the bins end up.
 */
export function transformInPlace(z: DeviceArray, nFft: number, batch: number): void {
  const twiddles = twiddleTable(nFft);
  const unused = { first: 0, frames: 0, samples: 0, hop: 0, pad: 0, outFirst: 0, outFrames: 0, exponent: 0 };
  let span = nFft / 2;
  for (const radix of radices(span)) {
    kernel.launch(radix === 4 ? "radix4" : "radix2", {
      arrays: radix === 4 ? [z, twiddles] : [z],
      params: { ...unused, batch, nFft, span: Math.log2(span), zero: 0 },
      groups: [Math.ceil(batch / WORKGROUP), nFft / 2 / radix, 1],
    });
    span /= radix;
  }
}

/** The passes that transform `points`, a power of two: fours, and a two where they do not come out even. */
function radices(points: number): number[] {
  const passes: number[] = [];
  for (let left = points; left > 1; left /= passes[passes.length - 1]!) passes.push(left % 4 === 0 ? 4 : 2);
  return passes;
}

/** Where the passes leave each bin: a block's quarter q holds the bins 4 m + q, and so on inside the quarter. */
export function orderTable(points: number): DeviceArray {
  return table(`order ${points}`, () => {
    const place = (bin: number, span: number, passes: number[]): number => {
      const [radix, ...rest] = passes;
      if (radix === undefined) return 0;
      return (bin % radix) * (span / radix) + place(Math.floor(bin / radix), span / radix, rest);
    };
    const passes = radices(points);
    return [
      fromHost(
        Uint32Array.from({ length: points }, (_, bin) => place(bin, points, passes)),
        [points],
      ),
    ];
  })[0]!;
}

/** e^(-2 pi i k / n) for k < n, as (re, im) of its 12 leading bits and (re, im) of the rest. */
export function twiddleTable(n: number): DeviceArray {
  return table(`twiddles ${n}`, () => {
    const values = new Float32Array(4 * n);
    for (let k = 0; k < n; k++) {
      const re = split(Math.cos((2 * Math.PI * k) / n));
      const im = split(-Math.sin((2 * Math.PI * k) / n));
      values.set([re[0], im[0], re[1], im[1]], 4 * k);
    }
    return [fromHost(values, [n, 4])];
  })[0]!;
}

/** The window of a frame, each number split. */
export function windowTable(options: WindowOptions): DeviceArray {
  const { nFft, winLength, normalized, periodic } = options;
  return table(`hann ${nFft} ${winLength} ${normalized} ${periodic}`, () => {
    const values = new Float32Array(2 * nFft);
    for (const [n, w] of hannInFrame(options).entries()) values.set(split(w), 2 * n);
    return [fromHost(values, [nFft, 2])];
  })[0]!;
}

export function isPowerOfTwo(n: number): boolean {
  return Number.isInteger(Math.log2(n));
}
