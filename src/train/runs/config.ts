// config.json: every setting in force, so that a run can be repeated, gone on with, evaluated and understood.
import { z } from "zod";
import { version } from "../../../package.json" with { type: "json" };
import { MOST_FOLDS } from "../dataset/dataset.ts";
import { contentSchema, openingSchema } from "../dataset/opening.ts";
import { nonsenseIn, recipeSchema } from "../recipes/recipe.ts";
import { describeIssue } from "../recipes/settings.ts";
import { tame, UserError } from "../terminal/errors.ts";
import type { RunFiles } from "./run.ts";

/** How a run comes to say that a sound is none of its classes. */
const otherSchema = z.discriminatedUnion("kind", [
  /** By a threshold that keeps this share of known sounds: see other.json. */
  z.object({ kind: z.literal("threshold"), keep: z.number().gt(0).lt(1) }),
  /** By a class of its own, whose sounds are in this folder. */
  z.object({ kind: z.literal("class"), folder: z.string() }),
]);

export type Other = z.infer<typeof otherSchema>;

const adapterSchema = z.object({
  vendor: z.string(),
  architecture: z.string(),
  description: z.string(),
  software: z.boolean(),
});

const schema = z.object({
  /** Of otograd. */
  version: z.string(),
  /** When the run began, ISO 8601. */
  started: z.string(),
  /** The dataset's folder, or "synthetic". */
  data: z.string(),
  /** The folder from which that was named. */
  startedIn: z.string().optional(),
  /** What was there when the run began. */
  content: contentSchema.optional(),
  /** How it was read, beyond what the folder or file says: which columns, how folds were made. */
  opening: openingSchema.optional(),
  /** The fold that tests; null where none does, and all train. */
  fold: z.int().min(1).max(MOST_FOLDS).nullable(),
  folds: z.object({
    train: z.array(z.int()).readonly(),
    validation: z.int().nullable(),
    test: z.int().nullable(),
  }),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  /** As they may be printed. */
  classes: z.array(z.string().transform((name) => tame(name, Number.POSITIVE_INFINITY))).readonly(),
  /** Classes of the dataset that were left out. */
  without: z.array(z.string()).readonly().optional(),
  other: otherSchema.optional(),
  standardization: z.object({ mean: z.number(), deviation: z.number().positive() }),
  /** Segments that are learned from. */
  trainingSegments: z.int(),
  /** Numbers that are learned. */
  parameters: z.int(),
  adapter: adapterSchema,
  /** Others that went on with it, in their order. */
  laterAdapters: z.array(adapterSchema).readonly().optional(),
  /** All settings in force … */
  recipe: recipeSchema,
  /** … and those of them that the command line gave instead of the recipe's own, by path. */
  overridden: z.record(z.string(), z.unknown()),
});

export type Config = z.infer<typeof schema>;
/** An adapter that computes runs. */
export type Adapter = Config["adapter"];

export function makeConfig({ data, startedIn, ...settings }: Omit<Config, "version" | "started">): Config {
  return { version, started: new Date().toISOString(), data, startedIn, ...settings };
}

/** The first thing that is wrong, and where. */
function issueOf({ issues }: z.ZodError): string {
  const { path } = issues[0]!;
  return `${path.length === 0 ? "" : `${path.join(".")}: `}${describeIssue(issues[0]!)}`;
}

/** A run's config.json, checked. Throws UserError naming the first thing that is not as it should be. */
export function readConfig(run: Pick<RunFiles, "path" | "readConfig">): Config {
  const { data, error } = schema.safeParse(run.readConfig());
  const nonsense = data === undefined ? issueOf(error) : nonsenseIn(data.recipe);
  if (data !== undefined && nonsense === null) return data;
  throw new UserError(`${run.path}/config.json is damaged, or of another version: ${nonsense}`);
}
