// Learning rates that go down, or up, by a factor a step.
import { show, wantNoMore, wantNumber, wantWhole } from "../../../tensor/check.ts";
import { type Kind, LIST, NUMBER, takes } from "../../../tensor/options.ts";
import { atLeastZero } from "../optimizer.ts";
import { LRScheduler, OfEachGroup, type Scheduled, wantGiven, wantMilestones } from "./scheduler.ts";

const stepOptions = takes("StepLR", 2, { stepSize: NUMBER, gamma: NUMBER });
const multiStepOptions = takes("MultiStepLR", 2, { milestones: LIST, gamma: NUMBER });
const exponentialOptions = takes("ExponentialLR", 2, { gamma: NUMBER });
const constantOptions = takes("ConstantLR", 2, { factor: NUMBER, totalIters: NUMBER });
const linearOptions = takes("LinearLR", 2, { startFactor: NUMBER, endFactor: NUMBER, totalIters: NUMBER });
const polynomialOptions = takes("PolynomialLR", 2, { totalIters: NUMBER, power: NUMBER });

/**
 * Times `gamma` (.1) after every `stepSize` steps.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 1 });
 * const schedule = new optim.lrScheduler.StepLR(optimizer, { stepSize: 2, gamma: 0.1 });
 * for (let epoch = 0; epoch < 2; epoch++) schedule.step();
 * schedule.getLastLr(); // → [0.1]
 */
export class StepLR extends LRScheduler {
  private readonly stepSize: number;
  private readonly gamma: number;

  constructor(optimizer: Scheduled, options: { stepSize: number; gamma?: number }, ...more: never[]) {
    stepOptions(options, more);
    super(optimizer);
    wantGiven("StepLR", { stepSize: options?.stepSize });
    ({ stepSize: this.stepSize, gamma: this.gamma = 0.1 } = options);
    wantWhole("StepLR", { stepSize: this.stepSize }, 1);
    atLeastZero("StepLR", { gamma: this.gamma });
    this.begin();
  }

  protected next(lr: number): number {
    return this.lastEpoch % this.stepSize === 0 ? lr * this.gamma : lr;
  }
}

/**
 * Times `gamma` (.1) at each of the milestones.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 1 });
 * const schedule = new optim.lrScheduler.MultiStepLR(optimizer, { milestones: [1, 5] });
 * schedule.step();
 * schedule.getLastLr(); // → [0.1]
 */
export class MultiStepLR extends LRScheduler {
  private readonly milestones: readonly number[];
  private readonly gamma: number;

  constructor(
    optimizer: Scheduled,
    options: { milestones: readonly number[]; gamma?: number },
    ...more: never[]
  ) {
    multiStepOptions(options, more);
    super(optimizer);
    wantGiven("MultiStepLR", { milestones: options?.milestones });
    ({ milestones: this.milestones, gamma: this.gamma = 0.1 } = options);
    wantMilestones("MultiStepLR", this.milestones);
    atLeastZero("MultiStepLR", { gamma: this.gamma });
    this.begin();
  }

  protected next(lr: number): number {
    return lr * this.gamma ** this.milestones.filter((at) => at === this.lastEpoch).length;
  }
}

/**
 * Times `gamma` every step.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 1 });
 * const schedule = new optim.lrScheduler.ExponentialLR(optimizer, { gamma: 0.5 });
 * schedule.step();
 * schedule.getLastLr(); // → [0.5]
 */
export class ExponentialLR extends LRScheduler {
  private readonly gamma: number;

  constructor(optimizer: Scheduled, options: { gamma: number }, ...more: never[]) {
    exponentialOptions(options, more);
    super(optimizer);
    wantGiven("ExponentialLR", { gamma: options?.gamma });
    this.gamma = options.gamma;
    atLeastZero("ExponentialLR", { gamma: this.gamma });
    this.begin();
  }

  protected next(lr: number): number {
    return lr * this.gamma;
  }
}

/** Throws unless a factor is from 0 to 1. */
function wantFactor(name: string, factors: Record<string, number>): void {
  for (const [what, value] of Object.entries(factors))
    if (!(value >= 0 && value <= 1))
      throw new RangeError(`${name}: ${what} is a number from 0 to 1, got ${value}`);
}

/** The same of a factor that is undone later: it is above 0. */
function wantUndoable(name: string, factors: Record<string, number>): void {
  for (const [what, value] of Object.entries(factors))
    if (!(value > 0 && value <= 1))
      throw new RangeError(
        `${name}: ${what} is a number above 0, up to 1, got ${value}: no step leads away from a rate of 0`,
      );
}

/**
 * Times `factor` (a third) for the first `totalIters` (5) steps.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 1 });
 * new optim.lrScheduler.ConstantLR(optimizer, { factor: 0.5 }).getLastLr(); // → [0.5]
 */
export class ConstantLR extends LRScheduler {
  private readonly factor: number;
  private readonly totalIters: number;

  constructor(optimizer: Scheduled, options?: { factor?: number; totalIters?: number }, ...more: never[]) {
    constantOptions(options, more);
    super(optimizer);
    ({ factor: this.factor = 1 / 3, totalIters: this.totalIters = 5 } = options ?? {});
    wantUndoable("ConstantLR", { factor: this.factor });
    wantWhole("ConstantLR", { totalIters: this.totalIters }, 1);
    this.begin();
  }

  protected override first(lr: number): number {
    return lr * this.factor;
  }

  protected next(lr: number): number {
    return this.lastEpoch === this.totalIters ? lr * (1 / this.factor) : lr;
  }
}

/**
 * Times a factor that goes from `startFactor` (a third) to `endFactor` (1) in `totalIters` (5) steps: a warm-up.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 1 });
 * new optim.lrScheduler.LinearLR(optimizer, { startFactor: 0.25 }).getLastLr(); // → [0.25]
 */
