// `--set PATH=VALUE`: any single setting of a recipe, by its path in what `bun run recipes NAME` prints.
import { z } from "zod";
import { UserError } from "../terminal/errors.ts";
import { nonsenseIn, type Recipe, settingsSchema } from "./recipe.ts";

/** One `--set`: the path split at its dots, and the value. */
export interface Setting {
  path: readonly string[];
  value: unknown;
}

/** Reads PATH=VALUE; the value is JSON, or else a bare word. Throws UserError where there is no such path. */
export function parseSetting(text: string): Setting {
  const equals = text.indexOf("=");
  if (equals < 1) throw new UserError(`--set wants PATH=VALUE, as in --set optimizer.lr=0.01, got '${text}'`);
  const path = text.slice(0, equals).trim().split(".");
  checkPath(path);
  return { path, value: jsonOrWord(text.slice(equals + 1)) };
}

function jsonOrWord(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The recipe with these settings instead of its own; later ones win. Throws UserError where one is of the wrong kind. */
export function override(recipe: Recipe, settings: readonly Setting[]): Recipe {
  const changed = structuredClone(recipe);
  for (const { path, value } of settings) put(changed, path, value);
  const { name, description, ...rest } = changed;
  const { error } = settingsSchema.safeParse(rest);
  if (error === undefined) {
    const nonsense = nonsenseIn(changed);
    if (nonsense === null) return changed;
    throw new UserError(`--set: ${nonsense}`);
  }
  const issue = error.issues[0]!;
  const at = issue.path.map(String);
  const blamed = settings.findLast(({ path }) => overlap(path, at)) ?? settings.at(-1)!;
  const where = at.join(".") === blamed.path.join(".") ? "" : ` ${at.join(".")}:`;
  throw new UserError(
    `--set ${blamed.path.join(".")}=${JSON.stringify(blamed.value)}:${where} ${describeIssue(issue)}`,
  );
}

/** Settings by path, as config.json records them. */
export function recorded(settings: readonly Setting[]): Record<string, unknown> {
  return Object.fromEntries(settings.map(({ path, value }) => [path.join("."), value]));
}

/** What a schema found wrong, in a few words. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return `there is no setting ${issue.keys.join(", ")}`;
  return issue.message.replace(/^Invalid (input|option): /, "").replace(/^Too/, "too");
}

/** Sets what lies at a path; where null lies on the way, an object takes its place. */
function put(target: object, [key, ...rest]: readonly string[], value: unknown): void {
  const table = target as Record<string, unknown>;
  if (rest.length === 0) table[key!] = value;
  else {
    if (typeof table[key!] !== "object" || table[key!] === null) table[key!] = {};
    put(table[key!] as object, rest, value);
  }
}

function overlap(a: readonly string[], b: readonly string[]): boolean {
  const n = Math.min(a.length, b.length);
  return a.slice(0, n).join(".") === b.slice(0, n).join(".");
}

function checkPath(path: readonly string[]): void {
  let schema: z.core.$ZodType = settingsSchema;
  for (const [depth, key] of path.entries()) {
    const inside = plain(schema);
    const children = childrenOf(inside);
    const child = inside instanceof z.ZodRecord ? inside.valueType : children?.get(key);
    // Setting something inside __proto__ would set it in every object there is.
    if (child === undefined || key === "__proto__") throw noSuchPath(path, depth, children);
    schema = child;
  }
}

function plain(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodNullable ? schema.unwrap() : schema;
}

/** The settings inside one, by name; null if there are none, or any name will do. */
function childrenOf(schema: z.core.$ZodType): Map<string, z.core.$ZodType> | null {
  const inside = plain(schema);
  return inside instanceof z.ZodObject ? new Map(Object.entries(inside.shape)) : null;
}

function noSuchPath(
  path: readonly string[],
  depth: number,
  siblings: Map<string, unknown> | null,
): UserError {
  const above = path.slice(0, depth).join(".");
  const wanted = path.join(".");
  if (siblings === null)
    return new UserError(`--set ${wanted}: ${above} is one value, with nothing inside it`);
  const last = path.at(-1)!.toLowerCase();
  const alike = allPaths(settingsSchema).filter((each) => each.toLowerCase().split(".").at(-1) === last);
  const hint =
    alike.length > 0
      ? `did you mean ${alike.join(" or ")}?`
      : `${above === "" ? "there are" : `${above} has`} ${[...siblings.keys()].join(", ")}`;
  return new UserError(`--set ${wanted}: there is no such setting; ${hint}`);
}

function allPaths(schema: z.core.$ZodType, prefix = ""): string[] {
  return [...(childrenOf(schema) ?? [])].flatMap(([key, child]) => {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    return [path, ...allPaths(child, path)];
  });
}
