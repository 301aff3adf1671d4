// The networks on raw waveforms, and the small one on pictures, against PyTorch in float64: log-probabilities, the gradient of the waves and of all
// weights, and what batch norm remembers, at the size of the waves that the papers have. waves.json lists the networks for
// both sides; waves.py made the fixture, and says why its waves keep away from the kinks of ReLU and max-pooling.
import { expect, setDefaultTimeout, test } from "bun:test";
import { ConvNet, EnvNet, EnvNetV2, M5 } from "../../src/nn/index.ts";
import { type Tensor, tensor } from "../../src/tensor/index.ts";
import { Draw } from "./draw.ts";
import { Fixture, type Numbers, norm, sample, summarize } from "./parity.ts";
import cases from "./waves.json" with { type: "json" };

setDefaultTimeout(120_000);

const ALLOWED = 1e-5;
const PIECES = 32;
const fixture = new Fixture("waves");

type Case = (typeof cases)[number];

/** waves.py's initial(). */
function initial(draw: Draw, name: string, shape: readonly number[]): Float32Array {
  const fanIn = shape.slice(1).reduce((product, n) => product * n, 1);
  if (shape.length > 1) return draw.uniform(name, shape, Math.sqrt(6 / fanIn));
  return draw.uniform(name, shape, 0.1, name.endsWith("weight") || name.endsWith("running_var") ? 1 : 0);
}

/** waves.py's waves(). */
function drawWaves(draw: Draw, name: string, shape: readonly number[]): Float32Array {
  const loudness = draw.uniform(`${name} loudness`, [PIECES], 0.5, 0.5);
  const samples = shape.at(-1)!;
  return draw
    .uniform(name, shape)
    .map((value, i) => value * loudness[Math.floor(((i % samples) * PIECES) / samples)]!);
}

/** The same tensors as run() in waves.py, by the same names. */
function run({ name, options, waves }: Case, training: boolean, attempt: string) {
  const draw = new Draw();
  const networks = { M5, EnvNet, EnvNetV2, ConvNet };
  const net = new networks[name as keyof typeof networks](options).train(training);
  const state = Object.entries(net.stateDict()).map(([key, { shape }]): [string, Tensor] => {
    return [key, tensor(initial(draw, key, shape), { shape })];
  });
  net.loadStateDict(Object.fromEntries(state));
  const x = tensor(drawWaves(draw, `${name} waves ${attempt}`, waves), { shape: waves, requiresGrad: true });
  const y = net.forward(x);
  y.mul(tensor(draw.uniform(`${name} gradient`, y.shape), { shape: y.shape }))
    .sum()
    .backward();
  const gradients = net.namedParameters().map(([key, { grad }]) => [`${key}.grad`, grad!] as const);
  const results: Record<string, Tensor> = {
    output: y,
    "input.grad": x.grad!,
    ...Object.fromEntries(gradients),
    ...Object.fromEntries(net.namedBuffers()),
  };
  return { results, digest: draw.digest() };
}

/** Root mean square. */
function rms(values: Numbers): number {
  return norm(values) / Math.sqrt(values.length);
}

function kindOf(key: string): string {
  if (key === "output") return "result";
  if (key === "input.grad") return "∂waves";
  return key.endsWith(".grad") ? "∂weights" : "statistics";
}

for (const c of cases) {
  test(`${c.name}: as PyTorch's`, async () => {
    const worst = new Map<string, number>();
    for (const mode of ["training", "evaluation"]) {
      const prefix = `${c.name}/${mode}`;
      const { results, digest } = run(c, mode === "training", fixture.metadata[`${prefix}/attempt`]!);
      expect(digest).toBe(fixture.metadata[prefix]!);
      expect(
        Object.keys(results).flatMap((key) => [`${key}/size`, `${key}/sample`, `${key}/float32`]),
      ).toEqual(fixture.below(`${prefix}/`));
      for (const [key, value] of Object.entries(results)) {
        const kept = `${prefix}/${key}`;
        const values = await value.data();
        const got = sample(values);
        const want = fixture.get(`${kept}/sample`, got.length);
        const size = fixture.get(`${kept}/size`)[0]!;
        const off = rms(got.map((each, i) => each - want[i]!));
        const error = Math.max(off, Math.abs(rms(values) - size)) / (size || 1);
        // A sum that cancels has fewer digits in float32, and PyTorch's has no more: twice its error is allowed then.
        const theirs = 2 * fixture.get(`${kept}/float32`)[0]!;
        const kind = kindOf(key);
        worst.set(kind, Math.max(worst.get(kind) ?? 0, error / Math.max(1, theirs / ALLOWED)));
      }
    }
    summarize(
      c.name,
      [...worst].map(([kind, error]) => [kind, error, ALLOWED]),
    );
  });
}
