// `bun run train --resume DIR`: a run or a cross-validation is gone on with where it stopped.
import { existsSync } from "node:fs";
import { checkClasses } from "../dataset/classes.ts";
import { checkSplit, type Dataset, foldsWithClips, splitFolds } from "../dataset/dataset.ts";
import { reportFolds, train, trainFold } from "../learning/fold.ts";
import { buildModel } from "../learning/model.ts";
import { datasetOf, type OpenRun, openRun, otherData } from "../learning/open-run.ts";
import { openForProfile, type Prepared, prepare } from "../learning/prepare.ts";
import { learningRate } from "../learning/schedule.ts";
import { trainingData, trainingSet } from "../learning/training-set.ts";
import { recipes } from "../recipes/index.ts";
import type { Recipe } from "../recipes/recipe.ts";
import { averagedOf } from "../recipes/settings.ts";
import { adapterInWords, adaptersOf } from "../runs/adapters.ts";
import { type Config, readConfig } from "../runs/config.ts";
import { finishedResult, foldPath, foldsBegun } from "../runs/folds.ts";
import type { RunResult } from "../runs/metrics.ts";
import { placedAt } from "../runs/places.ts";
import { RunFolder } from "../runs/run-folder.ts";
import { hasEvents } from "../runs/tensorboard.ts";
import { UserError } from "../terminal/errors.ts";
import type { Session } from "../terminal/session.ts";
import { counted, goOnWith } from "../terminal/words.ts";
import type { TrainOptions } from "./options.ts";

/** `--resume`, of one run or of a cross-validation: everything but the number of epochs comes from config.json. */
export async function resume(path: string, options: TrainOptions, session: Session): Promise<void> {
  const begun = foldsBegun(path)[0];
  if (begun === undefined && options.folds !== undefined && existsSync(path))
    throw new UserError(
      `${path} is not a cross-validation's folder: --resume wants no --folds for a single run`,
    );
  session.stop.goOn = goOnWith(path);
  const opened = openRun(begun === undefined ? path : foldPath(path, begun));
  const { folder: first, config } = opened;
  const recipe = longerRecipe(config, options);
  for (const fold of begun === undefined ? [null] : foldsBegun(path)) {
    const run = new RunFolder(fold === null ? path : foldPath(path, fold));
    refuseFewer(run, recipe.epochs);
    // A fold that is done is gone on with no more.
    if (fold === null || finishedResult(run, recipe.epochs) === null) refuseForgotten(run);
  }
  first.refuseReadOnly();
  const dataset = datasetOf(opened, options.data);
  checkSplit(dataset, config.folds);
  for (const fold of begun === undefined ? [config.fold] : foldsWithClips(dataset))
    checkClasses(dataset, fold, splitFolds(dataset, fold, recipe.validates), session);
  if (options.profile) await openForProfile();
  const prepared = await prepare(dataset, recipe, options.cache, session);
  refuseOtherData(opened, prepared, options);
  const told = { ...options, tensorboard: options.tensorboard ?? hasEvents(first) };
  if (begun === undefined) await resumeRun(prepared, first, path, told, session);
  else await resumeFolds(prepared, path, config, told, session);
}

/** The run's settings, with the dataset's place where --data names one: it is looked for there from now on. */
function replaced(config: Config, { source }: Dataset, { data }: TrainOptions): Config {
  return data === undefined ? config : placedAt(config, source, process.cwd());
}

/** Skips the folds that are done, goes on with those that are not, and begins those that were not begun. */
async function resumeFolds(
  prepared: Prepared,
  path: string,
  first: Config,
  options: TrainOptions,
  session: Session,
): Promise<void> {
  const { dataset } = prepared;
  const { seed, overridden, without, other } = placedAt(first, dataset.source, process.cwd()); // as a fold begun now names it
  const results: RunResult[] = [];
  for (const fold of foldsWithClips(dataset)) {
    const run = new RunFolder(foldPath(path, fold));
    const done = finishedResult(run, prepared.recipe.epochs);
    if (done !== null) {
      results.push(done);
      await replaceDone(prepared, run, options);
    } else if (run.hasConfig()) results.push(await resumeRun(prepared, run, path, options, session));
    else {
      const begin = { ...options, seed, without, other, overridden: { ...overridden, ...longer(options) } };
      results.push(await trainFold(prepared, fold, begin, run, path, session));
    }
  }
  reportFolds(new RunFolder(path), results, session);
}

/** A run that is done is gone on with no more, but tested: where its dataset is now. */
async function replaceDone(
  { dataset, content }: Prepared,
  run: RunFolder,
  options: TrainOptions,
): Promise<void> {
  const config = readConfig(run);
  if (options.data === undefined || otherData({ folder: run, config }, dataset, content) !== null) return;
  await run.whileLocked(async () => run.writeConfig(replaced(config, dataset, options)));
}

