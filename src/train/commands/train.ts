// `bun run train`: settings in, a run folder out.
import { existsSync } from "node:fs";
import { init, type nn } from "../../index.ts";
import {
  ALL_FOLDS,
  checkSplit,
  type Dataset,
  DEFAULT_DATA,
  FOLDS,
  HOW_TO_GET_ONE,
  splitFolds,
} from "../dataset/dataset.ts";
import { offerDataset } from "../dataset/offer.ts";
import { openDataset } from "../dataset/open.ts";
import { type CacheOptions, cachedFeatures, defaultCacheFolder } from "../features/cache.ts";
import { computeFeatures } from "../features/features.ts";
import { SegmentStore, type Standardization } from "../learning/batches.ts";
import { loadCheckpoint } from "../learning/checkpoint.ts";
import { buildModel, buildOptimizer, parameterCount, segmentsThatFit } from "../learning/model.ts";
import { StepProfile } from "../learning/profile.ts";
import { learningRate } from "../learning/schedule.ts";
import { evaluationSet } from "../learning/split.ts";
import type { TrainingData } from "../learning/step.ts";
import { type Testing, Trainer } from "../learning/trainer.ts";
import { type Sources, trainingData, trainingSet } from "../learning/training-set.ts";
import { tuneFor, useKnownChoices } from "../learning/tune.ts";
import { findRecipe } from "../recipes/index.ts";
import type { Recipe } from "../recipes/recipe.ts";
import { override, recorded, type Setting } from "../recipes/settings.ts";
import { type Adapter, type Config, makeConfig, readConfig } from "../runs/config.ts";
import { finishedResult, firstFoldBegun, foldPath, foldsTable, summarize } from "../runs/folds.ts";
import type { RunResult } from "../runs/metrics.ts";
import { defaultRunPath, RunFolder } from "../runs/run-folder.ts";
import { EventFile, hasEvents } from "../runs/tensorboard.ts";
import { UserError } from "../terminal/errors.ts";
import type { Session } from "../terminal/session.ts";
import { counted, duration } from "../terminal/words.ts";

export interface TrainOptions {
  data?: string;
  fold?: number;
  folds?: "all";
  recipe: string;
  epochs?: number;
  batchSize?: number;
  lr?: number;
  /** Other settings of the recipe, instead of its own. */
  set?: Setting[];
  seed: number;
  run?: string;
  resume?: string;
  /** A folder, the default's if undefined, none if false. */
  cache?: string | false;
  profile?: boolean;
  tensorboard?: boolean;
}

export async function trainCommand(options: TrainOptions, session: Session): Promise<void> {
  if (options.resume !== undefined) return resume(options.resume, options, session);
  if (options.fold !== undefined && options.folds !== undefined) {
    throw new UserError("--fold trains for one fold and --folds all for each: give one of them");
  }
  if (options.fold === undefined && options.folds === undefined) {
    throw new UserError(`which fold is to be tested? --fold 1 … --fold ${FOLDS}, or --folds all`);
  }
  const settings = settingsOf(options);
  const recipe = override(findRecipe(options.recipe), settings);
  const dataset = openDataset(options.data ?? (await usualData(session)));
  const folds = options.folds === "all" ? ALL_FOLDS : [options.fold!];
  for (const fold of folds) checkSplit(dataset, splitFolds(fold, recipe.validates));
  const path = options.run ?? defaultRunPath(options.recipe, options.folds ?? options.fold!);
  const whole = RunFolder.fresh(path);
  const prepared = await prepare(dataset, recipe, options.cache, session);
  const results: RunResult[] = [];
  for (const fold of folds) {
    const run = folds.length === 1 ? whole : RunFolder.fresh(foldPath(path, fold));
    results.push(
      await trainFold(prepared, fold, { ...options, overridden: recorded(settings) }, run, path, session),
    );
  }
  if (options.folds === "all") reportFolds(whole, results, session);
}

/** The dataset that is used when none is named. */
async function usualData(session: Session): Promise<string> {
  if (existsSync(DEFAULT_DATA) || (await offerDataset(session))) return DEFAULT_DATA;
  throw new UserError(`no --data given, and there is no ${DEFAULT_DATA}: ${HOW_TO_GET_ONE}`);
}

/** What the command line says of the recipe's settings; --epochs, --batch-size and --lr are short for --set. */
function settingsOf({ set = [], epochs, batchSize, lr }: TrainOptions): Setting[] {
  const short = { epochs, batchSize, "optimizer.lr": lr };
  const given = Object.entries(short).filter(([, value]) => value !== undefined);
  return [...set, ...given.map(([path, value]) => ({ path: path.split("."), value }))];
}

