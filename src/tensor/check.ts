// What functions ask of their arguments, and how they say it: JavaScript checks no types, so that a call which TypeScript
// would refuse must not compute something else. A wrong type is a TypeError and a wrong value a RangeError, of one line
// each, thrown before anything is dispatched. Options are options.ts's.
import { checkShape, formatShape, normalizeAxes, normalizeAxis, type Shape } from "../gpu/shape.ts";
import { HANDLE } from "./scope.ts";

/** What to do with a tensor where its elements are wanted. */
export const READ = ": write await x.tolist()";

export function isTensor(value: unknown): value is { readonly shape: Shape } {
  return typeof value === "object" && value !== null && HANDLE in value;
}

/** Whether a value is an array or a typed array. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

// How values are shown -------------------------------------------------------------------------------------

const MOST_SHOWN = 6;

/** A value in an error, in one line: 3, "same", [4, 3], { bias: false }, a tensor [2, 3], a Map. */
export function show(value: unknown, depth = 2): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return String(value);
  if (isTensor(value)) return `a tensor ${formatShape(value.shape)}`;
  if (Array.isArray(value))
    return depth === 0 ? "[…]" : `[${shownItems(value, (item) => show(item, depth - 1))}]`;
  const { name } = (value.constructor as { name?: string } | undefined) ?? {};
  if (value instanceof Promise) return "a promise, which wants an await";
  if (name !== undefined && name !== "Object") return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}";
  if (depth === 0) return "{ … }";
  return `{ ${shownItems(entries, ([key, item]) => `${showKey(key)}: ${show(item, depth - 1)}`)} }`;
}

function shownItems<T>(items: readonly T[], text: (item: T) => string): string {
  const shown = items.slice(0, MOST_SHOWN).map(text);
  return [...shown, ...(items.length > MOST_SHOWN ? ["…"] : [])].join(", ");
}

export function showKey(key: string): string {
  return /^[\w$]{1,60}$/.test(key) ? key : show(key);
}

// Tensors and lists ----------------------------------------------------------------------------------------

/** Throws unless the argument called `name` is a tensor. */
export function wantTensor(who: string, name: string, value: unknown): void {
  if (!isTensor(value)) throw notTensor(who, `${name} is a tensor`, value);
}

/** Throws unless the argument called `name` is a tensor or null. */
export function wantTensorOrNull(who: string, name: string, value: unknown): void {
  if (value !== null && !isTensor(value)) throw notTensor(who, `${name} is a tensor or null`, value);
}

/** Throws unless the argument called `name` is a tensor or a number. */
export function wantOperand(who: string, name: string, value: unknown): void {
  if (typeof value !== "number" && !isTensor(value))
    throw notTensor(who, `${name} is a tensor or a number`, value);
}

/** Whether a value is a number, or lists of them: what tensor() takes. */
export function isNumbers(value: unknown): boolean {
  return typeof value === "number" || (isList(value) && Array.from(value).flat(8).every(isNumber));
}

function notTensor(who: string, wanted: string, value: unknown): TypeError {
  const hint = isNumbers(value)
    ? `: write tensor(${isList(value) && !Array.isArray(value) ? "…" : show(value)}${wanted.startsWith("the index") ? ', { dtype: "int32" }' : ""})`
    : wanted.endsWith("number")
      ? asNumber(value)
      : "";
  return new TypeError(`${who}: ${wanted}, got ${show(value)}${hint}`);
}

/** Throws unless the argument called `name` is a list of tensors. `more` are arguments behind it. */
export function wantTensors(who: string, name: string, value: unknown, more: readonly unknown[] = []): void {
  if (!Array.isArray(value)) {
    const given = [value, ...more].filter(isTensor);
    const hint =
      given.length > 0 ? `: ${who}([${given.map((_, i) => "abcdefgh"[i] ?? "…").join(", ")}])` : "";
    throw new TypeError(`${who}: ${name} are one list of tensors, got ${show(value)}${hint}`);
  }
  const wrong = value.findIndex((item) => !isTensor(item));
  if (wrong >= 0) throw notTensor(who, `element ${wrong} of the list is a tensor`, value[wrong]);
}

