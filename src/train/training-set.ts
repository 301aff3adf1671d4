// All that one fold's training learns from. Of the dataset it sees the training folds' clips alone.
import { SegmentStore, type Standardization, standardizationOf } from "./batches.ts";
import type { Dataset, Split } from "./dataset.ts";
import { type Features, preparedWave } from "./features.ts";
import type { Progress } from "./progress.ts";
import type { Recipe } from "./recipe.ts";
import { type Stop, throwIfStopped } from "./signals.ts";
import { trainingSegments } from "./split.ts";
import { MixedSegments, MixedWaves, PlainSegments, type TrainingData } from "./training-data.ts";
import { type Place, WaveStore } from "./wave-store.ts";

export interface TrainingSet {
  readonly features: Features;
  /** Which of the features' segments are learned from, and their classes. */
  readonly segments: number[];
  readonly labels: number[];
  readonly standardization: Standardization;
}

/** The audible segments of the training folds, and the mean and deviation of their values. */
export function trainingSet(dataset: Dataset, features: Features, split: Split): TrainingSet {
  const segments = trainingSegments(dataset, features, split);
  const labels = segments.map((segment) => dataset.clips[features.clipOf[segment]!]!.label);
  return { features, segments, labels, standardization: standardizationOf(features, segments) };
}

/** The training set on the GPU, in the form that the recipe's batches are made from. */
export async function trainingData(
  dataset: Dataset,
  { features, segments, labels, standardization }: TrainingSet,
  recipe: Recipe,
  maxBytes: number,
  { progress, stop }: { progress: Progress; stop: Stop },
): Promise<TrainingData> {
  const classes = dataset.classes.length;
  if (recipe.mixing === "between-class") {
    const { waves, places } = await trainingWaves(dataset, features, segments, recipe, progress, stop);
    const store = new WaveStore(waves, places, recipe.frontEnd, maxBytes);
    return new MixedWaves(store, labels, standardization, recipe, classes);
  }
  const store = new SegmentStore(features, segments, labels, standardization, maxBytes);
  return recipe.mixing === null
    ? new PlainSegments(store, recipe)
    : new MixedSegments(store, recipe, classes);
}

/** The waveforms of the clips that the segments are of, and where in them the segments lie. */
async function trainingWaves(
  dataset: Dataset,
  { clipOf }: Features,
  segments: readonly number[],
  { frontEnd }: Recipe,
  progress: Progress,
  stop: Stop,
): Promise<{ waves: Float32Array[]; places: Place[] }> {
  const clips = [...new Set(segments.map((segment) => clipOf[segment]!))];
  const waves: Float32Array[] = [];
  progress.begin("loading waveforms", clips.length);
  for (const clip of clips) {
    throwIfStopped(stop, "stopped before training began");
    waves.push(await preparedWave(await dataset.load(clip), frontEnd));
    progress.update(waves.length);
  }
  progress.clear();
  const placeOf = new Map(clips.map((clip, i) => [clip, i]));
  const first = new Map<number, number>();
  clipOf.forEach((clip, segment) => {
    if (!first.has(clip)) first.set(clip, segment);
  });
  const places = segments.map((segment) => {
    const clip = clipOf[segment]!;
    return { clip: placeOf.get(clip)!, index: segment - first.get(clip)! };
  });
  return { waves, places };
}
