// How schedulers behave beside an optimizer: groups, momentum, states for checkpoints, and what they refuse. Their rates
// are compared with PyTorch's in test/oracle/optimizers.test.ts.
import { expect, test } from "bun:test";
import { AdamW, LBFGS, lrScheduler, RMSprop, SGD } from "../../../src/nn/optim/index.ts";
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

test("a group that the optimizer gets later is left alone by schedules that go by what groups began with", () => {
  const s = lrScheduler;
  const alone = {
    LambdaLR: (o: SGD) => new s.LambdaLR(o, (epoch) => 1 / (epoch + 1)),
    MultiplicativeLR: (o: SGD) => new s.MultiplicativeLR(o, () => 0.5),
    CosineAnnealingLR: (o: SGD) => new s.CosineAnnealingLR(o, { tMax: 4 }),
    CosineAnnealingWarmRestarts: (o: SGD) => new s.CosineAnnealingWarmRestarts(o, { t0: 4 }),
    OneCycleLR: (o: SGD) => new s.OneCycleLR(o, { maxLr: 1, totalSteps: 8 }),
    CyclicLR: (o: SGD) => new s.CyclicLR(o, { baseLr: 0.1, maxLr: 1, stepSizeUp: 3 }),
  };
  // These go from the rate that there is, whosever it is: as in PyTorch later groups' too.
  const along = {
    StepLR: (o: SGD) => new s.StepLR(o, { stepSize: 1, gamma: 0.5 }),
    ExponentialLR: (o: SGD) => new s.ExponentialLR(o, { gamma: 0.5 }),
  };
  for (const [name, make] of Object.entries({ ...alone, ...along })) {
    const [before, after] = [sgd(), sgd()];
    const [plain, scheduler] = [make(before), make(after)];
    after.addParamGroup({ params: [leaf()], lr: 0.25, momentum: 0.7 });
    for (let i = 0; i < 3; i++) for (const each of [plain, scheduler]) each.step();
    const left = name in alone ? 0.25 : 0.25 * 0.5 ** 3;
    expect([name, ...scheduler.getLastLr()]).toEqual([name, ...plain.getLastLr(), left]);
    expect(after.paramGroups[2]!.momentum).toBe(0.7);
    const again = sgd();
    const resumed = make(again);
    again.addParamGroup({ params: [leaf()] });
    resumed.loadStateDict(JSON.parse(JSON.stringify(scheduler.stateDict())));
    again.loadStateDict(after.stateDict());
    for (const each of [scheduler, resumed]) each.step();
    expect([name, ...resumed.getLastLr()]).toEqual([name, ...scheduler.getLastLr()]);
  }
});

test("a later group in a plateau's schedule, and in a sequence's next turn", () => {
  const reduced = (minLr: number | number[]) => {
    const optimizer = sgd();
    const plateau = new lrScheduler.ReduceLROnPlateau(optimizer, { patience: 0, factor: 0.5, minLr });
    optimizer.addParamGroup({ params: [leaf()], lr: 1 });
    for (const metric of [1, 2]) plateau.step(metric);
    return plateau.getLastLr();
  };
  expect(reduced(0.1)).toEqual([0.1, 0.25, 0.5]);
  expect(reduced([0.1, 0.1])).toEqual([0.1, 0.25, 1]); // the list says nothing of it
  const optimizer = sgd();
  const schedulers = [0.5, 0.1].map((gamma) => new lrScheduler.ExponentialLR(optimizer, { gamma }));
  const sequence = new lrScheduler.SequentialLR(optimizer, { schedulers, milestones: [1] });
  optimizer.addParamGroup({ params: [leaf()], lr: 1 });
  sequence.step();
  expect(sequence.getLastLr()).toEqual([0.1, 0.5, 1]);
});

test("one cycle whose way up takes no step begins at the top", () => {
  const optimizer = sgd();
  const scheduler = new lrScheduler.OneCycleLR(optimizer, { maxLr: 1, totalSteps: 10, pctStart: 0.1 });
  expect(scheduler.getLastLr()).toEqual([1, 1]);
  scheduler.step();
  expect(optimizer.lr).toBeGreaterThan(0.9);
  expect(optimizer.lr).toBeLessThan(1);
});

