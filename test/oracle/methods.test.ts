// Tensor's methods and functions against PyTorch's in float64: results, positions and gradients, also of ties, infinities and
// NaN. methods.json and functions.json list the calls for both sides; methods.py made the fixtures.
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import * as otograd from "otograd";
import { type Tensor, tensor } from "../../src/tensor/index.ts";
import { Draw } from "./draw.ts";
import { Fixture, type Numbers } from "./parity.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

/** Of the largest element. */
const ALLOWED = 1e-5;

type Values = (number | string | Values)[];
type Input = number[] | { values: Values; dtype?: "bool" | "int" } | { below: number; shape: number[] };

interface Case {
  call: string;
  /** Where the function is; else it is a method of the first input. */
  on?: "torch" | "F";
  inputs: Input[];
  /** "$1" is input 1; "inf" and "-inf" are numbers. */
  args?: unknown[];
}

const SPACES = { torch: { ...otograd }, F: { ...otograd.F } } as Record<string, object>;

const nameOf = ({ call, inputs, args = [] }: Case) => JSON.stringify([call, ...inputs, ...args]);
const numbers = (values: Values): number[] =>
  values.map((each) =>
    Array.isArray(each) ? numbers(each) : Number(String(each).replace("inf", "Infinity")),
  ) as number[];

function inputOf(draw: Draw, name: string, given: Input): Tensor {
  if (Array.isArray(given)) return tensor(draw.uniform(name, given, 2), { shape: given, requiresGrad: true });
  if ("below" in given)
    return tensor(Int32Array.from(draw.integers(name, given.shape, given.below)), { shape: given.shape });
  const values = numbers(given.values);
  if (given.dtype === undefined) return tensor(values, { requiresGrad: true });
  return tensor(values, { dtype: given.dtype === "int" ? "int32" : "bool" });
}

/** The tensors of what a call returns: one, a list, values and indices. */
function flat(made: unknown): Tensor[] {
  return made instanceof otograd.Tensor ? [made] : Object.values(made as object).flatMap(flat);
}

async function run(c: Case): Promise<{ results: Record<string, Numbers>; digest: string }> {
  const name = nameOf(c);
  const draw = new Draw();
  const inputs = c.inputs.map((given, i) => inputOf(draw, `${name} ${i}`, given));
  const args = (c.args ?? []).map((arg) => {
    if (typeof arg === "string" && arg.startsWith("$")) return inputs[Number(arg[1])];
    return arg === "inf" || arg === "-inf" ? Number(`${arg}inity`.replace("i", "I")) : arg;
  });
  const space = c.on === undefined ? inputs[0] : SPACES[c.on];
  const call = (space as unknown as Record<string, (...given: unknown[]) => unknown>)[c.call]!;
  const found = flat(call.apply(space, args));
  const losses = found.flatMap((y, i) => {
    if (!y.requiresGrad) return [];
    return [y.mul(tensor(draw.uniform(`${name} gradient ${i}`, y.shape), { shape: y.shape })).sum()];
  });
  if (losses.length > 0) losses.reduce((a, b) => a.add(b)).backward();
  const arrays = new Map(found.map((y, i) => [`result ${i}`, y]));
  for (const [i, { grad }] of inputs.entries()) if (grad !== null) arrays.set(`∂input ${i}`, grad);
  const read = [...arrays].map(async ([key, array]) => [key, await array.data()] as const);
  return { results: Object.fromEntries(await Promise.all(read)), digest: draw.digest() };
}

/** The largest difference over the largest number; what is no number, or infinite, must be the same. */
function errorOf(got: Numbers, want: Numbers, where: string): number {
  expect([where, got.length]).toEqual([where, want.length]);
  let [largest, worst] = [0, 0];
  for (let i = 0; i < want.length; i++) {
    const [have, wanted] = [Number(got[i]), Number(want[i])];
    if (Number.isFinite(wanted)) {
      largest = Math.max(largest, Math.abs(wanted));
      worst = Math.max(worst, Number.isFinite(have) ? Math.abs(have - wanted) : Infinity);
    } else if (!Object.is(have, wanted)) worst = Infinity;
  }
  return worst / (largest || 1);
}

for (const list of ["methods", "functions"])
  test(`${list} give what PyTorch's give, and the same gradients`, async () => {
    const cases: Case[] = await Bun.file(join(import.meta.dir, `${list}.json`)).json();
    const fixture = new Fixture(list);
    const worst = new Map<string, number>();
    const all = await Promise.all(cases.map(async (c) => ({ c, ...(await run(c)) })));
    const wrong: string[] = [];
    for (const { c, results, digest } of all) {
      const name = nameOf(c);
      const [keys, wanted] = [Object.keys(results).sort(), fixture.below(`${name}/`).sort()];
      if (digest !== fixture.metadata[name] || String(keys) !== String(wanted)) {
        wrong.push(`${name}: gives ${keys}, PyTorch ${wanted}, or what is drawn differs`);
        continue;
      }
      for (const [key, got] of Object.entries(results)) {
        const error = errorOf(got, fixture.get(`${name}/${key}`), `${name}: ${key}`);
        if (!(error <= ALLOWED)) wrong.push(`${name}: ${key} is off by ${error}`);
        worst.set(c.call, Math.max(worst.get(c.call) ?? 0, error));
      }
    }
    expect(wrong).toEqual([]);
    const [least] = [...worst].sort((a, b) => b[1] - a[1]);
    console.log(
      `  ${cases.length} calls of ${worst.size} names as PyTorch's; worst ${least![0]}, ${least![1].toExponential(1)}, allowed ${ALLOWED}`,
    );
  });