/** What all folds of one command share. */
export interface Prepared extends Sources {
  adapter: Adapter;
  /** The most that one array on the GPU may take. */
  maxBytes: number;
}

/** Opens the GPU, or throws UserError saying what to install. */
export async function openGpu() {
  try {
    return await init();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UserError(message.replace(/\n/g, "; "), { cause: error });
  }
}

/** Opens the GPU and has the features of all clips. */
export async function prepare(
  dataset: Dataset,
  recipe: Recipe,
  cache: string | false | undefined,
  { progress, stop }: Session,
): Promise<Prepared> {
  const facts = await openGpu();
  const { vendor, architecture, description, software, limits } = facts;
  progress.note(
    `${dataset.source}: ${dataset.clips.length} clips, ${dataset.classes.length} classes · ${description || vendor}${software ? " (a CPU)" : ""}`,
  );
  const cacheOptions: CacheOptions = {
    folder: cache === false ? null : (cache ?? defaultCacheFolder()),
    adapter: `${vendor} ${architecture} ${description}`,
    progress,
  };
  const { folder } = cacheOptions;
  // Programs for a CPU were measured by us; of GPUs there are many.
  if (!useKnownChoices(folder, facts) && folder !== null && !software)
    await tuneFor(recipe, dataset.classes.length, { folder, adapter: facts, progress });
  const source = { clips: dataset.clips.map((_, clip) => clip), settings: null };
  const features = await cachedFeatures(dataset, source, recipe.frontEnd, cacheOptions, () =>
    computeFeatures(dataset, recipe.frontEnd, progress, stop),
  );
  const maxBytes = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  const adapter = { vendor, architecture, description, software };
  return { dataset, recipe, features, cache: cacheOptions, adapter, maxBytes };
}

/** A fold's clips with their segments on the GPU. */
export function testing(
  { dataset, features, maxBytes }: Prepared,
  fold: number,
  standard: Standardization,
): Testing {
  const set = evaluationSet(dataset, features, fold);
  const labels = set.clipOf.map((clip) => set.labels[clip]!);
  return { set, store: new SegmentStore(features, set.segments, labels, standard, maxBytes) };
}

/** @param whole what --resume takes to go on: the run's folder, or the cross-validation's */
async function trainFold(
  prepared: Prepared,
  fold: number,
  {
    seed,
    profile = false,
    tensorboard = false,
    overridden,
  }: TrainOptions & { overridden: Config["overridden"] },
  run: RunFolder,
  whole: string,
  session: Session,
): Promise<RunResult> {
  const { dataset, recipe, adapter, maxBytes } = prepared;
  const folds = splitFolds(fold, recipe.validates);
  const set = await trainingSet(prepared, folds, session);
  const data = await trainingData(dataset, set, recipe, maxBytes, session);
  const model = buildModel(recipe, dataset.classes.length, seed);
  const config = makeConfig({
    data: dataset.source,
    fold,
    folds,
    seed,
    classes: dataset.classes,
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
    const how = { resumed: false, whole, profile, tensorboard };
    return train(prepared, config, model, data, run, session, how);
  });
}

