// How well a model tells the clips of a fold apart.
import { type nn, noGrad, type Tensor } from "../../index.ts";
import type { Recipe } from "../recipes/recipe.ts";
import type { SegmentStore } from "./batches.ts";
import { segmentsThatFit } from "./model.ts";
import type { EvaluationSet } from "./split.ts";
import { parts } from "./step.ts";
import { accuracyOf, argmax, confusionOf, type Votes, vote } from "./voting.ts";

export interface Evaluation {
  /** The share of segments told right. */
  segmentAccuracy: number;
  /** The share of clips told right by probability voting. */
  accuracy: number;
  /** … by majority voting. */
  accuracyMajority: number;
  clips: number;
  /** Rows are true classes, columns predicted ones, by probability voting. */
  confusion: number[][];
  votes: Votes;
}

/** Segments that go through the network at once; more would only take more memory … */
const SEGMENTS_AT_ONCE = 256;
/** … and so would more of those whose widest layer takes this. */
const WIDEST_BYTES = 16 * 2 ** 20;

/**
 * The probabilities `[segments, classes]` of every segment in the store, in its order. `onProgress` is told how many
 * segments are done.
 */
export async function predict(
  model: nn.Module<[Tensor], Tensor>,
  store: SegmentStore,
  classes: number,
  recipe: Recipe,
  onProgress: (segments: number) => void = () => {},
): Promise<Float32Array> {
  const probabilities = new Float32Array(store.size * classes);
  model.eval();
  // As many as the adapter can bind: a waveform has more numbers than a spectrogram.
  const bytes = Math.min(WIDEST_BYTES, store.maxBytes);
  const fit = segmentsThatFit({ ...recipe, microBatchSize: null }, bytes);
  const all = Array.from({ length: store.size }, (_, i) => i);
  let before = Promise.resolve();
  for (const positions of parts(all, Math.min(SEGMENTS_AT_ONCE, fit))) {
    const from = positions[0]!;
    const output = noGrad(() => model.forward(store.input(positions, recipe, false)).exp());
    const read = output.data().then((rows) => {
      probabilities.set(rows, from * classes);
      onProgress(from + positions.length);
    });
    read.catch(() => {}); // reported by whoever awaits it next
    await before; // one batch is on its way while the next is prepared
    before = read;
  }
  await before;
  return probabilities;
}

/** Evaluates every clip of a set whose segments the store holds. The model is left in evaluation mode. */
export async function evaluate(
  model: nn.Module<[Tensor], Tensor>,
  store: SegmentStore,
  set: EvaluationSet,
  classes: number,
  recipe: Recipe,
  onProgress?: (segments: number) => void,
): Promise<Evaluation> {
  const probabilities = await predict(model, store, classes, recipe, onProgress);
  const votes = vote(probabilities, classes, set.clipOf, set.clips.length);
  const perSegment = set.clipOf.map((_, s) => argmax(probabilities.subarray(s * classes, (s + 1) * classes)));
  return {
    segmentAccuracy: accuracyOf(
      perSegment,
      set.clipOf.map((clip) => set.labels[clip]!),
    ),
    accuracy: accuracyOf(votes.byProbability, set.labels),
    accuracyMajority: accuracyOf(votes.byMajority, set.labels),
    clips: set.clips.length,
    confusion: confusionOf(votes.byProbability, set.labels, classes),
    votes,
  };
}
