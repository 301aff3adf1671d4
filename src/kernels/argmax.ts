// Index of the largest element along an axis. No gradient.
import { type DeviceArray, empty } from "../tensor/array.ts";
import { defineKernel, linearGroups } from "../tensor/kernel.ts";
import { reducedShape, sizeOf } from "../tensor/shape.ts";
import source from "./argmax.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "argmax",
  code: source,
  entries: { main: ["read", "write"] },
  params: { outer: "u32", n: "u32", inner: "u32" },
});

export function argmaxArray(x: DeviceArray, axis: number, keepDim: boolean): DeviceArray {
  if (x.shape[axis] === 0) throw new RangeError("argmax: there is no largest of no elements");
  const out = empty(reducedShape(x.shape, [axis], keepDim), "uint32", "argmax");
  const params = {
    outer: sizeOf(x.shape.slice(0, axis)),
    n: x.shape[axis]!,
    inner: sizeOf(x.shape.slice(axis + 1)),
  };
  kernel.launch("main", { arrays: [x, out], params, groups: linearGroups(out.size, 64) });
  return out;
}
