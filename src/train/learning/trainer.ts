// Trains one network on the training folds and tests it on another after every epoch.

import { DeviceError } from "../../gpu/errors.ts";
import { manualSeed, memory, type nn, optim, type Tensor, tensor } from "../../index.ts";
import type { Recipe } from "../recipes/recipe.ts";
import { classScores } from "../runs/confusion.ts";
import type { EpochMetrics, Observer, RunResult } from "../runs/metrics.ts";
import type { Run } from "../runs/run.ts";
import { Interrupted, oneLine, UserError } from "../terminal/errors.ts";
import type { Reporter, Standing, Stop } from "../terminal/talk.ts";
import { counted, goOnWith } from "../terminal/words.ts";
import { epochBatches, epochRandom, type SegmentStore } from "./batches.ts";
import { readWeights, saveCheckpoint } from "./checkpoint.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import { LossMeter, NotFinite } from "./loss-meter.ts";
import type { Optimizer } from "./model.ts";
import type { StepProfile } from "./profile.ts";
import { schedulerOf } from "./schedule.ts";
import type { EvaluationSet } from "./split.ts";
import { backward, balancedWeights, parts, type TrainingData } from "./step.ts";

/** A set to evaluate, with its segments on the GPU. */
export interface Testing {
  readonly set: EvaluationSet;
  readonly store: SegmentStore;
}

export interface Job {
  readonly recipe: Recipe;
  readonly fold: number | null;
  readonly seed: number;
  readonly classes: number;
  readonly model: nn.Module<[Tensor], Tensor>;
  readonly optimizer: Optimizer;
  /** The mean of the weights after the last epochs, where the recipe wants it. */
  readonly averaged?: optim.AveragedModel | null;
  readonly training: TrainingData;
  /** Segments that go through the network at once, at most; a batch of more is learned from in parts. */
  readonly microBatchSize: number;
  readonly validation: Testing | null;
  readonly test: Testing;
  readonly run: Run;
  /** What --resume takes to go on: the run's folder, or that of the cross-validation which the run is a fold of. */
  readonly resume: string;
  readonly progress: Reporter;
  readonly stop: Stop;
  readonly profile: StepProfile | null;
  readonly observer?: Observer | null;
  /** Saving may take this share of the time; where the network is large, not every epoch is saved. Default a tenth. */
  readonly savingShare?: number;
}

/** One training run, from the epochs already done (those of a resumed run) to the recipe's last. */
export class Trainer {
  private readonly resumedFrom: number;
  private readonly started = performance.now();
  private saving = 0;
  private lastEvaluation: Evaluation | null = null;
  /** The epoch whose model is in the run's folder, and how well that model did. */
  private saved: { epoch: number; evaluation: Evaluation } | null = null;
  private steps = 0;
  /** How often each class counts in the loss; null: once. */
  private readonly classWeights: Tensor | null;
  /** From the first epoch on. */
  private scheduler: optim.lrScheduler.LambdaLR | null | undefined;

  constructor(
    private readonly job: Job,
    private readonly metrics: EpochMetrics[] = [],
  ) {
    this.resumedFrom = metrics.length;
    const { recipe, training, classes } = job;
    const balanced = recipe.classWeights === "balanced";
    this.classWeights = balanced ? tensor(balancedWeights(training.labels, classes)) : null;
    this.forgetOtherEpochs();
    job.stop.onSecond = this.kept();
    job.stop.goOn = goOnWith(job.resume);
  }

  /** A run that is to be longer than it was begun for has a sum of epochs that are not its last. */
  private forgetOtherEpochs(): void {
    const { recipe, averaged = null, progress } = this.job;
    if (averaged === null) return;
    const wanted = Math.max(0, this.resumedFrom - this.firstAveraged + 1);
    const earlier = averaged.nAveraged - wanted;
    if (wanted === 0) averaged.nAveraged = 0;
    else if (earlier > 0)
      progress.warn(
        `the mean of the last ${counted(recipe.averages!, "epoch")} will have ${earlier} earlier in it, too: their sum is all that was kept`,
      );
  }

  /** The first epoch whose weights go into the mean. */
  private get firstAveraged(): number {
    const { epochs, averages } = this.job.recipe;
    return epochs - averages! + 1;
  }

  /**
   * Trains, and leaves metrics, model and result where the run is left.
   * @throws Interrupted after a signal, when what was learned is saved
   * @throws UserError where the loss is no longer finite, or the disk or the GPU fails; what was saved last stays
   */
  async run(): Promise<RunResult> {
    try {
      return await this.toTheEnd();
    } catch (error) {
      this.job.progress.clear();
      if (error instanceof NotFinite) throw this.diverged(error, this.metrics.length + 1);
      throw error instanceof Interrupted ? error : this.broken(error);
    }
  }

