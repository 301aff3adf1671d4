// Every layer and every loss against PyTorch in float64: result, gradients, and what batch norm remembers, in training
// and in evaluation mode. cases/NAME.json lists cases for both sides; layers.py made the fixture NAME of each file.
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import * as F from "../../src/nn/functional/index.ts";
import * as nn from "../../src/nn/index.ts";
import { manualSeed, type Tensor, tensor } from "../../src/tensor/index.ts";
import { Draw } from "./draw.ts";
import { type Compared, Fixture, relativeError, summarize } from "./parity.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

const ALLOWED = 1e-5;
const DROPOUT_SEED = 7;

interface LayerCase {
  name: string;
  layer: string;
  args?: unknown[];
  options?: object;
  input: number[];
  scale?: number;
  /** The input is indices below it. */
  integers?: number;
}

/** An input of a loss: numbers have a gradient, and positive ones that are no constants. Of logits the loss gets logSoftmax. */
interface LossInput {
  kind: "numbers" | "logits" | "positive" | "probabilities" | "labels" | "signs";
  /** A list as it is, instead of all else. */
  list?: number[];
  shape: number[];
  scale?: number;
  constant?: boolean;
  /** Of labels: class numbers below it, every third one being `ignored`. */
  below?: number;
  ignored?: number;
}

interface LossCase {
  name: string;
  loss: string;
  options?: Record<string, unknown>;
  /** All that the loss takes; or … */
  inputs?: LossInput[];
  input: number[];
  scale?: number;
  /** What the target is: class numbers below it, … */
  labels?: number;
  /** … or probabilities, which have no gradient. Else numbers that have one. */
  probabilities?: boolean;
}

interface CaseFile {
  layers?: LayerCase[];
  losses?: LossCase[];
}

const CASES = join(import.meta.dir, "cases");
const files = readdirSync(CASES).sort();
const groups = await Promise.all(
  files.map(async (file) => ({
    fixture: new Fixture(file.replace(".json", "")),
    cases: (await Bun.file(join(CASES, file)).json()) as CaseFile,
  })),
);
const transformers: { layer: string }[] = await Bun.file(join(import.meta.dir, "transformers.json")).json();
const inAll = <T>(each: (cases: CaseFile, fixture: Fixture) => T[]): T[] =>
  groups.flatMap(({ cases, fixture }) => each(cases, fixture));
const allLayers = inAll(({ layers = [] }, fixture) => layers.map((c) => ({ ...c, fixture })));
const allLosses = inAll(({ losses = [] }, fixture) => losses.map((c) => ({ ...c, fixture })));

const layers: Record<string, unknown> = { ...nn };
const functions: Record<string, unknown> = { ...F };
type AnyLayer = new (...args: unknown[]) => nn.Module;
type AnyLoss = (...inputsAndOptions: (Tensor | object | undefined)[]) => Tensor;

function build({ layer, args = [], options }: LayerCase): nn.Module {
  const Layer = layers[layer] as AnyLayer;
  return new Layer(...args, ...(options === undefined ? [] : [options]));
}

/** The same tensors as run_layer() in layers.py, by the same names. */
function runLayer(c: LayerCase, training: boolean): { results: Record<string, Tensor>; digest: string } {
  const { name, input: shape, scale = 1 } = c;
  const draw = new Draw();
  const indices = c.integers !== undefined;
  const data = indices ? draw.integers(name, shape, c.integers!) : draw.uniform(name, shape, scale);
  const x = tensor(data, { shape, requiresGrad: !indices });
  const layer = build(c).train(training);
  const state = Object.entries(layer.stateDict()).map(([key, { shape }]): [string, Tensor] => {
    const [scale, offset] = key === "running_var" ? [0.5, 1] : [1, 0];
    return [key, tensor(draw.uniform(`${name}.${key}`, shape, scale, offset), { shape })];
  });
  layer.loadStateDict(Object.fromEntries(state));
  manualSeed(DROPOUT_SEED);
  const [y, ...others] = flat(layer.forward(x)) as [Tensor, ...Tensor[]];
  const results: Record<string, Tensor> = { output: y };
  for (const [i, state] of others.entries()) results[`state ${i}`] = state;
  if (y.requiresGrad) {
    const weighted = Object.entries(results).map(([key, value]) => {
      const weights = draw.uniform(`${name} gradient${key.replace("output", "")}`, value.shape);
      return value.mul(tensor(weights, { shape: value.shape })).sum();
    });
    weighted.reduce((sum, each) => sum.add(each)).backward();
    if (!indices) results["input.grad"] = x.grad!;
    for (const [key, parameter] of layer.namedParameters()) results[`${key}.grad`] = parameter.grad!;
  }
  return { results: { ...results, ...Object.fromEntries(layer.namedBuffers()) }, digest: draw.digest() };
}

