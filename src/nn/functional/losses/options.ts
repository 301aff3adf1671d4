// What losses share: what becomes of the single ones, and how tensors of the same shape are asked for.
import { formatShape, sameShape } from "../../../gpu/shape.ts";
import { isTensor, show, wantTensor } from "../../../tensor/check.ts";
import { type Kind, oneOf } from "../../../tensor/options.ts";
import type { Tensor } from "../../../tensor/tensor.ts";

/** What becomes of the losses of single samples: their mean, their sum, or nothing. */
export type Reduction = "mean" | "sum" | "none";

/** What every loss takes. */
export interface LossOptions {
  /** Default "mean". */
  reduction?: Reduction;
}

export const REDUCTION = oneOf("mean", "sum", "none");
export const TENSOR: Kind = { says: "a tensor", fits: isTensor };

/** The terms as they are, their mean or their sum. */
export function reduce(terms: Tensor, reduction: Reduction = "mean"): Tensor {
  return reduction === "none" ? terms : reduction === "mean" ? terms.mean() : terms.sum();
}

/** Throws unless the named arguments are tensors. */
export function wantTensors(who: string, tensors: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(tensors)) wantTensor(who, `the ${name}`, value);
}

/** Throws unless both are of one shape. */
export function wantSameShape(who: string, a: Tensor, b: Tensor, names = ["input", "target"]): void {
  if (sameShape(a.shape, b.shape)) return;
  throw new RangeError(
    `${who}: ${names[0]} ${formatShape(a.shape)} and ${names[1]} ${formatShape(b.shape)} are of different shapes`,
  );
}

/** Throws unless a number is finite and at least 0. */
export function wantNotNegative(who: string, numbers: Record<string, number>): void {
  for (const [name, value] of Object.entries(numbers))
    if (!(value >= 0)) throw new RangeError(`${who}: ${name} is a number ≥ 0, got ${show(value)}`);
}
