// Scopes: what is made inside one and is not part of its result is freed at its end. Module.forward and noGrad are
// scopes, and so are operations that are made of others.
import { DeviceArray } from "../gpu/array.ts";
import { renamed } from "./naming.ts";

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
  /** The module whose forward pass it is, if it is one, and modules made inside. */
  readonly keeper: object | undefined;
  readonly keepers: object[];
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
  for (const each of ownedIn([value], isOpen))
    for (let at = open; at !== null; at = at.outer) if (at.made.delete(each)) each.watch();
}

/** Called for a new module: what its fields hold where a running scope ends outlives that, as its parameters do. */
export function keepsBeyondScopes(keeper: object): void {
  open?.keepers.push(keeper);
}

/** The module whose forward pass runs, in whose fields something may be put; none outside of any. */
export function runningKeeper(): object | undefined {
  let at = open;
  while (at !== null && at.keeper === undefined) at = at.outer;
  return at?.keeper;
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

/** The same for an operation that is made of others: it is also who refuses what these refuse. */
export function scope<T>(body: () => T, name: string): T {
  return run(body, name, (error) => renamed(error, name));
}

/** The same for what others wrote, a forward pass say, whose errors are its own. `keeper` is the module that it is of. */
export function bodyScope<T>(body: () => T, name: string, keeper?: object): T {
  return run(body, name, (error) => error, keeper);
}

/**
 * Runs `body` and frees the tensors made inside, except those in its result (a tensor, or tensors inside lists, maps and
 * objects), which go to the scope around it, and those in `keeper`'s own fields, and of modules made inside, which outlive any
 * scope. An async body's tensors, from its first await on, belong to the collector instead.
 */
function run<T>(body: () => T, name: string, told: (error: unknown) => unknown, keeper?: object): T {
  const outer = open;
  const mine = new Set<Owned>();
  const keepers = keeper === undefined ? [] : [keeper];
  open = { made: mine, keeper, keepers, outer };
  let result: T;
  try {
    result = body();
  } catch (error) {
    open = outer;
    for (const each of mine) each.free(`${name} threw an error`);
    throw told(error);
  }
  open = outer;
  outer?.keepers.push(...keepers.slice(keeper === undefined ? 0 : 1)); // their fields may be set later
  if (result instanceof Promise) {
    for (const each of mine) adopt(each);
    return result;
  }
  if (mine.size === 0) return result;
  const returned = ownedIn([result], isOpen);
  const stored = ownedIn(keepers.flatMap(Object.values), isPlain);
  for (const each of mine) {
    if (stored.has(each)) each.watch();
    else if (returned.has(each)) adopt(each);
    else
      each.free(
        `it was made inside ${name}, which did not return it: return it, alone or in a list or an object`,
      );
  }
  return result;
}

/** Whether an object of a class is looked into in results: all but the numbers themselves. */
const isOpen = (value: object) => !ArrayBuffer.isView(value) && !(value instanceof DeviceArray);

/** Likewise in a module's fields, which may refer to anything: a whole dataset is not gone through at every pass. */
export const isPlain = (value: object) => [Object.prototype, null].includes(Object.getPrototypeOf(value)); // Object.groupBy's have none

/** What is owned in values: themselves, or inside lists, maps, sets and objects. */
function ownedIn(values: readonly unknown[], opens: (value: object) => boolean): Set<Owned> {
  const found = new Set<Owned>();
  const seen = new Set<object>();
  const see = (value: unknown) => {
    if (typeof value === "object" && value !== null) seen.add(value);
  };
  values.forEach(see);
  for (const value of seen) {
    // what is added meanwhile is gone over too
    if (HANDLE in value) found.add((value as Holder)[HANDLE].memory);
    else if (Array.isArray(value)) value.forEach(see);
    else if (value instanceof Map || value instanceof Set) value.forEach(see);
    else if (opens(value)) Object.values(value).forEach(see);
  }
  return found;
}