/** The tensors of what a layer returns: a recurrent one's output and states. */
function flat(made: unknown): Tensor[] {
  return Array.isArray(made) ? made.flatMap(flat) : [made as Tensor];
}

function kindOf(key: string): string {
  if (key === "output" || key.startsWith("state ")) return "result";
  if (key.startsWith("input") || key === "target.grad") return "∂input";
  return key.endsWith(".grad") ? "∂parameters" : "statistics";
}

/** Adds the errors to the worst of each kind. Fails where either side has something that the other has not. */
async function compare(
  fixture: Fixture,
  results: Record<string, Tensor>,
  prefix: string,
  worst: Map<string, number>,
) {
  expect(Object.keys(results).sort()).toEqual(fixture.below(prefix).sort());
  for (const [key, value] of Object.entries(results)) {
    const error = relativeError(await value.data(), fixture.get(prefix + key));
    const kind = kindOf(key);
    worst.set(kind, Math.max(worst.get(kind) ?? 0, error));
  }
}

const compared = (worst: Map<string, number>) =>
  [...worst].map(([kind, error]): Compared => [kind, error, ALLOWED]);

for (const { fixture, ...c } of allLayers) {
  test(`${c.name}: as PyTorch's`, async () => {
    const modes = fixture.below(`${c.name}/training/`).length > 0;
    const worst = new Map<string, number>();
    for (const mode of ["training", "evaluation"]) {
      const { results, digest } = runLayer(c, mode === "training");
      expect(digest).toBe(fixture.metadata[c.name]!);
      await compare(fixture, results, modes ? `${c.name}/${mode}/` : `${c.name}/`, worst);
    }
    summarize(c.name, compared(worst), modes ? "the modes differ" : "");
  });
}

function drawTarget({ name, input: shape, labels, probabilities = false }: LossCase, draw: Draw): Tensor {
  const seed = `${name} target`;
  if (labels !== undefined) return tensor(draw.integers(seed, shape.slice(0, 1), labels));
  if (probabilities) return tensor(draw.uniform(seed, shape, 0.5, 0.5), { shape });
  return tensor(draw.uniform(seed, shape), { shape, requiresGrad: true });
}

/** As drawn_input() in layers.py. */
function drawnInput(draw: Draw, name: string, c: LossInput): Tensor {
  const { kind, shape, scale = 1 } = c;
  if (kind === "labels") {
    const labels = Int32Array.from(draw.integers(name, shape, c.below!));
    if (c.ignored !== undefined) for (let i = 1; i < labels.length; i += 3) labels[i] = c.ignored;
    return tensor(labels, { shape });
  }
  if (kind === "signs")
    return tensor(
      Float32Array.from(draw.integers(name, shape, 2), (bit) => 2 * bit - 1),
      { shape },
    );
  if (kind === "numbers" || kind === "logits")
    return tensor(draw.uniform(name, shape, scale), { shape, requiresGrad: true });
  const [width, offset] = kind === "positive" ? [1, 1.5] : [0.5, 0.5];
  const learned = !(c.constant ?? kind === "probabilities");
  return tensor(draw.uniform(name, shape, width, offset), { shape, requiresGrad: learned });
}

