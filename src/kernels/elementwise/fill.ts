// Arrays filled with one value.
import { type DeviceArray, type DType, empty } from "../../gpu/array.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel } from "../../gpu/kernel.ts";
import type { Shape } from "../../gpu/shape.ts";
import { overVectors } from "../shared/vectors.ts";
import source from "./fill.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "fill",
  code: source,
  entries: { main: ["write"] },
});

/** Bytes from which zeros are left to the driver, which knows of nothing faster; less is not worth ending a pass for. */
const LARGE = 2 ** 20;

const bits = new DataView(new ArrayBuffer(4));

export function filled(shape: Shape, value: number, dtype: DType = "float32"): DeviceArray {
  const out = empty(shape, dtype);
  if (dtype === "float32") bits.setFloat32(0, value);
  else if (dtype === "int32") bits.setInt32(0, value);
  else bits.setUint32(0, dtype === "bool" ? Number(value !== 0) : value);
  if (bits.getUint32(0) === 0 && 4 * out.size >= LARGE) {
    out.storage.version++;
    device().stream.clear(out.storage.buffer, 4 * out.size);
    return out;
  }
  const { params, ...launch } = overVectors(out.size);
  kernel.launch("main", { arrays: [out], params: { ...params, bits: bits.getUint32(0) }, ...launch });
  return out;
}
