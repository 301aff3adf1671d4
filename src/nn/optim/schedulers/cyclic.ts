// Learning rates that go up and down (Smith 2017, 2018), and momentum that goes the other way.
import { wantPositive, wantWhole } from "../../../tensor/check.ts";
import { BOOLEAN, NUMBER, oneOf, takes } from "../../../tensor/options.ts";
import { atLeastZero } from "../optimizer.ts";
import {
  beginsWith,
  EACH,
  eachGroup,
  OfEachGroup,
  type Scheduled,
  type ScheduledGroup,
  wantGiven,
  wantOptimizer,
} from "./scheduler.ts";

/** Sets SGD's and RMSprop's momentum, or Adam's first beta. */
function setMomentum(group: ScheduledGroup, momentum: number): void {
  if (group.betas !== undefined) group.betas = [momentum, group.betas[1]];
  else group.momentum = momentum;
}

/** Throws where an optimizer has no momentum to cycle. */
function wantMomentum(name: string, { paramGroups }: Scheduled): void {
  if (paramGroups.some(({ momentum, betas }) => momentum === undefined && betas === undefined))
    throw new TypeError(`${name}: this optimizer has no momentum: give cycleMomentum: false`);
}

/** Rates, or momenta, of which none is below 0. */
function notNegative(name: string, what: string, each: number[]): number[] {
  for (const value of each) atLeastZero(name, { [what]: value });
  return each;
}

/** OneCycleLR's settings. */
export interface OneCycleOptions {
  /** The rate at the top: one, or one for each group. */
  maxLr: number | readonly number[];
  /** Or epochs and stepsPerEpoch. */
  totalSteps?: number;
  epochs?: number;
  stepsPerEpoch?: number;
  /** The share of the steps that goes up. Default .3. */
  pctStart?: number;
  /** Default "cos". */
  annealStrategy?: "cos" | "linear";
  /** Whether momentum goes down where the rate goes up. Default true. */
  cycleMomentum?: boolean;
  /** Default .85. */
  baseMomentum?: number | readonly number[];
  /** Default .95. */
  maxMomentum?: number | readonly number[];
  /** The first rate is maxLr divided by it. Default 25. */
  divFactor?: number;
  /** The last rate is the first divided by it. Default 10,000. */
  finalDivFactor?: number;
  /** Down to the first rate as fast as up, and then to the last; else straight to the last. Default false. */
  threePhase?: boolean;
}

const oneCycleOptions = takes("OneCycleLR", 2, {
  maxLr: EACH,
  totalSteps: NUMBER,
  epochs: NUMBER,
  stepsPerEpoch: NUMBER,
  pctStart: NUMBER,
  annealStrategy: oneOf("cos", "linear"),
  cycleMomentum: BOOLEAN,
  baseMomentum: EACH,
  maxMomentum: EACH,
  divFactor: NUMBER,
  finalDivFactor: NUMBER,
  threePhase: BOOLEAN,
});

/** Where a phase ends, and between which of a group's rates and momenta it goes. */
interface Phase {
  readonly end: number;
  readonly lr: readonly ["first" | "max" | "last", "first" | "max" | "last"];
  readonly momentum: readonly ["max" | "base", "max" | "base"];
}

/**
 * Up from a low rate to maxLr and down to a much lower one, in `totalSteps` steps of batches (Smith & Topin 2018).
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 1, momentum: 0.9 });
 * new optim.lrScheduler.OneCycleLR(optimizer, { maxLr: 1, totalSteps: 10 }).getLastLr(); // → [0.04]
 */
export class OneCycleLR extends OfEachGroup {
  private readonly phases: readonly Phase[];
  private readonly linear: boolean;
  private readonly totalSteps: number;
  private readonly rates: readonly Record<"first" | "max" | "last", number>[];
  private readonly momenta: readonly Record<"max" | "base", number>[] | null;

