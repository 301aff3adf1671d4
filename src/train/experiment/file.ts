// An experiment's file: which recipes are to be trained, on which folds, with which seeds. TOML, or the same as JSON.
// Everything is checked before anything runs; docs/experiments.md describes the keys.
import { readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { z } from "zod";
import { reason } from "../files/files.ts";
import { findRecipe } from "../recipes/index.ts";
import type { Recipe } from "../recipes/recipe.ts";
import { override, parseSetting } from "../recipes/settings.ts";
import type { Other } from "../runs/config.ts";
import { oneLine, UserError } from "../terminal/errors.ts";

/** One recipe with what is changed in it, trained once for each fold and seed. */
export interface RunSpec {
  /** Its row in the table, and its folder. */
  readonly name: string;
  /** With every change. */
  readonly recipe: Recipe;
  /** The changes, as `train --set` takes them: PATH=VALUE, epochs among them. */
  readonly set: readonly string[];
  readonly folds: readonly number[];
  readonly seeds: readonly number[];
  /** `train --without`: classes that are left out; none where it is not said. */
  readonly without?: readonly string[];
  /** `train --other` and `--keep`: how it is to say "none of these". */
  readonly other?: Other;
}

/** A row of the table that was measured elsewhere. Accuracies are fractions. */
export interface Reference {
  readonly name: string;
  readonly source: string;
  /** Fold 1, fold 2, …, where they are known. */
  readonly folds: readonly number[] | null;
  readonly mean: number;
  /** The mean by majority voting. */
  readonly majority: number | null;
  /** The run below which it stands; at the table's end if null. */
  readonly beside: string | null;
}

export interface Experiment {
  /** Where it was read from. */
  readonly file: string;
  readonly title: string;
  readonly data: string | null;
  /** How many folds that has, numbered from 1. */
  readonly folds: number;
  /** The run that the others are compared with. */
  readonly baseline: string | null;
  readonly runs: readonly RunSpec[];
  readonly references: readonly Reference[];
}

type Table = Record<string, unknown>;

/** A value that passes a test; the error's message is what was wanted. */
function wants<T>(wanted: string, test: (value: unknown) => boolean) {
  return z.custom<T>(test, { error: wanted });
}

const line = wants<string>("a line of text", (value) => typeof value === "string" && /^.*\S.*$/.test(value));
const accuracy = wants<number>("an accuracy from 0 to 1", isAccuracy);
const shared = {
  recipe: line.optional(),
  folds: wants<"all" | number[]>(
    '"all", or a list of different folds',
    (value) => value === "all" || Array.isArray(value), // how many there are is not known yet
  ).optional(),
  seeds: wants<number[]>("a list of different whole numbers from 0 to 4294967295", (value) =>
    areDifferent(value, 0, 2 ** 32 - 1),
  ).optional(),
  epochs: wants<number>(
    "a whole number from 1 up",
    (value) => Number.isSafeInteger(value) && (value as number) > 0,
  ).optional(),
  set: wants<Table>('a table such as { "optimizer.lr" = 0.01 }', isTable).optional(),
  without: wants<string[]>("a list of different names of classes", areNames).optional(),
  other: wants<"threshold">('"threshold"', (value) => value === "threshold").optional(),
  keep: wants<number>(
    "a share between 0 and 1",
    (value) => isAccuracy(value) && value !== 0 && value !== 1,
  ).optional(),
};
/** What an experiment keeps in its own folder beside the runs' (work.ts, slurm/); config.json would make that a run's. */
const OWN = ["table.md", "table.csv", "lock", "slurm", "log.jsonl", "config.json"];
/** No file system takes names of more than 255 letters, and some less. */
const LONGEST_NAME = 100;
const runSchema = z.strictObject({
  name: wants<string>(
    `at most ${LONGEST_NAME} letters, digits and any of _ . + - (it names a folder), but not the experiment's own ${OWN.join(", ")}`,
    (value) =>
      typeof value === "string" &&
      value.length <= LONGEST_NAME &&
      /^\w[\w.+-]*$/.test(value) &&
      !OWN.includes(value.toLowerCase()), // some disks take Lock for lock
  ),
  ...shared,
});
const referenceSchema = z.strictObject({
  name: line,
  source: line,
  folds: wants<number[]>(
    "accuracies from 0 to 1, fold 1 first",
    (value) => Array.isArray(value) && value.length > 0 && value.every(isAccuracy),
  ).optional(),
  mean: accuracy.optional(),
  majority: accuracy.optional(),
  beside: line.optional(),
});
const schema = z.strictObject({
  title: line.optional(),
  data: line.optional(),
  baseline: line.optional(),
  ...shared,
  run: z
    .array(runSchema, { error: "one or more tables, [[run]] above each" })
    .min(1, { error: "one or more tables, [[run]] above each" }),
  reference: z.array(referenceSchema, { error: "tables, [[reference]] above each" }).optional(),
});
type Parsed = z.infer<typeof schema>;

/**
 * Reads and checks an experiment's file; `foldsIn` says which folds there are in the dataset that it names (null: none).
 * Throws UserError naming the file and the key.
 */
export function readExperiment(
  file: string,
  foldsIn: (data: string | null) => readonly number[],
): Experiment {
  const raw = parseFile(file);
  const { data: parsed, error } = schema.safeParse(raw);
  if (error !== undefined) throw new UserError(`${file}: ${describe(error, raw)}`);
  const { title = basename(file, extname(file)), data = null, baseline = null } = parsed;
  const references = (parsed.reference ?? []).map((each) => readReference(each, file));
  checkNames(file, parsed, references);
  const runs = parsed.run.map((run) => readRun(run, parsed, file));
  const there = foldsIn(data);
  const folds = Math.max(...there);
  return {
    file,
    title,
    data,
    folds,
    baseline,
    runs: runs.map((run) => ({ ...run, folds: foldsAsked(run, there, file) })),
    references: references.map((each) => checkFolds(each, folds, file)),
  };
}

function foldsAsked({ name, folds }: Asked, there: readonly number[], file: string): readonly number[] {
  if (folds === "all") return there;
  const count = Math.max(...there);
  if (areDifferent(folds, 1, count)) return folds;
  throw new UserError(
    `${file}: run '${name}': folds wants "all", or a list of different folds from 1 to ${count}, got ${show(folds)}`,
  );
}

function checkFolds(reference: Reference, count: number, file: string): Reference {
  const { name, folds } = reference;
  if (folds === null || folds.length === count) return reference;
  throw new UserError(
    `${file}: reference '${name}': folds wants ${count} accuracies from 0 to 1, fold 1 first, got ${show(folds)}`,
  );
}

/** A run as the file has it: "all" is for the dataset to say. */
type Asked = Omit<RunSpec, "folds"> & { readonly folds: "all" | readonly number[] };

function readRun(run: Parsed["run"][number], top: Parsed, file: string): Asked {
  const { name, recipe = top.recipe, folds = top.folds ?? "all", seeds = top.seeds ?? [1] } = run;
  const { without = top.without, other = top.other, keep = top.keep } = run;
  const { epochs, ...others } = { ...settingsIn(top, file), ...settingsIn(run, `${file}: run '${name}'`) };
  const set = Object.entries({ ...others, ...(epochs !== undefined && { epochs }) }).map(
    ([path, value]) => `${path}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return forRun(file, name, () => {
    if (keep !== undefined && other === undefined) throw new UserError('keep is for other = "threshold"');
    if (recipe === undefined) throw new UserError("recipe is missing; `bun run recipes` lists them");
    return {
      name,
      recipe: override(findRecipe(recipe), set.map(parseSetting)),
      set,
      folds,
      seeds,
      ...(without !== undefined && { without }),
      ...(other !== undefined && { other: { kind: other, keep: keep ?? 0.9 } }),
    };
  });
}

/** Does something for a run; what is wrong is said to be of it, with the key that stands for an option. */
export function forRun<T>(file: string, name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const message = error.message.replace(/^--(?=set|without|other)/, "");
    throw new UserError(`${file}: run '${name}': ${message}`, { cause: error });
  }
}

/** What is set at the top, or in a run, by path. Throws UserError where that is not clear, or no setting can be it. */
function settingsIn({ set, epochs }: Pick<Parsed, "set" | "epochs">, where: string): Table {
  const entries = byPath(set);
  const settings = Object.fromEntries(entries);
  const twice = entries.find(([path], i) => entries.findIndex(([other]) => other === path) !== i);
  if (twice !== undefined) throw new UserError(`${where}: set.${twice[0]} is given twice`);
  if (epochs !== undefined && "epochs" in settings)
    throw new UserError(`${where}: epochs and set.epochs give the same setting: give one of them`);
  for (const [path, value] of Object.entries(settings))
    if (!allFinite(value))
      throw new UserError(`${where}: set.${path} wants numbers that JSON has, got ${show(value)}`);
  return { ...settings, ...(epochs !== undefined && { epochs }) };
}

/** Whether there is no nan and no inf in it, which TOML can say, and JSON, in which settings are handed on, cannot. */
function allFinite(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value !== "object" || value === null || Object.values(value).every(allFinite);
}

/** The settings in a table and in the tables inside it, by path: { a: { b: 1 } } is a.b. An empty one is a value. */
function byPath(table: Table = {}, above = ""): [path: string, value: unknown][] {
  return Object.entries(table).flatMap(([key, value]): [string, unknown][] =>
    isTable(value) && Object.keys(value).length > 0
      ? byPath(value, `${above}${key}.`)
      : [[`${above}${key}`, value]],
  );
}

function readReference(given: NonNullable<Parsed["reference"]>[number], file: string): Reference {
  const { name, source, folds = null, majority = null, beside = null } = given;
  const mean =
    given.mean ?? (folds === null ? undefined : folds.reduce((sum, x) => sum + x, 0) / folds.length);
  if (mean === undefined) throw new UserError(`${file}: reference '${name}': wants folds, or else a mean`);
  return { name, source, folds, mean, majority, beside };
}

/** Every name is given once, and those that are referred to exist. */
function checkNames(file: string, { run, baseline }: Parsed, references: Reference[]): void {
  const names = run.map(({ name }) => name);
  const all = [...names, ...references.map(({ name }) => name)];
  const twice = all.find((name, i) => all.indexOf(name) !== i);
  if (twice !== undefined) throw new UserError(`${file}: the name '${twice}' is given twice`);
  const lower = names.map((name) => name.toLowerCase());
  const alike = names.find((_, i) => lower.indexOf(lower[i]!) !== i);
  if (alike !== undefined)
    throw new UserError(
      `${file}: the name '${alike}' is given twice but for capitals: it names a folder, and some disks take the two for one`,
    );
  const wanted = [
    ["baseline", baseline],
    ...references.map((each) => [`reference '${each.name}': beside`, each.beside]),
  ];
  for (const [key, name] of wanted) {
    if (typeof name === "string" && !names.includes(name))
      throw new UserError(`${file}: ${key}: there is no run '${name}'; there are ${names.join(", ")}`);
  }
}

function parseFile(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${reason(error)}`, { cause: error });
  }
  const json = extname(file) === ".json";
  try {
    return json ? JSON.parse(text) : Bun.TOML.parse(text);
  } catch (cause) {
    const at = json ? "" : `, line ${lineOfFault(text)}`;
    const what = oneLine(cause).replace(/^(TOML|JSON) Parse error: /, "");
    throw new UserError(`${file}${at}: not well-formed ${json ? "JSON" : "TOML"} (${what})`, { cause });
  }
}

