// Which segments train, validate and test. The test fold's sounds reach neither training nor standardisation.
import { HostRandom } from "../../gpu/host-random.ts";
import type { Dataset, Split } from "../dataset/dataset.ts";
import type { Features } from "../features/features.ts";
import { UserError } from "../terminal/errors.ts";

/** Segments of a fold that are evaluated, and the clips that they vote for. */
export interface EvaluationSet {
  /** Indices into the features. */
  readonly segments: number[];
  /** For each segment, its clip's place in `clips`. */
  readonly clipOf: number[];
  /** Indices into the dataset's clips: every clip of the fold. */
  readonly clips: number[];
  /** The class of each clip. */
  readonly labels: number[];
}

/**
 * The audible segments of the training folds; of some of their clips, if wanted.
 * @param examples clips a class, drawn by the seed among those that can be heard; null: all
 */
export function trainingSegments(
  dataset: Dataset,
  features: Features,
  split: Split,
  examples: number | null = null,
  seed = 0,
): number[] {
  const audible: number[] = [];
  features.clipOf.forEach((clip, segment) => {
    if (features.silent[segment] === 0 && split.train.includes(dataset.clips[clip]!.fold))
      audible.push(segment);
  });
  const clips = new Set(audible.map((segment) => features.clipOf[segment]!));
  const drawn = examples === null ? clips : drawClips(dataset, clips, examples, seed);
  const segments = audible.filter((segment) => drawn.has(features.clipOf[segment]!));
  if (segments.length < 2) {
    throw new UserError(
      `${dataset.source}: the training folds ${split.train.join(", ")} hold nothing but silence`,
    );
  }
  return segments;
}

/** Some of the clips of each class, or all where there are no more. */
function drawClips(
  dataset: Dataset,
  clips: ReadonlySet<number>,
  examples: number,
  seed: number,
): ReadonlySet<number> {
  // In the order of the dataset, whichever of a clip's segments came first.
  const inOrder = [...clips].sort((a, b) => a - b);
  const drawn = dataset.classes.flatMap((_, label) => {
    const ofClass = inOrder.filter((clip) => dataset.clips[clip]!.label === label);
    return new HostRandom(seed, EXAMPLES - label).shuffle(ofClass).slice(0, examples);
  });
  return new Set(drawn);
}

/** Of the seed's streams of random numbers the last ones; the first are the epochs'. */
const EXAMPLES = 2 ** 32 - 1;

/** All clips of a fold, or of the dataset with null, with the segments that vote for them. */
export function evaluationSet(dataset: Dataset, features: Features, fold: number | null): EvaluationSet {
  const clips = dataset.clips.flatMap((clip, index) =>
    (fold === null ? clip.label >= 0 : clip.fold === fold) ? [index] : [],
  );
  return {
    ...audibleSegments(features, clips),
    clips,
    labels: clips.map((clip) => dataset.clips[clip]!.label),
  };
}

/**
 * The audible segments of the given clips, and of a clip that has none its silent ones, each with its clip's
 * place in the list: every clip has a vote.
 */
export function audibleSegments(
  features: Features,
  clips: readonly number[],
): { segments: number[]; clipOf: number[] } {
  const place = new Map(clips.map((clip, i) => [clip, i]));
  const audible = new Set<number>();
  features.clipOf.forEach((clip, segment) => {
    if (features.silent[segment] === 0) audible.add(clip);
  });
  const segments: number[] = [];
  const clipOf: number[] = [];
  features.clipOf.forEach((clip, segment) => {
    const at = place.get(clip);
    if (at === undefined || (features.silent[segment] === 1 && audible.has(clip))) return;
    segments.push(segment);
    clipOf.push(at);
  });
  return { segments, clipOf };
}
