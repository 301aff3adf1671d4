// What is done to all parameters or gradients of a model at once, by torch.nn.utils's names.

import { formatShape } from "../gpu/shape.ts";
import { clampGradients, gradientNorm, scaleGradients } from "../kernels/optimizers/clip.ts";
import { noGrad } from "../tensor/autograd/grad-mode.ts";
import { isTensor, wantNoMore, wantNumber, wantTensor } from "../tensor/check.ts";
import { zeros } from "../tensor/creation.ts";
import { cat } from "../tensor/functions.ts";
import { arrayOf, handleOf } from "../tensor/handle.ts";
import { promised } from "../tensor/methods/promised.ts";
import { BOOLEAN, NUMBER, takes } from "../tensor/options.ts";
import { Tensor } from "../tensor/tensor.ts";
import { listOf, noParameter } from "./parameter-list.ts";

export { deepcopy } from "./copy.ts";
export * as rnn from "./rnn.ts";
export { skipInit } from "./skip-init.ts";
export {
  removeSpectralNorm,
  removeWeightNorm,
  type SpectralNormOptions,
  spectralNorm,
  type WeightNormOptions,
  weightNorm,
} from "./weight-norms.ts";

/** A tensor, or several. */
export type Parameters = Tensor | Iterable<Tensor>;

/** What clipGradNorm_ takes beside the parameters and the norm. */
export interface ClipOptions {
  /** Which norm: 2, the default, another number above 0, or Infinity for the largest magnitude. */
  normType?: number;
  /** Whether to give a promise, which is rejected where the norm is NaN or infinite. Await it before the step. */
  errorIfNonfinite?: boolean;
}

const clipOptions = takes("clipGradNorm_", 3, { normType: NUMBER, errorIfNonfinite: BOOLEAN });

/** The tensors of a list, each of which is one. */
function tensorsOf(who: string, parameters: Parameters): Tensor[] {
  const list = isTensor(parameters) ? [parameters] : listOf(who, parameters);
  for (const [i, parameter] of list.entries()) if (!isTensor(parameter)) throw noParameter(who, i, parameter);
  return list as Tensor[];
}

/** Throws unless a bound is a number ≥ 0: NaN would make all gradients NaN, and what is below 0 turn them round. */
function wantBound(who: string, name: string, bound: number): void {
  wantNumber(who, name, bound);
  if (!(bound >= 0)) throw new RangeError(`${who}: ${name} is a number ≥ 0, got ${bound}`);
}

/** The gradients that there are. */
function gradientsOf(who: string, parameters: Parameters) {
  return tensorsOf(who, parameters).flatMap((parameter) => handleOf(parameter).grad ?? []);
}

/**
 * Multiplies all gradients, in place, by maxNorm / (norm + 1e-6) where that is less than 1: norm is that of all their
 * elements together. Returns it as it was before, a single number, without waiting for it. Gradients that are not finite
 * make it NaN or infinite, and are NaN afterwards.
 *
 * With `errorIfNonfinite` it is awaited: who finds that it throws has parameters as they were, and gradients to forget.
 * @shape any, more → []
 * @example
 * const weight = new nn.Parameter(tensor([3, 4]));
 * weight.square().sum().backward(); // its gradient: [6, 8]
 * nn.utils.clipGradNorm_([weight], 1); // → 10
 * weight.grad; // → [0.6, 0.8]
 */
export function clipGradNorm_(
  parameters: Parameters,
  maxNorm: number,
  options: ClipOptions & { errorIfNonfinite: true },
): Promise<Tensor>;
export function clipGradNorm_(
  parameters: Parameters,
  maxNorm: number,
  options?: ClipOptions & { errorIfNonfinite?: false },
  ...more: never[]
): Tensor;
export function clipGradNorm_(
  parameters: Parameters,
  maxNorm: number,
  options?: ClipOptions,
  ...more: never[]
): Tensor | Promise<Tensor> {
  const gradients = gradientsOf("clipGradNorm_", parameters);
  wantBound("clipGradNorm_", "maxNorm", maxNorm);
  clipOptions(options, more);
  const { normType = 2, errorIfNonfinite = false } = options ?? {};
  if (!(normType > 0))
    throw new RangeError(`clipGradNorm_: normType is a number > 0 or Infinity, got ${normType}`);
  const norm =
    gradients.length === 0 ? zeros([]) : new Tensor(gradientNorm(gradients, normType), "clipGradNorm_");
  scaleGradients(gradients, arrayOf(norm), maxNorm);
  if (!errorIfNonfinite) return norm;
  return promised(
    "clipGradNorm_()",
    async () => {
      const value = await norm.item();
      if (Number.isFinite(value)) return norm;
      throw new RangeError(
        `clipGradNorm_: the norm of the gradients is ${value}: forget them, or find the NaN by autograd.detectAnomaly`,
      );
    },
    norm,
  );
}

/**
 * Cuts the elements of all gradients off at ±clipValue, in place.
 * @example
 * const weight = new nn.Parameter(tensor([3, 4]));
 * weight.square().sum().backward(); // its gradient: [6, 8]
 * nn.utils.clipGradValue_([weight], 7);
 * weight.grad; // → [6, 7]
 */
export function clipGradValue_(parameters: Parameters, clipValue: number, ...more: never[]): void {
  const gradients = gradientsOf("clipGradValue_", parameters);
  wantBound("clipGradValue_", "clipValue", clipValue);
  wantNoMore("clipGradValue_", more);
  clampGradients(gradients, clipValue);
}

/**
 * All elements of the parameters in a row.
 * @shape any, more → [count]
 * @example nn.utils.parametersToVector([ones([2]), zeros([1, 2])]); // → [1, 1, 0, 0]
 */
export function parametersToVector(parameters: Parameters, ...more: never[]): Tensor {
  wantNoMore("parametersToVector", more);
  const list = tensorsOf("parametersToVector", parameters);
  if (list.length === 0) throw new RangeError("parametersToVector: the list of parameters is empty");
  return cat(list.map((parameter) => parameter.flatten()));
}

/**
 * Overwrites the parameters, off the tape, with the elements of a vector, in a row.
 * @shape [count], any, more → nothing
 * @example
 * const bias = new nn.Parameter(zeros([2]));
 * nn.utils.vectorToParameters(tensor([5, 6]), [bias]);
 * bias; // → [5, 6]
 */
export function vectorToParameters(vector: Tensor, parameters: Parameters, ...more: never[]): void {
  wantTensor("vectorToParameters", "the vector", vector);
  const list = tensorsOf("vectorToParameters", parameters);
  wantNoMore("vectorToParameters", more);
  const size = list.reduce((sum, parameter) => sum + parameter.numel(), 0);
  if (vector.ndim !== 1 || vector.numel() !== size)
    throw new RangeError(
      `vectorToParameters: a vector [${size}] fills these parameters, got ${formatShape(vector.shape)}`,
    );
  noGrad(() => {
    let at = 0;
    for (const parameter of list) {
      parameter.copy_(vector.narrow(0, at, parameter.numel()).reshape(parameter.shape));
      at += parameter.numel();
    }
  });
}