/** Throws where arguments are left over. `instead` says what to do. */
export function wantNoMore(who: string, more: readonly unknown[], instead = ""): void {
  if (more.length === 0) return;
  throw new TypeError(`${who}: an argument is left over: ${show(more[0])}${instead && `: ${instead}`}`);
}

/**
 * The same of methods, named in one text, whose every argument has a place: each refuses more than it has. `count` is how many those
 * are; left out, all that have no default. Methods that take options say themselves what is wrong behind them.
 */
export function counted(prototype: object, names: string, count?: number): void {
  for (const name of names.split(/\s+/)) {
    let owner = prototype;
    while (!Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
    const method = owner[name as never] as (...given: unknown[]) => unknown;
    const places = count ?? method.length;
    const value = function (this: unknown, ...given: unknown[]): unknown {
      if (given.length > places) wantNoMore(name, given.slice(places));
      return method.apply(this, given);
    };
    Object.defineProperty(owner, name, { value, writable: true, configurable: true });
  }
}

/** The same of a function of one argument. A number behind it is the index that `list.map(relu)` gives. */
export function wantAlone(who: string, more: readonly unknown[]): void {
  const [extra] = more;
  if (extra !== undefined && extra !== null && typeof extra !== "number") wantNoMore(who, more);
}

const places = new WeakMap<object, number>();

/**
 * How many arguments a function that others wrote has places for: all that it names, and any number where it may have more than
 * it counts, which its text alone says: defaults, `...rest` and `arguments`.
 */
export function placesOf(method: (...given: never[]) => unknown): number {
  const known = places.get(method);
  if (known !== undefined) return known;
  const text = `${method}`;
  const takesMore = /\barguments\b|\[native code\]|^[^{]*?\([^)]*(=|\.\.\.)/.test(text);
  const count = takesMore ? Number.POSITIVE_INFINITY : method.length;
  places.set(method, count);
  return count;
}

/** Throws unless the argument called `name` is a function. */
export function wantFunction(who: string, name: string, value: unknown): void {
  if (typeof value !== "function") throw new TypeError(`${who}: ${name} is a function, got ${show(value)}`);
}

/** Throws unless `shape` is a list of whole numbers ≥ 0. `more` are the arguments behind it: Python's zeros(2, 3). */
export function wantShape(who: string, shape: unknown, more?: readonly unknown[]): asserts shape is Shape {
  wantNumbers(who, "the shape is a list", shape, more);
  checkShape(shape, who);
}

/**
 * Throws unless `list` is one of numbers; `wanted` begins the sentence that says so. `more` are the arguments behind it, where
 * Python takes the numbers without a list; `alone` says whether no other is before it.
 */
export function wantNumbers(
  who: string,
  wanted: string,
  list: unknown,
  more?: readonly unknown[],
  alone = more !== undefined,
): asserts list is readonly number[] {
  if (isList(list)) {
    for (let i = 0; i < list.length; i++) {
      if (typeof list[i] !== "number")
        throw new TypeError(`${who}: ${wanted} of whole numbers, got ${show(list)}`);
    }
    return;
  }
  const numbers = [list, ...(more ?? [])].filter(isNumber);
  const written = `[${numbers.join(", ")}]`;
  const hint = alone ? `: ${who}(${written})` : `: write ${written}`;
  const got = numbers.length > 0 ? hint : `, got ${show(list)}${isTensor(list) ? READ : ""}`;
  throw new TypeError(`${who}: ${wanted} of whole numbers${got}`);
}

// Dimensions ------------------------------------------------------------------------------------------------

/** The dimension, counted from the start. Throws where it is none of `rank`. */
export function axisOf(axis: unknown, rank: number, who: string): number {
  if (typeof axis === "number") return normalizeAxis(axis, rank, who);
  throw new TypeError(`${who}: the dim is a whole number, got ${show(axis)}${insteadOf(axis)}`);
}

/** Sorted distinct dimensions of a number or a list; all of them where none is given or the list is empty, as in PyTorch. */
export function axesOf(axes: unknown, rank: number, who: string): number[] {
  // A number has dims 0 and −1 too, as in PyTorch, over which there is nothing to do.
  if (rank === 0 && axes !== undefined) return axesOf(axes, 1, who).slice(1);
  if (axes === undefined) return normalizeAxes(undefined, rank, who);
  if (typeof axes === "number") return normalizeAxes(axes, rank, who);
  if (Array.isArray(axes) && axes.every(isNumber))
    return normalizeAxes(axes.length === 0 ? undefined : axes, rank, who);
  throw new TypeError(
    `${who}: the dim is a whole number or a list of them, got ${show(axes)}${insteadOf(axes)}`,
  );
}

/** { dim: 1 }, as Python's keywords come out, or [1, 0]: say that 1 is what is wanted. */
function insteadOf(axis: unknown): string {
  if (isList(axis) && axis.length > 0 && Array.from(axis).every(isNumber))
    return `: write ${Array.from(axis).join(", ")}`;
  if (isTensor(axis)) return ": maximum() and minimum() compare two tensors";
  if (typeof axis !== "object" || axis === null || isList(axis)) return "";
  const entries = Object.entries(axis);
  const named = entries.find(([key]) => /^(dim|axis|axes)/.test(key)) ?? entries[0];
  if (named === undefined) return "";
  const [key, dim] = named;
  if (typeof dim !== "number" && !isList(dim)) return ": the options come behind it";
  const { [key as never]: _, ...others } = axis as Record<string, unknown>;
  return `: write ${show(dim)}${entries.length === 1 ? "" : `, ${show(others)}`}`;
}

// Numbers and booleans -------------------------------------------------------------------------------------

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

/** { inFeatures: 2, outFeatures: 3 }, as Python's keywords come out, where the number alone is wanted: say so. */
export function unnamed(name: string, value: unknown): string {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return "";
  const alone = (value as Readonly<Record<string, unknown>>)[name];
  return `: write ${show(alone)}${Object.keys(value).length === 1 ? "" : ", …"} without names`;
}

/** Throws unless the argument called `name` is a number; NaN and infinities are. */
export function wantNumber(who: string, name: string, value: unknown): void {
  if (typeof value === "number") return;
  throw new TypeError(
    `${who}: ${name} is a number, got ${show(value)}${asNumber(value)}${unnamed(name, value)}`,
  );
}

/** What to write instead of true and false. */
function asNumber(value: unknown): string {
  return typeof value === "boolean" ? `: write ${Number(value)}` : "";
}

/** Throws unless the argument called `name` is true or false. */
export function wantBoolean(who: string, name: string, value: unknown): void {
  if (typeof value !== "boolean") throw new TypeError(`${who}: ${name} is true or false, got ${show(value)}`);
}

/** A TypeError where the value is no number at all, else a RangeError. */
function refuseNumber(who: string, name: string, wanted: string, value: unknown): never {
  const kind = typeof value === "number" ? RangeError : TypeError;
  throw new kind(`${who}: ${name} is ${wanted}, got ${show(value)}${unnamed(name, value)}`);
}

/** Throws unless every named value is a whole number of at least `least`. */
export function wantWhole(who: string, values: Record<string, number>, least: number): void {
  for (const [name, value] of Object.entries(values)) {
    if (Number.isInteger(value) && value >= least) continue;
    refuseNumber(who, name, `a whole number ≥ ${least}`, value);
  }
}

/** Throws unless the argument called `name` is a whole number, below 0 or not. */
export function wantInteger(who: string, name: string, value: unknown): void {
  if (Number.isInteger(value)) return;
  const kind = typeof value === "number" ? RangeError : TypeError;
  throw new kind(`${who}: ${name} is a whole number, got ${show(value)}${insteadOf(value)}`);
}

/** Throws where a named value is larger than `most`. */
export function wantAtMost(who: string, values: Record<string, number>, most: number): void {
  for (const [name, value] of Object.entries(values)) {
    if (value > most) refuseNumber(who, name, `at most ${most}`, value);
  }
}

/** Throws unless every named value is a finite number above 0. */
export function wantPositive(who: string, values: Record<string, number>): void {
  for (const [name, value] of Object.entries(values)) {
    if (Number.isFinite(value) && value > 0) continue;
    refuseNumber(who, name, "a number above 0", value);
  }
}

/** Throws unless every named value is from 0 to 1. */
export function wantProbability(who: string, values: Record<string, number>): void {
  for (const [name, value] of Object.entries(values)) {
    if (isNumber(value) && value >= 0 && value <= 1) continue;
    refuseNumber(who, name, "a probability from 0 to 1", value);
  }
}
