// The discrete Fourier transform by torch.fft's names. A complex tensor has a last dimension of 2, (re, im), as
// torch.view_as_real gives it; dimensions are counted without that one, so that `dim` −1 is the last of numbers in either
// case. All have gradients of any order. A power of two costs n log₂ n, other lengths n times the sum of their prime
// factors: a prime itself n².
import { formatShape } from "../../gpu/shape.ts";
import { axisOf, wantNumber, wantTensor, wantWhole } from "../../tensor/check.ts";
import { oneOf, takes } from "../../tensor/options.ts";
import { scope } from "../../tensor/scope.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import { dft } from "./dft.ts";
import { fitted } from "./pad.ts";
import { realInverse, realTransform } from "./real.ts";

/** What all of them take. */
export interface FftOptions {
  /**
   * What is divided by: "backward" divides the inverse transforms by n, the default; "forward" the transforms, by n;
   * "ortho" both, by √n.
   */
  norm?: "backward" | "ortho" | "forward";
}

type Norm = FftOptions["norm"];

const NORM = { norm: oneOf("backward", "ortho", "forward") };
const optionsOf = {
  fft: takes("fft", 4, NORM),
  ifft: takes("ifft", 4, NORM),
  rfft: takes("rfft", 4, NORM),
  irfft: takes("irfft", 4, NORM),
};

/**
 * X[k] = Σₜ x[t] e^(−2πi kt/n) of complex [..., 2] along `dim`, cut or filled up with zeros to n numbers.
 * @shape [..., n, ..., 2] → [..., n, ..., 2]
 * @example fft.fft(tensor([[1, 0], [1, 0]])); // → [[2, 0], [0, 0]]
 */
export function fft(
  x: Tensor,
  n?: number | null,
  dim = -1,
  options: FftOptions = {},
  ...more: never[]
): Tensor {
  optionsOf.fft(options, more);
  return complex("fft", x, n, dim, -1, options.norm);
}

/**
 * x[t] = 1/n Σₖ X[k] e^(2πi kt/n): the inverse of `fft`.
 * @shape [..., n, ..., 2] → [..., n, ..., 2]
 * @example fft.ifft(tensor([[2, 0], [0, 0]])); // → [[1, 0], [1, 0]]
 */
export function ifft(
  x: Tensor,
  n?: number | null,
  dim = -1,
  options: FftOptions = {},
  ...more: never[]
): Tensor {
  optionsOf.ifft(options, more);
  return complex("ifft", x, n, dim, 1, options.norm);
}

/**
 * The transform of real numbers along `dim`, cut or filled up with zeros to n of them: its first ⌊n/2⌋ + 1 bins, the others
 * being conjugates of these. [..., n, ...] gives [..., ⌊n/2⌋ + 1, ..., 2].
 * @shape [..., n, ...] → [..., ⌊n / 2⌋ + 1, ..., 2]
 * @example fft.rfft(tensor([1, 0, 0, 0])); // → [[1, 0], [1, 0], [1, 0]]
 */
export function rfft(
  x: Tensor,
  n?: number | null,
  dim = -1,
  options: FftOptions = {},
  ...more: never[]
): Tensor {
  optionsOf.rfft(options, more);
  wantFloats("rfft", x, "the input");
  if (x.ndim === 0) throw new RangeError("rfft: the input has at least one dimension, got []");
  const at = dimOf("rfft", dim, x.ndim);
  const length = lengthOf("rfft", n, x.shape[at]!);
  return scope(() => {
    const rows = swapped(x, at, -1);
    const spectrum = realTransform(
      fitted(rows, rows.ndim - 1, length),
      scaleOf("forward", options.norm, length),
    );
    return swapped(spectrum, at, -2);
  }, "rfft");
}

/**
 * The n real numbers of which the given bins are the first ⌊n/2⌋ + 1: the inverse of `rfft`. n is 2 (bins − 1) unless it is
 * said, as an odd number cannot be told from the next even one. Imaginary parts that a real signal cannot have (of bin 0, and
 * of bin n/2) count as 0.
 * @shape [..., bins, ..., 2] → [..., n, ...]
 * @example fft.irfft(fft.rfft(tensor([1, 2, 3, 4]))); // → [1, 2, 3, 4]
 */
export function irfft(
  x: Tensor,
  n?: number | null,
  dim = -1,
  options: FftOptions = {},
  ...more: never[]
): Tensor {
  optionsOf.irfft(options, more);
  const at = complexDim("irfft", x, dim);
  const length = lengthOf("irfft", n, 2 * (x.shape[at]! - 1));
  return scope(() => {
    const rows = swapped(x, at, -2);
    return swapped(realInverse(rows, length, scaleOf("inverse", options.norm, length)), at, -1);
  }, "irfft");
}

function complex(
  who: string,
  x: Tensor,
  n: number | null | undefined,
  dim: number,
  sign: 1 | -1,
  norm: Norm,
): Tensor {
  const at = complexDim(who, x, dim);
  const length = lengthOf(who, n, x.shape[at]!);
  return scope(() => {
    const rows = fitted(swapped(x, at, -2), x.ndim - 2, length);
    const scale = scaleOf(sign === -1 ? "forward" : "inverse", norm, length);
    return swapped(apply(dft, [rows], { sign, scale }), at, -2);
  }, who);
}

/** The dimension `at` in the place of another, which is counted from the end. */
const swapped = (x: Tensor, at: number, end: -1 | -2): Tensor =>
  at === x.ndim + end ? x : x.transpose(at, end);

function wantFloats(who: string, x: Tensor, what: string): void {
  wantTensor(who, what, x);
  if (x.dtype !== "float32") throw new TypeError(`${who}: wants float32 numbers, got ${x.dtype}`);
}

/** The axis of a complex tensor that `dim` is. */
function complexDim(who: string, x: Tensor, dim: number): number {
  wantFloats(who, x, "the input");
  if (x.ndim < 2 || x.shape.at(-1) !== 2)
    throw new RangeError(
      `${who}: wants complex numbers [..., n, 2], the last dimension being (re, im), got ${formatShape(x.shape)}`,
    );
  return dimOf(who, dim, x.ndim - 1);
}

function dimOf(who: string, dim: number, dims: number): number {
  return axisOf(dim, dims, who);
}

function lengthOf(who: string, n: number | null | undefined, has: number): number {
  const length = n ?? has;
  wantNumber(who, "n", length);
  wantWhole(who, { n: length }, 1);
  return length;
}

function scaleOf(way: "forward" | "inverse", norm: Norm, n: number): number {
  if (norm === "ortho") return 1 / Math.sqrt(n);
  return (norm ?? "backward") === (way === "forward" ? "forward" : "backward") ? 1 / n : 1;
}
