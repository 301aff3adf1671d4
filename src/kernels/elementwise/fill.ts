// Arrays filled with one value.
import { type DeviceArray, type DType, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Shape } from "../../gpu/shape.ts";
import source from "./fill.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "fill",
  code: source,
  entries: { main: ["write"] },
});

const bits = new DataView(new ArrayBuffer(4));

export function filled(shape: Shape, value: number, dtype: DType = "float32"): DeviceArray {
  const out = empty(shape, dtype);
  if (dtype === "float32") bits.setFloat32(0, value);
  else bits.setUint32(0, value);
  kernel.launch("main", {
    arrays: [out],
    params: { n: out.size, bits: bits.getUint32(0) },
    groups: linearGroups(out.size, 64),
  });
  return out;
}
