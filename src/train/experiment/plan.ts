// What an experiment amounts to: a list of single runs, each with its own folder, and how far each has come.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { changesIn } from "../dataset/content.ts";
import type { Opening } from "../dataset/opening.ts";
import { DamagedFile } from "../files/arrays.ts";
import type { Recipe } from "../recipes/recipe.ts";
import { type Config, readConfig } from "../runs/config.ts";
import { finishedResult } from "../runs/folds.ts";
import type { RunResult } from "../runs/metrics.ts";
import { dataOf, isAt } from "../runs/places.ts";
import { isLeftover, RunFolder } from "../runs/run-folder.ts";
import { UserError } from "../terminal/errors.ts";
import type { Data } from "./data.ts";
import type { Experiment, RunSpec } from "./file.ts";

/** One run of one recipe, fold and seed. */
export interface Cell {
  readonly spec: RunSpec;
  readonly fold: number;
  readonly seed: number;
  /** Its folder. */
  readonly path: string;
}

/** How far a run has come. */
export type State =
  | { kind: "done"; config: Config; result: RunResult }
  | { kind: "begun"; config: Config; epochs: number }
  | { kind: "new" };

/** All runs, in the order in which they are done: the first seed's first, so that there is a whole table early. */
export function cellsOf({ runs }: Experiment, out: string): Cell[] {
  const seeds = [...new Set(runs.flatMap((spec) => spec.seeds))];
  return seeds.flatMap((seed) =>
    runs.flatMap((spec) =>
      (spec.seeds.includes(seed) ? spec.folds : []).map((fold) => {
        return { spec, fold, seed, path: join(out, spec.name, `fold${fold}-seed${seed}`) };
      }),
    ),
  );
}

/** "name, fold 2, seed 1" */
export function nameOf({ spec, fold, seed }: Cell): string {
  return `${spec.name}, fold ${fold}, seed ${seed}`;
}

/**
 * How far a run has come, by what is in its folder.
 * @param data what it must have been made with; any if null
 * @throws UserError where the folder holds a run with other settings, other data or of another version, or something that is
 * no run
 */
export function stateOf(cell: Cell, file: string, data: Data | null): State {
  const { path } = cell;
  const names = existsSync(path) ? readdirSync(path).filter((name) => !isLeftover(name)) : [];
  if (names.length === 0) return { kind: "new" };
  if (!names.includes("config.json")) {
    throw new UserError(`${path} holds ${names[0]}, which no run left there: move it away`);
  }
  const run = new RunFolder(path);
  const result = whole(run, () => finishedResult(run, 1));
  const epochs = result?.epochs ?? epochsSaved(run);
  if (epochs === 0) return { kind: "new" }; // nothing is lost; but what took hours is never begun anew unasked
  const config = whole(run, () => readConfig(run));
  // What its sounds are says more than where they lie or how they are read. A node is not told: whoever submitted has compared.
  const content = data?.content.get(cell.spec);
  const changes =
    content === undefined || config.content === undefined ? null : changesIn(config.content, content);
  const difference = differenceOf(
    cell,
    config,
    changes !== null || config.content === undefined ? data : null,
  );
  if (difference !== null) {
    throw new UserError(
      `${path} was made with ${difference.path} = ${difference.found}, and ${file} asks for ${difference.asked}: ` +
        REMEDY,
    );
  }
  if (changes !== null)
    throw new UserError(`${data!.source} is not what ${path} was trained on: ${changes}: ${REMEDY}`);
  return result !== null ? { kind: "done", config, result } : { kind: "begun", config, epochs };
}

const REMEDY = "remove that folder, or name another with --out";

/** Reads something of a run; where it is damaged, what to do is said, too. */
function whole<T>({ path }: RunFolder, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${error.message}; move ${path} away, and the run is made anew`, { cause: error });
  }
}

/** The epochs after which a run can go on; 0 if it has to begin anew. */
function epochsSaved(run: RunFolder): number {
  const usable = (epochs: number) => {
    try {
      return run.readCheckpoint(epochs) !== null;
    } catch (error) {
      if (error instanceof DamagedFile) return false;
      throw error;
    }
  };
  return run.checkpoints().find(usable) ?? 0;
}

interface Difference {
  path: string;
  asked: string;
  found: string;
}

/** The first setting in which a run is not what the file asks for; how its data are read is one where they are given. */
function differenceOf({ spec, fold, seed }: Cell, config: Config, data: Data | null): Difference | null {
  // A description is no setting: it may be put better without a run's being another one.
  const settings = ({ description: _, ...rest }: Recipe) => rest;
  const read = ({ recordings = "names", ...opening }: Opening = {}) => ({ recordings, ...opening });
  const { without, other } = spec;
  const said = config.opening !== undefined; // an old run does not say
  const moved = data !== null && !isAt(config, data.source);
  const asked = {
    ...(moved && { data: data.source }),
    ...(data !== null && said && { opening: read(data.opening) }),
    fold,
    seed,
    without,
    other,
    recipe: settings(spec.recipe),
  };
  const found = {
    ...(moved && { data: dataOf(config) }),
    ...(data !== null && said && { opening: read(config.opening) }),
    fold: config.fold,
    seed: config.seed,
    without: config.without,
    other: config.other,
  };
  return firstDifference(asked, { ...found, recipe: settings(config.recipe) }, "");
}

/** The first place at which two values, as JSON has them, differ. */
function firstDifference(asked: unknown, found: unknown, path: string): Difference | null {
  if (isObject(asked) && isObject(found)) {
    for (const key of new Set([...Object.keys(asked), ...Object.keys(found)])) {
      const difference = firstDifference(asked[key], found[key], path === "" ? key : `${path}.${key}`);
      if (difference !== null) return difference;
    }
    return null;
  }
  const [one, other] = [JSON.stringify(asked) ?? "nothing", JSON.stringify(found) ?? "nothing"];
  const short = (text: string) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);
  return one === other
    ? null
    : { path: path.replace(/^recipe\./, ""), asked: short(one), found: short(other) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
