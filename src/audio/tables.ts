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
