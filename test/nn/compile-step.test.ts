// compile of training steps: what is done again from a recording is what the body does.
import { beforeAll, describe, expect, test } from "bun:test";
import { device } from "../../src/gpu/device.ts";
import {
  autograd,
  checkpoint,
  compile,
  F,
  grad,
  init,
  manualSeed,
  memory,
  nn,
  noGrad,
  ones,
  optim,
  randn,
  type Tensor,
  tensor,
} from "../../src/index.ts";
import { counted } from "./counted.ts";

beforeAll(async () => {
  await init();
});

type Step = (x: Tensor, y: Tensor) => Tensor;
const CALLS = 9;
/** Of them, those in which the body runs. */
const RUNS = 3;

/** A training of a model whose step is `body`, compiled or not: each step's loss, and the weights behind them. */
async function train(
  make: () => {
    model: nn.Module;
    step: Step;
    draw: () => [Tensor, Tensor];
    between?: (i: number) => unknown;
  },
  compiled: boolean,
): Promise<{ losses: number[]; state: number[]; runs: number }> {
  manualSeed(5);
  const { model, step, draw, between } = make();
  const { runs, counting } = counted(step);
  const taken = compiled ? compile(counting) : counting;
  const losses: number[] = [];
  for (let i = 0; i < CALLS; i++) {
    losses.push(await taken(...draw()).item());
    await between?.(i);
  }
  const state: number[] = [];
  for (const each of Object.values(model.stateDict())) state.push(...(await each.data()));
  return { losses, state, runs: runs.count };
}

/** Trains with and without compile, and compares; returns how often the compiled step's body ran. */
async function same(make: Parameters<typeof train>[0]): Promise<number> {
  const plain = await train(make, false);
  const compiled = await train(make, true);
  const close = (a: number[], b: number[]) => {
    expect(a.length).toBe(b.length);
    for (const [i, each] of a.entries())
      expect(Math.abs(each - b[i]!)).toBeLessThan(1e-5 + 1e-4 * Math.abs(b[i]!));
  };
  close(compiled.losses, plain.losses);
  close(compiled.state, plain.state);
  expect(new Set(plain.losses).size).toBe(CALLS); // it learns, so that what stood still would be seen
  return compiled.runs;
}

/** forward, backward and the optimizer's step, as people write them. */
function usual(
  model: nn.Module<[Tensor], Tensor>,
  optimizer: { zeroGrad(): void; step(): void },
  loss: (output: Tensor, y: Tensor) => Tensor = F.mseLoss,
  before: () => void = () => {},
): Step {
  return (x, y) => {
    optimizer.zeroGrad();
    const value = loss(model.forward(x), y);
    value.backward();
    before();
    optimizer.step();
    return value;
  };
}

const regression =
  (...shape: number[]) =>
  (): [Tensor, Tensor] => [randn([4, ...shape]), randn([4, 3])];
const classes =
  (...shape: number[]) =>
  (): [Tensor, Tensor] => [randn([4, ...shape]), tensor(Uint32Array.from([0, 2, 1, 2]))];
const mlp = () => new nn.Sequential(new nn.Linear(6, 16), new nn.Tanh(), new nn.Linear(16, 3));

