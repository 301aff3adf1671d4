// Losses are read back in groups, and one group late, so that the GPU never waits for the host to look.
import { stack, type Tensor } from "../../index.ts";

/** Aim at reading back about this often: soon enough for Ctrl-C and the progress bar, seldom enough to cost nothing. */
const SECONDS_BETWEEN_READS = 0.25;
const MOST_STEPS_BETWEEN_READS = 32;

/** The first step whose loss was NaN or infinite. */
export class NotFinite extends Error {
  override name = "NotFinite";
  constructor(
    readonly step: number,
    readonly value: number,
  ) {
    super(`the loss is ${value} in step ${step}`);
  }
}

export class LossMeter {
  private waiting: { loss: Tensor; samples: number; step: number }[] = [];
  private reading: Promise<void> = Promise.resolve();
  private lastRead = Number.NaN;
  private stepsBetweenReads = 1;
  private sum = 0;
  /** Samples whose loss has been read. */
  samples = 0;

  /** @param onLoss is given each step's loss as soon as it has been read */
  constructor(private readonly onLoss: (step: number, loss: number) => void = () => {}) {}

  /** Mean loss over the samples read so far; NaN before the first. */
  get mean(): number {
    return this.sum / this.samples;
  }

  /** Takes a step's mean loss over `samples` samples. Throws NotFinite, a group or two after the step. */
  async add(loss: Tensor, samples: number, step: number): Promise<void> {
    this.waiting.push({ loss: loss.detach(), samples, step });
    if (this.waiting.length >= this.stepsBetweenReads) await this.readGroup();
  }

  /** Reads all that is left. */
  async finish(): Promise<void> {
    if (this.waiting.length > 0) await this.readGroup();
    await this.reading;
  }

  private async readGroup(): Promise<void> {
    const group = this.waiting;
    this.waiting = [];
    const read = stack(group.map(({ loss }) => loss))
      .data()
      .then((values) => this.count(group, values));
    read.catch(() => {}); // thrown where it is awaited
    await this.reading; // the group before: at most two are under way
    this.reading = read;
  }

  private count(group: { samples: number; step: number }[], values: ArrayLike<number>): void {
    group.forEach(({ samples, step }, i) => {
      const value = values[i]!;
      if (!Number.isFinite(value)) throw new NotFinite(step, value);
      this.sum += value * samples;
      this.samples += samples;
      this.onLoss(step, value);
    });
    const now = performance.now();
    const secondsAStep = (now - this.lastRead) / 1000 / group.length; // NaN the first time
    this.lastRead = now;
    const steps = Math.round(SECONDS_BETWEEN_READS / secondsAStep) || 1;
    this.stepsBetweenReads = Math.min(steps, MOST_STEPS_BETWEEN_READS);
  }
}
