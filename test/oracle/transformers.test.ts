// Attention's layers against PyTorch in float64: results, weights, and gradients of all inputs and parameters, by PyTorch's
// names. transformers.json lists the cases for both sides; transformers.py made the fixture.
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import * as nn from "../../src/nn/index.ts";
import { type Tensor, tensor } from "../../src/tensor/index.ts";
import { Draw } from "./draw.ts";
import { type Compared, Fixture, relativeError, summarize } from "./parity.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

const ALLOWED = 1e-5;

interface Mask {
  shape: number[];
  floats?: boolean;
}

interface Case {
  name: string;
  layer: string;
  /** What the layer is a stack of, and the width of the norm behind it. */
  of?: Case;
  norm?: number;
  args: unknown[];
  options?: object;
  inputs: number[][];
  /** Which input is given where; each once, where it is left out. */
  order?: number[];
  masks?: Record<string, Mask>;
  call?: object;
}

const cases: Case[] = await Bun.file(join(import.meta.dir, "transformers.json")).json();
const fixture = new Fixture("transformers");
const layers = nn as unknown as Record<string, new (...args: unknown[]) => nn.AnyModule>;

function build({ layer, of, norm, args, options }: Case): nn.AnyModule {
  const all = { ...options, ...(norm === undefined ? {} : { norm: new nn.LayerNorm(norm) }) };
  return new layers[layer]!(...(of === undefined ? [] : [build(of)]), ...args, all);
}

function drawMask(draw: Draw, name: string, { shape, floats = false }: Mask): Tensor {
  if (floats) return tensor(draw.uniform(name, shape, 2), { shape });
  const width = shape.at(-1)!;
  const hidden = draw.integers(name, shape, 3).map((n, i) => (n === 0 && i % width > 0 ? 1 : 0));
  return tensor(Uint8Array.from(hidden), { shape, dtype: "bool" });
}

/** The same tensors as run() in transformers.py, by the same names. */
function run(c: Case): { results: Record<string, Tensor>; digest: string } {
  const { name } = c;
  const draw = new Draw();
  const drawn = (what: string, shape: number[]) => tensor(draw.uniform(what, shape), { shape });
  const inputs = c.inputs.map((shape, i) => drawn(`${name} input ${i}`, shape));
  for (const input of inputs) input.requiresGrad = true;
  const masks = Object.entries(c.masks ?? {}).map(([key, mask]) => [
    key,
    drawMask(draw, `${name} ${key}`, mask),
  ]);
  const layer = build(c);
  const state = Object.entries(layer.stateDict()).map(([key, { shape }]) => [
    key,
    drawn(`${name}.${key}`, shape),
  ]);
  layer.loadStateDict(Object.fromEntries(state));
  const given = (c.order ?? inputs.map((_, i) => i)).map((i) => inputs[i]!);
  const call = { ...c.call, ...Object.fromEntries(masks) };
  const result = (layer.forward as (...all: unknown[]) => Tensor | [Tensor, Tensor | null])(...given, call);
  const [output, weights] = Array.isArray(result) ? result : [result, null];
  let loss = output.mul(drawn(`${name} gradient`, output.shape)).sum();
  if (weights !== null) loss = loss.add(weights.mul(drawn(`${name} weights' gradient`, weights.shape)).sum());
  loss.backward();
  return {
    results: {
      output,
      ...(weights === null ? {} : { weights }),
      ...Object.fromEntries(inputs.map((input, i) => [`input ${i}.grad`, input.grad!])),
      ...Object.fromEntries(layer.namedParameters().map(([key, { grad }]) => [`${key}.grad`, grad!])),
    },
    digest: draw.digest(),
  };
}

const kindOf = (key: string) =>
  key === "output" || key === "weights" ? "result" : key.startsWith("input") ? "∂input" : "∂parameters";

for (const c of cases) {
  test(`${c.name}: as PyTorch's`, async () => {
    const { results, digest } = run(c);
    expect(digest).toBe(fixture.metadata[c.name]!);
    expect(Object.keys(results).sort()).toEqual(fixture.below(`${c.name}/`).sort());
    const worst = new Map<string, number>();
    for (const [key, value] of Object.entries(results)) {
      const error = relativeError(await value.data(), fixture.get(`${c.name}/${key}`));
      worst.set(kindOf(key), Math.max(worst.get(kindOf(key)) ?? 0, error));
    }
    const compared = [...worst].map(([kind, error]): Compared => [kind, error, ALLOWED]);
    summarize(c.name, compared);
  });
}
