// Whole trainings against PyTorch in float64: 50 steps of the blog's network in both forms and of the paper's, from
// the same drawn weights over the same drawn batches, without dropout. runs.json lists the runs for both sides;
// training.py made the fixture, and says why its batches keep away from the kinks of ReLU and max-pooling.
import { expect, setDefaultTimeout, test } from "bun:test";
import * as F from "../../src/nn/functional/index.ts";
import { Piczak } from "../../src/nn/models/piczak.ts";
import { Adam, AdamW, SGD } from "../../src/nn/optim/index.ts";
import { type Tensor, tensor } from "../../src/tensor/index.ts";
import { Draw } from "./draw.ts";
import { Fixture, norm, relativeError, sample, summarize, worstElement } from "./parity.ts";
import runs from "./runs.json" with { type: "json" };

setDefaultTimeout(120_000);

const LOSS = 1e-4;
const WEIGHTS = 1e-3;
/** Of how far the weights moved, which is a small part of what they are. */
const CHANGE = 1e-2;
const STEPS = 50;
const BATCH = 8;
const fixture = new Fixture("training");

type Run = (typeof runs.runs)[number] & { long?: boolean };

/** training.py's initial(). */
function initial(draw: Draw, name: string, shape: readonly number[], init: string): Float32Array {
  if (shape.length > 1) {
    const paper: Record<string, number> = { "conv1.0.weight": 0.001, "conv2.0.weight": 0.1 };
    const fanIn = shape.slice(1).reduce((product, n) => product * n, 1);
    const bound = init === "he" ? Math.sqrt(6 / fanIn) : (paper[name] ?? 0.01 * Math.sqrt(3));
    return draw.uniform(name, shape, bound);
  }
  if (name.endsWith("running_var")) return draw.uniform(name, shape, 0, 1);
  if (name.endsWith("running_mean")) return draw.uniform(name, shape, 0);
  if (init === "paper") return draw.uniform(name, shape, 0, name === "conv1.0.bias" ? 0.1 : 0);
  return draw.uniform(name, shape, 0.1, name.endsWith(".1.weight") ? 1 : 0);
}

/** training.py's batches: which attempt at each step was taken is in the fixture. */
function* batches(
  draw: Draw,
  classes: number,
  attempts: ArrayLike<number>,
): Generator<{ x: Tensor; labels: Tensor }> {
  const shape = [2, 60, 41];
  const patterns = Array.from({ length: classes }, (_, k) => draw.uniform(`pattern ${k}`, shape));
  for (let step = 0; step < STEPS; step++) {
    const which = `${step} ${attempts[step]}`;
    const labels = draw.integers(`labels ${which}`, [BATCH], classes);
    const data = draw.uniform(`batch ${which}`, [BATCH, ...shape]);
    const size = data.length / BATCH;
    for (let at = 0; at < data.length; at++)
      data[at]! += patterns[labels[Math.floor(at / size)]!]![at % size]!;
    yield { x: tensor(data, { shape: [BATCH, ...shape] }), labels: tensor(labels) };
  }
}

async function train(
  { form, hidden, classes, init, optimizer: name, options }: Run,
  attempts: ArrayLike<number>,
) {
  const draw = new Draw();
  const net = new Piczak({ classes, form: form as "dropout" | "batch-norm", hidden });
  const begin: Record<string, number[]> = {};
  const state = Object.entries(net.stateDict()).map(([name, { shape }]): [string, Tensor] => {
    const values = initial(draw, name, shape, init);
    begin[name] = sample(values);
    return [name, tensor(values, { shape })];
  });
  net.loadStateDict(Object.fromEntries(state));
  net.train(form === "batch-norm"); // dropout is off
  const Optimizer = { SGD, Adam, AdamW }[name as "SGD" | "Adam" | "AdamW"];
  const optimizer = new Optimizer(net.parameters(), options as { lr: number });
  const losses: Promise<number>[] = [];
  for (const { x, labels } of batches(draw, classes, attempts)) {
    optimizer.zeroGrad();
    const loss = F.nllLoss(net.forward(x), labels);
    loss.backward();
    optimizer.step();
    losses.push(loss.item());
  }
  return { net, begin, losses: await Promise.all(losses), digest: draw.digest() };
}

/** The worst errors of all tensors at the end: of their values and size, and of the way they went from the beginning. */
async function errorsOf(net: Piczak, begin: Record<string, number[]>, run: string) {
  let [weights, change] = [0, 0];
  const names = fixture.below(`${run}/`).filter((name) => name.endsWith("/sample"));
  expect(Object.keys(begin).map((name) => `${name}/sample`)).toEqual(names);
  for (const [name, tensor] of Object.entries(net.stateDict())) {
    const values = await tensor.data();
    const got = sample(values);
    const want = fixture.get(`${run}/${name}/sample`, got.length);
    const size = relativeError([norm(values)], fixture.get(`${run}/${name}/norm`));
    const less = (end: ArrayLike<number>) => Float64Array.from(end, (value, i) => value - begin[name]![i]!);
    weights = Math.max(weights, size, relativeError(got, want));
    change = Math.max(change, relativeError(less(got), less(want)));
  }
  return { weights, change };
}

const full = process.env.OTOGRAD_FULL === "1";

for (const run of runs.runs as Run[]) {
  if (run.long && !full) {
    console.log(
      `  ${run.name}: left out for its time; OTOGRAD_FULL=1 bun test test/oracle/training has it too`,
    );
    continue;
  }
  test(`${run.name}: ${STEPS} steps as PyTorch's`, async () => {
    const { net, begin, losses, digest } = await train(run, fixture.get(`${run.name}/attempts`, STEPS));
    expect(digest).toBe(fixture.metadata[run.name]!);
    const loss = worstElement(losses, fixture.get(`${run.name}/losses`, STEPS), () => 0);
    expect(loss.compared).toBe(STEPS);
    const { weights, change } = await errorsOf(net, begin, run.name);
    summarize(
      run.name,
      [
        ["loss", loss.worst, LOSS],
        ["weights", weights, WEIGHTS],
        ["their change", change, CHANGE],
      ],
      `loss ${losses[0]!.toFixed(3)} to ${losses.at(-1)!.toFixed(3)}`,
    );
  });
}
