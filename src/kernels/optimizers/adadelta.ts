// The step of Adadelta, several parameters a launch. No gradient.
import source from "./adadelta.wgsl" with { type: "text" };
import { defineSlotKernel, inLaunches, type Slot } from "./slots.ts";

const kernel = defineSlotKernel("adadelta", source, { main: { each: ["write", "read", "write", "write"] } });

export interface AdadeltaStep {
  lr: number;
  rho: number;
  eps: number;
  weightDecay: number;
  /** Whether what goes with the parameters is still to be written. */
  first: boolean;
}

/** Changes in place. Slots: parameter, gradient, mean of squares, mean of squared steps. */
export function adadeltaStep(slots: readonly Slot[], options: AdadeltaStep): void {
  const { lr, rho, eps, weightDecay, first } = options;
  const own = { first: first ? 1 : 0, lr, rho, gain: 1 - rho, eps, weightDecay };
  inLaunches(slots, ({ params, ...given }) =>
    kernel.launch("main", { ...given, params: { ...params, ...own } }),
  );
}