/** The line in which the first thing begins that is no TOML: one after the longest beginning that is. */
function lineOfFault(text: string): number {
  const lines = text.split("\n");
  for (let good = lines.length - 1; good > 0; good--) {
    try {
      Bun.TOML.parse(lines.slice(0, good).join("\n"));
      return good + 1;
    } catch {} // shorter, then
  }
  return 1;
}

/** The first fault of a file in words: where, what was wanted there, what was found. */
function describe({ issues }: z.ZodError, raw: unknown): string {
  const unknown = issues.find((issue) => issue.code === "unrecognized_keys");
  const issue = unknown ?? issues[0]!;
  const [kind, place, key] = issue.path.map(String);
  const at = (...path: (string | undefined)[]) =>
    path.reduce<unknown>((value, key) => (key === undefined ? value : (value as Table)?.[key]), raw);
  const name = at(kind, place, "name");
  const where =
    place === undefined ? "" : `${kind} ${typeof name === "string" ? `'${name}'` : Number(place) + 1}: `;
  if (unknown !== undefined) {
    const keys = { run: runSchema, reference: referenceSchema }[kind ?? ""] ?? schema;
    return `${where}there is no key '${unknown.keys[0]}' here; there are ${Object.keys(keys.shape).join(", ")}`;
  }
  const last = key ?? (place === undefined ? kind : undefined);
  const wanted =
    issue.code === "invalid_type" && place !== undefined && key === undefined ? "a table" : issue.message;
  return `${where}${last === undefined ? "" : `${last} `}wants ${wanted}, got ${show(at(kind, place, key))}`;
}

function show(value: unknown): string {
  const text = inJson(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** As JSON, but nan and inf, which it would make null. */
function inJson(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return Array.isArray(value) ? `[${value.map(inJson).join(",")}]` : JSON.stringify(value);
}

function isTable(value: unknown): value is Table {
  return z.record(z.string(), z.unknown()).safeParse(value).success;
}

function areNames(value: unknown): boolean {
  const names = z.array(z.string().min(1)).min(1).safeParse(value).data;
  return names !== undefined && new Set(names).size === names.length;
}

function isAccuracy(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value <= 1;
}

function areDifferent(value: unknown, least: number, most: number): boolean {
  const fits = (each: unknown) =>
    Number.isInteger(each) && (each as number) >= least && (each as number) <= most;
  return (
    Array.isArray(value) && value.length > 0 && value.every(fits) && new Set(value).size === value.length
  );
}
