// The step of stochastic gradient descent, several parameters a launch. No gradient.
import source from "./sgd.wgsl" with { type: "text" };
import { defineSlotKernel, inLaunches, type Slot } from "./slots.ts";

const kernel = defineSlotKernel("sgd", source, { main: { each: ["write", "read", "write"] } });

export interface SgdStep {
  lr: number;
  momentum: number;
  dampening: number;
  weightDecay: number;
  nesterov: boolean;
  /** The parameters' first step, in which the velocity is written and not read. */
  first: boolean;
}

/** Changes in place. Slots: parameter, gradient, and the velocity where there is momentum. */
export function sgdStep(slots: readonly Slot[], options: SgdStep): void {
  const { lr, momentum, dampening, weightDecay, nesterov, first } = options;
  const own = { first: first ? 1 : 0, lr, weightDecay, momentum, gain: 1 - dampening };
  inLaunches(slots, ({ params, constants, ...given }) =>
    kernel.launch("main", {
      ...given,
      params: { ...params, ...own },
      constants: { ...constants, NESTEROV: nesterov ? 1 : 0 },
    }),
  );
}
