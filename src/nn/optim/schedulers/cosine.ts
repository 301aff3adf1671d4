// Learning rates that fall along half a cosine (Loshchilov & Hutter 2017), once or again and again.
import { watcher } from "../../../tensor/autograd/step.ts";
import { show, wantNoMore, wantPositive, wantWhole } from "../../../tensor/check.ts";
import { NUMBER, takes } from "../../../tensor/options.ts";
import { atLeastZero } from "../optimizer.ts";
import { OfEachGroup, type Scheduled, wantGiven } from "./scheduler.ts";

const cosineOptions = takes("CosineAnnealingLR", 2, { tMax: NUMBER, etaMin: NUMBER });
const restartsOptions = takes("CosineAnnealingWarmRestarts", 2, {
  t0: NUMBER,
  tMult: NUMBER,
  etaMin: NUMBER,
});

/**
 * From the first rate to `etaMin` (0) in `tMax` steps, and up again as long after.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 1 });
 * const schedule = new optim.lrScheduler.CosineAnnealingLR(optimizer, { tMax: 10 });
 * for (let epoch = 0; epoch < 5; epoch++) schedule.step();
 * schedule.getLastLr(); // → [0.5]
 */
export class CosineAnnealingLR extends OfEachGroup {
  private readonly tMax: number;
  private readonly etaMin: number;

  constructor(optimizer: Scheduled, options: { tMax: number; etaMin?: number }, ...more: never[]) {
    cosineOptions(options, more);
    super(optimizer);
    wantGiven("CosineAnnealingLR", { tMax: options?.tMax });
    ({ tMax: this.tMax, etaMin: this.etaMin = 0 } = options);
    wantPositive("CosineAnnealingLR", { tMax: this.tMax });
    atLeastZero("CosineAnnealingLR", { etaMin: this.etaMin });
    this.begin();
  }

  protected next(lr: number, group: number): number {
    const { lastEpoch, tMax, etaMin } = this;
    if ((lastEpoch - 1 - tMax) % (2 * tMax) === 0)
      return lr + ((this.baseLrs[group]! - etaMin) * (1 - Math.cos(Math.PI / tMax))) / 2;
    const height = (epoch: number) => 1 + Math.cos((Math.PI * epoch) / tMax);
    return (height(lastEpoch) / height(lastEpoch - 1)) * (lr - etaMin) + etaMin;
  }
}

/**
 * The same from the first rate again after `t0` steps, then after `tMult` (1) times as many, and so on.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 1 });
 * const schedule = new optim.lrScheduler.CosineAnnealingWarmRestarts(optimizer, { t0: 2 });
 * schedule.step();
 * schedule.getLastLr(); // → [0.5]
 */
export class CosineAnnealingWarmRestarts extends OfEachGroup {
  private readonly tMult: number;
  private readonly etaMin: number;
  private readonly t0: number;
  private current = 0;
  private length: number;

  constructor(
    optimizer: Scheduled,
    options: { t0: number; tMult?: number; etaMin?: number },
    ...more: never[]
  ) {
    restartsOptions(options, more);
    super(optimizer);
    wantGiven("CosineAnnealingWarmRestarts", { t0: options?.t0 });
    const { t0, tMult = 1, etaMin = 0 } = options;
    wantWhole("CosineAnnealingWarmRestarts", { t0, tMult }, 1);
    atLeastZero("CosineAnnealingWarmRestarts", { etaMin });
    this.tMult = tMult;
    this.etaMin = etaMin;
    this.t0 = t0;
    this.length = t0;
    this.begin();
  }

  protected override first(_: number, group: number): number {
    return this.next(0, group);
  }

  protected next(_: number, group: number): number {
    const height = 1 + Math.cos((Math.PI * this.current) / this.length);
    return this.etaMin + ((this.baseLrs[group]! - this.etaMin) * height) / 2;
  }

  /**
   * The next rates, or those of any epoch, which may be a fraction: `step(epoch + batch / batches)` after every batch.
   * @example
   * const optimizer = new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 1 });
   * const schedule = new optim.lrScheduler.CosineAnnealingWarmRestarts(optimizer, { t0: 2 });
   * schedule.step(2 + 1 / 4);
   * schedule.getLastLr(); // → [0.9619]
   */
  override step(epoch?: number, ...more: never[]): void {
    if (epoch === undefined) {
      super.step(...more);
      return;
    }
    wantNoMore("CosineAnnealingWarmRestarts.step", more);
    if (!(Number.isFinite(epoch) && epoch >= 0))
      throw new RangeError(
        `CosineAnnealingWarmRestarts.step: the epoch is a number from 0 on, got ${show(epoch)}`,
      );
    watcher?.refuse("CosineAnnealingWarmRestarts.step is given an epoch");
    this.length = this.t0;
    this.current = this.tMult === 1 ? epoch % this.t0 : epoch;
    for (; this.current >= this.length; this.length *= this.tMult) this.current -= this.length;
    this.lastEpoch = Math.floor(epoch);
    super.advance();
  }

  protected override advance(): void {
    this.current++;
    if (this.current >= this.length) {
      this.current -= this.length;
      this.length *= this.tMult;
    }
    super.advance();
  }

  override restart(): void {
    this.current = 0;
    this.length = this.t0;
    super.restart();
  }

  protected override own(): Record<string, unknown> {
    return { current: this.current, length: this.length };
  }

  protected override load({ current, length }: { current: number; length: number }): void {
    this.current = current;
    this.length = length;
  }
}