/** Trains from the start, or from a run's checkpoint, by its config. */
async function train(
  prepared: Prepared,
  config: Config,
  model: nn.Module,
  training: TrainingData,
  run: RunFolder,
  session: Session,
  how: { resumed: boolean; whole: string; profile: boolean; tensorboard: boolean },
): Promise<RunResult> {
  const { dataset, recipe, maxBytes } = prepared;
  const { resumed, whole, profile, tensorboard } = how;
  const { fold, folds, seed, standardization, parameters } = config;
  const { progress, stop, print } = session;
  const optimizer = buildOptimizer(model, recipe);
  const metrics = resumed ? loadCheckpoint(run, model, optimizer, (line) => progress.warn(line)) : [];
  if (resumed) {
    run.writeMetrics(metrics);
    run.removeResult();
  }
  progress.note(
    `${recipe.name}, fold ${fold}: ${training.size} segments to learn from, ${parameters.toLocaleString("en")} numbers to learn, into ${run.path}`,
  );
  const microBatchSize = segmentsThatFit(recipe, maxBytes);
  if (Math.min(recipe.batchSize, training.size) > microBatchSize) {
    const norm = recipe.network.form === "batch-norm" || recipe.network.conv2Norm;
    progress.note(
      `batches go through the network in parts of at most ${microBatchSize}${norm ? ", each with batch norm of its own" : ""}`,
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
      resume: whole,
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
  print(
    `fold ${fold}: accuracy ${result.accuracy.toFixed(4)} by probability voting, ${result.accuracyMajority.toFixed(4)} by majority, ` +
      `${result.clips} clips, ${counted(result.epochs, "epoch")}, ${duration(result.seconds)} (${run.path})`,
  );
  return result;
}

/** `--resume`, of one run or of a cross-validation: everything but the number of epochs comes from config.json. */
async function resume(path: string, options: TrainOptions, session: Session): Promise<void> {
  const begun = firstFoldBegun(path);
  if (begun === null && options.folds !== undefined && existsSync(path))
    throw new UserError(
      `${path} is not a cross-validation's folder: --resume wants no --folds for a single run`,
    );
  const first = RunFolder.existing(begun === null ? path : foldPath(path, begun));
  const config = readConfig(first);
  const recipe = { ...config.recipe, epochs: options.epochs ?? config.recipe.epochs };
  const dataset = openDataset(options.data ?? config.data);
  if (dataset.classes.join("\n") !== config.classes.join("\n")) {
    throw new UserError(`${dataset.source} has other classes than ${path} was trained on`);
  }
  checkSplit(dataset, config.folds);
  const prepared = await prepare(dataset, recipe, options.cache, session);
  const told = { ...options, tensorboard: options.tensorboard ?? hasEvents(first) };
  if (begun === null) await resumeRun(prepared, first, path, told, session);
  else await resumeFolds(prepared, path, config, told, session);
}

/** Skips the folds that are done, goes on with those that are not, and begins those that were not begun. */
async function resumeFolds(
  prepared: Prepared,
  path: string,
  { seed, overridden }: Config,
  options: TrainOptions,
  session: Session,
): Promise<void> {
  const results: RunResult[] = [];
  for (const fold of ALL_FOLDS) {
    const run = new RunFolder(foldPath(path, fold));
    const done = finishedResult(run, prepared.recipe.epochs);
    if (done !== null) results.push(done);
    else if (run.hasConfig()) results.push(await resumeRun(prepared, run, path, options, session));
    else {
      const begin = { ...options, seed, overridden: { ...overridden, ...longer(options) } };
      results.push(await trainFold(prepared, fold, begin, run, path, session));
    }
  }
  reportFolds(new RunFolder(path), results, session);
}

/** Goes on from a run's checkpoint, or from the start where none was written yet. */
function resumeRun(
  prepared: Prepared,
  run: RunFolder,
  whole: string,
  options: TrainOptions,
  session: Session,
): Promise<RunResult> {
  return run.whileLocked(async () => {
    const { dataset, recipe, maxBytes } = prepared;
    const config = readConfig(run);
    const done = run.checkpoints()[0] ?? 0;
    if (recipe.epochs < done)
      throw new UserError(`${run.path} has ${done} epochs already: --epochs wants ${done} or more`);
    if (recipe.optimizer.schedule !== "constant" && recipe.epochs !== config.recipe.epochs && done > 0) {
      const [before, next] = [learningRate(config.recipe, done), learningRate(recipe, done + 1)];
      session.progress.warn(
        `the ${recipe.optimizer.schedule} schedule is that of ${recipe.epochs} epochs now: epoch ${done + 1} has a learning rate of ${next.toPrecision(3)}, epoch ${done} had ${before.toPrecision(3)}`,
      );
    }
    const set = await trainingSet(prepared, config.folds, session);
    const { standardization } = config;
    if (
      set.standardization.mean !== standardization.mean ||
      set.standardization.deviation !== standardization.deviation
    ) {
      session.progress.warn(
        `the sounds in ${dataset.source}, or the adapter, are not those that ${run.path} began with`,
      );
    }
    const data = await trainingData(dataset, { ...set, standardization }, recipe, maxBytes, session);
    const model = buildModel(recipe, dataset.classes.length, config.seed);
    const changed = { ...config, recipe, overridden: { ...config.overridden, ...longer(options) } };
    if (recipe.epochs !== config.recipe.epochs) run.writeConfig(changed);
    return train(prepared, changed, model, data, run, session, {
      resumed: true,
      whole,
      profile: options.profile ?? false,
      tensorboard: options.tensorboard ?? false,
    });
  });
}

/** The one setting that can be given with --resume. */
function longer({ epochs }: TrainOptions): Config["overridden"] {
  return epochs === undefined ? {} : { epochs };
}

/** The table of a cross-validation, on stdout and as result.json. */
function reportFolds(run: RunFolder, results: RunResult[], { print }: Session): void {
  const summary = summarize(results);
  for (const line of foldsTable(summary)) print(line);
  run.writeSummary(summary);
}
