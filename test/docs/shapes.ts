// What docstrings say of shapes, `@shape [..., in], [out, in] → [..., out]`, held to what the examples' calls took and gave.
//
// Words for sizes stand for one number wherever they stand, "..." for any sizes in a row; what is computed (n + 1) may be any.
// Beside brackets: "any"; "the same" as the first; "broadcast", what all that is taken broadcasts to; "without dim", the first
// less some dims, or those of size 1. Left of the arrow are the tensors, a method's own first, which may be left out; "; " begins
// another form, and ", more" says that any number of the last may follow.
import * as otograd from "otograd";

const { Tensor, nn } = otograd;
type Sizes = readonly number[];

export interface Call {
  name: string;
  takes: readonly Sizes[];
  gives: readonly Sizes[];
}

/** Whether a call is of one of the forms. */
export function fits(shapes: string, { takes, gives }: Call): boolean {
  return shapes.split("; ").some((form) => {
    const [left, right] = form.split("→").map((side) => side.trim());
    if (right === undefined) throw new Error(`no → in ${form}`);
    return (
      accepts(terms(left!), takes, {}, takes, (bound) =>
        accepts(terms(right), gives, bound, takes, () => true),
      ) && gives.length > 0 === (right !== "nothing")
    );
  });
}

const terms = (side: string): string[] =>
  ["", "nothing"].includes(side)
    ? []
    : (side.match(/\[[^\]]*\]|[^,[\]]+/g) ?? []).map((term) => term.trim()).filter(Boolean);

type Bound = Readonly<Record<string, string>>;

/** Deals shapes out to terms, in their order; terms may be left over. */
function accepts(
  all: readonly string[],
  shapes: readonly Sizes[],
  bound: Bound,
  taken: readonly Sizes[],
  then: (bound: Bound) => boolean,
): boolean {
  if (shapes.length === 0) return then(bound);
  const [term, ...rest] = all;
  if (term === undefined) return false;
  const repeats = rest[0] === "more";
  const next = bind(term, shapes[0]!, bound, taken);
  const [onward, known] = repeats ? [all, bound] : [rest, next];
  if (next !== null && accepts(onward, shapes.slice(1), known!, taken, then)) return true;
  return !repeats && accepts(rest, shapes, bound, taken, then);
}

function bind(term: string, shape: Sizes, bound: Bound, taken: readonly Sizes[]): Bound | null {
  const first = taken[0] ?? [];
  if (term === "any") return bound;
  if (term === "the same") return String(shape) === String(first) ? bound : null;
  if (term === "broadcast") return String(shape) === String(broadcast(taken)) ? bound : null;
  if (term === "without dim") return isLess(shape, first) ? bound : null;
  if (!term.startsWith("[")) throw new Error(`no such shape: ${term}`);
  const words = term
    .slice(1, -1)
    .split(",")
    .map((word) => word.trim())
    .filter(Boolean);
  const dots = words.flatMap((word, i) => (word.startsWith("...") ? [i] : []));
  const free = shape.length - (words.length - dots.length);
  if (free < 0 || (dots.length === 0 && free > 0)) return null;
  if (dots.length > 1) return bound;
  const next: Record<string, string> = { ...bound };
  let at = 0;
  for (const word of words) {
    const count = word.startsWith("...") ? free : 1;
    const sizes = String(shape.slice(at, at + count));
    at += count;
    if (/^\d+$/.test(word) && sizes !== word) return null;
    if (!/^(\.\.\.)?[a-z A-Z]*\d?$/.test(word)) continue;
    if (next[word] !== undefined && next[word] !== sizes) return null;
    next[word] = sizes;
  }
  return next;
}

function broadcast(shapes: readonly Sizes[]): number[] {
  const ndim = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: ndim }, (_, i) => {
    const sizes = shapes.map((shape) => shape[i - ndim + shape.length] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
}

/** Whether dims are left out of a shape, or of size 1. */
function isLess(shape: Sizes, of: Sizes): boolean {
  if (shape.length === of.length) return shape.every((size, i) => size === of[i] || size === 1);
  let at = 0;
  for (const size of of) if (size === shape[at]) at++;
  return at === shape.length;
}

const shapesOf = (value: unknown): Sizes[] => {
  if (value instanceof Tensor) return [value.shape];
  if (Array.isArray(value)) return value.flatMap(shapesOf);
  const isPlain =
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return isPlain ? Object.values(value).flatMap(shapesOf) : [];
};

type Callable = (this: unknown, ...args: unknown[]) => unknown;

const isClass = (value: unknown): value is new () => object =>
  typeof value === "function" && /^class\b/.test(globalThis.Function.prototype.toString.call(value));

/**
 * What "otograd" exports, and methods of its classes, so that every call made from outside of it is noted by its public name.
 * `stop` leaves the classes as they were.
 */
export function watched(calls: Call[]): { exports: Record<string, unknown>; stop: () => void } {
  let depth = 0;
  const undo: (() => void)[] = [];
  const noting = (name: string, f: Callable, isMethod: boolean): Callable =>
    function (this: unknown, ...args) {
      const isTensors = (value: unknown) => value instanceof Tensor || Array.isArray(value);
      const takes = [
        ...(isMethod && this instanceof Tensor ? [this] : []),
        ...args.filter(isTensors),
      ].flatMap(shapesOf);
      depth++;
      let result: unknown;
      try {
        result = f.apply(this, args);
      } finally {
        depth--;
      }
      if (depth > 0) return result;
      const note = (value: unknown): unknown => {
        calls.push({ name, takes, gives: shapesOf(value) });
        return value;
      };
      return result instanceof Promise ? result.then(note) : note(result);
    };
  const patch = (prototype: object, name: string, keys: readonly string[]) => {
    for (const key of keys) {
      const property = Object.getOwnPropertyDescriptor(prototype, key)!;
      if (key === "constructor" || typeof property?.value !== "function") continue;
      Object.defineProperty(prototype, key, {
        ...property,
        value: noting(`${name}#${key}`, property.value, true),
      });
      undo.push(() => Object.defineProperty(prototype, key, property));
    }
  };
  for (let at = Tensor.prototype as object; at !== Object.prototype; at = Object.getPrototypeOf(at))
    patch(
      at,
      "Tensor",
      Object.getOwnPropertyNames(at).filter((key) => key !== "toString"),
    );
  const space = (of: object, path: string): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(of).map(([key, value]) => {
        if (isClass(value)) {
          if (value.prototype instanceof nn.Module) patch(value.prototype, path + key, ["forward"]);
          return [key, value];
        }
        if (typeof value === "function") return [key, noting(path + key, value as Callable, false)];
        const inner = typeof value === "object" && value !== null && !(value instanceof Tensor);
        return [key, inner ? space(value as object, `${path}${key}.`) : value];
      }),
    );
  return {
    exports: space(otograd, ""),
    stop: () => {
      for (const put of undo) put();
    },
  };
}
