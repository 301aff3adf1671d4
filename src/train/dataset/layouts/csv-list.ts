// The reader of a CSV file of one's own: a line a clip, with columns for its file and class, and perhaps its fold and recording.
import { readdirSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { reason } from "../../files/files.ts";
import { tame, UserError } from "../../terminal/errors.ts";
import { shell } from "../../terminal/words.ts";
import { MOST_FOLDS } from "../dataset.ts";
import { attempt, type ListedFile, type Listing, type Wrong } from "../listing.ts";
import type { Column, Opening } from "../opening.ts";
import { readCsv, statsOf } from "./csv.ts";
import { type Csv, type CsvLine, columnsOf, countOf } from "./csv-lines.ts";

type Columns = Opening["columns"];

/** Bytes: a million clips. */
const LARGEST_CSV = 64e6;

/** What columns are called, the likeliest first; spaces, dashes, underscores and capitals do not count. */
const GUESSES: Record<Column, string[]> = {
  file: [
    "file",
    "filename",
    "filepath",
    "path",
    "slicefilename",
    "fname",
    "audio",
    "audiofile",
    "wav",
    "wavfile",
    "sound",
    "clip",
  ],
  class: [
    "class",
    "category",
    "label",
    "classname",
    "classlabel",
    "species",
    "primarylabel",
    "target",
    "classid",
  ],
  fold: ["fold", "foldid", "kfold", "cvfold"],
  group: ["group", "recording", "recordingid", "srcfile", "fsid", "session"],
};

/** Where the columns stand in a header; null for one that there is not, or that is not to be used. */
type Places = Record<Column, number | null>;

/** The names of the CSV files in a folder: those that list clips, by their headers, and others. */
export function listsIn(folder: string, columns: Columns): { lists: string[]; others: string[] } {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => /\.(csv|tsv)$/i.test(name) && !name.startsWith("."));
  } catch (error) {
    throw new UserError(`cannot read ${folder}: ${reason(error)}`, { cause: error });
  }
  const files = names.filter((name) => statsOf(join(folder, name))?.isFile()).sort();
  const lists = files.filter((name) => columns !== undefined || listsClips(join(folder, name)));
  return { lists, others: files.filter((name) => !lists.includes(name)) };
}

