// One fold's training, from its training set to its result.
import type { nn, Tensor } from "../../index.ts";
import { checkHeard } from "../dataset/classes.ts";
import { foldName, type Split, splitFolds } from "../dataset/dataset.ts";
import { type Config, makeConfig, readConfig } from "../runs/config.ts";
import { classScores, isBalanced } from "../runs/confusion.ts";
import { finishedResult, foldsTable, openSetLine, summarize } from "../runs/folds.ts";
import type { RunResult } from "../runs/metrics.ts";
import type { RunFolder } from "../runs/run-folder.ts";
import { EventFile } from "../runs/tensorboard.ts";
import { UserError } from "../terminal/errors.ts";
import type { Session } from "../terminal/session.ts";
import { counted, duration } from "../terminal/words.ts";
import { loadCheckpoint } from "./checkpoint.ts";
import { buildModel, buildOptimizer, hasBatchNorm, parameterCount, segmentsThatFit } from "./model.ts";
import { networkOf } from "./open-run.ts";
import { refusalOf } from "./openset/file.ts";
import { findThreshold, heldOutFolds, type Learned, openSetOf } from "./openset/learn.ts";
import { type Prepared, testing } from "./prepare.ts";
import { StepProfile } from "./profile.ts";
import type { TrainingData } from "./step.ts";
import { Trainer } from "./trainer.ts";
import { trainingData, trainingSet } from "./training-set.ts";

export interface FoldOptions {
  seed: number;
  /** What the command line gave instead of the recipe's own settings. */
  overridden: Config["overridden"];
  /** Classes that were left out of the dataset. */
  without?: readonly string[];
  /** How it comes to say "none of these". */
  other?: Config["other"];
  profile?: boolean;
  tensorboard?: boolean;
}

/**
 * Trains on the other folds and tests on this one; with null, trains on all and tests on the same.
 * @param resumePath what --resume takes to go on: the run's folder, or the cross-validation's
 */
export function trainFold(
  prepared: Prepared,
  fold: number | null,
  options: FoldOptions,
  run: RunFolder,
  resumePath: string,
  session: Session,
): Promise<RunResult> {
  const folds = splitFolds(prepared.dataset, fold, prepared.recipe.validates);
  if (options.other?.kind === "threshold") heldOutFolds(folds); // refuses those that will not do
  return trainSplit(prepared, folds, options, run, resumePath, session);
}

async function trainSplit(
  prepared: Prepared,
  folds: Split,
  { seed, profile = false, tensorboard = false, overridden, without, other }: FoldOptions,
  run: RunFolder,
  resumePath: string,
  session: Session,
): Promise<RunResult> {
  const { dataset, recipe, base, adapter } = prepared;
  const fold = folds.test;
  const set = await trainingSet(prepared, folds, seed, session);
  checkHeard(dataset, fold, set.labels, session);
  const data = await trainingData(prepared, set, session);
  const model = buildModel(recipe, dataset.classes.length, seed, base);
  const config = makeConfig({
    data: dataset.source,
    content: prepared.content,
    opening: dataset.opening,
    fold,
    folds,
    seed,
    classes: dataset.classes,
    without,
    other,
    standardization: set.standardization,
    trainingSegments: set.segments.length,
    parameters: parameterCount(model),
    adapter,
    recipe,
    overridden,
  });
  return run.whileLocked(() => {
    if (run.hasConfig()) throw new UserError(`another training has begun in ${run.path} meanwhile`);
    run.writeConfig(config);
    const how = { resumed: false, resumePath, profile, tensorboard };
    return train(prepared, config, model, data, run, session, how);
  });
}

