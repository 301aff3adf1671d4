// Options: the object at the end of a call that stands for Python's keyword arguments. Each function says once which it
// takes; an option that there is none of is named with the one that was meant, and what PyTorch takes without a name says
// how it is written here.
import { isNumbers, isTensor, show, showKey } from "./check.ts";

/** What a value of an option may be. */
export interface Kind {
  readonly says: string;
  fits(value: unknown): boolean;
}

export const BOOLEAN: Kind = { says: "true or false", fits: (value) => typeof value === "boolean" };
export const NUMBER: Kind = { says: "a number", fits: (value) => typeof value === "number" };
export const TENSOR: Kind = { says: "a tensor", fits: isTensor };
/** A word; the function checks which. */
export const WORD: Kind = { says: "a word", fits: (value) => typeof value === "string" };
/** Null, or what another kind is. */
export const orNull = ({ says, fits }: Kind): Kind => ({
  says: `${says}, or null`,
  fits: (value) => value === null || fits(value),
});
/** One number for both sides, or a pair; the function checks which numbers. */
export const PAIR: Kind = {
  says: "a number or a pair of them",
  fits: (value) =>
    typeof value === "number" || (Array.isArray(value) && value.every((n) => typeof n === "number")),
};
export const LIST: Kind = {
  says: "a list of numbers",
  fits: (value) => Array.isArray(value) && value.every((n) => typeof n === "number"),
};

/** One of some words. */
export function oneOf(...words: readonly string[]): Kind {
  const all = words.map((word) => `"${word}"`);
  const says = all.length === 1 ? all[0]! : `${all.slice(0, -1).join(", ")} or ${all.at(-1)}`;
  return { says, fits: (value) => words.includes(value as string) };
}

/**
 * Throws where what a call was given is no object of its options, or one with others. `more` are the arguments behind
 * it, `who` another name than the function's own.
 */
export type Check = (given: object | undefined, more?: readonly unknown[], who?: string) => void;

const NONE: readonly unknown[] = [];
const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth"];

/**
 * The check of a function's options, which are its argument number `at` (from 1).
 * @param order where PyTorch takes them, and others behind them, without names; that of `kinds` if left out
 */
export function takes(
  name: string,
  at: number,
  kinds: Readonly<Record<string, Kind>>,
  order: readonly string[] = Object.keys(kinds),
): Check {
  const known = new Map(Object.entries(kinds));
  return (given, more = NONE, who = name) => {
    if (given === undefined && more.length === 0) return;
    if (
      typeof given !== "object" ||
      given === null ||
      Array.isArray(given) ||
      isTensor(given) ||
      more.length > 0
    )
      throw notOptions(who, at, known, order, [given, ...more]);
    for (const key in given) {
      const kind = known.get(key);
      if (kind === undefined) throw new TypeError(`${who}: ${unknown(key, [...known.keys()])}`);
      const value = (given as Record<string, unknown>)[key];
      if (value !== undefined && !kind.fits(value)) throw misfit(who, key, kind, value);
    }
  };
}

/**
 * Whether options stand where an argument does that has a default: x.sort({ descending: true }), loss.backward({ retainGraph: true }), as
 * Python's keywords let one write. A dim that is named among them is none of the options, and is for the dim's own check to refuse.
 */
export function dimLeftOut<O extends object>(dim: unknown, options: O | undefined): dim is O {
  if (typeof dim !== "object" || dim === null || Object.getPrototypeOf(dim) !== Object.prototype)
    return false;
  return options === undefined && !Object.keys(dim).some((key) => /^(dim|axis)/.test(key));
}

/** Whether reduced dimensions stay with size 1: keepdim, or { keepdim }, as people write both. */
export type Keepdim = boolean | { keepdim?: boolean };

/** What a `Keepdim` says, the argument behind the dim. `more` are the arguments behind it. */
export function keepdimOf(
  name: string,
  given: Keepdim | undefined,
  more: readonly unknown[] = NONE,
  at = 2,
): boolean {
  if ((typeof given === "boolean" || given === undefined) && more.length === 0) return given ?? false;
  if (typeof given !== "object" || given === null || isTensor(given) || Array.isArray(given)) {
    if (typeof given === "boolean")
      throw new TypeError(`${name}: an argument is left over: ${show(more[0])}`);
    throw new TypeError(`${name}: keepdim is true or false, got ${show(given)}`);
  }
  takes(name, at, { keepdim: BOOLEAN })(given, more);
  return given.keepdim ?? false;
}

function misfit(who: string, key: string, { says }: Kind, value: unknown): Error {
  const wrongWord = typeof value === "string" && says.startsWith('"');
  const hint = says.startsWith(TENSOR.says) && isNumbers(value) ? `: write tensor(${show(value)})` : "";
  return new (wrongWord ? RangeError : TypeError)(`${who}: ${key} is ${says}, got ${show(value)}${hint}`);
}

/** Numbers where an object of options should be: which options they would be. */
function notOptions(
  who: string,
  at: number,
  known: ReadonlyMap<string, Kind>,
  order: readonly string[],
  values: readonly unknown[],
): TypeError {
  if (
    typeof values[0] === "object" &&
    values[0] !== null &&
    !Array.isArray(values[0]) &&
    !isTensor(values[0])
  ) {
    const rest = show(values[1]);
    return new TypeError(`${who}: the object of options is the last argument, but ${rest} comes behind it`);
  }
  const named = values.flatMap((value, i) => (value === undefined ? [] : [[order[i] ?? "", value] as const]));
  const likely =
    named.length > 0 && named.every(([name, value]) => name !== "" && (known.get(name)?.fits(value) ?? true));
  const written = likely
    ? `: { ${named.map(([name, value]) => `${name}: ${show(value)}`).join(", ")} }`
    : ` (${[...known.keys()].join(", ")}), got ${show(values.find((value) => value !== undefined) ?? values[0])}`;
  return new TypeError(`${who}: the ${ORDINALS[at - 1]} argument is an object of options${written}`);
}

/** What to say of an option that there is none of. */
function unknown(key: string, names: readonly string[]): string {
  const meant = nearest(key, names);
  const instead =
    meant !== null
      ? `did you mean ${meant}?`
      : `there ${names.length === 1 ? "is" : "are"} ${names.join(", ")}`;
  return `there is no option ${showKey(key)}: ${instead}`;
}

/** The name that is Python's spelling of the same, or a slip or two away. */
export function nearest(key: string, names: readonly string[]): string | null {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[_-]/g, "");
  let best: string | null = null;
  let least = plain(key).length > 4 ? 3 : 2; // a slip in a short name, two in a long one
  for (const name of names) {
    const slips = distance(plain(key), plain(name));
    if (slips < least) [best, least] = [name, slips];
  }
  return best;
}

/** Levenshtein's: letters to insert, drop or change. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
