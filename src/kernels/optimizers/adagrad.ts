// The step of Adagrad, several parameters a launch. No gradient.
import source from "./adagrad.wgsl" with { type: "text" };
import { defineSlotKernel, inLaunches, type Slot } from "./slots.ts";

const kernel = defineSlotKernel("adagrad", source, { main: { each: ["write", "read", "write"] } });

export interface AdagradStep {
  lr: number;
  lrDecay: number;
  weightDecay: number;
  /** Where the sums of squares begin. */
  initialAccumulatorValue: number;
  eps: number;
  /** 1 for the parameters' first step. */
  step: number;
  /** Whether the sums are still to be written. */
  first: boolean;
}

/** Changes in place. Slots: parameter, gradient, the sum of squares. */
export function adagradStep(slots: readonly Slot[], options: AdagradStep): void {
  const { lr, lrDecay, weightDecay, initialAccumulatorValue: initial, eps, step, first } = options;
  const rate = lr / (1 + (step - 1) * lrDecay);
  inLaunches(slots, ({ params, ...given }) =>
    kernel.launch("main", {
      ...given,
      params: { ...params, first: first ? 1 : 0, rate, eps, weightDecay, initial },
    }),
  );
}
