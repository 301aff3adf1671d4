// How schedulers behave beside an optimizer: groups, momentum, states for checkpoints, and what they refuse. Their rates
// are compared with PyTorch's in test/oracle/optimizers.test.ts.
import { expect, test } from "bun:test";
import { AdamW, LBFGS, lrScheduler, SGD } from "../../../src/nn/optim/index.ts";
import { tensor } from "../../../src/tensor/index.ts";

const leaf = () => tensor([1, 2], { requiresGrad: true });
const sgd = () => new SGD([{ params: [leaf()] }, { params: [leaf()], lr: 0.5 }], { lr: 0.1, momentum: 0.9 });

test("each group goes from its own rate, and getLastLr tells them", () => {
  const optimizer = sgd();
  const scheduler = new lrScheduler.StepLR(optimizer, { stepSize: 2, gamma: 0.5 });
  scheduler.step();
  expect(scheduler.getLastLr()).toEqual([0.1, 0.5]);
  scheduler.step();
  expect(scheduler.getLastLr()).toEqual([0.05, 0.25]);
  expect(optimizer.paramGroups.map(({ lr }) => lr)).toEqual([0.05, 0.25]);
  const each = new lrScheduler.LambdaLR(sgd(), [(epoch) => epoch + 1, () => 2]);
  expect(each.getLastLr()).toEqual([0.1, 1]);
});

test("one cycle's momentum is Adam's first beta", () => {
  const optimizer = new AdamW([leaf()]);
  const scheduler = new lrScheduler.OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 10 });
  expect(optimizer.paramGroups[0]!.betas).toEqual([0.95, 0.999]);
  expect(optimizer.lr).toBeCloseTo(0.1 / 25, 12);
  for (let i = 0; i < 2; i++) scheduler.step();
  expect(optimizer.paramGroups[0]!.betas[0]).toBeCloseTo(0.85, 12);
  expect(optimizer.lr).toBeCloseTo(0.1, 12);
  for (let i = 0; i < 8; i++) scheduler.step();
  expect(() => scheduler.step()).toThrow("OneCycleLR: step 12 is one more than the 10 in all");
});

test("a schedule that goes on from its state, through JSON, ends where an unbroken one does", () => {
  const make = {
    warmRestarts: (o: SGD) => new lrScheduler.CosineAnnealingWarmRestarts(o, { t0: 3, tMult: 2 }),
    plateau: (o: SGD) => new lrScheduler.ReduceLROnPlateau(o, { patience: 1, cooldown: 2 }),
    sequential: (o: SGD) =>
      new lrScheduler.SequentialLR(o, {
        schedulers: [
          new lrScheduler.LinearLR(o, { totalIters: 4 }),
          new lrScheduler.CosineAnnealingLR(o, { tMax: 9 }),
        ],
        milestones: [4],
      }),
    chained: (o: SGD) =>
      new lrScheduler.ChainedScheduler([
        new lrScheduler.ConstantLR(o, { totalIters: 6 }),
        new lrScheduler.ExponentialLR(o, { gamma: 0.9 }),
      ]),
  };
  for (const [name, makeScheduler] of Object.entries(make)) {
    const steps = (scheduler: { step(metric: never): void }, count: number) => {
      for (let i = 0; i < count; i++)
        scheduler.step(...((name === "plateau" ? [1] : []) as never as [never]));
    };
    const whole = sgd();
    steps(makeScheduler(whole), 12);
    const first = sgd();
    const before = makeScheduler(first);
    steps(before, 5);
    const state = JSON.parse(JSON.stringify(before.stateDict()));
    const second = sgd();
    const after = makeScheduler(second);
    after.loadStateDict(state);
    second.loadStateDict(first.stateDict());
    steps(after, 7);
    expect([name, ...after.getLastLr()]).toEqual([name, ...whole.paramGroups.map(({ lr }) => lr)]);
  }
});

