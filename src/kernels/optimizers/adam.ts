// The fused step of Adam and AdamW: one launch a parameter. No gradient.
import type { DeviceArray } from "../../gpu/array.ts";
import { defineKernel } from "../../gpu/kernel.ts";
import { overVectors } from "../shared/vectors.ts";
import source from "./adam.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "adam",
  code: source,
  entries: { main: ["write", "read", "write", "write"] },
});

export interface AdamStep {
  lr: number;
  betas: readonly [number, number];
  eps: number;
  weightDecay: number;
  /** AdamW: the weights decay on their own, and not through the gradient. */
  decoupled: boolean;
  /** 1 for the parameter's first step. */
  step: number;
  /** The moments are written and not read. */
  first: boolean;
}

/** Changes `parameter` and its two moments in place. */
export function adamStep(
  parameter: DeviceArray,
  gradient: DeviceArray,
  mean: DeviceArray,
  square: DeviceArray,
  { lr, betas: [beta1, beta2], eps, weightDecay, decoupled, step, first }: AdamStep,
): void {
  const { params, constants, groups } = overVectors(parameter.size);
  kernel.launch("main", {
    arrays: [parameter, gradient, mean, square],
    params: {
      ...params,
      first: first ? 1 : 0,
      beta1,
      gain1: 1 - beta1,
      beta2,
      gain2: 1 - beta2,
      stepSize: lr / (1 - beta1 ** step),
      scale: 1 / Math.sqrt(1 - beta2 ** step),
      eps,
      decay: decoupled ? lr * weightDecay : weightDecay,
    },
    constants: { ...constants, DECOUPLED: decoupled ? 1 : 0 },
    groups,
  });
}
