// The steps of Adam, AdamW, NAdam and RAdam, several parameters a launch. No gradient.
import source from "./adam.wgsl" with { type: "text" };
import { defineSlotKernel, inLaunches, type Slot } from "./slots.ts";

const kernel = defineSlotKernel("adam", source, {
  main: { each: ["write", "read", "write", "write", "write"] },
});

export interface AdamStep {
  lr: number;
  betas: readonly [number, number];
  eps: number;
  weightDecay: number;
  /** AdamW: the weights decay on their own, and not through the gradient. */
  decoupled: boolean;
  /** 1 for the parameters' first step. */
  step: number;
  /** Whether what goes with the parameters is still to be written. */
  first: boolean;
}

/** θ ← θ − (ofMean · m + ofGradient · g) / (√v · scale + eps). */
export interface AdamFactors {
  ofMean: number;
  ofGradient: number;
  scale: number;
  eps: number;
}

/** Adam's own: lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + eps). */
export function adamFactors({ lr, betas: [beta1, beta2], eps, step }: AdamStep): AdamFactors {
  return {
    ofMean: lr / (1 - beta1 ** step),
    ofGradient: 0,
    scale: 1 / Math.sqrt(1 - beta2 ** step),
    eps,
  };
}

/** Changes in place. Slots: parameter, gradient, mean, square, and the largest square where it is AMSGrad's. */
export function adamStep(slots: readonly Slot[], options: AdamStep, factors = adamFactors(options)): void {
  const {
    lr,
    betas: [beta1, beta2],
    weightDecay,
    decoupled,
    first,
  } = options;
  const own = {
    first: first ? 1 : 0,
    beta1,
    gain1: 1 - beta1,
    beta2,
    gain2: 1 - beta2,
    ...factors,
    decay: decoupled ? lr * weightDecay : weightDecay,
  };
  inLaunches(slots, ({ params, constants, ...given }) =>
    kernel.launch("main", {
      ...given,
      params: { ...params, ...own },
      constants: { ...constants, DECOUPLED: decoupled ? 1 : 0 },
    }),
  );
}