/** As run_loss_of() in layers.py. */
function runLossOf(c: LossCase, draw: Draw): Record<string, Tensor> {
  const inputs = c.inputs!.map((each, i) => each.list ?? drawnInput(draw, `${c.name} input ${i}`, each));
  const given = inputs.map((input, i) =>
    c.inputs![i]!.kind === "logits" ? (input as Tensor).logSoftmax(-1) : input,
  );
  const options = { ...c.options };
  for (const [key, name] of [
    ["weight", "weight"],
    ["posWeight", "pos_weight"],
  ] as const) {
    // biome-ignore format: as it looks
    const shape = options[key] as number[] | undefined;
    if (shape !== undefined)
      options[key] = tensor(draw.uniform(`${c.name} ${name}`, shape, 0.5, 1), { shape });
  }
  const y = (functions[c.loss] as AnyLoss)(...given, options);
  y.sum().backward();
  const learned = inputs.flatMap((each, i) =>
    Array.isArray(each) || each.grad === null ? [] : [[`input ${i}.grad`, each.grad] as const],
  );
  return { output: y, ...Object.fromEntries(learned) };
}

for (const { fixture, ...c } of allLosses) {
  test(`${c.name}: as PyTorch's`, async () => {
    if (c.inputs !== undefined) {
      const draw = new Draw();
      const worst = new Map<string, number>();
      const results = runLossOf(c, draw);
      expect(draw.digest()).toBe(fixture.metadata[c.name]!);
      await compare(fixture, results, `${c.name}/`, worst);
      summarize(c.name, compared(worst));
      return;
    }
    const { name, loss, options, input: shape, scale = 1 } = c;
    const draw = new Draw();
    const x = tensor(draw.uniform(name, shape, scale), { shape, requiresGrad: true });
    const target = drawTarget(c, draw);
    const y = (functions[loss] as AnyLoss)(x, target, options);
    y.backward();
    expect(draw.digest()).toBe(fixture.metadata[name]!);
    const gradients = {
      "input.grad": x.grad!,
      ...(target.grad === null ? {} : { "target.grad": target.grad }),
    };
    const worst = new Map<string, number>();
    await compare(fixture, { output: y, ...gradients }, `${name}/`, worst);
    summarize(name, compared(worst));
  });
}

test("no layer and no loss is left out", () => {
  const cased = new Set([
    ...allLayers.map(({ layer }) => layer.toLowerCase()),
    ...allLosses.map(({ loss }) => loss.toLowerCase()),
    ...transformers.map(({ layer }) => layer.toLowerCase()), // transformers.test.ts
  ]);
  // Compared in whole networks (training, waves and mn.test.ts), or nothing to compare.
  const elsewhere = [
    "Module",
    "Sequential",
    "Piczak",
    "M5",
    "EnvNet",
    "EnvNetV2",
    "MN",
    "ConvNet",
    "ModuleDict",
    "ModuleList",
    "ParameterDict",
    "ParameterList",
    // Of one call, whose function methods.json has.
    "CosineSimilarity",
    "PairwiseDistance",
    "Unflatten",
  ];
  const isLayer = (value: unknown) => typeof value === "function" && value.prototype instanceof nn.Module;
  const all = Object.entries(layers).flatMap(([name, value]) => (isLayer(value) ? [name] : []));
  // Other functions of F are proved against float64 (test/kernels); those that are layers too are compared as such.
  const losses = Object.keys(functions).filter((name) => /loss$|entropy$/i.test(name));
  // Losses as layers are held to the functions in test/nn/losses.test.ts.
  const names = [...all.filter((name) => !name.endsWith("Loss")), ...losses].filter(
    (name) => !elsewhere.includes(name),
  );
  // To add one: a line in a file of cases/, and `bun run oracle --write`.
  expect(names.filter((name) => !cased.has(name.toLowerCase()))).toEqual([]);
});
