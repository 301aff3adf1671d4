// The step of Adamax, several parameters a launch. No gradient.
import source from "./adamax.wgsl" with { type: "text" };
import { defineSlotKernel, inLaunches, type Slot } from "./slots.ts";

const kernel = defineSlotKernel("adamax", source, { main: { each: ["write", "read", "write", "write"] } });

export interface AdamaxStep {
  lr: number;
  betas: readonly [number, number];
  eps: number;
  weightDecay: number;
  /** 1 for the parameters' first step. */
  step: number;
  /** Whether what goes with the parameters is still to be written. */
  first: boolean;
}

/** Changes in place. Slots: parameter, gradient, mean, the largest magnitude. */
export function adamaxStep(slots: readonly Slot[], options: AdamaxStep): void {
  const {
    lr,
    betas: [beta1, beta2],
    eps,
    weightDecay,
    step,
    first,
  } = options;
  const stepSize = lr / (1 - beta1 ** step);
  const own = { first: first ? 1 : 0, stepSize, beta1, gain1: 1 - beta1, beta2, eps, weightDecay };
  inLaunches(slots, ({ params, ...given }) =>
    kernel.launch("main", { ...given, params: { ...params, ...own } }),
  );
}
