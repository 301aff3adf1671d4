// What is true of each float, as bools.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import source from "./predicates.wgsl" with { type: "text" };

const kernel = defineKernel({ name: "predicates", code: source, entries: { main: ["read", "write"] } });

export type PredicateName = "isnan" | "isinf" | "isfinite" | "isposinf" | "isneginf" | "signbit";

export function predicate(name: PredicateName, x: DeviceArray): DeviceArray {
  const y = empty(x.shape, "bool", name);
  kernel.launch("main", {
    arrays: [x, y],
    params: { n: x.size },
    constants: { OP: kernel.constant(name) },
    groups: linearGroups(x.size, 64),
  });
  return y;
}
