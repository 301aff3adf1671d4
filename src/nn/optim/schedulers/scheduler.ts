// What all schedulers of learning rates share: whose rates they set, how often they were stepped, and states for
// checkpoints. As in PyTorch each goes from the rate that there is to the next one, so that several can be chained.
import { eachTime } from "../../../tensor/autograd/step.ts";
import { counted, show, wantNoMore, wantWhole } from "../../../tensor/check.ts";
import { refuseInPython } from "../../../tensor/instead.ts";
import type { Kind } from "../../../tensor/options.ts";

/** A group of parameters, as far as schedulers go. */
export interface ScheduledGroup {
  lr: number;
  momentum?: number;
  betas?: readonly [number, number];
}

/** What has learning rates: an optimizer. */
export interface Scheduled {
  readonly paramGroups: readonly ScheduledGroup[];
}

/** What a scheduler remembers, for checkpoints: it survives JSON. */
export interface SchedulerState {
  lastEpoch: number;
  lastLr: number[];
  [own: string]: unknown;
}

/** A number for all groups, or one for each. */
export const EACH: Kind = {
  says: "a number or a list of them",
  fits: (value) =>
    typeof value === "number" || (Array.isArray(value) && value.every((n) => typeof n === "number")),
};

/** The rate that a group began with: PyTorch's "initial_lr". */
const initial = new WeakMap<ScheduledGroup, number>();

export function beginsWith(group: ScheduledGroup, lr: number): void {
  initial.set(group, lr);
}

export function wantOptimizer(name: string, optimizer: Scheduled): void {
  const groups = (optimizer as Partial<Scheduled> | null | undefined)?.paramGroups;
  if (!Array.isArray(groups))
    throw new TypeError(`${name}: the optimizer is one of optim, got ${show(optimizer)}`);
}

/** A number for each group. */
export function eachGroup(
  name: string,
  what: string,
  value: number | readonly number[],
  { paramGroups }: Scheduled,
): number[] {
  if (typeof value === "number") return paramGroups.map(() => value);
  if (value.length !== paramGroups.length)
    throw new RangeError(`${name}: ${what} has ${value.length} numbers for ${paramGroups.length} groups`);
  return [...value];
}

/** Throws where a number that has to be given is not. */
export function wantGiven(name: string, given: Record<string, unknown>): void {
  for (const [what, value] of Object.entries(given))
    if (value === undefined) throw new TypeError(`${name}: ${what} must be given`);
}

/** Throws unless milestones are numbers of steps. */
export function wantMilestones(name: string, milestones: readonly number[]): void {
  wantWhole(name, Object.fromEntries(milestones.map((at, i) => [`milestone ${i}`, at])), 0);
}

/**
 * What schedules have in common. Derive from it: `next` says how a rate goes on, and the constructor ends with begin().
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 1 });
 * const schedule: optim.lrScheduler.LRScheduler = new optim.lrScheduler.ExponentialLR(optimizer, { gamma: 0.5 });
 * schedule.step();
 * schedule.getLastLr(); // → [0.5]
 */
export abstract class LRScheduler {
  /** How often it was stepped. */
  lastEpoch = 0;
  protected readonly baseLrs: number[];
  private lastLr: number[];

  constructor(readonly optimizer: Scheduled) {
    wantOptimizer(this.constructor.name, optimizer);
    for (const group of optimizer.paramGroups) if (!initial.has(group)) initial.set(group, group.lr);
    this.baseLrs = optimizer.paramGroups.map((group) => initial.get(group)!);
    this.lastLr = optimizer.paramGroups.map(({ lr }) => lr);
  }

  /** The first rate, made of the one that there is. */
  protected first(lr: number, _group: number): number {
    return lr;
  }

  /** The rate of lastEpoch, made of the one before. */
  protected abstract next(lr: number, group: number): number;

  /** Sets the first rates; a subclass's constructor ends with it. */
  protected begin(): void {
    this.setRates((lr, i) => this.first(lr, i));
  }

  /** Whether it sets the rate of a group that the optimizer got later too. */
  protected takesLater(): boolean {
    return true;
  }

  protected setRates(rate: (lr: number, group: number) => number, later = this.takesLater()): void {
    for (const [i, group] of this.optimizer.paramGroups.entries())
      if (later || i < this.baseLrs.length) group.lr = rate(group.lr, i);
    this.lastLr = this.optimizer.paramGroups.map(({ lr }) => lr);
  }

  /** Sets the next learning rates. Call it after the optimizer's step, or after an epoch of them. */
  step(...more: never[]): void {
    wantNoMore(`${this.constructor.name}.step`, more);
    eachTime(() => {
      this.lastEpoch++;
      this.advance();
    });
  }

  /** Sets the rates of lastEpoch. */
  protected advance(): void {
    this.setRates((lr, i) => this.next(lr, i));
  }

  /** @internal Begins anew, from the groups' first rates: SequentialLR's turn to it. */
  restart(): void {
    this.lastEpoch = 0;
    this.setRates((_, i) => this.first(this.baseLrs[i]!, i), false);
  }

  /** The rates that it set last, one a group. */
  getLastLr(): number[] {
    return [...this.lastLr];
  }

  /** What goes into the state besides. */
  protected own(): Record<string, unknown> {
    return {};
  }

  /** Where it stands: loadStateDict goes on from there. */
  stateDict(): SchedulerState {
    return { lastEpoch: this.lastEpoch, lastLr: [...this.lastLr], baseLrs: [...this.baseLrs], ...this.own() };
  }

  /** Goes on from a state that stateDict() gave. The rates themselves are in the optimizer's state. */
  loadStateDict(state: SchedulerState): void {
    const { lastEpoch, lastLr, baseLrs, ...own } = (state ?? {}) as SchedulerState & { baseLrs: number[] };
    if (typeof lastEpoch !== "number" || !Array.isArray(lastLr) || !Array.isArray(baseLrs))
      throw new TypeError(
        `loadStateDict: ${this.constructor.name} goes on from what its stateDict() gave, got ${show(state)}`,
      );
    if (baseLrs.length !== this.baseLrs.length)
      throw new RangeError(
        `loadStateDict: ${this.constructor.name} has ${this.baseLrs.length} groups, the state ${baseLrs.length}`,
      );
    this.lastEpoch = lastEpoch;
    this.lastLr = [...lastLr];
    this.baseLrs.splice(0, baseLrs.length, ...baseLrs);
    this.load(own);
  }

  /** Takes over what own() gave. */
  protected load(_own: Record<string, unknown>): void {}
}

counted(LRScheduler.prototype, "getLastLr loadStateDict stateDict");
refuseInPython(LRScheduler.prototype, ["getLastLr", "lastEpoch", "loadStateDict", "stateDict"]);

/** One that goes by what each group began with, or has settings for it: as PyTorch's it leaves later groups alone. */
export abstract class OfEachGroup extends LRScheduler {
  protected override takesLater(): boolean {
    return false;
  }
}