describe("a recorded step does what its body does", () => {
  const TRAININGS: Record<string, Parameters<typeof train>[0]> = {
    "SGD with momentum": () => {
      const model = mlp();
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9, nesterov: true });
      return { model, step: usual(model, optimizer), draw: regression(6) };
    },
    "convolutions, batch norms, dropout, Adam": () => {
      const model = new nn.Sequential(
        new nn.Conv2d(2, 8, 3, { padding: 1 }),
        new nn.BatchNorm2d(8),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Dropout(0.3),
        new nn.Flatten(),
        new nn.Linear(8 * 16, 3),
      );
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
      return { model, step: usual(model, optimizer, F.crossEntropy), draw: classes(2, 8, 8) };
    },
    "a transformer with clipped gradients and AdamW": () => {
      const model = new nn.Sequential(
        new nn.TransformerEncoderLayer(16, 2, { dimFeedforward: 32, dropout: 0.1, batchFirst: true }),
        new nn.Flatten(),
        new nn.Linear(16 * 5, 3),
      );
      const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 });
      const clip = () => void nn.utils.clipGradNorm_(model.parameters(), 0.5);
      return { model, step: usual(model, optimizer, F.crossEntropy, clip), draw: classes(5, 16) };
    },
    "an LSTM, RMSprop climbing": () => {
      class Reader extends nn.Module<[Tensor], Tensor> {
        readonly lstm = new nn.LSTM(6, 8, { batchFirst: true });
        readonly output = new nn.Linear(8, 3);
        forward(x: Tensor): Tensor {
          return this.output.forward(this.lstm.forward(x)[0].select(1, 4));
        }
      }
      const model = new Reader();
      const optimizer = new optim.RMSprop(model.parameters(), { lr: 0.002, maximize: true });
      const lost = (output: Tensor, y: Tensor) => F.mseLoss(output, y).neg();
      return { model, step: usual(model, optimizer, lost), draw: regression(5, 6) };
    },
    "a schedule and an average in the step": () => {
      const model = mlp();
      const optimizer = new optim.NAdam(model.parameters(), { lr: 0.05 });
      const schedule = new optim.lrScheduler.ExponentialLR(optimizer, { gamma: 0.7 });
      const average = new optim.AveragedModel(model);
      const step = usual(model, optimizer);
      return {
        model: average,
        step: (x, y) => {
          const loss = step(x, y);
          schedule.step();
          average.updateParameters(model);
          return loss;
        },
        draw: regression(6),
      };
    },
    "a rate that changes outside, gradients forgotten outside": () => {
      const model = mlp();
      const optimizer = new optim.Adagrad(model.parameters(), { lr: 0.1 });
      const step: Step = (x, y) => {
        const loss = F.mseLoss(model.forward(x), y);
        loss.backward();
        optimizer.step();
        return loss;
      };
      const between = (i: number) => {
        optimizer.zeroGrad();
        optimizer.lr = 0.1 / (i + 1);
      };
      return { model, step, draw: regression(6), between };
    },
    "gradients forgotten behind the step, a penalty of gradients": () => {
      const model = mlp();
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.02 });
      const step: Step = (x, y) => {
        const [weight] = model.parameters() as [Tensor];
        const fit = F.mseLoss(model.forward(x), y);
        const [slope] = autograd.grad([fit], [weight], { createGraph: true }) as [Tensor];
        const loss = fit.add(slope.square().sum());
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
        return loss;
      };
      return { model, step, draw: regression(6) };
    },
    "weights changed by hand": () => {
      const model = mlp();
      const step: Step = (x, y) => {
        model.zeroGrad();
        const loss = F.mseLoss(model.forward(x), y);
        loss.backward();
        noGrad(() => {
          for (const weight of model.parameters()) weight.sub_(weight.grad!.mul(0.05));
        });
        return loss;
      };
      return { model, step, draw: regression(6) };
    },
    "gradients that are put in, and computed when the optimizer reads them": () => {
      const model = new nn.Linear(3, 3);
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 });
      const turn = () => {
        model.weight.grad = model.weight.grad!.t();
      };
      return { model, step: usual(model, optimizer, F.mseLoss, turn), draw: regression(3) };
    },
    "a prediction from before the step, weights from behind it": () => {
      const model = new nn.Linear(3, 3);
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
      const step = usual(model, optimizer);
      const both: Step = (x, y) => {
        const before = noGrad(() => model.forward(x));
        const loss = step(x, y);
        return loss.add(before.sum().detach()).detach().add(model.weight.detach().t().t().sum());
      };
      return { model, step: both, draw: regression(3) };
    },
    "a leaf of its own, whose gradient is a penalty": () => {
      const model = mlp();
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
      const step: Step = (x, y) => {
        optimizer.zeroGrad();
        const own = x.detach().clone().requiresGrad_();
        const fit = F.mseLoss(model.forward(own), y);
        const [slope] = grad([fit], [own], { createGraph: true }) as [Tensor];
        const loss = fit.add(slope.square().sum());
        loss.backward();
        optimizer.step();
        return loss;
      };
      return { model, step, draw: regression(6) };
    },
    "frozen layers": () => {
      const model = mlp();
      model[0]!.requiresGrad_(false);
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
      return { model, step: usual(model, optimizer), draw: regression(6) };
    },
    "random numbers of its own, and a checkpoint": () => {
      const model = mlp();
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
      const step: Step = (x, y) => {
        optimizer.zeroGrad();
        const noisy = x.add(randn([4, 6]));
        const output = checkpoint((h: Tensor) => F.dropout(model.forward(h), 0.2), noisy);
        const loss = F.mseLoss(output, y);
        loss.backward();
        optimizer.step();
        return loss;
      };
      return { model, step, draw: regression(6) };
    },
  };
  for (const [name, make] of Object.entries(TRAININGS))
    test(name, async () => {
      expect(await same(make)).toBe(RUNS);
    });
});

