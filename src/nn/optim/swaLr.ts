// The learning rate of weight averaging, by torch.optim.swa_utils' name: to one rate, where it stays (Izmailov et al. 2018).
import { wantWhole } from "../../tensor/check.ts";
import { NUMBER, oneOf, takes } from "../../tensor/options.ts";
import { atLeastZero } from "./optimizer.ts";
import {
  EACH,
  eachGroup,
  OfEachGroup,
  type Scheduled,
  wantGiven,
  wantOptimizer,
} from "./schedulers/scheduler.ts";

/** SWALR's settings. */
export interface SwaLrOptions {
  /** The rate where it stays: one, or one for each group. */
  swaLr: number | readonly number[];
  /** Steps on the way there; none sets it at once. Default 10. */
  annealEpochs?: number;
  /** Along half a cosine, or straight. Default "cos". */
  annealStrategy?: "cos" | "linear";
}

const swaLrOptions = takes("SWALR", 2, {
  swaLr: EACH,
  annealEpochs: NUMBER,
  annealStrategy: oneOf("cos", "linear"),
});

/**
 * From the rates that there are to `swaLr`, for the end of a training over which an AveragedModel averages.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 1 });
 * const schedule = new optim.SWALR(optimizer, { swaLr: 0.2, annealEpochs: 2, annealStrategy: "linear" });
 * schedule.step();
 * schedule.getLastLr(); // → [0.6]
 */
export class SWALR extends OfEachGroup {
  private readonly swaLrs: readonly number[];
  private readonly annealEpochs: number;
  private readonly annealStrategy: "cos" | "linear";

  constructor(optimizer: Scheduled, options: SwaLrOptions, ...more: never[]) {
    wantOptimizer("SWALR", optimizer);
    swaLrOptions(options, more);
    const { swaLr, annealEpochs = 10, annealStrategy = "cos" } = options ?? ({} as SwaLrOptions);
    wantGiven("SWALR", { swaLr });
    wantWhole("SWALR", { annealEpochs }, 0);
    super(optimizer);
    this.swaLrs = eachGroup("SWALR", "swaLr", swaLr, optimizer);
    for (const rate of this.swaLrs) atLeastZero("SWALR", { swaLr: rate });
    this.annealEpochs = annealEpochs;
    this.annealStrategy = annealStrategy;
    this.begin();
  }

  protected override first(lr: number, group: number): number {
    return this.annealEpochs === 0 ? this.swaLrs[group]! : lr;
  }

  protected next(lr: number, group: number): number {
    const { lastEpoch, annealEpochs, annealStrategy } = this;
    /** How much of swaLr there is after so many steps, from 0 to 1. */
    const share = (steps: number): number => {
      const t = Math.min(1, steps / Math.max(1, annealEpochs));
      return annealStrategy === "cos" ? (1 - Math.cos(Math.PI * t)) / 2 : t;
    };
    const [before, now, swaLr] = [share(lastEpoch - 1), share(lastEpoch), this.swaLrs[group]!];
    const began = before === 1 ? swaLr : (lr - before * swaLr) / (1 - before); // as if no other schedule were in force
    return now * swaLr + (1 - now) * began;
  }
}
