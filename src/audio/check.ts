// What the audio functions ask of their arguments, and how they say it.
import { formatShape, sizeOf } from "../gpu/shape.ts";
import { isList, show, wantTensor as wantAnyTensor } from "../tensor/check.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Throws unless x is float32, has at least `rank` dimensions, and has elements. `form` is what was expected. */
export function wantTensor(who: string, x: Tensor, rank: number, form: string): void {
  wantAnyTensor(who, "the input", x);
  if (x.dtype !== "float32") throw new TypeError(`${who}: wants float32 ${form}, got ${x.dtype}`);
  if (x.ndim < rank) throw new RangeError(`${who}: wants ${form}, got ${formatShape(x.shape)}`);
  if (x.numel() === 0)
    throw new RangeError(`${who}: wants ${form}, no size of which is 0, got ${formatShape(x.shape)}`);
}

/** A tensor [..., n] seen as rows of its last dimension. */
export function splitLast(
  who: string,
  x: Tensor,
  form: string,
): { lead: number[]; rows: number; last: number } {
  wantTensor(who, x, 1, form);
  const lead = x.shape.slice(0, -1);
  return { lead, rows: sizeOf(lead), last: x.shape[x.ndim - 1]! };
}

/** One value for each of `rows` waves: a list as it is, or a number for all. `what` names the values in an error. */
export function eachWave(
  who: string,
  what: string,
  value: number | readonly number[],
  rows: number,
): readonly number[] {
  if (typeof value === "number") return Array.from({ length: rows }, () => value);
  if (!isList(value) || !Array.from(value).every((each) => typeof each === "number"))
    throw new TypeError(`${who}: the ${what} are a number or a list of numbers, got ${show(value)}`);
  if (value.length === rows) return value;
  throw new RangeError(
    `${who}: ${value.length} ${what} do not fit ${rows} waves: one for each, or a number for all`,
  );
}