/** A small regression that its own batch decides, as a step that may be compiled. */
function small(more: (loss: Tensor) => Tensor = (loss) => loss) {
  const model = mlp();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
  const step: Step = (x, y) => {
    optimizer.zeroGrad();
    const loss = more(F.mseLoss(model.forward(x), y));
    loss.backward();
    optimizer.step();
    return loss;
  };
  return { model, optimizer, step };
}

describe("what changes between steps is seen", () => {
  const CHANGES: Record<string, (model: nn.Sequential, optimizer: optim.SGD, i: number) => unknown> = {
    "eval and train": (model, _, i) => model.train(i % 4 < 2),
    "frozen weights": (model, _, i) => {
      model.parameters()[0]!.requiresGrad = i % 4 < 2;
    },
    "weights that are loaded": (model) => model.loadStateDict(mlp2().stateDict()),
    "a layer that is replaced": (model, optimizer, i) => {
      if (i !== 4) return;
      model[2] = new nn.Linear(16, 3);
      optimizer.addParamGroup({ params: model[2]!.parameters() });
    },
    "settings of the optimizer": (_, optimizer, i) => {
      optimizer.paramGroups[0]!.momentum = 0.1 * i;
    },
    "weights that are evaluated": async (model) => {
      const [x] = regression(6)();
      const fast = compile(model);
      for (let k = 0; k < 3; k++) await noGrad(() => fast(x)).data();
    },
    "another training": async () => {
      const other = small();
      for (let k = 0; k < 3; k++) await other.step(...regression(6)()).item();
    },
  };
  const mlp2 = () => new nn.Sequential(new nn.Linear(6, 16), new nn.Dropout(0.4), new nn.Linear(16, 3));
  for (const [name, change] of Object.entries(CHANGES))
    test(name, async () => {
      const make = () => {
        const model = mlp2();
        const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
        const between = (i: number) => change(model, optimizer, i);
        return { model, step: usual(model, optimizer), draw: regression(6), between };
      };
      await same(make);
    });
});

describe("what is carried over from call to call is as without compile", () => {
  const CARRIED: Record<string, Parameters<typeof train>[0]> = {
    "a state in a variable": () => {
      const model = new nn.Linear(3, 3);
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
      let state = ones([4, 3]);
      const step: Step = (x, y) => {
        optimizer.zeroGrad();
        const hidden = model.forward(x.add(state)).tanh();
        state = hidden.detach();
        const loss = F.mseLoss(hidden, y);
        loss.backward();
        optimizer.step();
        return loss;
      };
      return { model, step, draw: regression(3) };
    },
    "a step by the gradients of the call before": () => {
      const [one, other] = [small(), small()];
      const step: Step = (x, y) => {
        const loss = one.step(x, y);
        other.optimizer.step();
        other.optimizer.zeroGrad();
        F.mseLoss(other.model.forward(x), y).backward();
        return loss;
      };
      return { model: other.model, step, draw: regression(6) };
    },
    "another's gradient": () => {
      const [one, other] = [small(), small()];
      const step: Step = (x, y) => {
        const { grad } = other.model.parameters()[0]!;
        return one.step(x, grad === null ? y : y.add(grad.mean()));
      };
      const between = () => other.step(...regression(6)());
      return { model: one.model, step, draw: regression(6), between };
    },
    "a hook that comes and goes": () => {
      const { model, step } = small();
      let hook: { remove(): void } | null = null;
      const between = (i: number) => {
        if (i === 4) hook = model.parameters()[0]!.registerHook((gradient: Tensor) => gradient.mul(2));
        if (i === 6) hook!.remove();
      };
      return { model, step, draw: regression(6), between };
    },
    "weights that are used without their layer, and frozen": () => {
      const model = new nn.Linear(6, 3);
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
      const step: Step = (x, y) => {
        optimizer.zeroGrad();
        const loss = F.mseLoss(F.linear(x, model.weight, model.bias), y);
        loss.backward();
        optimizer.step();
        return loss;
      };
      const between = (i: number) => {
        model.weight.requiresGrad = i % 4 < 2;
      };
      return { model, step, draw: regression(6), between };
    },
  };
  for (const [name, make] of Object.entries(CARRIED)) test(name, async () => void (await same(make)));
});

