// The fused step of stochastic gradient descent: one launch a parameter. No gradient.
import type { DeviceArray } from "../tensor/array.ts";
import { defineKernel, linearGroups } from "../tensor/kernel.ts";
import source from "./sgd.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "sgd",
  code: source,
  entries: { plain: ["write", "read"], momentum: ["write", "read", "write"] },
  params: { n4: "u32", first: "u32", lr: "f32", weightDecay: "f32", momentum: "f32", gain: "f32" },
});

export interface SgdStep {
  lr: number;
  momentum: number;
  dampening: number;
  weightDecay: number;
  nesterov: boolean;
  /** The parameter's first step, in which the velocity is written and not read. */
  first: boolean;
}

/** Changes `parameter`, and `velocity` where there is momentum, in place. */
export function sgdStep(
  parameter: DeviceArray,
  gradient: DeviceArray,
  velocity: DeviceArray | null,
  { lr, momentum, dampening, weightDecay, nesterov, first }: SgdStep,
): void {
  const n4 = Math.ceil(parameter.size / 4);
  kernel.launch(velocity === null ? "plain" : "momentum", {
    arrays: velocity === null ? [parameter, gradient] : [parameter, gradient, velocity],
    params: { n4, first: first ? 1 : 0, lr, weightDecay, momentum, gain: 1 - dampening },
    constants: velocity === null ? {} : { NESTEROV: nesterov ? 1 : 0 },
    groups: linearGroups(n4, 64),
  });
}
