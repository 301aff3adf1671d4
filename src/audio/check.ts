// What the audio functions ask of their arguments, and how they say it.
import { formatShape, sizeOf } from "../gpu/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Throws unless every named value is a whole number of at least `least`. */
export function wantWhole(who: string, values: Record<string, number>, least: number): void {
  for (const [name, value] of Object.entries(values)) {
    if (Number.isInteger(value) && value >= least) continue;
    throw new RangeError(`${who}: ${name} is a whole number of at least ${least}, not ${value}`);
  }
}

/** Throws where a named value is larger than `most`. */
export function wantAtMost(who: string, values: Record<string, number>, most: number): void {
  for (const [name, value] of Object.entries(values)) {
    if (value > most) throw new RangeError(`${who}: ${name} is at most ${most}, not ${value}`);
  }
}

/** Throws unless every named value is a finite number above 0. */
export function wantPositive(who: string, values: Record<string, number>): void {
  for (const [name, value] of Object.entries(values)) {
    if (Number.isFinite(value) && value > 0) continue;
    throw new RangeError(`${who}: ${name} is a number above 0, not ${value}`);
  }
}

/** Throws unless x is float32, has at least `rank` dimensions, and has elements. `form` is what was expected. */
export function wantTensor(who: string, x: Tensor, rank: number, form: string): void {
  if (x.dtype !== "float32") throw new TypeError(`${who}: wants float32 ${form}, got ${x.dtype}`);
  if (x.ndim < rank || x.size === 0)
    throw new RangeError(`${who}: wants ${form}, got ${formatShape(x.shape)}`);
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
  if (value.length === rows) return value;
  throw new RangeError(
    `${who}: ${value.length} ${what} do not fit ${rows} waves: one for each, or a number for all`,
  );
}