test("an argument that is changed is the caller's, and a tensor that shares memory stays what it was", async () => {
  manualSeed(2);
  const { step } = small();
  const count = tensor([0]);
  const source = ones([4, 6]);
  const twice = source.t().t();
  const fast = compile((x: Tensor, y: Tensor, n: Tensor) => {
    noGrad(() => n.add_(1));
    return step(x.add(twice), y);
  });
  const still = compile((x: Tensor, y: Tensor) => step(x.add(twice), y));
  const [x, y] = regression(6)();
  for (let i = 1; i <= CALLS; i++) {
    await fast(x, y, count).item();
    expect(await count.item()).toBe(i);
  }
  for (let i = 0; i < 4; i++) await still(x, y).item();
  noGrad(() => source.fill_(100));
  expect(await still(x, y).item()).toBeLessThan(10);
});

test("a large tensor that is set to zeros is one that is changed", async () => {
  const large = ones([600, 600]);
  const { runs, counting } = counted((x: Tensor) => {
    large.fill_(0);
    return x.sum();
  });
  const forward = compile(counting);
  for (let i = 0; i < CALLS; i++) await noGrad(() => forward(ones([3]))).item();
  expect(runs.count).toBe(CALLS);
  const { step } = small();
  const fast = compile((x: Tensor, y: Tensor) => {
    noGrad(() => large.fill_(0));
    return step(x, y);
  });
  const [x, y] = regression(6)();
  for (let i = 0; i < 4; i++) await fast(x, y).item();
  noGrad(() => large.fill_(3));
  const turned = large.t();
  await fast(x, y).item();
  expect([await turned.sum().item(), await large.sum().item()]).toEqual([3 * 600 * 600, 0]);
});

test("a model that holds its step goes with it, whatever the step's averages and schedules hold", async () => {
  const build = async () => {
    const { model, optimizer, step } = small();
    const average = new optim.AveragedModel(model);
    const schedule = new optim.lrScheduler.LambdaLR(optimizer, { lrLambda: () => (model.training ? 1 : 0) });
    const taken = compile((x: Tensor, y: Tensor) => {
      const loss = step(x, y);
      schedule.step();
      average.updateParameters(model);
      return loss;
    });
    Object.assign(model, { taken });
    const [x, y] = regression(6)();
    for (let i = 0; i < 5; i++) await taken(x, y).item();
  };
  const live: number[] = [];
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 8; i++) await build();
    for (let i = 0; i < 4; i++) {
      Bun.gc(true);
      await Bun.sleep(1);
      await ones([2]).data();
    }
    live.push(memory().tensors);
  }
  console.log(`  tensors that live after 8, 16 and 24 models: ${live.join(", ")}`);
  expect(live[2]! - live[0]!).toBeLessThan(8 * 4);
});

test("a recorded step launches no more than its body does", async () => {
  manualSeed(7);
  const layer = new nn.TransformerEncoderLayer(16, 2, { dimFeedforward: 32, dropout: 0, batchFirst: true });
  const model = new nn.Sequential(layer, new nn.Flatten(), new nn.Linear(16 * 5, 3));
  const fast = compile(usual(model, new optim.AdamW(model.parameters()), F.crossEntropy));
  const [x, y] = classes(5, 16)();
  const launches: number[] = [];
  for (let i = 0; i < CALLS; i++) {
    const before = device().stream.counts.dispatches;
    await fast(x, y).item();
    launches.push(device().stream.counts.dispatches - before);
  }
  console.log(`  launches of a transformer's steps: ${launches.join(", ")}`);
  expect(launches.at(-1)!).toBeLessThanOrEqual(launches[1]!);
});

test("a recorded step inside another compiled function is done as by itself", async () => {
  manualSeed(6);
  const { step } = small();
  const inner = compile(step);
  const outer = compile((x: Tensor, y: Tensor) => inner(x, y));
  const [x, y] = regression(6)();
  const losses: number[] = [];
  for (let i = 0; i < CALLS; i++) losses.push(await inner(x, y).item(), await outer(x, y).item());
  for (let i = 0; i < CALLS; i++) losses.push(await outer(x, y).item());
  expect(losses).toEqual(losses.toSorted((a, b) => b - a));
  expect(new Set(losses).size).toBe(3 * CALLS);
});

