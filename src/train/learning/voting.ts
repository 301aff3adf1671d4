// From segments to clips: a clip is what most of its segments say, or what they say on average.

/** One prediction a clip, by both of the paper's schemes. */
export interface Votes {
  /** The class whose probability, summed over the clip's segments, is largest. */
  readonly byProbability: Uint32Array;
  /** The class that most segments name; where two are named equally often, the more probable one. */
  readonly byMajority: Uint32Array;
  /** `[clips, classes]`: the mean of the segments' probabilities. */
  readonly probabilities: Float64Array;
}

/**
 * Lets segments vote.
 * @param probabilities `[segments, classes]`, row-major
 * @param clipOf the clip that each segment belongs to, 0 … clips − 1; every clip has at least one segment
 */
export function vote(
  probabilities: ArrayLike<number>,
  classes: number,
  clipOf: ArrayLike<number>,
  clips: number,
): Votes {
  const sums = new Float64Array(clips * classes);
  const counts = new Float64Array(clips * classes);
  const segments = new Uint32Array(clips);
  for (let s = 0; s < clipOf.length; s++) {
    const clip = clipOf[s]!;
    const row = Array.from({ length: classes }, (_, k) => probabilities[s * classes + k]!);
    row.forEach((p, k) => {
      sums[clip * classes + k]! += p;
    });
    counts[clip * classes + argmax(row)]! += 1;
    segments[clip]! += 1;
  }
  const empty = segments.indexOf(0);
  if (empty >= 0) throw new Error(`vote: clip ${empty} has no segments`);
  const byProbability = new Uint32Array(clips);
  const byMajority = new Uint32Array(clips);
  for (let clip = 0; clip < clips; clip++) {
    const mean = sums.subarray(clip * classes, (clip + 1) * classes);
    for (let k = 0; k < classes; k++) mean[k]! /= segments[clip]!;
    byProbability[clip] = argmax(mean);
    // Means of probabilities are at most 1, so that half of one can only break ties between whole counts.
    byMajority[clip] = argmax(mean.map((p, k) => counts[clip * classes + k]! + p / 2));
  }
  return { byProbability, byMajority, probabilities: sums };
}

/** The first of the largest values' places. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** The share of predictions that are right. */
export function accuracyOf(predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (predicted[i] === labels[i]) right++;
  return right / labels.length;
}

/** `[classes][classes]` counts: rows are the true classes, columns the predicted ones. */
export function confusionOf(
  predicted: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): number[][] {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) confusion[labels[i]!]![predicted[i]!]! += 1;
  return confusion;
}