function listsClips(csv: string): boolean {
  try {
    const { header } = readCsv(csv, LARGEST_CSV);
    return guess("file", header) !== null && guess("class", header) !== null;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/**
 * The clips of a CSV file. Files are named from where it lies, or from audio/ there. One that was found in a `folder` names files
 * inside that folder only: whoever made it need not be whoever opens it. One that was named itself may name any.
 */
export function readCsvList(csv: string, folder: string | null, columns: Columns, wrong: Wrong): Listing {
  const read = readCsv(csv, LARGEST_CSV);
  const { places, notes } = withoutOneGroup(read, placesOf(csv, read.header, columns), csv, columns);
  if (read.lines.length === 0) throw new UserError(`${csv} lists no clips`);
  const folds = foldsOf(read, places, csv);
  const place = placing(csv, folder, read.lines, places.file!);
  const categoryOf = ({ cells }: CsvLine) => tame(cells[places.class!]!.trim(), Number.POSITIVE_INFINITY);
  const lineOf = new Map<string, number>();
  const rows = read.lines.flatMap((line): Row[] => {
    const row = attempt(wrong, (): Row => {
      const at = `${csv}, line ${line.line}`;
      const given = line.cells[places.file!]!.trim();
      const { name, path } = place(given, at);
      const earlier = lineOf.get(path);
      if (earlier !== undefined)
        throw new UserError(`${at}: ${tame(name, 80)} is listed twice (first in line ${earlier})`);
      lineOf.set(path, line.line);
      const stats = statsOf(path);
      if (!stats?.isFile())
        throw new UserError(
          `${at}: ${tame(path)} ${stats === undefined ? "does not exist" : "is not a file"}`,
        );
      const category = categoryOf(line);
      if (category === "") throw new UserError(`${at}: ${tame(read.header[places.class!]!, 80)} is empty`);
      const fold = places.fold === null ? null : folds.of(line.cells[places.fold]!, at);
      const recording = places.group === null ? null : line.cells[places.group]!.trim() || null;
      return { name: tame(name, Number.POSITIVE_INFINITY), path, stats, category, fold, recording };
    });
    return row === undefined ? [] : [row];
  });
  // A line that is left out has its class all the same: what is wrong with it was told, and is not to be taken for something else.
  const named = read.lines.map(categoryOf).filter((name) => name !== "");
  const classes = [...new Set(named)].sort(byName);
  if (classes.length === 0)
    throw new UserError(`${csv}: column ${tame(read.header[places.class!]!, 80)} is empty in every line`);
  if (classes.length === 1 && named.length === read.lines.length)
    throw new UserError(`${csv} has only one class; telling sounds apart takes two`);
  const label = new Map(classes.map((name, i) => [name, i]));
  const called = (column: Column) =>
    places[column] === null ? "none" : tame(read.header[places[column]]!, 80);
  return {
    source: folder ?? csv,
    kind: `${folder === null ? "a CSV file" : `a folder with ${basename(csv)}`} (file: ${called("file")}, class: ${called("class")}, fold: ${called("fold")}, group: ${called("group")})`,
    classes,
    files: rows.map(({ category, ...file }) => ({ ...file, label: label.get(category)! })),
    folds: places.fold === null ? null : folds.count,
    recordings: places.group === null ? null : `column ${called("group")}`,
    notes: [
      ...notes,
      ...twice(csv, read.header, places),
      ...(folds.shifted ? [`${csv}: folds are numbered from 0 there, and from 1 here`] : []),
    ],
    remedy: "take their lines out of the CSV",
    columns,
  };
}

type Row = Omit<ListedFile, "label"> & { category: string };

/** 2 before 10. */
function byName(a: string, b: string): number {
  const [one, other] = [countOf(a), countOf(b)];
  if (!Number.isNaN(one) && !Number.isNaN(other)) return one - other;
  return a < b ? -1 : 1;
}

const bare = (name: string) => name.toLowerCase().replace(/[\s_-]/g, "");

function guess(column: Column, header: readonly string[]): number | null {
  const names = header.map(bare);
  const places = GUESSES[column].map((name) => names.indexOf(name));
  return places.find((place) => place >= 0) ?? null;
}

function placesOf(csv: string, header: readonly string[], columns: Columns = {}): Places {
  const placeOf = (column: Column): number | null => {
    const name = columns[column];
    if (name === undefined) return guess(column, header);
    if (name === "") return null;
    const place = header.indexOf(name);
    if (place >= 0) return place;
    throw new UserError(
      `${csv}, line 1: no column '${tame(name, 80)}', which --columns names (${columnsOf(header)})`,
    );
  };
  const places = {
    file: placeOf("file"),
    class: placeOf("class"),
    fold: placeOf("fold"),
    group: placeOf("group"),
  };
  for (const column of ["file", "class"] as const) {
    if (places[column] === null)
      throw new UserError(
        `${csv}, line 1: no column says each clip's ${column}: say which with --columns ${column}=NAME (${columnsOf(header)})`,
      );
  }
  return places;
}

/** Of columns of one name the first is read, which is said. */
function twice(csv: string, header: readonly string[], places: Places): string[] {
  return header
    .filter((name, place) => Object.values(places).includes(place) && header.lastIndexOf(name) > place)
    .map((name) => `${csv}: several columns are called ${tame(name, 80)}: the first is read`);
}

/** A group column that was only guessed, and that says the same of every clip, says nothing of recordings. */
function withoutOneGroup(
  { header, lines }: Csv,
  places: Places,
  csv: string,
  columns: Columns,
): { places: Places; notes: string[] } {
  const place = columns?.group === undefined ? places.group : null;
  if (place === null || lines.length < 2) return { places, notes: [] };
  const [first = "", ...others] = new Set(lines.map(({ cells }) => cells[place]!.trim()));
  if (first === "" || others.length > 0) return { places, notes: [] };
  const note = `${csv}: column ${tame(header[place]!, 80)} is '${tame(first, 80)}' in every line, which says nothing of recordings`;
  return { places: { ...places, group: null }, notes: [note] };
}

/** "3", "fold3", "fold_3" */
const foldNumber = (text: string) => countOf(text.trim().replace(/^fold[ _-]?/i, ""));

/** How folds are read: numbered from 1, or from 0. */
function foldsOf({ lines, header }: Csv, { fold: place }: Places, csv: string) {
  const numbers = place === null ? [] : lines.map(({ cells }) => foldNumber(cells[place]!));
  const shifted = numbers.includes(0);
  const first = shifted ? 0 : 1;
  const last = MOST_FOLDS - 1 + first;
  const good = numbers.filter((fold) => fold >= first && fold <= last);
  const count = good.reduce((most, fold) => Math.max(most, fold), first) + 1 - first;
  // Where a line has no fold that could be one, that is told.
  if (place !== null && good.length === lines.length && new Set(good).size === 1)
    throw new UserError(`${csv}: all clips are in one fold; with --columns fold= folds are made instead`);
  const of = (text: string, at: string): number => {
    const fold = foldNumber(text);
    if (fold >= first && fold <= last) return fold + 1 - first;
    throw new UserError(
      `${at}: ${tame(header[place!]!, 80)} wants a whole number from ${first} to ${last}, got '${tame(text, 80)}' (--columns fold= makes folds instead)`,
    );
  };
  return { count, shifted, of };
}

/** Where the files are that a CSV names. */
function placing(csv: string, folder: string | null, lines: readonly CsvLine[], column: number) {
  const beside = dirname(csv);
  const names = lines.slice(0, 100).map(({ cells }) => slashed(cells[column]!.trim()));
  const there = (base: string) =>
    names.some((name) => !isAbsolute(name) && statsOf(join(base, name))?.isFile());
  const base = !there(beside) && there(join(beside, "audio")) ? join(beside, "audio") : beside;
  return (given: string, at: string): { name: string; path: string } => {
    if (given === "") throw new UserError(`${at}: the file's name is empty`);
    const path = resolve(base, slashed(given));
    const inside = relative(resolve(folder ?? base), path);
    const out = inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside);
    if (out && folder !== null)
      throw new UserError(
        `${at}: '${tame(given, 80)}' leads out of ${folder}; only a CSV that is named itself may do that (--data ${shell(csv)})`,
      );
    // What is named from the CSV keeps its name wherever both are moved.
    return { name: out && isAbsolute(slashed(given)) ? path : relative(resolve(base), path), path };
  };
}

/** Windows' way to write a path. */
const slashed = (name: string) => name.replaceAll("\\", "/");