test("a function of a module that is set to train, and what detectAnomaly looks for, run anew", async () => {
  const model = new nn.Sequential(new nn.Linear(6, 3), new nn.Dropout(0.5)).eval();
  const fast = compile((x: Tensor) => model.forward(x));
  const x = ones([4, 6]);
  for (let i = 0; i < 4; i++) noGrad(() => fast(x));
  model.train();
  const dropped = await noGrad(() => fast(x))
    .eq(0)
    .sum()
    .item();
  expect(dropped).toBeGreaterThan(0);

  const { step } = small();
  const trained = compile(step);
  const [a, b] = regression(6)();
  for (let i = 0; i < 4; i++) await trained(a, b).item();
  await expect(autograd.detectAnomaly(() => trained(a.mul(Number.NaN), b))).rejects.toThrow("NaN");
});

test("two networks that are trained against each other, each by a step of its own", async () => {
  const run = async (compiled: boolean) => {
    manualSeed(2);
    const [maker, judge] = [
      mlp(),
      new nn.Sequential(new nn.Linear(3, 8), new nn.LeakyReLU(0.2), new nn.Linear(8, 1)),
    ];
    const ofMaker = new optim.Adam(maker.parameters(), { lr: 0.01 });
    const ofJudge = new optim.Adam(judge.parameters(), { lr: 0.01 });
    const judged = (x: Tensor, real: number) =>
      F.binaryCrossEntropyWithLogits(judge.forward(x), ones([4, 1]).mul(real));
    const bodies = [
      counted((z: Tensor, y: Tensor) => {
        ofJudge.zeroGrad();
        const loss = judged(y, 1).add(judged(maker.forward(z).detach(), 0));
        loss.backward();
        ofJudge.step();
        return loss;
      }),
      counted((z: Tensor) => {
        ofMaker.zeroGrad();
        ofJudge.zeroGrad();
        const loss = judged(maker.forward(z), 1);
        loss.backward();
        ofMaker.step();
        return loss;
      }),
    ] as const;
    const [teach, fool] = bodies.map(({ counting }) => (compiled ? compile(counting as Step) : counting)) as [
      Step,
      Step,
    ];
    const losses: number[] = [];
    for (let i = 0; i < CALLS; i++) {
      const [z, y] = regression(6)();
      losses.push(await teach(z, y).item(), await (fool as (z: Tensor) => Tensor)(z).item());
    }
    return { losses, runs: bodies.map(({ runs }) => runs.count) };
  };
  const [plain, recorded] = [await run(false), await run(true)];
  for (const [i, loss] of recorded.losses.entries()) expect(loss).toBeCloseTo(plain.losses[i]!, 4);
  expect(recorded.runs).toEqual([RUNS, RUNS]);
});

test("gradients can be read behind a step, and copies of them and of weights stay", async () => {
  manualSeed(1);
  const { model, step } = small();
  const fast = compile(step);
  const twin = new nn.Sequential(new nn.Linear(6, 16), new nn.Tanh(), new nn.Linear(16, 3));
  const [weight] = model.parameters() as [Tensor];
  let copies: { gradient: Tensor; weight: Tensor; wanted: unknown[] } | null = null;
  for (let i = 0; i < CALLS; i++) {
    const [x, y] = regression(6)();
    twin.loadStateDict(model.stateDict());
    twin.zeroGrad();
    F.mseLoss(twin.forward(x), y).backward();
    const before = await weight.tolist();
    await fast(x, y).item();
    const { grad } = weight;
    expect(await grad!.sub(twin.parameters()[0]!.grad!).abs().max().item()).toBeLessThan(1e-6);
    if (copies !== null)
      expect([await copies.gradient.tolist(), await copies.weight.tolist()]).toEqual(copies.wanted as never);
    copies = {
      gradient: grad!.clone(), // not computed before the next step writes what it is of
      weight: weight.detach().clone(),
      wanted: [await grad!.tolist(), await weight.tolist()],
    };
    expect(await weight.tolist()).not.toEqual(before);
  }
});

test("gradients that add up over calls, and inputs that want some, are as without compile", async () => {
  const weight = new nn.Parameter(tensor([2]));
  const fast = compile((x: Tensor) => {
    const loss = weight.mul(x).sum();
    loss.backward();
    return loss;
  });
  for (let i = 1; i <= CALLS; i++) {
    await fast(tensor([i])).item();
    expect(await weight.grad!.tolist()).toEqual([(i * (i + 1)) / 2]);
  }
  for (let i = 1; i <= CALLS; i++) {
    weight.grad = null;
    const x = tensor([i], { requiresGrad: true });
    await fast(x).item();
    expect(await weight.grad!.tolist()).toEqual([i]);
    expect(await x.grad!.tolist()).toEqual([2]);
  }
  weight.grad = null;
  for (let i = 1; i <= CALLS; i++) {
    await fast(tensor([i])).item();
    expect(await weight.grad!.tolist()).toEqual([i]);
    weight.grad = null;
  }
});

