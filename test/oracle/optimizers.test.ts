// Every optimizer and every scheduler against PyTorch's in float64: 50 steps over drawn gradients, and the learning rates
// and momenta of each step. optimizers.json and schedulers.json list cases for both sides; optimizers.py made the fixture.
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import * as optim from "../../src/nn/optim/index.ts";
import { clipGradNorm_, clipGradValue_ } from "../../src/nn/utils.ts";
import { arange, type Tensor, tensor } from "../../src/tensor/index.ts";
import { Draw } from "./draw.ts";
import { type Compared, Fixture, relativeError, summarize } from "./parity.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

const STEPS = 50;
const ALLOWED = 1e-5;
/** Rates are float64 on both sides; the order of a product may differ. */
const RATES_ALLOWED = 1e-12;
const SHAPES: Record<string, number[]> = { a: [7, 3], b: [13] };

interface SchedulerCase {
  scheduler: string;
  options?: object;
  lambda?: number;
  schedulers?: SchedulerCase[];
  milestones?: number[];
}

interface OptimizerCase {
  name: string;
  optimizer: string;
  options: object;
  clip?: number;
  clipValue?: number;
  scheduler?: SchedulerCase;
}

const read = (name: string) => Bun.file(join(import.meta.dir, `${name}.json`)).json();
const optimizers = (await read("optimizers")) as OptimizerCase[];
const schedulers = (await read("schedulers")) as (SchedulerCase & { name: string })[];
const fixture = new Fixture("optimizers");

type AnyOptimizer = optim.LBFGS | optim.SGD;
type AnyScheduler = { step(metric?: never): void };
const makers = optim as unknown as Record<string, new (params: Tensor[], options: object) => AnyOptimizer>;
const schedulerMakers = optim.lrScheduler as unknown as Record<
  string,
  new (
    ...args: unknown[]
  ) => AnyScheduler
>;

/** As scheduler_of() in optimizers.py. */
function schedulerOf(c: SchedulerCase, optimizer: object): AnyScheduler {
  const Scheduler = schedulerMakers[c.scheduler]!;
  if (c.lambda !== undefined) return new Scheduler(optimizer, (epoch: number) => c.lambda! ** epoch);
  if (c.schedulers === undefined) return new Scheduler(optimizer, c.options);
  const own = c.schedulers.map((each) => schedulerOf(each, optimizer));
  if (c.milestones === undefined) return new Scheduler(own);
  return new Scheduler(optimizer, { schedulers: own, milestones: c.milestones });
}

const metric = (step: number) => (step < 8 ? 1 / (1 + step) : step !== 25 ? 0.2 : 0.01);

const groups = () => [tensor([0], { requiresGrad: true }), tensor([0], { requiresGrad: true })] as const;

for (const c of schedulers) {
  test(`${c.name}: PyTorch's rates`, () => {
    const [a, b] = groups();
    const optimizer = new optim.SGD([{ params: [a] }, { params: [b], lr: 0.05 }], { lr: 0.1, momentum: 0.9 });
    const scheduler = schedulerOf(c, optimizer);
    const rates = () => optimizer.paramGroups.map(({ lr, momentum }) => [lr, momentum]);
    const found: number[][][] = [];
    for (let step = 0; step < STEPS; step++) {
      found.push(rates());
      scheduler.step(...((c.scheduler === "ReduceLROnPlateau" ? [metric(step)] : []) as never[]));
    }
    found.push(rates());
    const wanted = JSON.parse(fixture.metadata[c.name]!) as number[][][];
    const worst = Math.max(
      ...wanted.flatMap((step, i) =>
        step.flatMap((group, j) =>
          group.map((value, k) => Math.abs(found[i]![j]![k]! - value) / (Math.abs(value) || 1)),
        ),
      ),
    );
    summarize(c.name, [["rates", worst, RATES_ALLOWED]]);
  });
}

/** As bowl() in optimizers.py. */
function bowl([a, b]: [Tensor, Tensor]): Tensor {
  const weights = arange(1, 22).reshape([7, 3]).div(20);
  const curve = b.narrow(0, 1, 12).sub(b.narrow(0, 0, 12).square().div(4));
  return a.square().mul(weights).sum().add(curve.square().sum()).add(b.square().sum().div(10));
}

for (const c of optimizers) {
  test(`${c.name}: as PyTorch's after ${STEPS} steps`, async () => {
    const draw = new Draw();
    const drawn = (what: string, shape: number[]) =>
      tensor(draw.uniform(`${c.name} ${what}`, shape), { shape });
    const parameters = Object.entries(SHAPES).map(([key, shape]) => drawn(key, shape));
    for (const parameter of parameters) parameter.requiresGrad = true;
    const optimizer = new makers[c.optimizer]!(parameters, c.options);
    if (optimizer instanceof optim.LBFGS) {
      const targets = Object.entries(SHAPES).map(([key, shape]) => drawn(`${key} target`, shape));
      for (let step = 0; step < STEPS / 10; step++) {
        await optimizer.step(() => {
          optimizer.zeroGrad();
          const loss = bowl(parameters.map((p, i) => p.sub(targets[i]!)) as [Tensor, Tensor]);
          loss.backward();
          return loss;
        });
      }
    } else {
      const scheduler = c.scheduler === undefined ? null : schedulerOf(c.scheduler, optimizer);
      for (let step = 0; step < STEPS; step++) {
        for (const [i, [key, shape]] of Object.entries(SHAPES).entries())
          parameters[i]!.grad = drawn(`${key} ${step}`, shape);
        if (c.clip !== undefined) clipGradNorm_(parameters, c.clip);
        if (c.clipValue !== undefined) clipGradValue_(parameters, c.clipValue);
        optimizer.step();
        scheduler?.step();
      }
    }
    expect(draw.digest()).toBe(fixture.metadata[c.name]!);
    const compared = Object.keys(SHAPES).map(
      async (key, i): Promise<Compared> => [
        key,
        relativeError(await parameters[i]!.data(), fixture.get(`${c.name}/${key}`)),
        ALLOWED,
      ],
    );
    summarize(c.name, await Promise.all(compared));
  });
}

test("no optimizer and no scheduler is left out", () => {
  const classes = (space: object) =>
    Object.entries(space).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
  const cased = new Set([
    ...optimizers.map(({ optimizer }) => optimizer),
    ...schedulers.map(({ scheduler }) => scheduler),
  ]);
  // Averages of weights, and their rates, are compared in test/nn/optim.
  const elsewhere = ["AveragedModel", "updateBn", "SWALR"];
  const names = [...classes(optim), ...classes(optim.lrScheduler)].filter(
    (name) => !elsewhere.includes(name),
  );
  expect(names.filter((name) => !cased.has(name))).toEqual([]);
});
