// The threshold that keeps a stated share of known sounds, from the scores of known sounds that were not learned from.

/** No cosine is lower: refuses nothing. */
export const KEEPS_ALL = -1;

/**
 * The highest threshold that keeps a share `keep` of sounds like these: of n scores the ⌈keep (n + 1)⌉-th highest, so that
 * the chance of one more to be kept is at least `keep` (split conformal prediction: Vovk et al. 2005; Angelopoulos & Bates
 * 2021, arXiv 2107.07511). KEEPS_ALL where n is too small to say: see `fewestFor`.
 */
export function thresholdKeeping(scores: readonly number[], keep: number): number {
  const place = Math.ceil(keep * (scores.length + 1) - 1e-9);
  if (place > scores.length) return KEEPS_ALL;
  return [...scores].sort((a, b) => b - a)[Math.max(1, place) - 1]!;
}

/** How many scores such a threshold wants at least. */
export function fewestFor(keep: number): number {
  return Math.ceil(keep / (1 - keep) - 1e-9);
}
