// The proof of a kernel: its results and gradients against the plain float64 reference, on drawn shapes, in
// memory that was filled with NaN first. One printed line an operation.
//
// Tolerance. Every input is rounded to float32 before either side sees it, so what differs is rounding alone. A
// sum of n terms in float32 is off by about √n roundings (their errors are independent), each 2⁻²⁴ of the sum of
// magnitudes. The error of an array is its largest deviation over the largest magnitude in the reference array,
// and may be (ULPS + 2 √n) · 2⁻²⁴, n being the longest sum that an element goes through (`terms`). A gradient is
// linear in what comes from above, g: where the signs in g happen to cancel, the gradient of |g| gives the magnitude,
// or `magnitude` does, where terms cancel by the formula's own doing.

import { expect, test } from "bun:test";
import { type DeviceArray, type DType, type Elements, elementsOf, fromHost } from "../src/gpu/array.ts";
import { device } from "../src/gpu/device.ts";
import { kernels } from "../src/gpu/kernel.ts";
import { guardOf } from "../src/gpu/pool.ts";
import type { Shape } from "../src/gpu/shape.ts";
import { typedArray } from "../src/tensor/from-host.ts";
import { arrayOf, handleOf } from "../src/tensor/handle.ts";
import { Tensor } from "../src/tensor/tensor.ts";
import { guarded } from "./guards.ts";
import { Random } from "./reference/random.ts";
import { type Arr, type Reference, rounded } from "./reference/reference.ts";
import { ALLOWED_TWICE, NOT_DERIVED, worstTwice } from "./twice.ts";

const ROUNDING = 2 ** -24;
/** The least normal number: WGSL lets an adapter take smaller ones for 0. */
const LEAST = 2 ** -126;
const [half] = await toTensor({ shape: [1], data: Float64Array.of(LEAST) })
  .mul(0.5)
  .data();
const keepsSubnormals = half !== 0;
/** The numbers as the adapter takes them. */
export const flushed = (x: Arr): Arr =>
  keepsSubnormals ? x : { ...x, data: x.data.map((each) => (Math.abs(each) < LEAST ? 0 * each : each)) };

const ULPS = 8;

export interface Case<A> {
  inputs: Arr[];
  attrs: A;
}

export interface Check<A> {
  /** What is proved, as users call it. */
  name: string;
  /** Kernels ("gather") or entry points ("gather.rows") that the cases must launch. See `proof`. */
  covers: readonly string[];
  run: (inputs: Tensor[], attrs: A) => Tensor;
  reference: Reference<A>;
  cases: readonly Case<A>[];
  /** Inputs that are indices or labels: uint32, without a gradient. */
  indices?: readonly number[];
  /** The type of each input, where they are not float32 or `indices`; only float32 has a gradient. */
  dtypes?: readonly DType[];
  /** False for operations without any gradient. */
  differentiable?: boolean;
  /** Longest sum that an element of the result, or of a gradient, goes through. Default 1. */
  terms?: (c: Case<A>) => number;
  /** The gradients' largest terms, given |g|, where the formula takes terms off each other. Default: reference.backward. */
  magnitude?: Reference<A>["backward"];
  /** Extra roundings, for functions whose WGSL precision is lower than arithmetic's. */
  ulps?: number;
}

/** Registers a test that proves one operation, and prints its line. */
export function check<A>(spec: Check<A>): void {
  proof(`${spec.name}: forward and gradient agree with the float64 reference`, spec, async () => {
    let closest: Errors = { forward: 0, backward: 0, allowed: 1 };
    const share = ({ forward, backward = 0, allowed }: Errors) =>
      Math.max(forward, backward) / (allowed || 1);
    // All cases are launched before the first is waited for: their programs compile side by side.
    const all = await Promise.all([
      ...spec.cases.map((c) => checkCase(spec, c)),
      ...aloneOf(spec).map(({ c, input }) => checkCase(spec, c, input)),
    ]);
    for (const [i, errors] of all.entries()) if (i === 0 || share(errors) > share(closest)) closest = errors;
    const twice = spec.differentiable === false ? null : await derivedTwice(spec);
    report(spec.name, spec.cases.length, closest, spec.differentiable !== false, twice);
  });
}

/** Each input whose gradient is to be asked for alone, in the smallest case: it must not hang on the others'. */
function aloneOf<A>(spec: Check<A>): { c: Case<A>; input: number }[] {
  const size = ({ inputs }: Case<A>) => inputs.reduce((sum, { data }) => sum + data.length, 0);
  const whole = spec.cases.filter(({ inputs }) => inputs.every(({ data }) => data.length > 0));
  const [c] = whole.sort((a, b) => size(a) - size(b));
  if (c === undefined || spec.differentiable === false) return [];
  const inputs = [...c.inputs.keys()].filter(
    (i) => dtypeOf(spec, i) === "float32" && wantedOf(spec, c).gradients[i] !== null,
  );
  return inputs.length < 2 ? [] : inputs.map((input) => ({ c, input }));
}

