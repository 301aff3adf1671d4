// `--set PATH=VALUE`: any single setting of a recipe, by its path in what `bun run recipes NAME` prints. Where there are
// several kinds (optimizer, network, …), a bare word is one of them: what the old kind has as well stays, and the rest is
// as the new one's defaults say.
import { z } from "zod";
import { UserError } from "../terminal/errors.ts";
import { network } from "./kinds/network.ts";
import { nonsenseIn, type Recipe, settingsSchema } from "./recipe.ts";

/** One `--set`: the path split at its dots, and the value. */
export interface Setting {
  path: readonly string[];
  value: unknown;
}

/**
 * Reads PATH=VALUE; the value is JSON, or else a bare word. The name of a kind of network may stand for `network`:
 * transfer.tunes=2.
 */
export function parseSetting(text: string): Setting {
  const equals = text.indexOf("=");
  if (equals < 1) throw new UserError(`--set wants PATH=VALUE, as in --set optimizer.lr=0.01, got '${text}'`);
  const [first, ...rest] = text.slice(0, equals).trim().split(".") as [string, ...string[]];
  const isNetwork = rest.length > 0 && optionsOf(network).some((option) => kindOf(option) === first);
  return { path: [isNetwork ? "network" : first, ...rest], value: jsonOrWord(text.slice(equals + 1)) };
}

