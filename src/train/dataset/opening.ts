// How a dataset is to be read, beyond what its folder or file says: which columns its CSV has, how folds are made where it has
// none. A run's config.json keeps it, so that whoever opens the run's data again finds the same clips in the same folds; and
// hashes of what was there, which tell whether they are (content.ts).
import { z } from "zod";
import { UserError } from "../terminal/errors.ts";
import { RECORDINGS } from "./recordings.ts";

/** What a CSV's columns may stand for. */
export const COLUMNS = ["file", "class", "fold", "group"] as const;
export type Column = (typeof COLUMNS)[number];

export const openingSchema = z.object({
  /** The names of columns, where they are not to be guessed; an empty one is for a column that is not to be used. */
  columns: z.partialRecord(z.enum(COLUMNS), z.string()).optional(),
  /** How recordings are told where no column says it; by names if it is not said. */
  recordings: z.enum(RECORDINGS).optional(),
  /** Of made folds: the seed, and how many there are (by default 5, or fewer where there are too few recordings). */
  folds: z.object({ seed: z.int().min(0), count: z.int().min(0).optional() }).optional(),
});

export type Opening = z.infer<typeof openingSchema>;

export const contentSchema = z.object({
  clips: z.int(),
  /** By the fold's number. */
  folds: z.record(z.string(), z.object({ clips: z.int(), sha256: z.string() })),
});

export type Content = z.infer<typeof contentSchema>;

/** Options that would say nothing of a dataset are not passed over. Throws UserError. */
export function refuseUnused(
  { source, opening = {} }: { readonly source: string; readonly opening?: Opening },
  asked: Opening,
): void {
  if (asked.columns !== undefined && opening.columns === undefined)
    throw new UserError(`--columns is for a CSV file, which ${source} is not`);
  if ((asked.folds ?? asked.recordings) !== undefined && opening.folds === undefined)
    throw new UserError(
      `${source} has folds of its own: --make-folds, --fold-seed and --recordings are for data without`,
    );
  if (asked.recordings !== undefined && opening.recordings === undefined)
    throw new UserError(
      `${source} has a column that says which clips are of one recording: --recordings is for data without; --columns group= passes it over`,
    );
}

/** `--columns file=NAME,class=NAME,fold=NAME,group=NAME`. Throws UserError. */
export function parseColumns(text: string): NonNullable<Opening["columns"]> {
  const columns: NonNullable<Opening["columns"]> = {};
  // A comma that no other column's name follows is in a name.
  for (const part of text.split(/,(?=\s*\w+\s*=)/)) {
    const [, key = "", name = ""] = /^\s*(\w+)\s*=(.*)$/s.exec(part) ?? [];
    const column = COLUMNS.find((each) => each === key);
    const needed = (column === "file" || column === "class") && name.trim() === "";
    if (column === undefined || needed || columns[column] !== undefined)
      throw new UserError(
        `--columns wants ${COLUMNS.map((each) => `${each}=NAME`).join(",")}, or some of these, got '${text}'`,
      );
    columns[column] = name.trim();
  }
  return columns;
}