  constructor(optimizer: Scheduled, options: OneCycleOptions, ...more: never[]) {
    oneCycleOptions(options, more);
    wantOptimizer("OneCycleLR", optimizer);
    wantGiven("OneCycleLR", { maxLr: options?.maxLr });
    const {
      maxLr,
      epochs,
      stepsPerEpoch,
      pctStart = 0.3,
      annealStrategy = "cos",
      cycleMomentum = true,
      baseMomentum = 0.85,
      maxMomentum = 0.95,
      divFactor = 25,
      finalDivFactor = 1e4,
      threePhase = false,
    } = options;
    if (options.totalSteps === undefined && (epochs === undefined || stepsPerEpoch === undefined))
      throw new TypeError("OneCycleLR: give totalSteps, or epochs and stepsPerEpoch");
    const totalSteps = options.totalSteps ?? epochs! * stepsPerEpoch!;
    wantWhole("OneCycleLR", { totalSteps }, 1);
    if (!(pctStart >= 0 && pctStart <= 1))
      throw new RangeError(`OneCycleLR: pctStart is a number from 0 to 1, got ${pctStart}`);
    wantPositive("OneCycleLR", { divFactor, finalDivFactor });
    if (cycleMomentum) wantMomentum("OneCycleLR", optimizer);
    const each = (what: string, value: number | readonly number[]) =>
      notNegative("OneCycleLR", what, eachGroup("OneCycleLR", what, value, optimizer));
    const rates = each("maxLr", maxLr).map((max) => ({
      first: max / divFactor,
      max,
      last: max / divFactor / finalDivFactor,
    }));
    const base = each("baseMomentum", baseMomentum);
    const most = each("maxMomentum", maxMomentum);
    for (const [i, group] of optimizer.paramGroups.entries()) beginsWith(group, rates[i]!.first);
    super(optimizer);
    this.rates = rates;
    this.momenta = cycleMomentum ? base.map((low, i) => ({ base: low, max: most[i]! })) : null;
    this.linear = annealStrategy === "linear";
    this.totalSteps = totalSteps;
    const up: Phase = { end: pctStart * totalSteps - 1, lr: ["first", "max"], momentum: ["max", "base"] };
    const end = totalSteps - 1;
    this.phases = threePhase
      ? [
          up,
          { end: 2 * pctStart * totalSteps - 2, lr: ["max", "first"], momentum: ["base", "max"] },
          { end, lr: ["first", "last"], momentum: ["max", "max"] },
        ]
      : [up, { end, lr: ["max", "last"], momentum: ["base", "max"] }];
    this.begin();
  }

  protected override first(_: number, group: number): number {
    return this.next(0, group);
  }

  protected next(_: number, group: number): number {
    const step = this.lastEpoch;
    if (step > this.totalSteps)
      throw new RangeError(`OneCycleLR: step ${step + 1} is one more than the ${this.totalSteps} in all`);
    const last = this.phases.length - 1;
    const at = this.phases.findIndex(({ end }, i) => step <= end || i === last);
    const { end, lr, momentum } = this.phases[at]!;
    const start = at === 0 ? 0 : this.phases[at - 1]!.end;
    const share = end === start ? 1 : (step - start) / (end - start); // a phase without steps is over at once
    const own = this.momenta?.[group];
    if (own !== undefined)
      setMomentum(
        this.optimizer.paramGroups[group]!,
        this.between(own[momentum[0]], own[momentum[1]], share),
      );
    const rates = this.rates[group]!;
    return this.between(rates[lr[0]], rates[lr[1]], share);
  }

  private between(from: number, to: number, share: number): number {
    if (this.linear) return (to - from) * share + from;
    return to + ((from - to) / 2) * (Math.cos(Math.PI * share) + 1);
  }
}

