// One step of the optimisers, for one parameter θ with gradient g, exactly as torch.optim documents them.
//
// SGD:    g ← g + weightDecay · θ
//         with momentum μ:  v ← g on the first step, else μ · v + (1 − dampening) · g
//                           g ← g + μ · v with Nesterov, else v
//         θ ← θ − lr · g
//
// Adam:   g ← g + weightDecay · θ              (AdamW, decoupled:  θ ← θ − lr · weightDecay · θ  instead)
//         m ← β₁ · m + (1 − β₁) · g            v ← β₂ · v + (1 − β₂) · g²
//         θ ← θ − lr · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + eps),  t = step, counted from 1
import { type Arr, arr } from "../reference.ts";

export interface SgdAttrs {
  lr: number;
  momentum: number;
  nesterov: boolean;
  weightDecay: number;
  dampening: number;
  /** Whether this is the parameter's first step, where the velocity given is not read. */
  first: boolean;
}

/** Returns the new parameter and velocity; without momentum there is none and it is null. */
export function sgdStep(
  param: Arr,
  grad: Arr,
  velocity: Arr | null,
  { lr, momentum, nesterov, weightDecay, dampening, first }: SgdAttrs,
): { param: Arr; velocity: Arr | null } {
  if (momentum !== 0 && !first && !velocity) {
    throw new Error("sgdStep: a step with momentum after the first wants a velocity");
  }
  const newParam = arr(param.shape);
  const newVelocity = arr(param.shape);
  for (let i = 0; i < param.data.length; i++) {
    let g = grad.data[i] + weightDecay * param.data[i];
    if (momentum !== 0) {
      const v = first || !velocity ? g : momentum * velocity.data[i] + (1 - dampening) * g;
      newVelocity.data[i] = v;
      g = nesterov ? g + momentum * v : v;
    }
    newParam.data[i] = param.data[i] - lr * g;
  }
  return { param: newParam, velocity: momentum === 0 ? null : newVelocity };
}

export interface AdamAttrs {
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  /** AdamW: the weights decay on their own, and not through the gradient. */
  decoupled: boolean;
  /** 1 for the first step. */
  step: number;
}

/** Returns the new parameter and moments; before the first step both moments are zeros. */
export function adamStep(
  param: Arr,
  grad: Arr,
  m: Arr,
  v: Arr,
  { lr, beta1, beta2, eps, weightDecay, decoupled, step }: AdamAttrs,
): { param: Arr; m: Arr; v: Arr } {
  const newParam = arr(param.shape);
  const newM = arr(param.shape);
  const newV = arr(param.shape);
  for (let i = 0; i < param.data.length; i++) {
    let p = param.data[i];
    let g = grad.data[i];
    if (decoupled) p -= lr * weightDecay * p;
    else g += weightDecay * p;
    newM.data[i] = beta1 * m.data[i] + (1 - beta1) * g;
    newV.data[i] = beta2 * v.data[i] + (1 - beta2) * g * g;
    const mHat = newM.data[i] / (1 - beta1 ** step);
    const vHat = newV.data[i] / (1 - beta2 ** step);
    newParam.data[i] = p - (lr * mHat) / (Math.sqrt(vHat) + eps);
  }
  return { param: newParam, m: newM, v: newV };
}
