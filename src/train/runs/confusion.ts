// What is read off a confusion matrix: each class's recall, and the accuracy in which all classes count alike.

/** Rows are true classes, columns predicted ones. */
export type Confusion = readonly (readonly number[])[];

/** The sum of one or more confusion matrices: of a cross-validation's folds, every clip once. */
export function sumOfConfusions(confusions: readonly Confusion[]): number[][] {
  const sum = (i: number, k: number) => confusions.reduce((total, each) => total + each[i]![k]!, 0);
  return confusions[0]!.map((row, i) => row.map((_, k) => sum(i, k)));
}

/** How many clips each class has. */
function clipsOf(confusion: Confusion): number[] {
  return confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
}

/** The share of each class's clips that were told right; NaN for a class without clips. */
export function recallOf(confusion: Confusion): number[] {
  const clips = clipsOf(confusion);
  return confusion.map((row, k) => row[k]! / clips[k]!);
}

/** The mean recall of the classes that have clips: a class of few clips counts as much as one of many. */
export function balancedAccuracyOf(confusion: Confusion): number {
  const known = recallOf(confusion).filter(Number.isFinite);
  return known.reduce((sum, recall) => sum + recall, 0) / known.length;
}

/** Whether the classes that have clips have equally many, so that balanced accuracy is accuracy. */
export function isBalanced(confusion: Confusion): boolean {
  return new Set(clipsOf(confusion).filter((clips) => clips > 0)).size <= 1;
}

/** What result.json says of a confusion matrix besides. */
export function classScores(confusion: Confusion): { balancedAccuracy: number; recall: (number | null)[] } {
  const recall = recallOf(confusion).map((share) => (Number.isFinite(share) ? share : null));
  return { balancedAccuracy: balancedAccuracyOf(confusion), recall };
}
