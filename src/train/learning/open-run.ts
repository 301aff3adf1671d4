// An earlier run opened again: its settings, and the dataset that it was tested on. Its network: checkpoint.ts.
import { changesIn } from "../dataset/content.ts";
import { checkSplit, type Dataset } from "../dataset/dataset.ts";
import { openDataset } from "../dataset/open.ts";
import { type Content, type Opening, refuseUnused } from "../dataset/opening.ts";
import { statsThere } from "../files/files.ts";
import { type Config, readConfig } from "../runs/config.ts";
import { foldPath, foldsBegun } from "../runs/folds.ts";
import { dataOf, otherOf } from "../runs/places.ts";
import { RunFolder } from "../runs/run-folder.ts";
import { UserError } from "../terminal/errors.ts";
import { someOf } from "../terminal/words.ts";

export interface OpenRun {
  readonly folder: RunFolder;
  readonly config: Config;
}

/** A run's folder with its settings. Throws UserError where there is none, or it is damaged. */
export function openRun(path: string): OpenRun {
  const [fold] = foldsBegun(path);
  if (fold !== undefined)
    throw new UserError(
      `${path} is a cross-validation's folder, with a run for each fold: name one of them, as ${foldPath(path, fold)}`,
    );
  const folder = RunFolder.existing(path);
  return { folder, config: readConfig(folder) };
}

/**
 * The run's dataset, or another one that has its classes and folds; of a run that held no fold out, all clips are tested,
 * whatever their folds. Throws UserError.
 * @param columns of that one's CSV, instead of those of the run's
 */
export function datasetOf(
  { folder, config }: OpenRun,
  given?: string,
  columns?: Opening["columns"],
): Dataset {
  const source = given ?? dataOf(config);
  if (given === undefined && source !== "synthetic" && statsThere(source) === null)
    throw new UserError(
      `${folder.path} was trained on ${source}, which is not there: --data names the place where its sounds are now`,
    );
  const dataset = openDataset(source, {
    ...config.opening,
    columns: columns ?? config.opening?.columns,
    without: config.without,
    other: otherOf(config),
  });
  refuseUnused(dataset, { columns });
  const others = otherClasses(dataset.classes, config.classes);
  if (others !== null)
    throw new UserError(`${dataset.source} has other classes than ${folder.path} was trained on: ${others}`);
  if (config.folds.test !== null) checkSplit(dataset, config.folds);
  return dataset;
}

/** In what classes are not those that were learned, in words; null where they are, in their order. */
function otherClasses(classes: readonly string[], learned: readonly string[]): string | null {
  if (classes.join("\n") === learned.join("\n")) return null;
  const missing = learned.filter((name) => !classes.includes(name));
  const unknown = classes.filter((name) => !learned.includes(name));
  if (missing.length > 0)
    return `it has no ${someOf(missing, ", ")}${unknown.length > 0 ? `, but ${someOf(unknown, ", ")}` : ""}`;
  return unknown.length > 0 ? `it has ${someOf(unknown, ", ")} besides` : "they are in another order";
}

/** In what a dataset is not the one that the run was trained on, in words; null where it is, or an old run does not say. */
export function otherData({ folder, config }: OpenRun, { source }: Dataset, content: Content): string | null {
  const changes = config.content === undefined ? null : changesIn(config.content, content);
  return changes === null ? null : `${source} is not what ${folder.path} was trained on: ${changes}`;
}
