// All that one fold's training learns from. Of the dataset it sees the training folds' clips alone.

import { clipSound, type Dataset, type Split } from "../dataset/dataset.ts";
import { alterationsFor, copiesKey } from "../features/augment.ts";
import { copiesFeatures } from "../features/compute.ts";
import type { FeatureExtractor } from "../features/extractor.ts";
import type { Features, Keep } from "../features/features.ts";
import { preparedSound } from "../features/stretches.ts";
import type { Recipe } from "../recipes/recipe.ts";
import { type Talk, throwIfStopped } from "../terminal/talk.ts";
import { SegmentStore, type Standardization, standardizationOf } from "./batches.ts";
import { WaveCrops } from "./crops.ts";
import { MixedSegments, MixedWaves, PlainSegments } from "./mixing.ts";
import { kindOf } from "./networks/kinds.ts";
import { trainingSegments } from "./split.ts";
import type { TrainingData } from "./step.ts";
import { type Place, WaveStore } from "./stores/wave-store.ts";
import { ClipViews, ViewStore } from "./views.ts";

export interface TrainingSet {
  readonly features: Features;
  /** Which of the features' segments are learned from, and their classes. */
  readonly segments: number[];
  readonly labels: number[];
  readonly standardization: Standardization;
}

/** What a training set is made from. */
export interface Sources {
  readonly dataset: Dataset;
  readonly recipe: Recipe;
  readonly extractor: FeatureExtractor;
  /** Of all clips. */
  readonly features: Features;
  /** Has altered copies' features computed, where they are not kept. */
  readonly keep: Keep;
}

/**
 * The audible segments of the training folds and of their altered copies; mean and deviation of their values.
 * @param seed draws the clips, where the recipe wants some of each class
 */
export async function trainingSet(
  { dataset, recipe, extractor, features, keep }: Sources,
  split: Split,
  seed: number,
  talk: Talk,
): Promise<TrainingSet> {
  const { augmentation, network, examples } = recipe;
  const parts = [features];
  if (augmentation !== null) {
    const alterations = alterationsFor(augmentation, dataset.classes);
    for (const fold of split.train) {
      const clips = dataset.clips.flatMap((clip, i) => (clip.fold === fold ? [i] : []));
      const source = { clips, settings: copiesKey(dataset, clips, alterations) };
      const what = `altering the sounds of fold ${fold}, ×${alterations.copies}`;
      const copies = await keep(source, () =>
        copiesFeatures(dataset, clips, alterations, extractor, { what, ...talk }),
      );
      parts.push({ ...copies, clipOf: copies.clipOf.map((clip) => clips[clip]!) }); // by the dataset's numbers
    }
  }
  const all = parts.length === 1 ? features : concatenated(parts);
  const segments = trainingSegments(dataset, all, split, examples, seed);
  const labels = segments.map((segment) => dataset.clips[all.clipOf[segment]!]!.label);
  const standardization = kindOf(network).standardized
    ? standardizationOf(all, segments)
    : { mean: 0, deviation: 1 };
  return { features: all, segments, labels, standardization };
}

function concatenated(parts: readonly Features[]): Features {
  const { shape } = parts[0]!;
  const values = new Float32Array(parts.reduce((sum, part) => sum + part.values.length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.values.length;
  }
  const clipOf = Uint32Array.from(parts.flatMap((part) => [...part.clipOf]));
  const silent = Uint32Array.from(parts.flatMap((part) => [...part.silent]));
  return { shape, values, clipOf, silent };
}

/** The training set on the GPU, in the form that the recipe's batches are made from. */
export async function trainingData(
  { dataset, recipe, extractor, maxBytes }: Sources & { maxBytes: number },
  { features, segments, labels, standardization }: TrainingSet,
  talk: Talk,
): Promise<TrainingData> {
  const classes = dataset.classes.length;
  const { crops, views, frontEnd } = recipe;
  if (crops !== null) {
    const clips = clipsOf(features, segments);
    const waves = await wavesOf(dataset, clips, recipe, talk);
    const clipLabels = clips.map((clip) => dataset.clips[clip]!.label);
    return new WaveCrops(waves, clipLabels, { ...recipe, crops }, classes);
  }
  if (views !== null && frontEnd.kind === "log-mel") {
    const store = new ViewStore(features, segments, views.frames, standardization, maxBytes);
    return new ClipViews(store, labels, { ...recipe, frontEnd, views }, classes);
  }
  if (recipe.mixing === "between-class") {
    const { waves, places } = await trainingWaves(dataset, features, segments, recipe, talk);
    const store = new WaveStore(waves, places, recipe.frontEnd, maxBytes);
    return new MixedWaves(store, labels, standardization, extractor, recipe, classes);
  }
  const store = new SegmentStore(features, segments, labels, standardization, maxBytes);
  return recipe.mixing === null
    ? new PlainSegments(store, recipe)
    : new MixedSegments(store, recipe, classes);
}

/** The clips that segments are of, each once. */
function clipsOf({ clipOf }: Features, segments: readonly number[]): number[] {
  return [...new Set(segments.map((segment) => clipOf[segment]!))];
}

/** Whole clips, as segments are cut from them. */
async function wavesOf(
  dataset: Dataset,
  clips: readonly number[],
  { frontEnd }: Recipe,
  { progress, stop }: Talk,
): Promise<Float32Array[]> {
  const waves: Float32Array[] = [];
  progress.begin("loading waveforms", clips.length);
  for (const clip of clips) {
    throwIfStopped(stop, "stopped while waveforms were loaded");
    waves.push(await preparedSound(clipSound(dataset, clip), frontEnd));
    progress.update(waves.length);
  }
  progress.clear();
  return waves;
}

/** The waveforms of the clips that the segments are of, and where in them the segments lie. */
async function trainingWaves(
  dataset: Dataset,
  features: Features,
  segments: readonly number[],
  recipe: Recipe,
  talk: Talk,
): Promise<{ waves: Float32Array[]; places: Place[] }> {
  const { clipOf } = features;
  const clips = clipsOf(features, segments);
  const waves = await wavesOf(dataset, clips, recipe, talk);
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
