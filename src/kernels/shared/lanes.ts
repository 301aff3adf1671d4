// Adapters whose subgroups have 8 lanes, for which lanes.wgsl is.
import { device } from "../../gpu/device.ts";

/** Whether subgroups have 8 lanes: on lavapipe, where a vector register of the CPU is a subgroup, what they do has programs of its own. */
export function hasEightLanes(): boolean {
  const { features, subgroupSize } = device().adapter;
  return features.includes("subgroups") && subgroupSize === 8;
}