test("labels from the host are looked at as without compile", async () => {
  manualSeed(3);
  const model = mlp();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
  const { runs, counting } = counted(usual(model, optimizer, F.crossEntropy));
  const fast = compile(counting);
  const x = randn([4, 6]);
  const labels = (...list: number[]) => tensor(Int32Array.from(list));
  for (let i = 0; i < CALLS; i++) await fast(x, labels(0, i % 3, (i + 1) % 2, 1)).item();
  expect(runs.count).toBe(RUNS);
  expect(() => fast(x, labels(0, 3, 1, 1))).toThrow("a label is 3, not one of 0 … 2");
  const [some, all] = [labels(0, -100, -100, 1), labels(0, 1, 1, 1)];
  const wanted = await noGrad(() => F.crossEntropy(model.forward(x), some)).item();
  expect(await fast(x, some).item()).toBeCloseTo(wanted, 6);
  const before = runs.count;
  await fast(x, all).item();
  expect(runs.count).toBe(before);
});

test("a step that does something else each time, or what only the host can, runs every time", async () => {
  manualSeed(4);
  let calls = 0;
  const seen: unknown[] = [];
  const [x, y] = regression(6)();
  const counting = small((loss) => loss.mul(1 / ++calls));
  const fetching = small((loss) => loss.add(tensor([++calls]).sum()));
  const lone = small();
  const looking = small();
  looking.model.parameters()[0]!.registerHook(() => void calls++);
  const hooked = small();
  hooked.model[0]!.registerForwardHook((_, __, output) => void seen.push(output));
  const norm = new nn.BatchNorm1d(6, { momentum: null });
  const counts = small();
  const normed: Step = (x, y) => counts.step(norm.forward(x), y);
  const STEPS: [name: string, step: Step][] = [
    ["a count of its own", counting.step],
    ["numbers of the host's", fetching.step],
    ["gradients through its result", (x, y) => F.mseLoss(lone.model.forward(x), y)],
    ["a hook of a weight", looking.step],
    ["a hook of a layer", hooked.step],
    ["a batch norm that counts", normed],
  ];
  for (const [, step] of STEPS) {
    const { runs, counting } = counted(step);
    const fast = compile(counting);
    for (let i = 0; i < CALLS; i++) await fast(x, y).item();
    expect(runs.count).toBe(CALLS);
  }
  expect(compile(STEPS[2]![1])(x, y).requiresGrad).toBe(true);
  expect(norm.batches).toBe(CALLS);
});

test("a body that throws throws whenever it does, and is recorded behind that", async () => {
  let fails = 0;
  const { step } = small();
  const { runs, counting } = counted((x: Tensor, y: Tensor) => {
    const loss = step(x, y);
    if (fails-- > 0) throw new Error("not now");
    return loss;
  });
  const fast = compile(counting);
  const [x, y] = regression(6)();
  await fast(x, y).item();
  fails = 2;
  for (let i = 0; i < 2; i++) expect(() => fast(x, y)).toThrow("not now");
  const losses: number[] = [];
  for (let i = 0; i < CALLS; i++) losses.push(await fast(x, y).item());
  expect(losses).toEqual(losses.toSorted((a, b) => b - a));
  expect(runs.count).toBe(1 + 2 + 2);
});

test("other shapes are other recordings, and calls make no buffers, awaited or not", async () => {
  const { step } = small();
  const { runs, counting } = counted(step);
  const fast = compile(counting);
  const batch = (n: number): [Tensor, Tensor] => [ones([n, 6]), ones([n, 3])];
  const [large, rest] = [batch(8), batch(5)];
  for (let i = 0; i < CALLS; i++) await Promise.all([fast(...large).item(), fast(...rest).item()]);
  expect(runs.count).toBe(2 * RUNS);
  const before = memory();
  for (let i = 0; i < 300; i++) await fast(...large).item();
  for (let i = 0; i < 300; i++) fast(...rest);
  const loss = await fast(...large).item();
  const { buffersCreated, bytesInUse } = memory();
  console.log(
    `  ${buffersCreated - before.buffersCreated} buffers made by 601 more steps, ${bytesInUse - before.bytesInUse} bytes more in use`,
  );
  expect(loss).toBeLessThan(1e-3);
  expect(buffersCreated - before.buffersCreated).toBeLessThan(400); // the losses, until they are collected
  expect(runs.count).toBe(2 * RUNS);
});
