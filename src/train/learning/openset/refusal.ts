// How a run comes to say "none of these": by a threshold on how similar a sound is to the nearest class, or by a class of
// its own that was learned from other sounds.
import type { Directions } from "./embeddings.ts";

export type Refusal =
  | {
      readonly kind: "threshold";
      readonly directions: Directions;
      /** A sound whose score is lower is none of the classes … */
      readonly threshold: number;
      /** … and a single segment: its score varies more than that of all of a sound's together. */
      readonly segmentThreshold: number;
    }
  | {
      readonly kind: "class";
      /** Index of the class that stands for all others. */
      readonly label: number;
    };

/** What a network says of one sound, or of one segment: a number for each class. */
export interface Said {
  readonly probabilities: ArrayLike<number>;
  /** Cosine similarities; looked at for a threshold. */
  readonly similarities?: ArrayLike<number>;
}

/** The similarity to the nearest class. */
export function closest(similarities: ArrayLike<number>): number {
  let best = similarities[0]!;
  for (let k = 1; k < similarities.length; k++) best = Math.max(best, similarities[k]!);
  return best;
}

/** How much a sound is one of the known classes: the higher, the more. */
export function scoreOf(refusal: Refusal, { probabilities, similarities }: Said): number {
  return refusal.kind === "class" ? 1 - probabilities[refusal.label]! : closest(similarities!);
}

/** Whether a sound, or a segment, is none of the known classes. */
export function refuses(refusal: Refusal, said: Said, what: "sound" | "segment" = "sound"): boolean {
  if (refusal.kind === "threshold") {
    const { threshold, segmentThreshold } = refusal;
    return scoreOf(refusal, said) < (what === "sound" ? threshold : segmentThreshold);
  }
  const other = said.probabilities[refusal.label]!;
  return Array.from(said.probabilities).every((p) => p <= other);
}
