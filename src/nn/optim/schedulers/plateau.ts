// Learning rates that fall where what is watched gets no better.
import { watcher } from "../../../tensor/autograd/step.ts";
import { counted, show, wantNoMore } from "../../../tensor/check.ts";
import { NUMBER, oneOf, takes } from "../../../tensor/options.ts";
import { atLeastZero } from "../optimizer.ts";
import { EACH, eachGroup, type Scheduled, type SchedulerState, wantOptimizer } from "./scheduler.ts";

/** ReduceLROnPlateau's settings. */
export interface PlateauOptions {
  /** Whether less is better, or more. Default "min". */
  mode?: "min" | "max";
  /** What the rate is multiplied by. Default .1. */
  factor?: number;
  /** Steps without a better one that are borne. Default 10. */
  patience?: number;
  /** By how much a better one is better: default 1e-4 … */
  threshold?: number;
  /** … of the best ("rel", the default), or as it is ("abs"). */
  thresholdMode?: "rel" | "abs";
  /** Steps after a fall that are not counted. Default 0. */
  cooldown?: number;
  /** No rate below it: one, or one for each group. Default 0. */
  minLr?: number | readonly number[];
  /** A smaller change of the rate is not made. Default 1e-8. */
  eps?: number;
}

const plateauOptions = takes("ReduceLROnPlateau", 2, {
  mode: oneOf("min", "max"),
  factor: NUMBER,
  patience: NUMBER,
  threshold: NUMBER,
  thresholdMode: oneOf("rel", "abs"),
  cooldown: NUMBER,
  minLr: EACH,
  eps: NUMBER,
});

/**
 * Multiplies the rates by `factor` where the number that step() is given was no better for more than `patience` steps.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 1 });
 * const schedule = new optim.lrScheduler.ReduceLROnPlateau(optimizer, { patience: 0 });
 * for (const loss of [1, 2]) schedule.step(loss);
 * schedule.getLastLr(); // → [0.1]
 */
export class ReduceLROnPlateau {
  lastEpoch = 0;
  private best: number;
  private bad = 0;
  private cooling = 0;
  private readonly least: number | readonly number[];
  private readonly options: Required<Omit<PlateauOptions, "minLr">>;

  constructor(
    private readonly optimizer: Scheduled,
    options?: PlateauOptions,
    ...more: never[]
  ) {
    plateauOptions(options, more);
    wantOptimizer("ReduceLROnPlateau", optimizer);
    const { mode = "min", factor = 0.1, patience = 10, threshold = 1e-4 } = options ?? {};
    const { thresholdMode = "rel", cooldown = 0, minLr = 0, eps = 1e-8 } = options ?? {};
    if (!(factor >= 0 && factor < 1))
      throw new RangeError(`ReduceLROnPlateau: factor is a number from 0 up to 1, got ${factor}`);
    atLeastZero("ReduceLROnPlateau", { patience, threshold, cooldown, eps });
    this.options = { mode, factor, patience, threshold, thresholdMode, cooldown, eps };
    for (const least of eachGroup("ReduceLROnPlateau", "minLr", minLr, optimizer))
      atLeastZero("ReduceLROnPlateau", { minLr: least });
    this.least = typeof minLr === "number" ? minLr : [...minLr];
    this.best = mode === "min" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }

  /**
   * After an epoch, with what is watched: a loss, say.
   */
  step(metric: number, ...more: never[]): void {
    if (typeof metric !== "number")
      throw new TypeError(
        `ReduceLROnPlateau.step: what is watched is a number, got ${show(metric)}: await loss.item() reads one`,
      );
    wantNoMore("ReduceLROnPlateau.step", more);
    watcher?.refuse("ReduceLROnPlateau.step is given a number");
    const { patience, cooldown } = this.options;
    this.lastEpoch++;
    if (this.isBetter(metric)) {
      this.best = metric;
      this.bad = 0;
    } else this.bad++;
    if (this.cooling > 0) {
      this.cooling--;
      this.bad = 0;
    }
    if (this.bad > patience) {
      this.reduce();
      this.cooling = cooldown;
      this.bad = 0;
    }
  }

  private isBetter(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.options;
    const sign = mode === "min" ? -1 : 1;
    const wanted =
      thresholdMode === "rel" ? this.best * (1 + sign * threshold) : this.best + sign * threshold;
    return mode === "min" ? metric < wanted : metric > wanted;
  }

  private reduce(): void {
    const { factor, eps } = this.options;
    for (const [i, group] of this.optimizer.paramGroups.entries()) {
      const least = typeof this.least === "number" ? this.least : this.least[i];
      if (least === undefined) continue; // a later group, of which the list says nothing
      const lr = Math.max(group.lr * factor, least);
      if (group.lr - lr > eps) group.lr = lr;
    }
  }

  /** The rates as they are, one a group. */
  getLastLr(): number[] {
    return this.optimizer.paramGroups.map(({ lr }) => lr);
  }

  /** Survives JSON: a best that there is not yet is null. */
  stateDict(): SchedulerState {
    const { lastEpoch, best, bad, cooling } = this;
    return { lastEpoch, lastLr: this.getLastLr(), best: Number.isFinite(best) ? best : null, bad, cooling };
  }

  /** Goes on from what stateDict() gave. */
  loadStateDict(state: SchedulerState): void {
    const { lastEpoch, best, bad, cooling } = (state ?? {}) as Record<string, number | null>;
    if (typeof lastEpoch !== "number" || typeof bad !== "number" || typeof cooling !== "number")
      throw new TypeError(
        `loadStateDict: ReduceLROnPlateau goes on from what its stateDict() gave, got ${show(state)}`,
      );
    this.lastEpoch = lastEpoch;
    this.bad = bad;
    this.cooling = cooling;
    if (typeof best === "number") this.best = best;
  }
}

counted(ReduceLROnPlateau.prototype, "getLastLr loadStateDict stateDict");
