// Running averages of parameters, several a launch. No gradient.
import source from "./average.wgsl" with { type: "text" };
import { defineSlotKernel, inLaunches, type Slot } from "./slots.ts";

const kernel = defineSlotKernel("average", source, { main: { each: ["write", "read"] } });

/** Moves each average by `weight` towards its parameter, in place. Slots: average, parameter. */
export function moveAverages(slots: readonly Slot[], weight: number): void {
  inLaunches(slots, ({ params, ...given }) =>
    kernel.launch("main", { ...given, params: { ...params, weight } }),
  );
}
