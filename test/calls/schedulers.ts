// The public calls of optim.lrScheduler.
import { optim } from "otograd";
import { any, type Entry, leaf } from "./entry.ts";

const { lrScheduler } = optim;
const sgd = () => new optim.SGD([leaf()], { lr: 1, momentum: 0.5 });

type Name = Exclude<keyof typeof lrScheduler, "ChainedScheduler" | "LambdaLR" | "MultiplicativeLR">;

/** A scheduler whose options are its second argument. */
const scheduler = (name: Name | "SWALR", given: object, known: string): Entry => {
  const kind = name === "SWALR" ? optim.SWALR : lrScheduler[name];
  const make = (optimizer: unknown, options: unknown) => new kind(any(optimizer), any(options));
  return {
    valid: () => make(sgd(), given),
    wrong: [
      [() => make({}, given), `${name}: the optimizer is one of optim, got {}`],
      [() => make(sgd(), "7"), `${name}: the second argument is an object of options`],
      [() => make(sgd(), { ...given, [known]: true }), `${name}: ${known} is `],
    ],
    options: [(options) => make(sgd(), { ...given, ...(options as object) }), known],
  };
};

const byFunction = (name: "LambdaLR" | "MultiplicativeLR"): Entry => ({
  valid: () => [new lrScheduler[name](sgd(), () => 1), new lrScheduler[name](sgd(), { lrLambda: [() => 1] })],
  wrong: [
    [
      () => new lrScheduler[name](any(undefined), () => 1),
      `${name}: the optimizer is one of optim, got undefined`,
    ],
    [
      () => new lrScheduler[name](sgd(), any(undefined)),
      `${name}: lrLambda is a function, or a list of them`,
    ],
    [() => new lrScheduler[name](sgd(), { lrLambda: any(1) }), `${name}: lrLambda is a function, or a list`],
  ],
  options: [(options) => new lrScheduler[name](sgd(), options), "lrLambda"],
});

const constant = () => new lrScheduler.ConstantLR(sgd());