function jsonOrWord(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * The recipe with these settings instead of its own; later ones win, and kinds come first. With few epochs no more than half
 * of them are averaged, unless so many are wanted. Throws UserError where there is no such path, or a value is of the wrong
 * kind.
 */
export function override(recipe: Recipe, settings: readonly Setting[]): Recipe {
  const { name, description, ...changed } = structuredClone(recipe);
  const words = settings.map(kindWord);
  for (const word of words) if (word !== null) chooseKind(changed, word);
  for (const [i, { path, value }] of settings.entries()) {
    if (words[i] !== null) continue;
    checkPath(path, changed);
    put(changed, path, value);
  }
  const { data, error } = settingsSchema.safeParse(changed);
  if (data !== undefined) {
    const asked = settings.some(({ path }) => path[0] === "averages");
    const averages = asked ? data.averages : averagedOf(recipe.averages, data.epochs);
    const whole = { name, description, ...data, averages };
    const nonsense = nonsenseIn(whole);
    if (nonsense === null) return whole;
    throw new UserError(`--set: ${nonsense}`);
  }
  const issue = error.issues[0]!;
  const at = issue.path.map(String);
  const blamed =
    settings.findLast(({ path }) => overlap(path, at)) ??
    settings.findLast(({ path }) => path[0] === at[0]) ?? // what lacks something beside what was set
    settings.at(-1)!;
  const where = at.join(".") === blamed.path.join(".") ? "" : ` ${at.join(".")}:`;
  throw new UserError(`--set ${textOf(blamed)}:${where} ${describeIssue(issue)}`);
}

/** How many of the last epochs are averaged where a recipe says so many: the first half has learned too little for that. */
export function averagedOf(averages: number | null, epochs: number): number | null {
  return averages === null ? null : Math.min(averages, Math.max(1, Math.floor(epochs / 2)));
}

/** Settings by path, as config.json records them. */
export function recorded(settings: readonly Setting[]): Record<string, unknown> {
  return Object.fromEntries(settings.map(({ path, value }) => [path.join("."), value]));
}

/** What a schema found wrong, in a few words. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return `there is no setting ${issue.keys.join(", ")}`;
  if (issue.code === "invalid_union" && "options" in issue)
    return `there are ${(issue.options as string[]).join(", ")}`;
  return issue.message.replace(/^Invalid (input|option): /, "").replace(/^Too/, "too");
}

function textOf({ path, value }: Setting): string {
  return `${path.join(".")}=${typeof value === "number" ? value : JSON.stringify(value)}`; // 1e999 is Infinity, not null
}

/** A setting that chooses a kind: PATH.kind=WORD or, where there are kinds, PATH=WORD. */
interface KindWord extends Setting {
  readonly value: string;
  readonly union: z.ZodDiscriminatedUnion;
}

/** What a setting chooses, by the path of what has kinds; null where it is another sort of setting. */
function kindWord({ path, value }: Setting): KindWord | null {
  if (typeof value !== "string") return null;
  const above = path.at(-1) === "kind" ? path.slice(0, -1) : path;
  let schema: z.core.$ZodType | undefined = settingsSchema;
  for (const key of above) schema = schema && childrenOf(schema)?.get(key);
  const union = schema && plain(schema);
  return union instanceof z.ZodDiscriminatedUnion ? { path: above, value, union } : null;
}

/** Puts another kind in the place of one; what both have stays. */
function chooseKind(target: object, { path, value: kind, union }: KindWord): void {
  const option = optionsOf(union).find((each) => kindOf(each) === kind);
  if (option === undefined) {
    const kinds = optionsOf(union).map(kindOf).join(", ");
    throw new UserError(`--set ${path.join(".")}=${kind}: there is no such kind; there are ${kinds}`);
  }
  const old = path.reduce<unknown>((value, key) => (value as Table | undefined)?.[key], target) ?? {};
  const kept = Object.entries(old).filter(([key]) => Object.hasOwn(option.shape, key));
  put(target, path, { ...Object.fromEntries(kept), kind });
}

type Table = Record<string, unknown>;

/** Sets what lies at a path; where null lies on the way, an object takes its place. */
function put(target: object, [key, ...rest]: readonly string[], value: unknown): void {
  const table = target as Table;
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

/** Throws UserError where there is no such path in settings of the kinds that these are. */
function checkPath(path: readonly string[], settings: object): void {
  let schema: z.core.$ZodType = settingsSchema;
  let value: unknown = settings;
  for (const [depth, key] of path.entries()) {
    const inside = plain(schema);
    const children = childrenOf(inside, value);
    const child = inside instanceof z.ZodRecord ? inside.valueType : children?.get(key);
    // Setting something inside __proto__ would set it in every object there is.
    if (child === undefined || key === "__proto__") throw noSuchPath(path, depth, children, settings);
    schema = child;
    value = (value as Table | null | undefined)?.[key];
  }
}

/** A schema without what says that null will do, or what it is by default. */
function plain(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) return plain(schema.unwrap());
  return schema;
}

function optionsOf(union: z.ZodDiscriminatedUnion): z.ZodObject[] {
  return union.options as z.ZodObject[];
}

function kindOf({ shape }: z.ZodObject): string {
  return (shape.kind as z.ZodLiteral<string>).value;
}

/**
 * The settings inside one, by name: where there are kinds, those of the value's, or of all where it is not known. Null
 * where there are none, or any name will do.
 */
function childrenOf(schema: z.core.$ZodType, value?: unknown): Map<string, z.core.$ZodType> | null {
  const inside = plain(schema);
  if (inside instanceof z.ZodObject) return new Map(Object.entries(inside.shape));
  if (!(inside instanceof z.ZodDiscriminatedUnion)) return null;
  const options = optionsOf(inside);
  const kind = (value as Table | undefined)?.kind;
  const ofKind = options.filter((each) => kindOf(each) === kind);
  return new Map((ofKind.length > 0 ? ofKind : options).flatMap(({ shape }) => Object.entries(shape)));
}

function noSuchPath(
  path: readonly string[],
  depth: number,
  siblings: Map<string, unknown> | null,
  settings: object,
): UserError {
  const above = path.slice(0, depth).join(".");
  const wanted = path.join(".");
  if (siblings === null)
    return new UserError(`--set ${wanted}: ${above} is one value, with nothing inside it`);
  const last = path.at(-1)!.toLowerCase();
  const alike = allPaths(settingsSchema, settings).filter(
    (each) => each.toLowerCase().split(".").at(-1) === last,
  );
  const hint =
    alike.length > 0
      ? `did you mean ${alike.join(" or ")}?`
      : `${above === "" ? "there are" : `${above} has`} ${[...siblings.keys()].join(", ")}`;
  return new UserError(`--set ${wanted}: there is no such setting; ${hint}`);
}

function allPaths(schema: z.core.$ZodType, value: unknown, prefix = ""): string[] {
  return [...(childrenOf(schema, value) ?? [])].flatMap(([key, child]) => {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    return [path, ...allPaths(child, (value as Table | null | undefined)?.[key], path)];
  });
}
