// `bun run train`: settings in, a run folder out.
import { existsSync } from "node:fs";
import { checkClasses } from "../dataset/classes.ts";
import {
  checkSplit,
  checkValidates,
  DEFAULT_DATA,
  foldsOf,
  HOW_TO_GET_ONE,
  splitFolds,
  unvalidated,
} from "../dataset/dataset.ts";
import { classesNamed } from "../dataset/left-out.ts";
import { offerDataset } from "../dataset/offer.ts";
import { choose, openDataset } from "../dataset/open.ts";
import { refuseUnused } from "../dataset/opening.ts";
import { reportFolds, trainFold } from "../learning/fold.ts";
import { heldOutFolds } from "../learning/openset/learn.ts";
import { openForProfile, prepare } from "../learning/prepare.ts";
import { endlessWarmup } from "../learning/schedule.ts";
import { findRecipe } from "../recipes/index.ts";
import { override, recorded } from "../recipes/settings.ts";
import type { Config } from "../runs/config.ts";
import { foldPath } from "../runs/folds.ts";
import type { RunResult } from "../runs/metrics.ts";
import { defaultRunPath, RunFolder } from "../runs/run-folder.ts";
import { UserError } from "../terminal/errors.ts";
import type { Session } from "../terminal/session.ts";
import { foldsAsked, openingOf, settingsOf, type TrainOptions } from "./options.ts";
import { resume } from "./resume.ts";

export async function trainCommand(options: TrainOptions, session: Session): Promise<void> {
  if (options.resume !== undefined) return resume(options.resume, options, session);
  if (options.fold !== undefined && options.folds !== undefined) {
    throw new UserError("--fold trains for one fold and --folds all for each: give one of them");
  }
  const other = otherOf(options);
  const settings = settingsOf(options);
  const recipe = override(findRecipe(options.recipe), settings);
  const opening = openingOf(options);
  const whole = openDataset(options.data ?? (await usualData(session)), opening);
  refuseUnused(whole, opening);
  const without = options.without && classesNamed(whole, options.without);
  const dataset = choose(whole, { without, other: other?.kind === "class" ? other.folder : undefined });
  const folds = foldsAsked(dataset, options);
  const byHand = settings.some(({ path }) => path[0] === "validates");
  const unusual = new Set<string>();
  const warmup = endlessWarmup(recipe);
  if (warmup !== null) unusual.add(warmup);
  for (const fold of folds) {
    const split = splitFolds(dataset, fold, recipe.validates);
    checkSplit(dataset, split);
    if (recipe.validates && byHand) checkValidates(dataset, split);
    const why = recipe.validates ? unvalidated(dataset, split) : null;
    if (why !== null) unusual.add(`${recipe.name} holds a fold out of training for validation, but ${why}`);
    checkClasses(dataset, fold, split, session);
    if (other?.kind === "threshold") heldOutFolds(split); // refuses those that will not do
  }
  for (const line of unusual) session.progress.warn(line);
  const empty = options.folds === undefined ? [] : foldsOf(dataset).filter((fold) => !folds.includes(fold));
  if (empty.length > 0)
    session.progress.note(
      `${dataset.source} has no clips in fold ${empty.join(", ")}: the others are tested`,
    );
  const path = options.run ?? defaultRunPath(options.recipe, options.folds ?? options.fold!);
  const folder = RunFolder.fresh(path);
  if (options.profile) await openForProfile();
  const prepared = await prepare(dataset, recipe, options.cache, session);
  const results: RunResult[] = [];
  const told = { ...options, without, other, overridden: recorded(settings) };
  for (const fold of folds) {
    const run = folds.length === 1 ? folder : RunFolder.fresh(foldPath(path, fold!));
    results.push(await trainFold(prepared, fold, told, run, path, session));
  }
  if (options.folds === "all") reportFolds(folder, results, session);
}

/** How the run is to say "none of these". */
function otherOf({ other, keep }: TrainOptions): Config["other"] {
  if (keep !== undefined && other !== "threshold")
    throw new UserError(
      "--keep is for --other threshold, which finds a threshold that keeps so many known sounds",
    );
  if (other === undefined) return undefined;
  return other === "threshold" ? { kind: other, keep: keep ?? 0.9 } : { kind: "class", folder: other };
}

/** The dataset that is used when none is named. */
async function usualData(session: Session): Promise<string> {
  if (existsSync(DEFAULT_DATA) || (await offerDataset(session))) return DEFAULT_DATA;
  throw new UserError(`no --data given, and there is no ${DEFAULT_DATA}: ${HOW_TO_GET_ONE}`);
}
