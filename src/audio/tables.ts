// Tables that kernels read again and again (windows, filters, twiddle factors): made once on the host in float64,
// kept on the GPU. The least recently used go when there are many.
import type { DeviceArray } from "../gpu/array.ts";
import { type Device, device } from "../gpu/device.ts";

const KEPT = 32;
const tables = new WeakMap<Device, Map<string, DeviceArray[]>>();

/** The arrays that `build` made for this key, borrowed: the cache owns them. */
export function table(key: string, build: () => DeviceArray[]): DeviceArray[] {
  let known = tables.get(device());
  if (known === undefined) {
    known = new Map();
    tables.set(device(), known);
  }
  const arrays = known.get(key) ?? build();
  known.delete(key); // a Map keeps the order of insertion: this one is the newest again
  known.set(key, arrays);
  const [oldest] = known.keys();
  if (known.size > KEPT && oldest !== undefined) {
    for (const array of known.get(oldest) ?? []) array.release();
    known.delete(oldest);
  }
  return arrays;
}

/** A number as its 12 leading bits and the rest, of which float32 keeps 24 more. */
export function split(x: number): [number, number] {
  if (x === 0) return [0, 0];
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(x))) - 11);
  const lead = Math.trunc(x / unit) * unit;
  return [lead, x - lead];
}
