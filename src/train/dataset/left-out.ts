// A dataset without some of its classes, whose clips are kept aside: sounds that a network was never told of, to measure
// what it makes of them.
import { tame, UserError } from "../terminal/errors.ts";
import { ALWAYS_TRAINS, type Dataset, MOST_FOLDS } from "./dataset.ts";

/**
 * Where the clips of left-out classes are that belong to a fold: in a fold of their own, so that nothing that trains or tests
 * on the fold meets them.
 */
export function unknownFold(fold: number): number {
  return fold === ALWAYS_TRAINS ? -(MOST_FOLDS + 1) : -fold;
}

/**
 * The classes that `--without` names. What is a class as it stands is that one, commas and all; else commas are between
 * several. Throws UserError.
 */
export function classesNamed({ classes }: Pick<Dataset, "classes">, texts: readonly string[]): string[] {
  const named = texts.flatMap((text) => {
    if (classes.includes(text)) return [text];
    const names = text.split(",").map((name) => name.trim());
    if (!names.includes("")) return names;
    throw new UserError(`--without wants names of classes with commas between them, got '${text}'`);
  });
  return [...new Set(named)];
}

/** The dataset with its other classes. Throws UserError where there is no such class, or too few are left. */
export function leaveOut(dataset: Dataset, names: readonly string[]): Dataset {
  const { source, classes } = dataset;
  const missing = names.find((name) => !classes.includes(name));
  if (missing !== undefined) {
    const have = classes.length > 60 ? `${classes.slice(0, 60).join(", ")}, …` : classes.join(", ");
    throw new UserError(
      `--without: ${source} has no class '${tame(missing, 80)}'; it has ${tame(have, 2000)}`,
    );
  }
  const left = classes.filter((name) => !names.includes(name));
  if (left.length < 2)
    throw new UserError(
      `--without leaves ${left.length} of ${classes.length} classes; telling sounds apart takes two`,
    );
  const clips = dataset.clips.map((clip) => {
    const name = classes[clip.label]!;
    const label = left.indexOf(name);
    if (label >= 0) return { ...clip, label };
    return { ...clip, label: -1 - names.indexOf(name), fold: unknownFold(clip.fold) };
  });
  return { ...dataset, classes: left, clips, leftOut: names };
}

/** The name of a clip's class, left out or not. */
export function className({ classes, leftOut = [] }: Dataset, label: number): string {
  return label >= 0 ? classes[label]! : leftOut[-1 - label]!;
}
