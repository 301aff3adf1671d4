// What a trained network makes of sounds: their segments go through it in batches, across sounds.
import type { nn, Tensor } from "../../index.ts";
import type { FeatureExtractor } from "../features/extractor.ts";
import { type ClipFeatures, FeatureBatches, joinClips } from "../features/features.ts";
import type { Stretch } from "../features/stretches.ts";
import { SegmentStore, type Standardization } from "../learning/batches.ts";
import { predict } from "../learning/evaluate.ts";
import { recipeExtractor } from "../learning/model.ts";
import { withSimilarities } from "../learning/openset/embeddings.ts";
import type { Refusal, Said } from "../learning/openset/refusal.ts";
import { argmax, vote } from "../learning/voting.ts";
import type { Recipe } from "../recipes/recipe.ts";
import { UserError } from "../terminal/errors.ts";

/** What must be known of a network besides its weights: a run's config has it. */
export interface Trained {
  readonly recipe: Recipe;
  readonly classes: readonly string[];
  readonly standardization: Standardization;
  /** How it says "none of these"; without one it does not. */
  readonly refusal?: Refusal | null;
}

/** What was heard in one sound. */
export interface Hearing {
  /** The probabilities `[classes]` of each segment, in the order of time. */
  readonly segments: Float32Array[];
  /** For a threshold of "none of these", their similarities to each class's mean `[classes]`. */
  similarities?: Float32Array[];
  /** What all of it is, where that is not the mean of the audible segments. */
  readonly whole?: Float64Array;
  /** Which of them are silent. */
  readonly silent: boolean[];
  /** Stretches that were given to the predictor and are not in here yet. */
  pending: number;
  /** Why there is no result. */
  failed?: UserError;
}

/** Segments that go through the network at once. */
const SEGMENTS_AT_ONCE = 256;

interface Waiting {
  hearing: Hearing;
  /** Where in the hearing its first segment belongs. */
  segment: number;
  features: ClipFeatures;
}

export class Predictor {
  private readonly extractor: FeatureExtractor;
  private readonly batches: FeatureBatches<Omit<Waiting, "features">>;
  private waiting: Waiting[] = [];
  private segmentsWaiting = 0;

  /** @param maxBytes the largest array that the device can bind */
  constructor(
    private readonly model: nn.Module<[Tensor], Tensor>,
    private readonly trained: Trained,
    private readonly maxBytes: number,
  ) {
    this.extractor = recipeExtractor(trained.recipe, () => model);
    this.batches = new FeatureBatches(
      this.extractor,
      (of, features) => this.take({ ...of, features }),
      ({ hearing }, error) => {
        hearing.failed ??= error;
        hearing.pending--;
      },
    );
  }

  /** Takes a stretch of a sound; its segments are in the hearing sooner or later, after finish() at the latest. */
  async add(hearing: Hearing, stretch: Stretch): Promise<void> {
    hearing.pending++;
    await this.batches.add({ hearing, segment: stretch.segment }, stretch);
  }

  /** Computes what still waits for others. */
  async finish(): Promise<void> {
    await this.batches.finish();
    await this.evaluate();
  }

  private async take(waiting: Waiting): Promise<void> {
    this.waiting.push(waiting);
    this.segmentsWaiting += waiting.features.silent.length;
    if (this.segmentsWaiting >= SEGMENTS_AT_ONCE) await this.evaluate();
  }

  private async evaluate(): Promise<void> {
    const { recipe, standardization, classes, refusal } = this.trained;
    const batch = this.waiting;
    this.waiting = [];
    this.segmentsWaiting = 0;
    const features = joinClips(
      batch.map((each) => each.features),
      this.extractor,
    );
    const all = Array.from(features.silent.keys());
    const labels = all.map(() => 0); // unknown, and not looked at
    const store = new SegmentStore(features, all, labels, standardization, this.maxBytes);
    const tell = () => predict(this.model, store, classes.length, recipe);
    const { result: rows, similarities } =
      refusal?.kind === "threshold"
        ? await withSimilarities(this.model, refusal.directions, tell)
        : { result: await tell(), similarities: null };
    let row = 0;
    for (const { hearing, segment, features } of batch) {
      features.silent.forEach((silent, i) => {
        const [from, to] = [row * classes.length, (row + 1) * classes.length];
        hearing.segments[segment + i] = rows.slice(from, to);
        if (Number.isNaN(rows[from]))
          hearing.failed ??= new UserError(
            "the network answers with NaN: its weights are damaged, or the sound is",
          );
        if (similarities !== null) {
          hearing.similarities ??= [];
          hearing.similarities[segment + i] = similarities.slice(from, to);
        }
        hearing.silent[segment + i] = silent;
        row++;
      });
      hearing.pending--;
    }
  }
}

export interface Verdict extends Said {
  readonly silent: boolean;
  readonly probabilities: Float64Array;
}

/** What a whole sound is, by the votes of its audible segments, or of all of them where none is. */
export function verdict({ segments, whole, similarities, silent }: Hearing): Verdict {
  const allSilent = silent.every(Boolean);
  const mean = (all: readonly Float32Array[]) => {
    const voters = all.filter((_, i) => allSilent || !silent[i]);
    const classes = all[0]!.length;
    const rows = new Float32Array(voters.length * classes);
    for (const [i, row] of voters.entries()) rows.set(row, i * classes);
    return vote(rows, classes, new Uint32Array(voters.length), 1).probabilities;
  };
  return {
    silent: allSilent,
    probabilities: whole ?? mean(segments),
    ...(similarities !== undefined && { similarities: mean(similarities) }),
  };
}

/** What a network says of one segment. */
export function saidOf({ segments, similarities }: Hearing, segment: number): Said {
  return { probabilities: segments[segment]!, similarities: similarities?.[segment] };
}

/** The class that a segment most likely is; null where it is silent. */
export function bestOf({ segments, silent }: Hearing, segment: number): number | null {
  return silent[segment] ? null : argmax(segments[segment]!);
}
