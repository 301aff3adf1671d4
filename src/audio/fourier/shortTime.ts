// The short-time Fourier transform and its inverse, by torch's names and with its meaning: frames under a window, each
// transformed; and transforms back, overlapped and added. Complex numbers are (re, im) in a last dimension, as in fft.ts.
// Made of operations that have gradients, the window's too. audio.Spectrogram has a faster and more precise way that gives
// magnitudes.
import { formatShape } from "../../gpu/shape.ts";
import { isTensor, wantAtMost, wantWhole } from "../../tensor/check.ts";
import { ones, tensor, zeros } from "../../tensor/creation.ts";
import { BOOLEAN, type Kind, NUMBER, oneOf, orNull, takes } from "../../tensor/options.ts";
import { scope } from "../../tensor/scope.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import { splitLast, wantTensor } from "../check.ts";
import { addFrames, cutFrames } from "./frames.ts";
import { padded } from "./pad.ts";
import { realInverse, realTransform } from "./real.ts";
import { hann, symmetricHann } from "./window.ts";

/** What stft takes beside the samples. */
export interface StftOptions {
  /** Samples from one frame to the next. Default ⌊nFft / 4⌋. */
  hopLength?: number;
  /** Samples under the window, which sits in the middle of a frame. Default nFft. */
  winLength?: number;
  /** [winLength]. Default all ones, as in torch: `hannWindow(n)` is what one wants as a rule. */
  window?: Tensor | null;
  /** Frame t is centred at sample t · hopLength, the wave being continued at its ends. Else it begins there. Default true. */
  center?: boolean;
  /** How it is continued: mirrored, the default, or with zeros. */
  padMode?: "reflect" | "constant";
  /** Divide by √nFft. Default false. */
  normalized?: boolean;
}

/** What istft takes beside the spectrum. */
export interface IstftOptions {
  hopLength?: number;
  winLength?: number;
  window?: Tensor | null;
  center?: boolean;
  normalized?: boolean;
  /** Samples to give. Default as many as there are whole hops. */
  length?: number | null;
}

const WINDOW: Kind = {
  says: "a tensor [winLength], or null",
  fits: (value) => value === null || isTensor(value),
};
const SHARED = { hopLength: NUMBER, winLength: NUMBER, window: WINDOW, center: BOOLEAN };
const stftOptions = takes("stft", 3, {
  ...SHARED,
  padMode: oneOf("reflect", "constant"),
  normalized: BOOLEAN,
});
const istftOptions = takes("istft", 3, { ...SHARED, normalized: BOOLEAN, length: orNull(NUMBER) });
const hannOptions = takes("hannWindow", 2, { periodic: BOOLEAN });

/**
 * The Hann window ½ − ½ cos(2πn/N) of `length` numbers: N = length, or with `periodic: false` N = length − 1.
 * @shape → [length]
 * @example hannWindow(4); // → [0, 0.5, 1, 0.5]
 */
export function hannWindow(length: number, options: { periodic?: boolean } = {}, ...more: never[]): Tensor {
  hannOptions(options, more);
  wantWhole("hannWindow", { length }, 1);
  if (length === 1) return tensor([1]);
  return tensor((options.periodic ?? true) ? hann(length) : symmetricHann(length));
}

/**
 * X[k, t] = Σₙ window[n] x[t · hopLength + n] e^(−2πi kn/nFft) of waves [..., samples], k ≤ nFft / 2:
 * [..., ⌊nFft / 2⌋ + 1, frames, 2].
 * @shape [..., samples] → [..., ⌊nFft / 2⌋ + 1, frames, 2]
 * @example stft(zeros([1, 1000]), 256, { window: hannWindow(256) }).shape; // → [1, 129, 16, 2]
 */
