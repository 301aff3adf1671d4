// Lengths of vectors and distances between them, and borders.
import { wantTensor } from "../../tensor/check.ts";
import type { PadOptions } from "../../tensor/methods/rearranging.ts";
import { BOOLEAN, NUMBER, takes } from "../../tensor/options.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";

const normalizeOptions = takes("normalize", 2, { p: NUMBER, dim: NUMBER, eps: NUMBER });
const similarityOptions = takes("cosineSimilarity", 3, { dim: NUMBER, eps: NUMBER });
const distanceOptions = takes("pairwiseDistance", 3, { p: NUMBER, eps: NUMBER, keepdim: BOOLEAN });

/**
 * x divided by its p-norm (default 2) along a dim (default 1), or by eps (default 1e-12) where that is larger.
 * @shape any → the same
 * @example F.normalize(tensor([[3, 4]])); // → [[0.6, 0.8]]
 */
export function normalize(
  x: Tensor,
  options?: { p?: number; dim?: number; eps?: number },
  ...more: never[]
): Tensor {
  wantTensor("normalize", "the input", x);
  normalizeOptions(options, more);
  const { p = 2, dim = 1, eps = 1e-12 } = options ?? {};
  return scope(() => x.div(x.norm(p, dim, true).clamp(eps)), "normalize");
}

/**
 * The cosine of the angle between a and b, which broadcast, along a dim (default 1): a · b / (‖a‖ ‖b‖), where no norm is
 * taken to be below eps (default 1e-8).
 * @shape any, any → any
 * @example F.cosineSimilarity(tensor([[1, 0]]), tensor([[1, 1]])); // → [0.7071]
 */
export function cosineSimilarity(
  a: Tensor,
  b: Tensor,
  options?: { dim?: number; eps?: number },
  ...more: never[]
): Tensor {
  wantTensor("cosineSimilarity", "the first input", a);
  wantTensor("cosineSimilarity", "the second input", b);
  similarityOptions(options, more);
  const { dim = 1, eps = 1e-8 } = options ?? {};
  return scope(() => normalize(a, { dim, eps }).mul(normalize(b, { dim, eps })).sum(dim), "cosineSimilarity");
}

/**
 * The p-norm (default 2) of a − b + eps (default 1e-6) along the last dim.
 * @shape any, any → any
 * @example F.pairwiseDistance(tensor([[0, 0]]), tensor([[3, 4]])); // → [5]
 */
export function pairwiseDistance(
  a: Tensor,
  b: Tensor,
  options?: { p?: number; eps?: number; keepdim?: boolean },
  ...more: never[]
): Tensor {
  wantTensor("pairwiseDistance", "the first input", a);
  wantTensor("pairwiseDistance", "the second input", b);
  distanceOptions(options, more);
  const { p = 2, eps = 1e-6, keepdim = false } = options ?? {};
  return scope(() => a.sub(b).add(eps).norm(p, -1, keepdim), "pairwiseDistance");
}

/**
 * Tensor.pad: borders of [left, right, top, bottom, …] elements, from the last dim on.
 * @shape [...sizes] → [...sizes + padding]
 * @example F.pad(tensor([[1, 2]]), [1, 1]); // → [[0, 1, 2, 0]]
 */
export function pad(x: Tensor, padding: readonly number[], options?: PadOptions, ...more: never[]): Tensor {
  wantTensor("pad", "the input", x);
  return x.pad(padding, options, ...more);
}
