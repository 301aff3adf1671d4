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
import { type DeviceArray, type DType, fromHost } from "../src/gpu/array.ts";
import { device } from "../src/gpu/device.ts";
import { kernels } from "../src/gpu/kernel.ts";
import { arrayOf, handleOf } from "../src/tensor/handle.ts";
import { Tensor } from "../src/tensor/tensor.ts";
import { Random } from "./reference/random.ts";
import type { Arr, Reference } from "./reference/reference.ts";

const ROUNDING = 2 ** -24;
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
    const share = ({ forward, backward = 0, allowed }: Errors) => Math.max(forward, backward) / allowed;
    for (const [i, c] of spec.cases.entries()) {
      const errors = await checkCase(spec, c);
      if (i === 0 || share(errors) > share(closest)) closest = errors;
    }
    report(spec.name, spec.cases.length, closest, spec.differentiable !== false);
  });
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
    await body();
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
): void {
  const number = (x: number) => (x === 0 ? "exact" : x.toExponential(1)).padStart(8);
  const gradients = gradient ? `gradient ${number(backward ?? 0)}` : "no gradient      ";
  console.log(
    `  ${name.padEnd(28)} ${String(cases).padStart(3)} ${cases === 1 ? "case " : "cases"}   forward ${number(forward)}   ${gradients}   allowed ${number(allowed)}`,
  );
}

async function checkCase<A>(spec: Check<A>, c: Case<A>) {
  const inputs = c.inputs.map(rounded);
  const tensors = inputs.map((input, i) => toTensor(input, spec.indices?.includes(i) ? "uint32" : "float32"));
  const differentiable = spec.differentiable !== false;
  const hasGradient = inputs.map((_, i) => differentiable && !spec.indices?.includes(i));
  for (const [i, tensor] of tensors.entries()) if (hasGradient[i]) tensor.requiresGrad = true;

  const where = `${spec.name} on ${inputs.map((input) => `[${input.shape}]`).join(" ")} ${JSON.stringify(c.attrs)}`;
  const allowed = (ULPS + (spec.ulps ?? 0) + 2 * Math.sqrt(spec.terms?.(c) ?? 1)) * ROUNDING;
  const expected = spec.reference.forward(inputs, c.attrs);
  const output = spec.run(tensors, c.attrs);
  const forward = await compare(arrayOf(output), expected, `${where}: result`, allowed);
  let backward = 0;
  if (differentiable) {
    const gradOut = rounded(new Random(7).array(expected.shape));
    const gradients = spec.reference.backward(inputs, c.attrs, gradOut);
    const uncancelled = (spec.magnitude ?? spec.reference.backward)(inputs, c.attrs, {
      ...gradOut,
      data: gradOut.data.map(Math.abs),
    });
    output.backward(toTensor(gradOut, "float32"));
    for (const [i, gradient] of gradients.entries()) {
      if (gradient === null || !hasGradient[i]) continue;
      const got = handleOf(tensors[i]!).grad;
      if (got === undefined) throw new Error(`${where}: input ${i} got no gradient`);
      backward = Math.max(
        backward,
        await compare(got, gradient, `${where}: gradient of input ${i}`, allowed, largest(uncancelled[i]!)),
      );
    }
  }
  return { forward, backward, allowed };
}

/** Float32 values, held in float64. */
export function rounded(x: Arr): Arr {
  return { shape: x.shape, data: x.data.map(Math.fround) };
}

export function toTensor(x: Arr, dtype: DType = "float32"): Tensor {
  const data = dtype === "float32" ? Float32Array.from(x.data) : Uint32Array.from(x.data);
  return new Tensor(fromHost(data, x.shape));
}

/** The largest finite magnitude. */
function largest(x: Arr): number {
  return x.data.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
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
  expect([where, ...got.shape]).toEqual([where, ...expected.shape]);
  if (got.size === 0) return 0;
  const bytes = await device().stream.read(got.storage.buffer, got.storage.capacity);
  const values = got.dtype === "float32" ? new Float32Array(bytes) : new Uint32Array(bytes);
  checkGuard(new Uint32Array(bytes), got.size, where);
  const scale = Math.max(largest(expected), magnitude) || 1;
  let worst = 0;
  for (let i = 0; i < got.size; i++) {
    const want = expected.data[i]!;
    const have = values[i]!;
    if (Object.is(want, have) || (Number.isNaN(want) && Number.isNaN(have))) continue;
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

/** Kernels may write whole vec4s, so up to three elements past the end; the next ones must still be poison. */
function checkGuard(words: Uint32Array, size: number, where: string): void {
  if (!device().pool.poison) throw new Error("kernel checks need poisoned memory: run them with `bun test`");
  for (let i = Math.ceil(size / 4) * 4; i < words.length; i++) {
    if (words[i] !== 0x7fc00000)
      throw new Error(`${where}: something was written ${i - size + 1} elements behind the end`);
  }
}