test("what makes no sense is refused by name", () => {
  const adagradLike = { paramGroups: [{ lr: 1 }] };
  const cycle = { baseLr: 0.1, maxLr: 1 };
  for (const [call, says] of [
    [() => new lrScheduler.StepLR(sgd(), {} as never), "StepLR: stepSize must be given"],
    [() => new lrScheduler.ConstantLR(sgd(), { factor: 2 }), "ConstantLR: factor is a number from 0 to 1"],
    [() => new lrScheduler.LinearLR(sgd(), { endFactor: -1 }), "LinearLR: endFactor is a number from 0 to 1"],
    [() => new lrScheduler.OneCycleLR(sgd(), { maxLr: 1 }), "OneCycleLR: give totalSteps, or epochs and"],
    [
      () => new lrScheduler.OneCycleLR(sgd(), { maxLr: [1], totalSteps: 5 }),
      "OneCycleLR: maxLr has 1 numbers for 2 groups",
    ],
    [
      () => new lrScheduler.OneCycleLR(sgd(), { maxLr: 1, totalSteps: 5, pctStart: 2 }),
      "OneCycleLR: pctStart is a number from 0 to 1, got 2",
    ],
    [
      () => new lrScheduler.CyclicLR(adagradLike, cycle),
      "CyclicLR: this optimizer has no momentum: give cycleMomentum: false",
    ],
    [() => new lrScheduler.ReduceLROnPlateau(sgd(), { factor: 1 }), "ReduceLROnPlateau: factor is a number"],
    [
      () => new lrScheduler.CosineAnnealingWarmRestarts(sgd(), { t0: 0 }),
      "CosineAnnealingWarmRestarts: t0 is a whole number ≥ 1, got 0",
    ],
    [() => new lrScheduler.LambdaLR(sgd(), [() => 1]), "LambdaLR: 1 functions for 2 groups"],
    [
      () => new lrScheduler.SequentialLR(sgd(), { schedulers: [], milestones: [] }),
      "SequentialLR: wants one milestone fewer than schedulers, got 0 and 0",
    ],
    [
      () => new lrScheduler.ConstantLR(sgd()).loadStateDict({ lastEpoch: 1, lastLr: [1], baseLrs: [1] }),
      "loadStateDict: ConstantLR has 2 groups, the state 1",
    ],
  ] as const)
    expect(call).toThrow(says);
  new lrScheduler.CyclicLR(adagradLike, { ...cycle, cycleMomentum: false }).step();
});

test("L-BFGS finds the bottom of a bowl, and goes on from its state", async () => {
  const [p] = [tensor([3, -2], { requiresGrad: true })];
  const make = () => new LBFGS([p], { lineSearchFn: "strongWolfe", maxIter: 3 });
  const bowl = (optimizer: LBFGS) => async () => {
    optimizer.zeroGrad();
    const loss = p
      .sub(tensor([1, 2]))
      .square()
      .mul(tensor([1, 10]))
      .sum();
    loss.backward();
    return loss;
  };
  const first = make();
  expect(await first.step(bowl(first))).toBe(164);
  const second = make();
  second.loadStateDict(first.stateDict());
  second.lr = 1;
  for (let i = 0; i < 2; i++) await second.step(bowl(second));
  const [a, b] = (await p.tolist()) as [number, number];
  expect([a, b].map((value) => Math.round(value * 1e4) / 1e4)).toEqual([1, 2]);
  expect(() => new LBFGS([leaf()]).loadStateDict(first.stateDict())).not.toThrow();
  expect(() => new LBFGS([tensor([1], { requiresGrad: true })]).loadStateDict(first.stateDict())).toThrow(
    "loadStateDict: LBFGS has 1 numbers to learn, the state 2",
  );
  expect(() => new LBFGS([leaf()], { maxIter: 0 })).toThrow("LBFGS: maxIter is a whole number ≥ 1, got 0");
});
