// What the comparisons with PyTorch and torchaudio share: the committed fixtures, errors, and the line that says the
// worst of them beside what is allowed.
import { join } from "node:path";
import type { Arrays } from "../../src/train/files/arrays.ts";
import { readArrays } from "../../src/train/files/safetensors.ts";

export type Numbers = ArrayLike<number>;

export const FIXTURES = join(import.meta.dir, "fixtures");

/** A fixture by its name. */
export class Fixture {
  private readonly file: Arrays;
  readonly names: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;

  constructor(private readonly name: string) {
    this.file = readArrays(join(FIXTURES, `${name}.safetensors`));
    this.names = Object.keys(this.file.arrays);
    this.metadata = this.file.metadata;
  }

  /** Throws where there is no such array, or it is of another size. */
  get(name: string, size?: number): Numbers {
    const array = this.file.arrays[name];
    if (array === undefined) throw new Error(`the fixture ${this.name} has no "${name}"`);
    if (size !== undefined && array.data.length !== size)
      throw new Error(`"${name}" of the fixture ${this.name} has ${array.data.length} elements, not ${size}`);
    return array.data;
  }

  /** The part of the names that begin with `prefix` after it. */
  below(prefix: string): string[] {
    return this.names.flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
  }
}

export function norm(x: Numbers): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! ** 2;
  return Math.sqrt(sum);
}

const SAMPLE = 128;

/** training.py's sample(): at most SAMPLE numbers, evenly spaced. */
export function sample(values: Numbers): number[] {
  const apart = Math.ceil(values.length / SAMPLE);
  return Array.from({ length: Math.ceil(values.length / apart) }, (_, i) => values[i * apart]!);
}

/** ‖got − want‖ / ‖want‖, or ‖got‖ where all that is wanted is 0. */
export function relativeError(got: Numbers, want: Numbers): number {
  if (got.length !== want.length) throw new Error(`${got.length} elements, where PyTorch has ${want.length}`);
  const difference = Float64Array.from(want, (value, i) => got[i]! - value);
  return norm(difference) / (norm(want) || 1);
}

/** The largest |got − want| / |want|, element by element, of those that are at least `floor`. */
export function worstElement(got: Numbers, want: Numbers, floor: (i: number) => number) {
  if (got.length !== want.length)
    throw new Error(`${got.length} elements, where torchaudio has ${want.length}`);
  let worst = 0;
  let compared = 0;
  for (let i = 0; i < want.length; i++) {
    if (!(Math.abs(want[i]!) >= floor(i))) continue;
    compared++;
    const error = Math.abs(got[i]! - want[i]!) / Math.abs(want[i]!);
    if (!(error <= worst)) worst = error;
  }
  return { worst, compared };
}

/** The largest |got − want|. */
export function largestDifference(got: Numbers, want: Numbers): number {
  if (got.length !== want.length)
    throw new Error(`${got.length} elements, where torchaudio has ${want.length}`);
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs(got[i]! - want[i]!);
    if (!(error <= worst)) worst = error; // not-a-number too
  }
  return worst;
}

const number = (x: number) => (x === 0 ? "exact" : x.toExponential(1)).padStart(8);

/** What was compared, its worst error, and the largest that is allowed. */
export type Compared = [what: string, worst: number, allowed: number];

/** Prints one line of the summary, each worst error beside what is allowed, and fails where one is more. */
export function summarize(name: string, compared: readonly Compared[], note = ""): void {
  const limits = [...new Set(compared.map(([, , allowed]) => allowed))];
  const one = limits.length === 1;
  const parts = compared.map(
    ([what, worst, allowed]) => `${what} ${number(worst)}${one ? "" : ` of ${allowed.toExponential(0)}`}`,
  );
  if (one) parts.push(`allowed ${limits[0]!.toExponential(0)}`);
  console.log(`  ${name.padEnd(40)} ${parts.join("   ")}${note && `   (${note})`}`);
  const over = compared.find(([, worst, allowed]) => !(worst <= allowed));
  if (over !== undefined) throw new Error(`${name}: ${over[0]} is off by ${over[1]}, allowed ${over[2]}`);
}