/** Indices are whole numbers, up to 2³² − 1. */
function dtypeOf<A>({ dtypes, indices }: Check<A>, input: number): DType {
  return dtypes?.[input] ?? (indices?.includes(input) ? "uint32" : "float32");
}

/** The numbers that both sides see. */
function roundedInputs<A>(spec: Check<A>, { inputs }: Case<A>): Arr[] {
  return inputs.map((input, i) => (dtypeOf(spec, i) === "float32" ? flushed(rounded(input)) : input));
}

/** What the second derivative is off by, or why there is none. */
async function derivedTwice<A>(spec: Check<A>): Promise<number | string | null> {
  try {
    const worst = await worstTwice(spec);
    if (worst !== null)
      expect(worst, `${spec.name}: error of the second derivative`).toBeLessThan(ALLOWED_TWICE);
    return worst;
  } catch (error) {
    const [, operation] = /^grad: (.*) has no second derivative/.exec((error as Error).message) ?? [];
    const why = operation === undefined ? undefined : NOT_DERIVED[operation];
    if (why === undefined) throw error;
    return why;
  }
}

/**
 * Registers a test that fails, too, where it did not launch every entry point of the kernels that it claims to
 * cover ("gather" is all of gather.wgsl's entry points, "gather.rows" one). The coverage test reads `covers`.
 */
export function proof(
  title: string,
  { name, covers }: { name: string; covers: readonly string[] },
  body: () => Promise<void>,
): void {
  test(title, async () => {
    const before = launches(covers);
    await guarded(name, body);
    const after = launches(covers);
    const missed = [...before].filter(([entry, count]) => after.get(entry) === count).map(([entry]) => entry);
    if (missed.length > 0)
      throw new Error(`${name} claims to cover ${missed.join(", ")}, but never launched it`);
  }, 60_000);
}

/** How often each of the covered entry points was launched so far. */
function launches(covers: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const covered of covers) {
    const [kernel, only] = covered.split(".") as [string, string?];
    for (const [entry, count] of kernels.get(kernel)?.launches ?? [])
      if (only === undefined || only === entry) counts.set(`${kernel}.${entry}`, count);
    if (![...counts.keys()].some((entry) => `${entry}.`.startsWith(`${covered}.`)))
      throw new Error(`covers names ${covered}, which is no kernel here`);
  }
  return counts;
}

/** How far an operation is from its reference, and how far rounding may take it. */
export interface Errors {
  forward: number;
  backward?: number;
  allowed: number;
}

/** Prints one line a kernel: how many cases, and the errors of the one that came closest to its limit. */
export function report(
  name: string,
  cases: number,
  { forward, backward, allowed }: Errors,
  gradient = true,
  twice: number | string | null = null,
): void {
  const number = (x: number) => (x === 0 ? "exact" : x.toExponential(1)).padStart(8);
  const gradients = gradient ? `gradient ${number(backward ?? 0)}` : "no gradient      ";
  console.log(
    `  ${name.padEnd(28)} ${String(cases).padStart(3)} ${cases === 1 ? "case " : "cases"}   forward ${number(forward)}   ${gradients}   allowed ${number(allowed)}${
      twice === null ? "" : `   twice ${typeof twice === "string" ? `none: ${twice}` : number(twice)}`
    }`,
  );
}

/** `alone`: the only input whose gradient is asked for; where there is none, all of them are. */
async function checkCase<A>(spec: Check<A>, c: Case<A>, alone?: number) {
  const dtypes = c.inputs.map((_, i) => dtypeOf(spec, i));
  const inputs = roundedInputs(spec, c);
  const tensors = inputs.map((input, i) => toTensor(input, dtypes[i]));
  const differentiable = spec.differentiable !== false;
  const hasGradient = inputs.map((_, i) => differentiable && dtypes[i] === "float32" && i === (alone ?? i));
  for (const [i, tensor] of tensors.entries()) if (hasGradient[i]) tensor.requiresGrad = true;

  const where = `${spec.name} on ${inputs.map((input) => `[${input.shape}]`).join(" ")} ${JSON.stringify(c.attrs)}`;
  const output = spec.run(tensors, c.attrs);
  // Whole numbers are exact.
  const roundings = ULPS + (spec.ulps ?? 0) + 2 * Math.sqrt(spec.terms?.(c) ?? 1);
  const allowed = output.dtype === "float32" ? roundings * ROUNDING : 0;
  if (differentiable) output.backward(toTensor(gradOf(output.shape)));
  const result = read(arrayOf(output));
  const gradients = tensors.map((tensor, i) => {
    if (!hasGradient[i]) return null;
    const { grad } = handleOf(tensor);
    return grad === undefined ? null : read(grad);
  });
  await Promise.all([result, ...gradients]);

  const wanted = wantedOf(spec, c);
  const forward = compareRead(await result, wanted.result, `${where}: result`, allowed);
  let backward = 0;
  if (differentiable) {
    for (const [i, gradient] of wanted.gradients.entries()) {
      if (gradient === null || !hasGradient[i]) continue;
      const got = await gradients[i]!;
      if (got === null) throw new Error(`${where}: input ${i} got no gradient`);
      const magnitude = wanted.magnitudes[i];
      const error = compareRead(got, gradient, `${where}: gradient of input ${i}`, allowed, magnitude);
      backward = Math.max(backward, error);
    }
  }
  return { forward, backward, allowed };
}