  private async toTheEnd(): Promise<RunResult> {
    const { recipe, run, model, profile, test } = this.job;
    for (let epoch = this.metrics.length + 1; epoch <= recipe.epochs; epoch++) await this.epoch(epoch);
    await profile?.finish();
    // With nothing left to do, the folder may hold the model of an epoch that was stopped inside, not the checkpoint's.
    if (this.lastEvaluation === null)
      run.writeModel(await readWeights(model), { epoch: String(this.metrics.length) });
    const result = this.result(this.lastEvaluation ?? (await this.evaluate(test)));
    run.writeResult(result);
    return result;
  }

  private async epoch(epoch: number): Promise<void> {
    const { recipe, stop, run, progress } = this.job;
    const began = performance.now();
    const meter = await this.trainEpoch(epoch);
    await this.average(epoch);
    const trained = performance.now();
    const evaluation = await this.evaluate(this.job.test);
    const validation = this.job.validation === null ? null : await this.evaluate(this.job.validation);
    this.lastEvaluation = evaluation;
    const { segmentAccuracy, accuracy, accuracyMajority } = evaluation;
    const metrics: EpochMetrics = {
      epoch,
      loss: meter.mean,
      segmentAccuracy,
      accuracy,
      accuracyMajority,
      ...(validation !== null && { validationAccuracy: validation.accuracy }),
      seconds: (performance.now() - began) / 1000,
      samplesPerSecond: meter.samples / ((trained - began) / 1000),
      gpuBytes: gpuBytes(),
    };
    this.metrics.push(metrics);
    run.appendMetrics(metrics);
    this.job.observer?.epoch(metrics, this.job.optimizer.lr, evaluation.confusion);
    progress.epoch(this.standing(epoch, meter.samples, metrics.samplesPerSecond, meter.mean));
    const last = epoch === recipe.epochs;
    if (last || stop.signal !== null || this.maySave()) await this.save(epoch, evaluation);
    if (stop.signal !== null && !last) throw this.interrupted(evaluation);
  }

  /** One pass over the training segments. Throws NotFinite; on a signal, saves and throws Interrupted. */
  private async trainEpoch(epoch: number): Promise<LossMeter> {
    const { recipe, seed, model, optimizer, training, microBatchSize, stop, progress, profile } = this.job;
    const { gpuSeed, order } = epochRandom(seed, epoch);
    manualSeed(gpuSeed); // masks and dropout
    if (this.scheduler === undefined) this.scheduler = schedulerOf(recipe, optimizer, epoch - 1);
    else this.scheduler?.step();
    const batches = epochBatches(training.size, recipe.batchSize, order);
    const meter = new LossMeter((step, loss) => this.job.observer?.step(step, loss));
    const began = performance.now();
    progress.beginEpoch(training.size, this.standing(epoch, 0, Number.NaN, Number.NaN));
    model.train();
    for (const [i, positions] of batches.entries()) {
      await profile?.beforeStep();
      optimizer.zeroGrad();
      const loss = backward(model, training, parts(positions, microBatchSize), order, this.classWeights);
      optimizer.step();
      this.steps = (epoch - 1) * batches.length + i + 1;
      await meter.add(loss, positions.length, this.steps);
      const rate = meter.samples === 0 ? Number.NaN : meter.samples / ((performance.now() - began) / 1000);
      progress.update(meter.samples, this.standing(epoch, meter.samples, rate, meter.mean));
      if (stop.signal !== null && i + 1 < batches.length) {
        await meter.finish();
        throw await this.stoppedInside();
      }
    }
    await meter.finish();
    progress.clear();
    return meter;
  }

  /** Takes the epoch's weights into the mean, if it is one of the last; after the very last, the mean is the model. */
  private async average(epoch: number): Promise<void> {
    const { recipe, seed, model, averaged = null, training, microBatchSize } = this.job;
    if (averaged === null || epoch < this.firstAveraged) return;
    averaged.updateParameters(model);
    if (epoch < recipe.epochs) return;
    // Batches of an epoch that is not learned from.
    const { gpuSeed, order } = epochRandom(seed, epoch + 1);
    manualSeed(gpuSeed);
    const batches = epochBatches(training.size, Math.min(recipe.batchSize, microBatchSize), order);
    function* inputs() {
      for (const positions of batches) yield training.batch(positions, order).input;
    }
    await optim.updateBn(inputs(), averaged);
    model.loadStateDict(averaged.module.stateDict());
  }

  private async evaluate({ store, set }: Testing): Promise<Evaluation> {
    const { model, classes, recipe } = this.job;
    const evaluation = await evaluate(model, store, set, classes, recipe);
    // A last step that broke the weights shows here, before they are saved.
    const broken = evaluation.votes.probabilities.find((p) => !Number.isFinite(p));
    if (broken !== undefined) throw new NotFinite(this.steps, broken);
    return evaluation;
  }

