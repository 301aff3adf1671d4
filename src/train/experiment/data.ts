// The data of an experiment: what each run's dataset is, and what a run that is there already must have been made with.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { clipHashes } from "../dataset/content.ts";
import { checkSplit, checkValidates, contentFrom, type Dataset, splitFolds } from "../dataset/dataset.ts";
import { leaveOut } from "../dataset/left-out.ts";
import type { Content, Opening } from "../dataset/opening.ts";
import type { Talk } from "../terminal/talk.ts";
import { type Experiment, forRun, type RunSpec } from "./file.ts";

export interface Data {
  /** The dataset's name. */
  readonly source: string;
  /** How it is read. */
  readonly opening?: Opening;
  /** What there is in it for each run; where it is not known, nothing is held against a run. */
  readonly content: ReadonlyMap<RunSpec, Content>;
}

/** Each run's dataset, when it has its classes, and clips in the folds that are asked for. Throws UserError. */
export function datasetsOf({ runs, file }: Experiment, dataset: Dataset): Map<RunSpec, Dataset> {
  const entries = runs.map((spec): [RunSpec, Dataset] => {
    const { name, without, folds, recipe, set } = spec;
    const own = without === undefined ? dataset : forRun(file, name, () => leaveOut(dataset, without));
    for (const fold of folds) {
      const split = splitFolds(own, fold, recipe.validates);
      checkSplit(own, split);
      if (set.includes("validates=true")) forRun(file, name, () => checkValidates(own, split));
    }
    return [spec, own];
  });
  return new Map(entries);
}

/** What each run's dataset holds. The sounds are read once, but those whose hashes lie in the folder `kept` already. */
export async function contentsOf(
  datasets: ReadonlyMap<RunSpec, Dataset>,
  dataset: Dataset,
  kept: string | null,
  talk: Talk,
): Promise<Map<RunSpec, Content>> {
  const hashes = await clipHashes(dataset, kept, talk);
  const contents = new Map<RunSpec, Content>();
  for (const [spec, own] of datasets) contents.set(spec, await contentFrom(own, hashes));
  return contents;
}

/** Whether any of these runs has begun. */
export function anyBegun(cells: readonly { readonly path: string }[]): boolean {
  return cells.some(({ path }) => existsSync(join(path, "config.json")));
}