/** What comes to a result from above. */
function gradOf(shape: readonly number[]): Arr {
  return rounded(new Random(7).array(shape));
}

/** What the reference says of a case. */
interface Wanted {
  result: Arr;
  gradients: (Arr | null)[];
  /** Of each gradient's terms, the largest sum. */
  magnitudes: (number | undefined)[];
}

/** By reference and case: families of programs are checked on the same cases, and the plain loops are slow. */
const worked = new WeakMap<object, WeakMap<object, Wanted>>();

function wantedOf<A>(spec: Check<A>, c: Case<A>): Wanted {
  const own = spec.magnitude !== undefined || spec.differentiable === false;
  const key = own ? spec : spec.reference;
  const known = worked.get(key) ?? new WeakMap<object, Wanted>();
  worked.set(key, known);
  const wanted = known.get(c) ?? work(spec, roundedInputs(spec, c), c.attrs);
  known.set(c, wanted);
  return wanted;
}

function work<A>({ reference, differentiable, magnitude }: Check<A>, inputs: Arr[], attrs: A): Wanted {
  const result = reference.forward(inputs, attrs);
  if (differentiable === false) return { result, gradients: [], magnitudes: [] };
  const gradOut = gradOf(result.shape);
  const gradients = reference.backward(inputs, attrs, gradOut);
  const positive = { ...gradOut, data: gradOut.data.map(Math.abs) };
  const uncancelled = (magnitude ?? reference.backward)(inputs, attrs, positive);
  return {
    result,
    gradients,
    magnitudes: uncancelled.map((each) => (each === null ? undefined : largest(each))),
  };
}

export function toTensor(x: Arr, dtype: DType = "float32"): Tensor {
  return new Tensor(fromHost(typedArray(x.data, dtype), x.shape));
}

/** The largest finite magnitude. */
function largest(x: Arr): number {
  return x.data.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
}

/** An array, read back with the memory behind its end. */
interface Got {
  shape: Shape;
  values: Elements;
  words: Uint32Array;
  size: number;
  /** What stands behind the end, unless something was written there. */
  guard: number;
}

export async function read({ shape, size, dtype, storage }: DeviceArray): Promise<Got> {
  const guard = guardOf(storage.id);
  const bytes =
    size === 0 ? new ArrayBuffer(0) : await device().stream.read(storage.buffer, storage.capacity);
  const words = new Uint32Array(bytes);
  return { shape, size, values: dtype === "bool" ? words : elementsOf(bytes, dtype), words, guard };
}

/**
 * The largest deviation of an array from what it should be, over the largest magnitude in it, or over `magnitude`
 * where that is larger. Fails where it is more
 * than `allowed`, where the shape is wrong, where an element was never written, or where something was written
 * behind the end.
 */
export async function compare(
  got: DeviceArray,
  expected: Arr,
  where: string,
  allowed: number,
  magnitude = 0,
): Promise<number> {
  return compareRead(await read(got), expected, where, allowed, magnitude);
}

/** The same, of what was read already. */
export function compareRead(
  { shape, size, values, words, guard }: Got,
  expected: Arr,
  where: string,
  allowed: number,
  magnitude = 0,
): number {
  expect([where, ...shape]).toEqual([where, ...expected.shape]);
  if (size === 0) return 0;
  checkGuard(words, size, guard, where);
  const scale = Math.max(largest(expected), magnitude) || 1;
  let worst = 0;
  for (let i = 0; i < size; i++) {
    const want = expected.data[i]!;
    const have = values[i]!;
    if (Object.is(want, have) || (Number.isNaN(want) && Number.isNaN(have))) continue;
    if (!keepsSubnormals && Math.max(Math.abs(want), Math.abs(have)) <= LEAST) continue;
    const error = Math.abs(have - want) / scale;
    if (!(error <= allowed)) {
      throw new Error(
        `${where}: element ${i} is ${have}, the reference says ${want} (error ${error.toExponential(1)}, allowed ${allowed.toExponential(1)})`,
      );
    }
    worst = Math.max(worst, error);
  }
  return worst;
}

/** Kernels may write whole vec4s, so up to three elements past the end; the next ones must still be the guard. */
function checkGuard(words: Uint32Array, size: number, guard: number, where: string): void {
  if (!device().pool.poison) throw new Error("kernel checks need poisoned memory: run them with `bun test`");
  for (let i = Math.ceil(size / 4) * 4; i < words.length; i++) {
    if (words[i] !== guard)
      throw new Error(`${where}: something was written ${i - size + 1} elements behind the end`);
  }
}
