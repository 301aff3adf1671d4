// How well a score tells known sounds from unknown ones: what share of the unknown a threshold refuses, against the share
// of the known that it keeps. A sound is kept where its score is at least the threshold.

/** The scores of clips of classes that a network was trained on, and of others. */
export interface Scores {
  readonly known: readonly number[];
  readonly unknown: readonly number[];
}

/** What one threshold comes to. */
export interface Point {
  readonly threshold: number;
  /** The share of known clips that it keeps … */
  readonly kept: number;
  /** … and of unknown clips that it refuses. */
  readonly refused: number;
}

export function pointAt({ known, unknown }: Scores, threshold: number): Point {
  const atLeast = (scores: readonly number[]) =>
    scores.filter((score) => score >= threshold).length / scores.length;
  return { threshold, kept: atLeast(known), refused: 1 - atLeast(unknown) };
}

/** The ROC curve: every threshold that makes a difference, from the one that keeps all to the one that refuses all. */
export function rocCurve(scores: Scores): Point[] {
  const steps = [...new Set([...scores.known, ...scores.unknown])].sort((a, b) => a - b);
  return [...steps, Number.POSITIVE_INFINITY].map((threshold) => pointAt(scores, threshold));
}

/**
 * The area under that curve (AUROC): how often a known clip has a higher score than an unknown one, a tie being half;
 * ½ is chance. NaN where there are none of either.
 */
export function areaUnder({ known, unknown }: Scores): number {
  let higher = 0;
  for (const k of known) for (const u of unknown) higher += k > u ? 1 : k === u ? 0.5 : 0;
  return higher / (known.length * unknown.length);
}

/** The largest share of unknown clips that any threshold refuses which keeps at least this share of the known. */
export function refusedAt(curve: readonly Point[], keep: number): number {
  return Math.max(...curve.filter(({ kept }) => kept >= keep).map(({ refused }) => refused));
}

/** Kept shares 0, 0.01, … 1 and the mean over several curves of what is refused there: a cross-validation's curve. */
export function meanCurve(curves: readonly (readonly Point[])[]): { kept: number; refused: number }[] {
  return Array.from({ length: 101 }, (_, i) => {
    const kept = i / 100;
    const refused = curves.map((curve) => refusedAt(curve, kept));
    return { kept, refused: refused.reduce((sum, value) => sum + value, 0) / refused.length };
  });
}