/** Goes on from a run's checkpoint, or from the start where none was written yet. */
function resumeRun(
  prepared: Prepared,
  run: RunFolder,
  resumePath: string,
  options: TrainOptions,
  session: Session,
): Promise<RunResult> {
  return run.whileLocked(async () => {
    const { dataset, recipe } = prepared;
    const config = replaced(readConfig(run), dataset, options);
    refuseOtherData({ folder: run, config }, prepared, options);
    const done = run.checkpoints()[0] ?? 0;
    if (recipe.optimizer.schedule.kind === "cosine" && recipe.epochs !== config.recipe.epochs && done > 0) {
      const [before, next] = [learningRate(config.recipe, done), learningRate(recipe, done + 1)];
      session.progress.warn(
        `the ${recipe.optimizer.schedule.kind} schedule is that of ${counted(recipe.epochs, "epoch")} now: epoch ${done + 1} has a learning rate of ${next.toPrecision(3)}, epoch ${done} had ${before.toPrecision(3)}`,
      );
    }
    const set = await trainingSet(prepared, config.folds, config.seed, session);
    const { standardization } = config;
    if (
      set.standardization.mean !== standardization.mean ||
      set.standardization.deviation !== standardization.deviation
    ) {
      session.progress.warn(
        `the sounds in ${dataset.source}, or the adapter, are not those that ${run.path} began with`,
      );
    }
    const training = await trainingData(prepared, { ...set, standardization }, session);
    const model = buildModel(recipe, dataset.classes.length, config.seed, prepared.base);
    const { content, adapter } = prepared;
    const before = adaptersOf(config).at(-1)!;
    const moved = adapterInWords(before) !== adapterInWords(adapter);
    if (moved && done > 0)
      session.progress.warn(
        `${adapterInWords(adapter)} goes on with what ${adapterInWords(before)} has begun: each rounds in its own way`,
      );
    const changed: Config = {
      ...config,
      content,
      recipe,
      overridden: { ...config.overridden, ...longer(options) },
      ...(moved && (done > 0 ? { laterAdapters: [...(config.laterAdapters ?? []), adapter] } : { adapter })),
    };
    const isNew = moved || recipe.epochs !== config.recipe.epochs || options.data !== undefined;
    if (isNew || options.changedData === true) run.writeConfig(changed);
    return train(prepared, { config: changed, model, training }, run, session, {
      resumed: true,
      resumePath,
      profile: options.profile ?? false,
      tensorboard: options.tensorboard ?? false,
    });
  });
}

/** What was trained on may be tested on now. */
function refuseOtherData(run: OpenRun, { dataset, content }: Prepared, { changedData }: TrainOptions): void {
  const other = otherData(run, dataset, content);
  if (other !== null && changedData !== true)
    throw new UserError(`${other}; --data names another folder, --changed-data goes on with this one`);
}

/** The run's recipe with the epochs that are wanted now: a longer run may average more of its last ones, as a new one would. */
export function longerRecipe(
  { recipe, overridden }: Pick<Config, "recipe" | "overridden">,
  { epochs = recipe.epochs }: TrainOptions,
): Recipe {
  const named = recipes.find(({ name }) => name === recipe.name)?.averages ?? null;
  const { averages } = recipe;
  if (averages === null || named === null || "averages" in overridden) return { ...recipe, epochs };
  return { ...recipe, epochs, averages: Math.max(averages, averagedOf(named, epochs)!) };
}

/** What was learned is not forgotten, and all folds of a cross-validation learn for equally long. */
function refuseFewer(run: RunFolder, epochs: number): void {
  const done = Math.max(run.checkpoints()[0] ?? 0, finishedResult(run, 1)?.epochs ?? 0);
  if (epochs < done)
    throw new UserError(`${run.path} has ${counted(done, "epoch")} already: --epochs wants ${done} or more`);
}

/** Without its checkpoint a run would begin from nothing, over the network that it has. */
function refuseForgotten(run: RunFolder): void {
  const { epochs = 0 } = run.readResult() ?? {};
  if (epochs > 0 && run.checkpoints().length === 0)
    throw new UserError(
      `${run.path} has learned for ${counted(epochs, "epoch")}, but its folder checkpoint, from which it could go on, is gone: train anew, into another folder (--run)`,
    );
}

/** The one setting that can be given with --resume. */
function longer({ epochs }: TrainOptions): Config["overridden"] {
  return epochs === undefined ? {} : { epochs };
}
