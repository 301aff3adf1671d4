// Schedulers one after the other, and several at once.
import { show, wantNoMore } from "../../../tensor/check.ts";
import { type Kind, LIST, takes } from "../../../tensor/options.ts";
import { LRScheduler, type Scheduled, type SchedulerState, wantGiven, wantMilestones } from "./scheduler.ts";

const SCHEDULERS: Kind = {
  says: "a list of schedulers",
  fits: (value) => Array.isArray(value) && value.every((each) => each instanceof LRScheduler),
};
const sequentialOptions = takes("SequentialLR", 2, { schedulers: SCHEDULERS, milestones: LIST });

/** Throws where there are none, or they set the rates of another optimizer. */
function wantOfOne(name: string, schedulers: readonly LRScheduler[], optimizer?: Scheduled): Scheduled {
  const owners = schedulers.map((scheduler) => scheduler.optimizer);
  const [owner = optimizer] = owners;
  if (owner === undefined) throw new RangeError(`${name}: the list of schedulers is empty`);
  if (owners.some((each) => each !== (optimizer ?? owner)))
    throw new RangeError(`${name}: its schedulers are of different optimizers`);
  return owner;
}

/** A scheduler that has others. */
abstract class Combined extends LRScheduler {
  protected constructor(
    optimizer: Scheduled,
    protected readonly schedulers: readonly LRScheduler[],
  ) {
    super(optimizer);
  }

  protected next(lr: number): number {
    return lr; // what the others set
  }

  protected override own(): Record<string, unknown> {
    return { schedulers: this.schedulers.map((scheduler) => scheduler.stateDict()) };
  }

  protected override load({ schedulers }: { schedulers: SchedulerState[] }): void {
    for (const [i, scheduler] of this.schedulers.entries()) scheduler.loadStateDict(schedulers[i]!);
  }
}

/**
 * The first scheduler up to the first milestone, then the second, which begins there, and so on: warm-up, then cosine.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 1 });
 * const { LinearLR, ExponentialLR, SequentialLR } = optim.lrScheduler;
 * const schedulers = [new LinearLR(optimizer, { startFactor: 0.5 }), new ExponentialLR(optimizer, { gamma: 0.9 })];
 * new SequentialLR(optimizer, { schedulers, milestones: [5] }).getLastLr(); // → [0.5]
 */
export class SequentialLR extends Combined {
  private readonly milestones: readonly number[];

  constructor(
    optimizer: Scheduled,
    options: { schedulers: readonly LRScheduler[]; milestones: readonly number[] },
    ...more: never[]
  ) {
    sequentialOptions(options, more);
    const { schedulers, milestones } = options ?? {};
    wantGiven("SequentialLR", { schedulers, milestones });
    wantOfOne("SequentialLR", schedulers, optimizer);
    super(optimizer, schedulers);
    if (milestones.length !== schedulers.length - 1)
      throw new RangeError(
        `SequentialLR: wants one milestone fewer than schedulers, got ${milestones.length} and ${schedulers.length}`,
      );
    wantMilestones("SequentialLR", milestones);
    this.milestones = milestones;
    this.setRates((_, i) => this.baseLrs[i]!); // the others' constructors have set theirs
    schedulers[0]!.restart();
    this.begin();
  }

  protected override advance(): void {
    const turn = this.milestones.indexOf(this.lastEpoch);
    const past = this.milestones.filter((at) => at <= this.lastEpoch).length;
    const scheduler = this.schedulers[past]!;
    if (turn >= 0) scheduler.restart();
    else scheduler.step();
    super.advance();
  }
}

/**
 * Several schedulers, each of which changes what the one before made.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 1 });
 * const { ExponentialLR, ChainedScheduler } = optim.lrScheduler;
 * const all = new ChainedScheduler([0.5, 0.5].map((gamma) => new ExponentialLR(optimizer, { gamma })));
 * all.step();
 * all.getLastLr(); // → [0.25]
 */
export class ChainedScheduler extends Combined {
  constructor(schedulers: readonly LRScheduler[], ...more: never[]) {
    if (!SCHEDULERS.fits(schedulers))
      throw new TypeError(`ChainedScheduler: it is made of ${SCHEDULERS.says}, got ${show(schedulers)}`);
    wantNoMore("ChainedScheduler", more);
    super(wantOfOne("ChainedScheduler", schedulers), schedulers);
    this.begin();
  }

  protected override advance(): void {
    for (const scheduler of this.schedulers) scheduler.step();
    super.advance();
  }
}
