// The fused step of stochastic gradient descent: one launch a parameter. No gradient.
import type { DeviceArray } from "../../gpu/array.ts";
import { defineKernel } from "../../gpu/kernel.ts";
import { overVectors } from "../shared/vectors.ts";
import source from "./sgd.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "sgd",
  code: source,
  entries: { plain: ["write", "read"], momentum: ["write", "read", "write"] },
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
  const { params, constants, groups } = overVectors(parameter.size);
  kernel.launch(velocity === null ? "plain" : "momentum", {
    arrays: velocity === null ? [parameter, gradient] : [parameter, gradient, velocity],
    params: { ...params, first: first ? 1 : 0, lr, weightDecay, momentum, gain: 1 - dampening },
    constants: velocity === null ? constants : { ...constants, NESTEROV: nesterov ? 1 : 0 },
    groups,
  });
}