/** Trains from the start, or from a run's checkpoint, by its config. */
export async function train(
  prepared: Prepared,
  config: Config,
  model: nn.Module<[Tensor], Tensor>,
  training: TrainingData,
  run: RunFolder,
  session: Session,
  how: { resumed: boolean; resumePath: string; profile: boolean; tensorboard: boolean },
): Promise<RunResult> {
  const { dataset, recipe, maxBytes } = prepared;
  const { resumed, resumePath, profile, tensorboard } = how;
  const { fold, folds, seed, standardization, parameters } = config;
  const { progress, stop, print } = session;
  const optimizer = buildOptimizer(model, recipe);
  const metrics = resumed ? loadCheckpoint(run, model, optimizer, (line) => progress.warn(line)) : [];
  if (resumed) {
    run.writeMetrics(metrics);
    run.removeResult();
    run.removeOther();
  }
  progress.note(
    `${recipe.name}, ${foldName(fold)}: ${training.size} segments to learn from, ${parameters.toLocaleString("en")} numbers to learn, into ${run.path}`,
  );
  const microBatchSize = segmentsThatFit(recipe, maxBytes);
  if (Math.min(recipe.batchSize, training.size) > microBatchSize) {
    progress.note(
      `batches go through the network in parts of at most ${microBatchSize}${hasBatchNorm(model) ? ", each with batch norm of its own" : ""}`,
    );
  }
  stop.onFirst = "finishing this batch, then saving what was learned";
  const trainer = new Trainer(
    {
      recipe,
      fold,
      seed,
      classes: dataset.classes.length,
      model,
      optimizer,
      training,
      microBatchSize,
      validation: folds.validation === null ? null : testing(prepared, folds.validation, standardization),
      test: testing(prepared, fold, standardization),
      run,
      resume: resumePath,
      progress,
      stop,
      profile: profile
        ? new StepProfile(
            (json) => run.writeProfile(json),
            (line) => progress.say(line),
          )
        : null,
      observer: tensorboard ? new EventFile(run, metrics.length) : null,
    },
    metrics,
  );
  const result = await trainer.run();
  const { balancedAccuracy } = classScores(result.confusion);
  const balanced = isBalanced(result.confusion)
    ? ""
    : `${balancedAccuracy.toFixed(4)} balanced over the classes, `;
  const whose =
    fold === null ? "the clips it was trained on, which says little of others: " : `fold ${fold}: `;
  print(
    `${whose}accuracy ${result.accuracy.toFixed(4)} by probability voting, ${result.accuracyMajority.toFixed(4)} by majority, ` +
      `${balanced}${result.clips} clips, ${counted(result.epochs, "epoch")}, ${duration(result.seconds)} (${run.path})`,
  );
  const { other } = config;
  if (other === undefined) return result;
  const learned = { model, config };
  if (other.kind === "threshold")
    await findThreshold(prepared, learned, other.keep, run, session, (heldOut) =>
      trainWithout(heldOut, prepared, config, run, resumePath, session),
    );
  const refusal = refusalOf(run, config)!;
  const { openSet } = await openSetOf(prepared, learned, refusal);
  print(`${whose}${openSetLine(openSet)}`);
  run.writeResult({ ...result, openSet });
  return { ...result, openSet };
}

/** A network that has learned from one fold less: trained, gone on with, or as it was left by an earlier try. */
async function trainWithout(
  heldOut: number,
  prepared: Prepared,
  { folds, seed, overridden, without }: Config,
  run: RunFolder,
  resumePath: string,
  session: Session,
): Promise<Learned> {
  const { dataset, recipe } = prepared;
  const inner = run.heldOut(heldOut);
  const quiet = { ...session, print: () => {} };
  if (!inner.hasConfig()) {
    const split = { train: folds.train.filter((fold) => fold !== heldOut), validation: null, test: heldOut };
    await trainSplit(prepared, split, { seed, overridden, without }, inner, resumePath, quiet);
  } else if (finishedResult(inner, recipe.epochs) === null) {
    const config = { ...readConfig(inner), recipe };
    inner.writeConfig(config);
    const set = await trainingSet(prepared, config.folds, config.seed, session);
    const { standardization } = config;
    const data = await trainingData(prepared, { ...set, standardization }, session);
    const model = buildModel(recipe, dataset.classes.length, seed, prepared.base);
    const how = { resumed: true, resumePath, profile: false, tensorboard: false };
    await inner.whileLocked(() => train(prepared, config, model, data, inner, quiet, how));
  }
  const opened = { folder: inner, config: readConfig(inner) };
  return { config: opened.config, model: networkOf(opened, inner.readModel()) };
}

/** The table of a cross-validation, on stdout and as result.json. */
export function reportFolds(run: RunFolder, results: RunResult[], { print }: Session): void {
  const summary = summarize(results);
  for (const line of foldsTable(summary)) print(line);
  if (summary.openSet !== undefined) print(openSetLine(summary.openSet));
  run.writeSummary(summary);
}
