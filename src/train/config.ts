// config.json: every setting in force, so that a run can be repeated, gone on with, evaluated and understood.
import { version } from "../../package.json" with { type: "json" };
import type { Standardization } from "./batches.ts";
import type { Split } from "./dataset.ts";
import { UserError } from "./errors.ts";
import type { Recipe } from "./recipe.ts";
import { blog } from "./recipes/blog.ts";
import type { RunFolder } from "./run-folder.ts";

/** The adapter that computed a run. */
export interface Adapter {
  vendor: string;
  architecture: string;
  description: string;
  software: boolean;
}

export interface Config {
  /** Of otograd. */
  version: string;
  /** When the run began, ISO 8601. */
  started: string;
  /** The dataset's folder, or "synthetic". */
  data: string;
  fold: number;
  folds: Split;
  seed: number;
  classes: readonly string[];
  standardization: Standardization;
  /** Segments that are learned from. */
  trainingSegments: number;
  /** Numbers that are learned. */
  parameters: number;
  adapter: Adapter;
  recipe: Recipe;
}

export function makeConfig(settings: Omit<Config, "version" | "started">): Config {
  return { version, started: new Date().toISOString(), ...settings };
}

/** A run's config.json, checked. Throws UserError naming the first thing that is not as it should be. */
export function readConfig(run: RunFolder): Config {
  const config = run.readConfig();
  const wrong = unlike(EXAMPLE, config, "");
  if (wrong !== null)
    throw new UserError(`${run.path}/config.json is damaged, or of another version: ${wrong}`);
  return config as Config;
}

const EXAMPLE: Config = {
  version,
  started: "",
  data: "synthetic",
  fold: 1,
  folds: { train: [1], validation: null, test: 1 },
  seed: 1,
  classes: [""],
  standardization: { mean: 0, deviation: 1 },
  trainingSegments: 1,
  parameters: 1,
  adapter: { vendor: "", architecture: "", description: "", software: true },
  recipe: blog,
};

/** Where null stands for "none". */
const NULLABLE = ["folds.validation", "recipe.masks", "recipe.frontEnd.norm"];

/** How a value differs in kind from an example of what it should be; null if it does not. */
function unlike(example: unknown, value: unknown, path: string): string | null {
  if (NULLABLE.includes(path) && (value === null || example === null)) return null;
  if (Array.isArray(example)) {
    if (!Array.isArray(value) || value.length === 0) return `${path} is not a list`;
    return firstOf(value.map((item, i) => unlike(example[0], item, `${path}[${i}]`)));
  }
  if (typeof example === "object" && example !== null) {
    if (typeof value !== "object" || value === null) return `${path || "it"} is not an object`;
    const entries = Object.entries(example);
    const at = (key: string) => (path === "" ? key : `${path}.${key}`);
    return firstOf(
      entries.map(([key, each]) => unlike(each, (value as Record<string, unknown>)[key], at(key))),
    );
  }
  return typeof value === typeof example ? null : `${path} is not a ${typeof example}`;
}

function firstOf(found: (string | null)[]): string | null {
  return found.find((each) => each !== null) ?? null;
}
