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

const view = new DataView(new ArrayBuffer(4));

/** The bit pattern of a value. */
export function bitsOf(value: number, dtype: DType): number {
  if (dtype === "float32") view.setFloat32(0, value);
  else if (dtype === "int32") view.setInt32(0, value);
  else view.setUint32(0, dtype === "bool" ? Number(value !== 0) : value);
  return view.getUint32(0);
}

/** An array of one value. */
export function filled(shape: Shape, value: number, dtype: DType = "float32"): DeviceArray {
  const out = empty(shape, dtype);
  fillArray(out, value);
  return out;
}

/** Overwrites all elements with a value. */
export function fillArray(out: DeviceArray, value: number): void {
  const bits = bitsOf(value, out.dtype);
  if (bits === 0 && 4 * out.size >= LARGE) {
    const { stream } = device();
    out.noteWrite();
    stream.recorder?.bind([out], ["write"]);
    stream.clear(out.storage.buffer, 4 * out.size);
    return;
  }
  const { params, ...launch } = overVectors(out.size);
  kernel.launch("main", { arrays: [out], params: { ...params, bits }, ...launch });
}
