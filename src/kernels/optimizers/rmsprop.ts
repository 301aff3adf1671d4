// The step of RMSprop, several parameters a launch. No gradient.
import source from "./rmsprop.wgsl" with { type: "text" };
import { defineSlotKernel, inLaunches, type Slot } from "./slots.ts";

const kernel = defineSlotKernel("rmsprop", source, {
  main: { each: ["write", "read", "write", "write", "write"] },
});

export interface RmspropStep {
  lr: number;
  alpha: number;
  eps: number;
  weightDecay: number;
  momentum: number;
  centered: boolean;
  /** Whether what goes with the parameters is still to be written. */
  first: boolean;
}

/** Changes in place. Slots: parameter, gradient, square; the buffer where there is momentum; the mean where it is centered. */
export function rmspropStep(slots: readonly Slot[], options: RmspropStep): void {
  const { lr, alpha, eps, weightDecay, momentum, centered, first } = options;
  const own = { first: first ? 1 : 0, lr, alpha, gain: 1 - alpha, eps, weightDecay, momentum };
  inLaunches(slots, ({ params, sizes, ...given }) =>
    kernel.launch("main", {
      ...given,
      params: { ...params, ...own },
      sizes: { ...sizes, MOMENTUM: momentum > 0 ? 1 : 0, CENTERED: centered ? 1 : 0 },
    }),
  );
}
