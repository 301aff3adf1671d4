// What is computed of arrays that seldom change, a network's weights for one, is kept until one of them is written or goes.
import { type DeviceArray, settle } from "./array.ts";
import { device } from "./device.ts";
import type { Storage } from "./storage.ts";

class Kept {
  constructor(
    readonly key: string,
    readonly of: readonly Storage[],
    readonly made: readonly DeviceArray[],
  ) {
    for (const each of of) each.deferred.add(this);
    for (const each of made) settle(each);
  }

  beforeWrite(): void {
    known.get(this.of[0]!)?.delete(this.key);
    for (const each of this.of) each.deferred.delete(this);
    for (const each of this.made) each.release();
  }
}

/** By the first array, and what else it depends on: two convolutions may lay out one input in different ways. */
const known = new WeakMap<Storage, Map<string, Kept>>();

/** What `compute` makes of these arrays, or made of them before; borrowed. `key` tells apart what else it depends on. */
export function kept(
  of: readonly DeviceArray[],
  key: string,
  compute: () => readonly DeviceArray[],
): readonly DeviceArray[] {
  const storages = of.map((each) => each.storage);
  const others = known.get(storages[0]!) ?? new Map<string, Kept>();
  const found = others.get(key);
  const same = found?.of.length === storages.length && found.of.every((each, i) => each === storages[i]);
  if (found !== undefined && same) {
    device().stream.recorder?.depend(of, found.made);
    return found.made;
  }
  found?.beforeWrite();
  const now = new Kept(key, storages, compute());
  known.set(storages[0]!, others.set(key, now));
  return now.made;
}