export const SCHEDULERS: Record<string, Entry> = {
  "optim.SWALR": scheduler("SWALR", { swaLr: 0.1 }, "annealEpochs"),
  "optim.lrScheduler.StepLR": scheduler("StepLR", { stepSize: 2 }, "stepSize"),
  "optim.lrScheduler.MultiStepLR": scheduler("MultiStepLR", { milestones: [2] }, "milestones"),
  "optim.lrScheduler.ExponentialLR": scheduler("ExponentialLR", { gamma: 0.5 }, "gamma"),
  "optim.lrScheduler.ConstantLR": scheduler("ConstantLR", {}, "totalIters"),
  "optim.lrScheduler.LinearLR": scheduler("LinearLR", {}, "startFactor"),
  "optim.lrScheduler.PolynomialLR": scheduler("PolynomialLR", {}, "power"),
  "optim.lrScheduler.CosineAnnealingLR": scheduler("CosineAnnealingLR", { tMax: 5 }, "etaMin"),
  "optim.lrScheduler.CosineAnnealingWarmRestarts": scheduler(
    "CosineAnnealingWarmRestarts",
    { t0: 5 },
    "tMult",
  ),
  "optim.lrScheduler.CosineAnnealingWarmRestarts#step": {
    valid: () => new lrScheduler.CosineAnnealingWarmRestarts(sgd(), { t0: 5 }).step(1.5),
    wrong: [
      [
        () => new lrScheduler.CosineAnnealingWarmRestarts(sgd(), { t0: 5 }).step(any("1")),
        'CosineAnnealingWarmRestarts.step: the epoch is a number from 0 on, got "1"',
      ],
    ],
    more: (extra) => new lrScheduler.CosineAnnealingWarmRestarts(sgd(), { t0: 5 }).step(1, extra),
  },
  "optim.lrScheduler.OneCycleLR": scheduler("OneCycleLR", { maxLr: 1, totalSteps: 5 }, "maxLr"),
  "optim.lrScheduler.CyclicLR": scheduler("CyclicLR", { baseLr: 0.1, maxLr: 1 }, "stepSizeUp"),
  "optim.lrScheduler.ReduceLROnPlateau": scheduler("ReduceLROnPlateau", {}, "patience"),
  "optim.lrScheduler.ReduceLROnPlateau#step": {
    valid: () => new lrScheduler.ReduceLROnPlateau(sgd()).step(1),
    wrong: [
      [
        () => new lrScheduler.ReduceLROnPlateau(sgd()).step(any(leaf())),
        "ReduceLROnPlateau.step: what is watched is a number, got a tensor [2]: await loss.item() reads one",
      ],
    ],
    more: (extra) => new lrScheduler.ReduceLROnPlateau(sgd()).step(1, extra),
  },
  "optim.lrScheduler.ReduceLROnPlateau#loadStateDict": {
    valid: () => {
      const plateau = new lrScheduler.ReduceLROnPlateau(sgd());
      plateau.loadStateDict(plateau.stateDict());
    },
    wrong: [
      [
        () => new lrScheduler.ReduceLROnPlateau(sgd()).loadStateDict(any(undefined)),
        "loadStateDict: ReduceLROnPlateau goes on from what its stateDict() gave, got undefined",
      ],
    ],
  },
  "optim.lrScheduler.LambdaLR": byFunction("LambdaLR"),
  "optim.lrScheduler.MultiplicativeLR": byFunction("MultiplicativeLR"),
  "optim.lrScheduler.SequentialLR": {
    valid: () => {
      const optimizer = sgd();
      const schedulers = [
        new lrScheduler.LinearLR(optimizer),
        new lrScheduler.ExponentialLR(optimizer, { gamma: 1 }),
      ];
      return new lrScheduler.SequentialLR(optimizer, { schedulers, milestones: [3] }).step();
    },
    wrong: [
      [
        () => new lrScheduler.SequentialLR(sgd(), any([constant()])),
        "SequentialLR: the second argument is an object of options",
      ],
      [
        () => new lrScheduler.SequentialLR(sgd(), { schedulers: any([1]), milestones: [] }),
        "SequentialLR: schedulers is a list of schedulers, got [1]",
      ],
      [
        () => new lrScheduler.SequentialLR(sgd(), { schedulers: [constant()], milestones: [] }),
        "SequentialLR: its schedulers are of different optimizers",
      ],
    ],
    options: [
      (options) => {
        const optimizer = sgd();
        const schedulers = [new lrScheduler.ConstantLR(optimizer)];
        return new lrScheduler.SequentialLR(optimizer, {
          schedulers,
          milestones: [],
          ...(options as object),
        });
      },
      "milestones",
    ],
  },
  "optim.lrScheduler.ChainedScheduler": {
    valid: () => new lrScheduler.ChainedScheduler([constant()]),
    wrong: [
      [
        () => new lrScheduler.ChainedScheduler(any(sgd())),
        "ChainedScheduler: it is made of a list of schedulers, got",
      ],
      [
        () => new lrScheduler.ChainedScheduler([constant(), constant()]),
        "ChainedScheduler: its schedulers are of different optimizers",
      ],
      [() => new lrScheduler.ChainedScheduler([]), "ChainedScheduler: the list of schedulers is empty"],
    ],
    more: (extra) => new lrScheduler.ChainedScheduler([constant()], extra),
  },
  "optim.lrScheduler.ChainedScheduler#step": {
    valid: () => constant().step(),
    more: (extra) => constant().step(extra),
  },
  "optim.lrScheduler.ChainedScheduler#loadStateDict": {
    valid: () => {
      const scheduler = constant();
      scheduler.loadStateDict(scheduler.stateDict());
    },
    wrong: [
      [
        () => constant().loadStateDict(any({})),
        "loadStateDict: ConstantLR goes on from what its stateDict() gave, got {}",
      ],
    ],
  },
};