  private maySave(): boolean {
    const { savingShare = 0.1 } = this.job;
    return this.saving <= savingShare * ((performance.now() - this.started) / 1000);
  }

  private async save(epoch: number, evaluation: Evaluation): Promise<void> {
    const { run, model, optimizer, averaged = null, stop } = this.job;
    const began = performance.now();
    const weights = await readWeights(model);
    run.writeModel(weights, { epoch: String(epoch) });
    await saveCheckpoint(run, weights, optimizer, this.metrics, averaged);
    this.saving += (performance.now() - began) / 1000;
    this.saved = { epoch, evaluation };
    stop.onSecond = this.kept();
  }

  /** Ctrl-C in the middle of an epoch: the model is saved as it is, then tested; the checkpoint stays the last epoch's. */
  private async stoppedInside(): Promise<Interrupted> {
    const { run, model, test, progress } = this.job;
    progress.clear();
    const weights = await readWeights(model);
    if (Object.values(weights).some(({ data }) => !data.every(Number.isFinite)))
      throw new NotFinite(this.steps, Number.NaN);
    run.writeModel(weights, { epoch: String(this.metrics.length) });
    return this.interrupted(await this.evaluate(test));
  }

  private interrupted(evaluation: Evaluation): Interrupted {
    const { run, stop, recipe, resume } = this.job;
    const signal = stop.signal!;
    const epochs = this.metrics.length;
    run.writeResult({ ...this.result(evaluation), interrupted: signal });
    return new Interrupted(
      signal,
      `stopped after ${epochs} of ${counted(recipe.epochs, "epoch")}; what was learned is in ${run.path}; ${goOnWith(resume)}, from epoch ${this.savedEpochs + 1}`,
    );
  }

  /** Epochs that a checkpoint holds. */
  private get savedEpochs(): number {
    return this.saved?.epoch ?? this.resumedFrom;
  }

  /** What is left of the run if it ends here and now. */
  private kept(): string {
    const { run, resume } = this.job;
    const epochs = this.savedEpochs;
    const what =
      epochs === 0
        ? "no epoch was saved yet"
        : `${run.path} holds what was learned in ${counted(epochs, "epoch")}`;
    return `${what}; ${goOnWith(resume)}`;
  }

  /** A fault of the disk, the GPU or ours, with what to do about the run. */
  private broken(error: unknown): Error {
    const message = `${oneLine(error)}; ${this.kept()}`;
    const foreseen = error instanceof UserError || error instanceof DeviceError;
    return foreseen ? new UserError(message, { cause: error }) : new Error(message, { cause: error });
  }

  private diverged({ step, value }: NotFinite, epoch: number): UserError {
    const { run, recipe } = this.job;
    const resumed = this.resumedFrom > 0 ? `${run.path} keeps the model that it was resumed from` : null;
    let kept = resumed ?? "no epoch was completed, so that there is no model to keep";
    if (this.saved !== null) {
      kept = `${run.path} keeps the model of epoch ${this.saved.epoch}`;
      this.metrics.length = this.saved.epoch; // the result is that model's
      run.writeResult({
        ...this.result(this.saved.evaluation),
        interrupted: `the loss became ${value} in step ${step}`,
      });
    }
    return new UserError(
      `the loss became ${value} in step ${step} (epoch ${epoch}): a learning rate of ${recipe.optimizer.lr} may be too high (--lr); ${kept}`,
    );
  }

  private result({ accuracy, accuracyMajority, clips, confusion }: Evaluation): RunResult {
    const seconds = this.metrics.reduce((sum, metrics) => sum + metrics.seconds, 0);
    return {
      fold: this.job.fold,
      accuracy,
      accuracyMajority,
      clips,
      epochs: this.metrics.length,
      confusion,
      ...classScores(confusion),
      seconds,
    };
  }

  private standing(epoch: number, samples: number, samplesPerSecond: number, loss: number): Standing {
    const { training, recipe } = this.job;
    const last = this.metrics.at(-1);
    const perEpoch = last?.seconds ?? training.size / samplesPerSecond;
    const epochsLeft = recipe.epochs - epoch + 1 - samples / training.size;
    return {
      epoch,
      epochs: recipe.epochs,
      loss,
      accuracy: last?.accuracy ?? Number.NaN,
      samplesPerSecond,
      secondsLeft: perEpoch * epochsLeft,
    };
  }
}

/** What this process's buffers take, for whoever plans others beside it. */
function gpuBytes(): number {
  const { bytesInUse, bytesInPool, bytesInTextures } = memory();
  return bytesInUse + bytesInPool + bytesInTextures;
}
