// Launches over several parameters at a time: as many as their arrays fit into what a program may bind.
import type { DeviceArray } from "../../gpu/array.ts";
import type { Access } from "../../gpu/bindings.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, type Kernel, linearGroups } from "../../gpu/kernel.ts";
import { unroll } from "../shared/unroll.ts";
import { perInvocation } from "../shared/vectors.ts";
import slots from "./slots.wgsl" with { type: "text" };

/** What goes with one parameter, in the order of a program's bindings: the parameter, its gradient, … */
export type Slot = readonly DeviceArray[];

/** What slots.wgsl has room for in `Params`. */
const MOST_SLOTS = 16;

/** What an entry point binds for each slot (of the last ones a program may have none), and behind all slots. */
interface SlotEntry {
  each: readonly Access[];
  shared?: readonly Access[];
}

/** A kernel whose program is unrolled for SLOTS slots of EACH arrays. */
export function defineSlotKernel<E extends string>(
  name: string,
  source: string,
  entries: Record<E, SlotEntry>,
): Kernel<E> {
  const bindings = Object.entries<SlotEntry>(entries).map(([entry, { each, shared = [] }]) => {
    const known = new Map<string, readonly Access[]>();
    const of = ({ SLOTS = 0, EACH = 0 }: Record<string, number>) => {
      const key = `${SLOTS},${EACH}`;
      let access = known.get(key);
      if (access === undefined) {
        access = [...Array.from({ length: SLOTS }, () => each.slice(0, EACH)).flat(), ...shared];
        known.set(key, access);
      }
      return access;
    };
    return [entry, of] as const;
  });
  return defineKernel({
    name,
    code: (sizes) => unroll(`${slots}\n${source}`, sizes),
    entries: Object.fromEntries(bindings) as Record<E, (typeof bindings)[number][1]>,
  });
}

/**
 * Calls `launch` with what each launch is to be given, until all slots had theirs.
 * @param shared how many arrays each launch binds besides
 * @param invocations how many there may be at most, about
 */
export function inLaunches(
  all: readonly Slot[],
  launch: (given: {
    arrays: DeviceArray[];
    params: { n4: number[]; begins: number[]; total: number; per: number };
    constants: { WORKGROUP: number };
    sizes: { SLOTS: number; EACH: number };
    groups: [number, number, number];
  }) => void,
  { shared = 0, invocations = Number.POSITIVE_INFINITY } = {},
): void {
  const bound = device().adapter.limits.maxStorageBuffersPerShaderStage - shared;
  for (const slots of chunks(all, bound)) {
    const n4 = slots.map(([first]) => Math.ceil(first!.size / 4));
    const all4 = n4.reduce((sum, n) => sum + n);
    const { workgroup, per: usual } = perInvocation(all4);
    const per = Math.max(usual, Math.ceil(all4 / invocations));
    const begins: number[] = [];
    let total = 0;
    for (const n of n4) {
      begins.push(total);
      total += Math.ceil(n / (workgroup * per));
    }
    launch({
      arrays: slots.flat(),
      params: { n4, begins, total, per },
      constants: { WORKGROUP: workgroup },
      sizes: { SLOTS: slots.length, EACH: slots[0]!.length },
      groups: linearGroups(total, 1),
    });
  }
}

/** As many slots each as fit, and none whose memory another one of the launch has: WebGPU binds none twice to write. */
function chunks(all: readonly Slot[], bound: number): Slot[][] {
  const found: Slot[][] = [];
  let storages = new Set<object>();
  for (const slot of all) {
    const most = Math.min(MOST_SLOTS, Math.floor(bound / slot.length));
    const last = found.at(-1);
    if (last === undefined || last.length >= most || slot.some(({ storage }) => storages.has(storage))) {
      found.push([slot]);
      storages = new Set();
    } else last.push(slot);
    for (const { storage } of slot) storages.add(storage);
  }
  return found;
}
