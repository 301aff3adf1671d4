// Whether the training folds hold enough to tell classes apart: looked at before anything is computed.
import { UserError } from "../terminal/errors.ts";
import type { Talk } from "../terminal/talk.ts";
import { counted } from "../terminal/words.ts";
import { type Dataset, foldName, type Split } from "./dataset.ts";

/** Classes that no training clip has: they cannot be learned. Throws UserError where no more than one is left. */
function untrainedClasses({ source, classes, clips }: Dataset, { train }: Split): string[] {
  const trained = new Set(clips.filter(({ fold }) => train.includes(fold)).map(({ label }) => label));
  if (trained.size < 2)
    throw new UserError(
      `${source}: the training folds ${train.join(", ")} have clips of ${classes[[...trained][0]!]} only; telling sounds apart takes two classes`,
    );
  return classes.filter((_, label) => !trained.has(label));
}

/** Says which classes a network will not learn, before it is trained. Throws UserError where there is nothing to learn. */
export function checkClasses(dataset: Dataset, fold: number | null, split: Split, { progress }: Talk): void {
  const missing = untrainedClasses(dataset, split);
  if (missing.length === 0) return;
  const named = missing.slice(0, 10).join(", ") + (missing.length > 10 ? ", …" : "");
  progress.warn(
    `${foldName(fold)}: no training clip is of ${named} (${missing.length} of ${counted(dataset.classes.length, "class")}): they cannot be learned`,
  );
}

/** The same of the segments that are left of the training clips: silent ones are no examples. */
export function checkHeard(
  { source, classes }: Dataset,
  fold: number | null,
  labels: readonly number[],
  { progress }: Talk,
): void {
  const heard = new Set(labels);
  if (heard.size < 2)
    throw new UserError(
      `${source}: all training clips but those of ${classes[labels[0]!]!} are silent; telling sounds apart takes two classes`,
    );
  if (heard.size < classes.length)
    progress.warn(
      `${foldName(fold)}: ${heard.size} of ${counted(classes.length, "class")} have training clips with sound in them`,
    );
}
