// A fold's training, wherever it runs: what it begins with, and the trainer that begins it or goes on with it.
import { type nn, optim, type Tensor } from "../../index.ts";
import { checkHeard } from "../dataset/classes.ts";
import { foldName, type Split } from "../dataset/dataset.ts";
import type { Content } from "../dataset/opening.ts";
import { type Adapter, type Config, makeConfig } from "../runs/config.ts";
import type { EpochMetrics, Observer } from "../runs/metrics.ts";
import type { Run } from "../runs/run.ts";
import type { Talk } from "../terminal/talk.ts";
import { SegmentStore, type Standardization } from "./batches.ts";
import { loadCheckpoint } from "./checkpoint.ts";
import { buildModel, buildOptimizer, hasBatchNorm, parameterCount, segmentsThatFit } from "./model.ts";
import type { StepProfile } from "./profile.ts";
import { evaluationSet } from "./split.ts";
import type { TrainingData } from "./step.ts";
import { type Testing, Trainer } from "./trainer.ts";
import { type Sources, trainingData, trainingSet } from "./training-set.ts";

/** What all folds of a dataset share. */
export interface Ground extends Sources {
  readonly adapter: Adapter;
  /** The weights that networks begin with, where it is not their own. */
  readonly base: nn.StateDict | null;
  /** What the dataset holds, if that was looked at. */
  readonly content?: Content;
  /** The most that one array on the GPU may take. */
  readonly maxBytes: number;
}

/** What a training is told besides its recipe. */
export type Told = Pick<Config, "seed" | "overridden" | "without" | "other" | "startedIn">;

/** What a fold's training begins with. */
export interface Beginning {
  readonly config: Config;
  readonly model: nn.Module<[Tensor], Tensor>;
  readonly training: TrainingData;
}

/** Makes ready for training on some folds, nothing of which was trained yet. Throws UserError. */
export async function beginTraining(
  ground: Ground,
  folds: Split,
  told: Told,
  talk: Talk,
): Promise<Beginning> {
  const { dataset, recipe, base, adapter, content } = ground;
  const { seed } = told;
  const fold = folds.test;
  const set = await trainingSet(ground, folds, seed, talk);
  checkHeard(dataset, fold, set.labels, talk);
  const training = await trainingData(ground, set, talk);
  const model = buildModel(recipe, dataset.classes.length, seed, base);
  const { source: data, opening, classes } = dataset;
  const config = makeConfig({
    data,
    startedIn: told.startedIn,
    content,
    opening,
    fold,
    folds,
    seed,
    classes,
    without: told.without,
    other: told.other,
    standardization: set.standardization,
    trainingSegments: set.segments.length,
    parameters: parameterCount(model),
    adapter,
    recipe,
    overridden: told.overridden,
  });
  return { config, model, training };
}

export interface How {
  /** Whether it goes on from the run's checkpoint. */
  resumed: boolean;
  /** What --resume takes to go on: the run's folder, or the cross-validation's. */
  resumePath: string;
  profile?: StepProfile | null;
  /** Is told of a training that goes on from so many epochs. */
  observer?: (epochsDone: number) => Observer;
}

/** The trainer of a fold, from the start or from the run's checkpoint. */
export function openTrainer(
  ground: Ground,
  { config, model, training }: Beginning,
  run: Run,
  { progress, stop }: Talk,
  { resumed, resumePath, profile = null, observer }: How,
): Trainer {
  const { dataset, recipe, maxBytes } = ground;
  const { fold, folds, seed, standardization, parameters } = config;
  const optimizer = buildOptimizer(model, recipe);
  const averaged = recipe.averages === null ? null : new optim.AveragedModel(model);
  const metrics: EpochMetrics[] = resumed
    ? loadCheckpoint(run, model, optimizer, (line) => progress.warn(line), averaged)
    : [];
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
  return new Trainer(
    {
      recipe,
      fold,
      seed,
      classes: dataset.classes.length,
      model,
      optimizer,
      averaged,
      training,
      microBatchSize,
      validation: folds.validation === null ? null : testing(ground, folds.validation, standardization),
      test: testing(ground, fold, standardization),
      run,
      resume: resumePath,
      progress,
      stop,
      profile,
      observer: observer?.(metrics.length) ?? null,
    },
    metrics,
  );
}

/** A fold's clips, or with null all that there are, with their segments on the GPU. */
export function testing(
  { dataset, features, maxBytes }: Pick<Ground, "dataset" | "features" | "maxBytes">,
  fold: number | null,
  standard: Standardization,
): Testing {
  const set = evaluationSet(dataset, features, fold);
  const labels = set.clipOf.map((clip) => set.labels[clip]!);
  return { set, store: new SegmentStore(features, set.segments, labels, standard, maxBytes) };
}
