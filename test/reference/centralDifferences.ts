// Checks a reference's backward against central differences of the scalar L(x) = Σ forward(x) · g in float64:
//
//   ∂L/∂xᵢ ≈ (L(x + h·eᵢ) − L(x − h·eᵢ)) / 2h
//
// With h = 1e-5 the formula itself is off by about h²·f‴/6 ~ 1e-11, and rounding by about 1e-16·|L|/h ~ 1e-10.
import type { Arr, Reference } from "./reference.ts";

const STEP = 1e-5;

/** Below this a gradient counts as zero, and what is measured is the absolute error over it. */
const SMALLEST_SCALE = 1e-2;

function weightedSum(y: Arr, g: Arr): number {
  let sum = 0;
  for (let i = 0; i < y.data.length; i++) sum += y.data[i] * g.data[i];
  return sum;
}

/** ∂/∂x of Σ forward · gradOut for input number `which`, by central differences. */
function numericGradient<A>(
  reference: Reference<A>,
  inputs: Arr[],
  attrs: A,
  gradOut: Arr,
  which: number,
): Float64Array {
  const x = inputs[which];
  const gradient = new Float64Array(x.data.length);
  for (let i = 0; i < x.data.length; i++) {
    const original = x.data[i];
    x.data[i] = original + STEP;
    const above = weightedSum(reference.forward(inputs, attrs), gradOut);
    x.data[i] = original - STEP;
    const below = weightedSum(reference.forward(inputs, attrs), gradOut);
    x.data[i] = original;
    gradient[i] = (above - below) / (2 * STEP);
  }
  return gradient;
}

/**
 * The largest error of backward over all inputs for which `hasGradient` holds, relative to the largest element of
 * that input's gradient. Throws where a gradient is missing, is there but should not be, or has the wrong shape.
 */
export function worstGradientError<A>(
  reference: Reference<A>,
  inputs: Arr[],
  attrs: A,
  gradOut: Arr,
  hasGradient: boolean[],
): number {
  const gradients = reference.backward(inputs, attrs, gradOut);
  if (gradients.length !== inputs.length) {
    throw new Error(`backward gave ${gradients.length} gradients for ${inputs.length} inputs`);
  }
  let worst = 0;
  for (let which = 0; which < inputs.length; which++) {
    const gradient = gradients[which];
    if ((gradient !== null) !== hasGradient[which]) {
      throw new Error(`input ${which} should ${hasGradient[which] ? "" : "not "}have a gradient`);
    }
    if (!gradient) continue;
    if (gradient.shape.join() !== inputs[which].shape.join()) {
      throw new Error(`input ${which} is [${inputs[which].shape}], its gradient [${gradient.shape}]`);
    }
    const numeric = numericGradient(reference, inputs, attrs, gradOut, which);
    let scale = SMALLEST_SCALE;
    for (const value of numeric) scale = Math.max(scale, Math.abs(value));
    for (let i = 0; i < numeric.length; i++) {
      const error = Math.abs(gradient.data[i] - numeric[i]) / scale;
      if (Number.isNaN(error)) return Number.NaN;
      worst = Math.max(worst, error);
    }
  }
  return worst;
}