test("settings by which a rate would become NaN, or never change, are refused at once", () => {
  const s = lrScheduler;
  const cycle = { baseLr: 0.1, maxLr: 1 };
  for (const [call, says] of [
    [() => new s.LinearLR(sgd(), { startFactor: 0 }), "LinearLR: startFactor is a number above 0, up to 1, got 0"],
    [() => new s.LinearLR(sgd(), { totalIters: 0 }), "LinearLR: totalIters is a whole number ≥ 1, got 0"],
    [() => new s.ConstantLR(sgd(), { factor: 0 }), "ConstantLR: factor is a number above 0, up to 1, got 0"],
    [() => new s.ConstantLR(sgd(), { totalIters: 2.5 }), "ConstantLR: totalIters is a whole number ≥ 1, got 2.5"],
    [() => new s.StepLR(sgd(), { stepSize: 0 }), "StepLR: stepSize is a whole number ≥ 1, got 0"],
    [() => new s.StepLR(sgd(), { stepSize: 1, gamma: -1 }), "StepLR: gamma is a number ≥ 0, got -1"],
    [() => new s.MultiStepLR(sgd(), { milestones: [2, 3.5] }), "MultiStepLR: milestone 1 is a whole number ≥ 0, got 3.5"],
    [() => new s.ExponentialLR(sgd(), { gamma: Number.NaN }), "ExponentialLR: gamma is a number ≥ 0, got NaN"],
    [() => new s.PolynomialLR(sgd(), { totalIters: 0 }), "PolynomialLR: totalIters is a whole number ≥ 1, got 0"],
    [() => new s.PolynomialLR(sgd(), { power: -1 }), "PolynomialLR: power is a number ≥ 0, got -1"],
    [() => new s.CosineAnnealingLR(sgd(), { tMax: 0 }), "CosineAnnealingLR: tMax is a number above 0, got 0"],
    [() => new s.CosineAnnealingLR(sgd(), { tMax: 2, etaMin: -1 }), "CosineAnnealingLR: etaMin is a number ≥ 0, got -1"],
    [() => new s.OneCycleLR(sgd(), { maxLr: 1, totalSteps: 5, divFactor: 0 }), "OneCycleLR: divFactor is a number above 0, got 0"],
    [() => new s.OneCycleLR(sgd(), { maxLr: [1, -1], totalSteps: 5 }), "OneCycleLR: maxLr is a number ≥ 0, got -1"],
    [() => new s.CyclicLR(sgd(), { ...cycle, stepSizeUp: 0 }), "CyclicLR: stepSizeUp is a number above 0, got 0"],
    [() => new s.CyclicLR(sgd(), { ...cycle, stepSizeDown: -1 }), "CyclicLR: stepSizeDown is a number ≥ 0, got -1"],
    [() => new s.ReduceLROnPlateau(sgd(), { factor: -1 }), "ReduceLROnPlateau: factor is a number from 0 up to 1, got -1"],
    [() => new s.ReduceLROnPlateau(sgd(), { patience: Number.NaN }), "ReduceLROnPlateau: patience is a number ≥ 0, got NaN"],
    [() => new RMSprop([leaf()], { alpha: 1.5 }), "RMSprop: alpha is a number from 0 to 1, got 1.5"],
  ] as const)
    expect(call).toThrow(says); // biome-ignore format: a line each
});

test("what makes no sense is refused by name", () => {
  const adagradLike = { paramGroups: [{ lr: 1 }] };
  const cycle = { baseLr: 0.1, maxLr: 1 };
  for (const [call, says] of [
    [() => new lrScheduler.StepLR(sgd(), {} as never), "StepLR: stepSize must be given"],
    [
      () => new lrScheduler.ConstantLR(sgd(), { factor: 2 }),
      "ConstantLR: factor is a number above 0, up to 1",
    ],
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
      () => new lrScheduler.LambdaLR(sgd(), () => "x" as never),
      'LambdaLR: what lrLambda gives is a number, got "x"',
    ],
    [
      () => new lrScheduler.MultiplicativeLR(sgd(), () => undefined as never).step(),
      "MultiplicativeLR: what lrLambda gives is a number, got undefined",
    ],
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

test("warm restarts go by the epoch that step is told, a fraction of one too, and on from there", () => {
  const optimizer = sgd();
  const [peak] = [optimizer.paramGroups[0]!.lr];
  const restarts = new lrScheduler.CosineAnnealingWarmRestarts(optimizer, { t0: 2, tMult: 3, etaMin: 0.01 });
  // As PyTorch's: the cycles are epochs 0 – 2, 2 – 8, 8 – 26, …
  const rate = (at: number, length: number) =>
    0.01 + ((peak - 0.01) * (1 + Math.cos((Math.PI * at) / length))) / 2;
  const told: [epoch: number, at: number, length: number, lastEpoch: number][] = [
    [0.25, 0.25, 2, 0],
    [1.75, 1.75, 2, 1],
    [2, 0, 6, 2],
    [7.5, 5.5, 6, 7],
    [8, 0, 18, 8],
    [26.5, 0.5, 54, 26],
    [1, 1, 2, 1],
  ];
  for (const [epoch, at, length, lastEpoch] of told) {
    restarts.step(epoch);
    expect([epoch, restarts.lastEpoch]).toEqual([epoch, lastEpoch]);
    expect(restarts.getLastLr()[0]).toBeCloseTo(rate(at, length), 12);
    expect(optimizer.paramGroups[0]!.lr).toBe(restarts.getLastLr()[0]!);
  }
  restarts.step();
  expect([restarts.lastEpoch, restarts.getLastLr()[0]]).toEqual([2, peak]);

  const again = new lrScheduler.CosineAnnealingWarmRestarts(optimizer, { t0: 4 });
  again.step(4_000_001.5);
  expect(again.getLastLr()[0]).toBeCloseTo((peak * (1 + Math.cos((Math.PI * 1.5) / 4))) / 2, 9);
  for (const wrong of [-1, NaN, Infinity])
    expect(() => again.step(wrong)).toThrow(
      "CosineAnnealingWarmRestarts.step: the epoch is a number from 0 on",
    );
});
