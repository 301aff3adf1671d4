// What `--data` names: the word "synthetic", a folder laid out in one of several ways, or a CSV file.
import { join } from "node:path";
import { tame, UserError } from "../terminal/errors.ts";
import { shell } from "../terminal/words.ts";
import { type Dataset, HOW_TO_GET_ONE } from "./dataset.ts";
import { readClassFolders } from "./layouts/class-folders.ts";
import { statsOf } from "./layouts/csv.ts";
import { listsIn, readCsvList } from "./layouts/csv-list.ts";
import { readPublished } from "./layouts/published.ts";
import { PUBLISHED } from "./layouts/published-rows.ts";
import { leaveOut } from "./left-out.ts";
import { type Listing, refuseAll, toDataset, type Wrong } from "./listing.ts";
import type { Opening } from "./opening.ts";
import { openSynthetic } from "./synthetic.ts";
import { withOther } from "./with-other.ts";

/** What of a dataset is wanted. */
export interface Choice {
  /** Classes that are left out. */
  without?: readonly string[];
  /** A folder of sounds that are a class of their own, "other". */
  other?: string;
}

/** How it is to be read, besides. */
export interface View extends Opening, Choice {}

/** Opens `--data`; a view says what is not to be guessed. Throws UserError. */
export function openDataset(source: string, { without, other, ...opening }: View = {}): Dataset {
  const dataset =
    source === "synthetic" ? openSynthetic() : toDataset(wholeListing(source, opening), opening);
  return choose(dataset, { without, other });
}

/** The same of a dataset that is open. Throws UserError. */
export function choose(dataset: Dataset, { without = [], other }: Choice): Dataset {
  const left = without.length === 0 ? dataset : leaveOut(dataset, without);
  return other === undefined ? left : withOther(left, other);
}

/** The files that a folder or a CSV file names. Throws UserError that names all that cannot be used, or the first of them. */
function wholeListing(source: string, opening: Opening): Listing {
  const faults: UserError[] = [];
  const listing = listingOf(source, opening, (error) => void faults.push(error));
  refuseAll(source, faults, `${listing.remedy} (bun run dataset verify ${shell(source)} looks at all)`);
  return listing;
}

/** The files that a folder or a CSV file names; `wrong` is told of each that cannot be used. Throws UserError. */
export function listingOf(source: string, { columns }: Opening, wrong: Wrong): Listing {
  const found = statsOf(source);
  if (found?.isFile()) return readCsvList(source, null, columns, wrong);
  if (!found?.isDirectory()) throw new UserError(`no dataset at ${source}: ${HOW_TO_GET_ONE}`);
  const published = PUBLISHED.find(({ csv }) => statsOf(join(source, csv))?.isFile());
  if (published !== undefined && columns === undefined) return readPublished(source, published, wrong);
  const { lists, others } = listsIn(source, columns);
  if (lists.length > 1)
    throw new UserError(
      `${source} has several lists of clips, ${tame(lists.join(", "))}: name one of them with --data`,
    );
  if (lists.length === 1) return readCsvList(join(source, lists[0]!), source, columns, wrong);
  try {
    return readClassFolders(source, wrong);
  } catch (error) {
    // Then a CSV file was meant to list clips, and does not: what is wrong with it is said.
    if (!(error instanceof UserError) || others.length !== 1) throw error;
    return readCsvList(join(source, others[0]!), source, columns, wrong);
  }
}
