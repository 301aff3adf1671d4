// What nobody can reach any more gives back what it held. JavaScript's finalizers say so, but only at a turn of the
// event loop, and late: the collector sees a tensor as a few dozen bytes. A loop that never awaits has no such turn, so
// where the platform can collect on demand, the dead are also looked for at once, whenever much has piled up.

import { Turns } from "./turns.ts";

/** What an object holds; `reclaim` gives it back. */
export interface Held {
  reclaim(): void;
}

/** All that is held, with whoever holds it. */
const holders = new Map<Held, WeakRef<object>>();
const finalizers = new FinalizationRegistry<Held>((held) => {
  if (!holders.delete(held)) return;
  held.reclaim();
  reclaimed();
});

/**
 * How the platform collects garbage: at once, so that WeakRefs of what is dead are empty afterwards; or soon, beside the
 * program, for the finalizers to tell of it.
 */
export type Collect = (when: "at once" | "soon") => void;

let collect: Collect | null = null;
/** Whether the dead are to be looked for at the next safe moment. */
let wanted = false;
/** So many more things are left to finalizers … */
const MANY = 256;
/** … until the dead are looked for; beside twice what the last look left. */
let most = MANY;
/** Whether the event loop has turned since the last look: then finalizers can come, and need no more than a hint. */
let turned = false;
const turns = new Turns(() => {
  turned = true;
});

export function collectBy(platform: Collect | null): void {
  collect = platform;
}

/** Whether the dead can be looked for at once. */
export function collectsAtOnce(): boolean {
  return collect !== null;
}

/** How often the dead were looked for, or some were found. */
export let looks = 0;

function reclaimed(): void {
  most = 2 * holders.size + MANY;
  looks++;
}

/** From now on `holder` holds this: it is given back after `release`, or once nobody can reach the holder. */
export function hold(holder: object, held: Held): void {
  holders.set(held, new WeakRef(holder));
  turns.note();
  if (holders.size > most) wantCollection();
}

/** Has the finalizers look after it too. What a scope will free need not be told to them. */
export function watch(held: Held): void {
  const holder = holders.get(held)?.deref();
  if (holder !== undefined) finalizers.register(holder, held, held);
}

/** It was given back in another way. */
export function release(held: Held): void {
  if (holders.delete(held)) finalizers.unregister(held);
}

/** Much has piled up: `collectIfWanted` is to look for the dead. */
export function wantCollection(): void {
  wanted = true;
}

/**
 * Looks for the dead, if that was wanted. Called where a new tensor is complete: nobody is then in the middle of an
 * operation, holding arrays whose tensors the collector may find dead.
 */
export function collectIfWanted(): void {
  if (!wanted) return;
  wanted = false;
  most = 2 * holders.size + MANY;
  if (collect === null) return;
  if (turned) {
    turned = false;
    collect("soon");
    return;
  }
  collect("at once");
  for (const [held, holder] of holders) {
    if (holder.deref() !== undefined) continue;
    release(held);
    held.reclaim();
  }
  reclaimed();
}
