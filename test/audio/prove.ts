// The proof of an audio kernel: its results against the float64 reference, in memory that was filled with NaN first.
// One printed line a kernel. Signals are rounded to float32 before either side sees them.
import { arrayOf } from "../../src/tensor/handle.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { compareRead, type Errors, flushed, proof, read, report, toTensor } from "../harness.ts";
import type { Random } from "../reference/random.ts";
import { type Arr, rounded } from "../reference/reference.ts";

/** float32's largest rounding error, relative. */
export const ROUNDING = 2 ** -24;

/**
 * What an error is measured against:
 *   value   the element itself, or the floor where it is below (see `floor`): the strictest
 *   sample  the same, the floor being below the loudest sample of the input or the result: for waveforms
 *   peak    the largest magnitude of the input, or of the result where that is larger
 *   pair    the same for complex numbers (re, im): their magnitude, or the floor
 *   one     nothing: the deviation itself
 */
export type Against = "value" | "sample" | "peak" | "pair" | "one";

export interface AudioCase<A> {
  input: Arr;
  attrs: A;
  /** Against "value", "sample" and "pair": smaller values may be off by as much as this fraction of the largest. Default 1e-8, 80 dB of power. */
  floor?: number;
}

export interface AudioCheck<A> {
  name: string;
  /** Kernels or entry points that the cases must launch. See `proof`. */
  covers: readonly string[];
  cases: readonly AudioCase<A>[];
  run: (input: Tensor, attrs: A) => Tensor;
  reference: (input: Arr, attrs: A) => Arr;
  against: Against;
  /** The largest error allowed, for a case. */
  allowed: (c: AudioCase<A>) => number;
}

/** Registers a test that proves one audio function, and prints its line. */
export function prove<A>(spec: AudioCheck<A>): void {
  proof(`${spec.name}: agrees with the float64 reference`, spec, async () => {
    // All cases are launched before the first is waited for: their programs compile side by side.
    const all = await Promise.all(spec.cases.map((c) => proveCase(spec, c)));
    const share = ({ forward, allowed }: Errors) => (allowed === 0 ? 0 : forward / allowed);
    const closest = all.reduce((most, errors) => (share(errors) > share(most) ? errors : most));
    report(spec.name, spec.cases.length, closest, false);
  });
}

async function proveCase<A>(spec: AudioCheck<A>, c: AudioCase<A>): Promise<Errors> {
  const input = flushed(rounded(c.input));
  const got = await read(arrayOf(spec.run(toTensor(input), c.attrs)));
  const expected = spec.reference(input, c.attrs);
  const allowed = spec.allowed(c);
  const where = `${spec.name} on [${input.shape}] ${JSON.stringify(c.attrs)}`;
  // Its shape, elements never written and what is behind the end.
  compareRead(got, expected, where, Number.MAX_VALUE);
  const error = deviation(got.values, expected, scaleOf(spec.against, input, expected, c.floor));
  if (!(error.worst <= allowed))
    throw new Error(`${where}: ${error.at}, allowed ${allowed.toExponential(1)}`);
  return { forward: error.worst, allowed };
}

/** The size that the error of each element is divided by. */
function scaleOf(against: Against, input: Arr, expected: Arr, floor = 1e-8): (i: number) => number {
  if (against === "one") return () => 1;
  const peak =
    Math.max(largest(expected), against === "sample" || against === "peak" ? largest(input) : 0) || 1;
  if (against === "peak") return () => peak;
  if (against === "pair")
    return (i) => Math.max(Math.hypot(expected.data[i]!, expected.data[i ^ 1]!), floor * peak);
  return (i) => Math.max(Math.abs(expected.data[i]!), floor * peak);
}

function largest({ data }: Arr): number {
  return data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}

function deviation(data: ArrayLike<number>, expected: Arr, scale: (i: number) => number) {
  let worst = 0;
  let at = "";
  for (let i = 0; i < expected.data.length; i++) {
    const error = Math.abs(data[i]! - expected.data[i]!) / scale(i);
    if (!(error > worst)) continue;
    worst = error;
    at = `element ${i} is ${data[i]}, the reference says ${expected.data[i]} (error ${error.toExponential(1)})`;
  }
  return { worst, at };
}

/** Sounds that find faults. Each is full scale, of the given shape, different in every row. */
export const sounds = {
  silence: (_: Random) => () => 0,
  impulse: (random: Random) => {
    const place = random.uniform();
    return (t: number, n: number) => (t === Math.floor(place * n) ? 1 : 0);
  },
  sine: (random: Random) => {
    const step = random.between(0.01, 3);
    const phase = random.between(0, 6);
    return (t: number) => Math.sin(step * t + phase);
  },
  noise: (random: Random) => () => random.between(-1, 1),
  /** Silence, then a loud start: what a recorder that was switched on gives. */
  onset: (random: Random) => (t: number, n: number) => (t < n / 2 ? 0 : random.between(-1, 1)),
};

export type Sound = keyof typeof sounds;
export const soundNames = Object.keys(sounds) as Sound[];

/** A sound in every row of [..., n]. */
export function sound(kind: Sound, shape: readonly number[], random: Random): Arr {
  const n = shape[shape.length - 1]!;
  const data = new Float64Array(shape.reduce((a, b) => a * b, 1));
  for (let row = 0; row < data.length; row += n) {
    const at = sounds[kind](random);
    for (let t = 0; t < n; t++) data[row + t] = at(t, n);
  }
  return { shape: [...shape], data };
}

/** One of a list. */
export function oneOf<T>(random: Random, list: readonly T[]): T {
  return list[random.int(0, list.length - 1)]!;
}
