// One fold's training, from its training set to its result.
import { type Split, splitFolds } from "../dataset/dataset.ts";
import { type Config, readConfig } from "../runs/config.ts";
import { classScores, isBalanced } from "../runs/confusion.ts";
import { finishedResult, foldsTable, openSetLine, summarize } from "../runs/folds.ts";
import type { RunResult } from "../runs/metrics.ts";
import type { RunFolder } from "../runs/run-folder.ts";
import { EventFile } from "../runs/tensorboard.ts";
import { UserError } from "../terminal/errors.ts";
import type { Session } from "../terminal/session.ts";
import { counted, duration } from "../terminal/words.ts";
import { networkOf } from "./checkpoint.ts";
import { buildModel } from "./model.ts";
import { refusalOf } from "./openset/file.ts";
import { findThreshold, heldOutClips, type Learned, openSetOf, warnOfTooFew } from "./openset/learn.ts";
import type { Prepared } from "./prepare.ts";
import { StepProfile } from "./profile.ts";
import { type Beginning, beginTraining, openTrainer } from "./training.ts";
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
  if (options.other?.kind === "threshold")
    warnOfTooFew(options.other.keep, heldOutClips(prepared.dataset, folds), session); // before hours, not behind them
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
  const told = { seed, overridden, without, other, startedIn: process.cwd() };
  const begun = await beginTraining(prepared, folds, told, session);
  return run.whileLocked(() => {
    if (run.hasConfig()) throw new UserError(`another training has begun in ${run.path} meanwhile`);
    run.writeConfig(begun.config);
    const how = { resumed: false, resumePath, profile, tensorboard };
    return train(prepared, begun, run, session, how);
  });
}

/** Trains from the start, or from a run's checkpoint, by its config. */
export async function train(
  prepared: Prepared,
  begun: Beginning,
  run: RunFolder,
  session: Session,
  how: { resumed: boolean; resumePath: string; profile: boolean; tensorboard: boolean },
): Promise<RunResult> {
  const { config, model } = begun;
  const { fold } = config;
  const { progress, print } = session;
  const { resumed, resumePath, profile, tensorboard } = how;
  const trainer = openTrainer(prepared, begun, run, session, {
    resumed,
    resumePath,
    profile: profile
      ? new StepProfile(
          (json) => run.writeProfile(json),
          (line) => progress.say(line),
        )
      : null,
    ...(tensorboard && { observer: (epochsDone) => new EventFile(run, epochsDone) }),
  });
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
  const refusal = refusalOf(run, config, (line) => progress.warn(line))!;
  const { openSet } = await openSetOf(prepared, learned, refusal);
  print(`${whose}${openSetLine(openSet)}`);
  run.writeResult({ ...result, openSet });
  return { ...result, openSet };
}

/** A network that has learned from one fold less: trained, gone on with, or as it was left by an earlier try. */
async function trainWithout(
  heldOut: number,
  prepared: Prepared,
  { data, startedIn, folds, seed, overridden, without }: Config,
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
    const config = { ...readConfig(inner), data, startedIn, recipe };
    inner.writeConfig(config);
    const set = await trainingSet(prepared, config.folds, config.seed, session);
    const { standardization } = config;
    const training = await trainingData(prepared, { ...set, standardization }, session);
    const model = buildModel(recipe, dataset.classes.length, seed, prepared.base);
    const how = { resumed: true, resumePath, profile: false, tensorboard: false };
    await inner.whileLocked(() => train(prepared, { config, model, training }, inner, quiet, how));
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
