// The readers of folders laid out as ESC-50 and UrbanSound8K are distributed: a CSV file with a line a clip, and the sounds.
import { join } from "node:path";
import { UserError } from "../../terminal/errors.ts";
import { HOW_TO_GET_ONE } from "../dataset.ts";
import { attempt, type ListedFile, type Listing, type Wrong } from "../listing.ts";
import { readCsv, statsOf } from "./csv.ts";
import { countOf } from "./csv-lines.ts";
import { categories, clipReader, type Published, type ReadRow, rowsOf } from "./published-rows.ts";

/** Bytes; ESC-50's has 0.1 MB, UrbanSound8K's 0.8. */
const LARGEST_CSV = 4e6;

/** The rows of a CSV file. Throws UserError. */
export const readRows = (csv: string, layout: Published): ReadRow[] =>
  rowsOf(readCsv(csv, LARGEST_CSV), csv, layout);

/** The clips of a folder in one of these layouts. */
export function readPublished(folder: string, layout: Published, wrong: Wrong): Listing {
  const csv = join(folder, layout.csv);
  if (!statsOf(join(folder, "audio"))?.isDirectory())
    throw new UserError(`${folder} has no audio folder: ${HOW_TO_GET_ONE}`);
  const rows = readRows(csv, layout);
  const names = categories(rows, csv, layout);
  const targets = [...names.keys()].sort((a, b) => a - b);
  const label = new Map(targets.map((target, index) => [target, index]));
  const read = clipReader(csv, layout);
  const files = rows.flatMap((each): ListedFile[] => {
    const file = attempt(wrong, () => {
      const { row } = each;
      const { name, fold, at } = read(each);
      const path = join(folder, layout.sounds(fold), name);
      const stats = statsOf(path);
      if (!stats?.isFile()) throw new UserError(`${at}: ${path} does not exist`);
      const recording = row.src_file ?? null;
      return { name, path, stats, label: label.get(countOf(row.target))!, fold, recording };
    });
    return file === undefined ? [] : [file];
  });
  return {
    source: folder,
    kind: `${layout.name}'s layout`,
    classes: targets.map((target) => names.get(target)!),
    files,
    folds: layout.folds,
    recordings: null,
    notes: [],
    remedy: "take their lines out of the CSV",
  };
}
