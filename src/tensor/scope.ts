// Scopes: what is made inside one and is not part of its result is freed at its end. Module.forward and noGrad are
// scopes, and so are operations that are made of others.

/** The property under which an object holds memory that scopes own; handle.ts is what tensors have there. */
export const HANDLE: unique symbol = Symbol.for("otograd.handle");

interface Holder {
  readonly [HANDLE]: { readonly memory: Owned };
}

/** Memory that is given back by a scope, or by the collector. */
export interface Owned {
  /** Gives the memory back now; later uses throw with this reason. */
  free(reason: string): void;
  /** Has the collector give it back once nobody can reach it. */
  watch(): void;
}

/** A scope that is running. */
interface Scope {
  readonly made: Set<Owned>;
  readonly outer: Scope | null;
}

/** The innermost scope that is running; null outside of any. */
let open: Scope | null = null;

/** Called for everything new: its scope owns it, or else the collector watches it. */
export function adopt(made: Owned): void {
  if (open !== null) open.made.add(made);
  else made.watch();
}

/** Takes what is in a value out of all running scopes: parameters, optimizer state and what hooks see outlive them. */
export function outliveScope(value: unknown): void {
  const held = new Set<Owned>();
  collect(value, held);
  for (const each of held)
    for (let at = open; at !== null; at = at.outer) if (at.made.delete(each)) each.watch();
}

/** Runs `body` as if no scope ran: what a hook makes lives as long as it can be reached. */
export function outsideScopes<T>(body: () => T): T {
  const inner = open;
  open = null;
  try {
    return body();
  } finally {
    open = inner;
  }
}

/**
 * Runs `body` and frees the tensors made inside, except those in its result (a tensor, or tensors inside
 * arrays, maps and plain objects), which go to the scope around it, and those in `keeper`'s own fields, which
 * outlive any scope. An async body's tensors, from its first await on, belong to the collector instead.
 */
export function scope<T>(body: () => T, name: string, keeper?: object): T {
  const outer = open;
  const mine = new Set<Owned>();
  open = { made: mine, outer };
  let result: T;
  try {
    result = body();
  } catch (error) {
    open = outer;
    for (const each of mine) each.free(`${name} threw an error`);
    throw error;
  }
  open = outer;
  if (result instanceof Promise) {
    for (const each of mine) adopt(each);
    return result;
  }
  const returned = new Set<Owned>();
  const stored = new Set<Owned>();
  collect(result, returned);
  if (keeper !== undefined) for (const value of Object.values(keeper)) collect(value, stored);
  for (const each of mine) {
    if (stored.has(each)) each.watch();
    else if (returned.has(each)) adopt(each);
    else each.free(`it was made inside ${name}, which did not return it`);
  }
  return result;
}

/** What is owned in a value: itself, or inside arrays, maps and plain objects. */
function collect(value: unknown, into: Set<Owned>, depth = 8): void {
  if (typeof value !== "object" || value === null) return;
  if (HANDLE in value) into.add((value as Holder)[HANDLE].memory);
  else if (depth === 0) return;
  else if (Array.isArray(value)) for (const item of value) collect(item, into, depth - 1);
  else if (value instanceof Map) for (const item of value.values()) collect(item, into, depth - 1);
  else if (Object.getPrototypeOf(value) === Object.prototype)
    for (const item of Object.values(value)) collect(item, into, depth - 1);
}