export class LinearLR extends LRScheduler {
  private readonly startFactor: number;
  private readonly endFactor: number;
  private readonly totalIters: number;

  constructor(
    optimizer: Scheduled,
    options?: { startFactor?: number; endFactor?: number; totalIters?: number },
    ...more: never[]
  ) {
    linearOptions(options, more);
    super(optimizer);
    const { startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = options ?? {};
    wantUndoable("LinearLR", { startFactor });
    wantFactor("LinearLR", { endFactor });
    wantWhole("LinearLR", { totalIters }, 1);
    this.startFactor = startFactor;
    this.endFactor = endFactor;
    this.totalIters = totalIters;
    this.begin();
  }

  protected override first(lr: number): number {
    return lr * this.startFactor;
  }

  protected next(lr: number): number {
    const { lastEpoch, startFactor, totalIters } = this;
    if (lastEpoch > totalIters) return lr;
    const rise = this.endFactor - startFactor;
    return lr * (1 + rise / (totalIters * startFactor + (lastEpoch - 1) * rise));
  }
}

/**
 * Times (1 − step / totalIters)^power: to 0 in `totalIters` (5) steps.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 1 });
 * const schedule = new optim.lrScheduler.PolynomialLR(optimizer, { totalIters: 4 });
 * schedule.step();
 * schedule.getLastLr(); // → [0.75]
 */
export class PolynomialLR extends LRScheduler {
  private readonly totalIters: number;
  private readonly power: number;

  constructor(optimizer: Scheduled, options?: { totalIters?: number; power?: number }, ...more: never[]) {
    polynomialOptions(options, more);
    super(optimizer);
    ({ totalIters: this.totalIters = 5, power: this.power = 1 } = options ?? {});
    wantWhole("PolynomialLR", { totalIters: this.totalIters }, 1);
    atLeastZero("PolynomialLR", { power: this.power });
    this.begin();
  }

  protected next(lr: number): number {
    const { lastEpoch, totalIters } = this;
    if (lastEpoch > totalIters) return lr;
    return lr * ((1 - lastEpoch / totalIters) / (1 - (lastEpoch - 1) / totalIters)) ** this.power;
  }
}

/** A factor by the number of steps done. */
export type LrLambda = (epoch: number) => number;
type Lambdas = LrLambda | readonly LrLambda[];

const isLambdas = (value: unknown) =>
  typeof value === "function" || (Array.isArray(value) && value.every((each) => typeof each === "function"));
const LAMBDA: Kind = { says: "a function, or a list of them", fits: isLambdas };
const lambdaOptions = takes("LambdaLR", 2, { lrLambda: LAMBDA });
const multiplicativeOptions = takes("MultiplicativeLR", 2, { lrLambda: LAMBDA });

/** The functions, one a group. */
function lambdasOf(
  name: string,
  check: typeof lambdaOptions,
  given: Lambdas | { lrLambda: Lambdas },
  { paramGroups }: Scheduled,
  more: readonly unknown[],
): LrLambda[] {
  if (!isLambdas(given)) check(given as object, more);
  else wantNoMore(name, more);
  const lambdas = isLambdas(given) ? (given as Lambdas) : (given as { lrLambda: Lambdas })?.lrLambda;
  if (lambdas === undefined) throw new TypeError(`${name}: lrLambda is ${LAMBDA.says}, got ${show(given)}`);
  if (typeof lambdas === "function") return paramGroups.map(() => lambdas);
  if (lambdas.length !== paramGroups.length)
    throw new RangeError(`${name}: ${lambdas.length} functions for ${paramGroups.length} groups`);
  return [...lambdas];
}

/** What such a function gives. */
function factor(name: string, lambda: LrLambda, epoch: number): number {
  const value = lambda(epoch);
  wantNumber(name, "what lrLambda gives", value);
  return value;
}

/**
 * The first rate times a function of the steps done: one for all groups, or a list with one for each.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 1 });
 * const schedule = new optim.lrScheduler.LambdaLR(optimizer, (epoch) => 1 / (epoch + 1));
 * schedule.step();
 * schedule.getLastLr(); // → [0.5]
 */
export class LambdaLR extends OfEachGroup {
  private readonly lambdas: readonly LrLambda[];

  constructor(optimizer: Scheduled, lrLambda: Lambdas | { lrLambda: Lambdas }, ...more: never[]) {
    super(optimizer);
    this.lambdas = lambdasOf("LambdaLR", lambdaOptions, lrLambda, optimizer, more);
    this.begin();
  }

  protected override first(_: number, group: number): number {
    return this.next(0, group);
  }

  protected next(_: number, group: number): number {
    return this.baseLrs[group]! * factor("LambdaLR", this.lambdas[group]!, this.lastEpoch);
  }
}

/**
 * The rate before times a function of the steps done.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 1 });
 * const schedule = new optim.lrScheduler.MultiplicativeLR(optimizer, () => 0.5);
 * schedule.step();
 * schedule.getLastLr(); // → [0.5]
 */
export class MultiplicativeLR extends OfEachGroup {
  private readonly lambdas: readonly LrLambda[];

  constructor(optimizer: Scheduled, lrLambda: Lambdas | { lrLambda: Lambdas }, ...more: never[]) {
    super(optimizer);
    this.lambdas = lambdasOf("MultiplicativeLR", multiplicativeOptions, lrLambda, optimizer, more);
    this.begin();
  }

  protected next(lr: number, group: number): number {
    return lr * factor("MultiplicativeLR", this.lambdas[group]!, this.lastEpoch);
  }

  override restart(): void {
    this.lastEpoch = 0;
    this.begin(); // as PyTorch's: from the rate that there is
  }
}