export function stft(x: Tensor, nFft: number, options: StftOptions = {}, ...more: never[]): Tensor {
  stftOptions(options, more);
  const { center = true, padMode = "reflect", normalized = false } = options;
  const { last: samples } = splitLast("stft", x, "waves [..., samples]");
  const { hop, windowOf } = resolve("stft", nFft, options);
  const margin = center ? Math.floor(nFft / 2) : 0;
  if (padMode === "reflect" && margin >= samples && margin > 0)
    throw new RangeError(
      `stft: waves of ${samples} samples are too short to be mirrored by ${margin} on each side (nFft ${nFft}): take padMode: "constant", or center: false`,
    );
  const count = 1 + Math.floor((samples + 2 * margin - nFft) / hop);
  if (count < 1)
    throw new RangeError(`stft: waves of ${samples} samples are shorter than nFft ${nFft}: pad them`);
  return scope(() => {
    const mirrored = padMode === "reflect" ? margin : 0;
    const wave = mirrored === margin ? x : padded(x, margin, margin);
    const length = wave.shape.at(-1)!;
    const framing = { samples: length, count, length: nFft, hop, pad: mirrored };
    const frames = apply(cutFrames, [wave], framing);
    return realTransform(frames.mul(windowOf()), normalized ? 1 / Math.sqrt(nFft) : 1).transpose(-2, -3);
  }, "stft");
}

/**
 * The waves [..., samples] of transforms [..., ⌊nFft / 2⌋ + 1, frames, 2]: the inverse of `stft` (D. W. Griffin and
 * J. S. Lim, 1984), each frame's under the window again, their sum divided by that of the windows' squares. 0 where no window
 * reaches (torch refuses that).
 * @shape [..., ⌊nFft / 2⌋ + 1, frames, 2] → [..., samples]
 * @example
 * const window = hannWindow(256);
 * istft(stft(ones([1, 1024]), 256, { window }), 256, { window }).shape; // → [1, 1024]
 */
export function istft(x: Tensor, nFft: number, options: IstftOptions = {}, ...more: never[]): Tensor {
  istftOptions(options, more);
  const { center = true, normalized = false } = options;
  wantTensor("istft", x, 3, "transforms [..., bins, frames, 2]");
  const { hop, windowOf } = resolve("istft", nFft, options);
  const [bins, count, parts] = x.shape.slice(-3) as [number, number, number];
  if (parts !== 2 || bins !== Math.floor(nFft / 2) + 1)
    throw new RangeError(
      `istft: wants transforms [..., ${Math.floor(nFft / 2) + 1}, frames, 2] of nFft ${nFft}, got ${formatShape(x.shape)}`,
    );
  const samples = nFft + (count - 1) * hop;
  const start = center ? Math.floor(nFft / 2) : 0;
  const length = options.length ?? samples - 2 * start;
  wantWhole("istft", { length }, 1);
  return scope(() => {
    const rows = x.transpose(-2, -3);
    const frames = realInverse(rows, nFft, normalized ? 1 / Math.sqrt(nFft) : 1 / nFft);
    const framing = { samples, count, length: nFft, hop, pad: 0 };
    const weights = windowOf();
    const sum = apply(addFrames, [frames.mul(weights)], framing);
    const squares = weights.square().add(zeros([count, 1]));
    const over = apply(addFrames, [squares], framing);
    const wave = sum.div(over.clamp(1e-30)); // where no window reaches both are 0
    const there = Math.min(length, samples - start);
    return padded(wave.narrow(-1, start, there), 0, length - there);
  }, "istft");
}

/** The hop of a call, and its window in the middle of nFft samples. */
function resolve(
  who: string,
  nFft: number,
  { hopLength, winLength = nFft, window = null }: StftOptions,
): { hop: number; windowOf: () => Tensor } {
  wantWhole(who, { nFft }, 1);
  const hop = hopLength ?? Math.max(1, Math.floor(nFft / 4));
  wantWhole(who, { hopLength: hop, winLength }, 1);
  wantAtMost(who, { winLength }, nFft);
  if (window !== null && (window.dtype !== "float32" || window.ndim !== 1 || window.numel() !== winLength))
    throw new RangeError(
      `${who}: the window is float32 [${winLength}], got ${window.dtype} ${formatShape(window.shape)}`,
    );
  const before = Math.floor((nFft - winLength) / 2);
  return { hop, windowOf: () => padded(window ?? ones([winLength]), before, nFft - winLength - before) };
}
