// F: Activations: functions of each element, and softmax.
import { wantAlone, wantNoMore, wantTensor } from "../../tensor/check.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** A function of a tensor and nothing else. */
type OfOne = (x: Tensor) => Tensor;

function alone(name: string, f: OfOne): OfOne {
  return (x, ...more: unknown[]) => {
    wantTensor(name, "the input", x);
    wantAlone(name, more);
    return f(x);
  };
}

/** max(x, 0). */
export const relu = alone("relu", (x) => x.relu());

/** x where it is above 0, else negativeSlope · x. */
export function leakyRelu(x: Tensor, negativeSlope = 0.01, ...more: never[]): Tensor {
  wantTensor("leakyRelu", "the input", x);
  wantNoMore("leakyRelu", more);
  return x.leakyRelu(negativeSlope);
}

/** GELU in its tanh approximation. */
export const gelu = alone("gelu", (x) => x.gelu());
/** 1 / (1 + e⁻ˣ). */
export const sigmoid = alone("sigmoid", (x) => x.sigmoid());
/** The hyperbolic tangent of each element. */
export const tanh = alone("tanh", (x) => x.tanh());

/** eˣ over the sum of eˣ along the axis (negative: from the last): what lies along it adds up to 1. */
export function softmax(x: Tensor, axis: number, ...more: never[]): Tensor {
  wantTensor("softmax", "the input", x);
  wantNoMore("softmax", more);
  return x.softmax(axis);
}

/** The logarithm of softmax, without its under- and overflow. */
export function logSoftmax(x: Tensor, axis: number, ...more: never[]): Tensor {
  wantTensor("logSoftmax", "the input", x);
  wantNoMore("logSoftmax", more);
  return x.logSoftmax(axis);
}
