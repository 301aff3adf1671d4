// What is computed of arrays that seldom change, a network's weights for one, is kept until one of them is written or goes.
import { type DeviceArray, settle } from "./array.ts";
import type { Storage } from "./pool.ts";

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
    known.delete(this.of[0]!);
    for (const each of this.of) each.deferred.delete(this);
    for (const each of this.made) each.release();
  }
}

const known = new WeakMap<Storage, Kept>();

/** What `compute` makes of these arrays, or made of them before; borrowed. `key` tells apart what else it depends on. */
export function kept(
  of: readonly DeviceArray[],
  key: string,
  compute: () => readonly DeviceArray[],
): readonly DeviceArray[] {
  const storages = of.map((each) => each.storage);
  const found = known.get(storages[0]!);
  const same = found?.of.length === storages.length && found.of.every((each, i) => each === storages[i]);
  if (found !== undefined && same && found.key === key) return found.made;
  found?.beforeWrite();
  const now = new Kept(key, storages, compute());
  known.set(storages[0]!, now);
  return now.made;
}