/** CyclicLR's settings. */
export interface CyclicOptions {
  /** The rate at the bottom: one, or one for each group. */
  baseLr: number | readonly number[];
  /** The rate at the top. */
  maxLr: number | readonly number[];
  /** Steps up. Default 2000. */
  stepSizeUp?: number;
  /** Steps down. Default: as many. */
  stepSizeDown?: number;
  /** Cycles all as high, each half as high as the last, or lower by `gamma` a step. Default "triangular". */
  mode?: "triangular" | "triangular2" | "expRange";
  /** Default 1. */
  gamma?: number;
  /** Whether momentum goes down where the rate goes up. Default true. */
  cycleMomentum?: boolean;
  /** Default .8. */
  baseMomentum?: number | readonly number[];
  /** Default .9. */
  maxMomentum?: number | readonly number[];
}

const cyclicOptions = takes("CyclicLR", 2, {
  baseLr: EACH,
  maxLr: EACH,
  stepSizeUp: NUMBER,
  stepSizeDown: NUMBER,
  mode: oneOf("triangular", "triangular2", "expRange"),
  gamma: NUMBER,
  cycleMomentum: BOOLEAN,
  baseMomentum: EACH,
  maxMomentum: EACH,
});

/**
 * Up and down between two rates, for ever (Smith 2017).
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 1, momentum: 0.9 });
 * const schedule = new optim.lrScheduler.CyclicLR(optimizer, { baseLr: 0, maxLr: 1, stepSizeUp: 2 });
 * schedule.step();
 * schedule.getLastLr(); // → [0.5]
 */
export class CyclicLR extends OfEachGroup {
  private readonly low: readonly number[];
  private readonly high: readonly number[];
  private readonly momenta: readonly (readonly [low: number, high: number])[] | null;
  private readonly total: number;
  private readonly share: number;
  private readonly mode: "triangular" | "triangular2" | "expRange";
  private readonly gamma: number;

  constructor(optimizer: Scheduled, options: CyclicOptions, ...more: never[]) {
    cyclicOptions(options, more);
    super(optimizer);
    wantGiven("CyclicLR", { baseLr: options?.baseLr, maxLr: options?.maxLr });
    const { baseLr, maxLr, stepSizeUp = 2000, stepSizeDown = stepSizeUp } = options;
    const { cycleMomentum = true, baseMomentum = 0.8, maxMomentum = 0.9 } = options;
    wantPositive("CyclicLR", { stepSizeUp });
    atLeastZero("CyclicLR", { stepSizeDown, gamma: options.gamma ?? 1 });
    const each = (what: string, value: number | readonly number[]) =>
      notNegative("CyclicLR", what, eachGroup("CyclicLR", what, value, optimizer));
    this.low = each("baseLr", baseLr);
    this.high = each("maxLr", maxLr);
    if (cycleMomentum) wantMomentum("CyclicLR", optimizer);
    const most = each("maxMomentum", maxMomentum);
    this.momenta = cycleMomentum ? each("baseMomentum", baseMomentum).map((low, i) => [low, most[i]!]) : null;
    this.total = stepSizeUp + stepSizeDown;
    this.share = stepSizeUp / this.total;
    ({ mode: this.mode = "triangular", gamma: this.gamma = 1 } = options);
    this.begin();
  }

  protected override first(_: number, group: number): number {
    return this.next(0, group);
  }

  protected next(_: number, group: number): number {
    const { lastEpoch, total, share } = this;
    const cycle = Math.floor(1 + lastEpoch / total);
    const x = 1 + lastEpoch / total - cycle;
    const height = x <= share ? x / share : (x - 1) / (share - 1);
    const scale =
      this.mode === "triangular"
        ? 1
        : this.mode === "triangular2"
          ? 1 / 2 ** (cycle - 1)
          : this.gamma ** lastEpoch;
    const own = this.momenta?.[group];
    if (own !== undefined)
      setMomentum(this.optimizer.paramGroups[group]!, own[1] - (own[1] - own[0]) * height * scale);
    return this.low[group]! + (this.high[group]! - this.low[group]!) * height * scale;
  }
}
