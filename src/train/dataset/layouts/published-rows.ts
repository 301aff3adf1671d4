// The lists of clips that ESC-50 and UrbanSound8K are distributed with: a CSV with a line a clip.
import { tame, UserError } from "../../terminal/errors.ts";
import { type Csv, columnsOf, countOf } from "./csv-lines.ts";

const COLUMNS = ["filename", "fold", "target", "category"] as const;
const OTHER_COLUMNS = ["src_file", "take"] as const;

/** A line of the CSV; a column that is not there is undefined. */
export type Row = Record<(typeof COLUMNS)[number], string> &
  Partial<Record<(typeof OTHER_COLUMNS)[number], string>>;

export interface Published {
  name: string;
  csv: string;
  folds: number;
  /** The folder of a fold's sounds. */
  sounds: (fold: number) => string;
  /** Columns that are called otherwise than in ESC-50. */
  called: Partial<Record<keyof Row, string>>;
}

export const ESC50: Published = {
  name: "ESC-50",
  csv: "meta/esc50.csv",
  folds: 5,
  sounds: () => "audio",
  called: {},
};

const URBANSOUND8K: Published = {
  name: "UrbanSound8K",
  csv: "metadata/UrbanSound8K.csv",
  folds: 10,
  sounds: (fold) => `audio/fold${fold}`,
  called: { filename: "slice_file_name", target: "classID", category: "class", src_file: "fsID" },
};

export const PUBLISHED = [ESC50, URBANSOUND8K];

/** A row with the line that it ends in. */
export interface ReadRow {
  row: Row;
  line: number;
}

/** The rows of a CSV that is called `csv`, with the line that each ends in. Throws UserError. */
export function rowsOf({ header, lines }: Csv, csv: string, { called }: Published): ReadRow[] {
  const place = (column: keyof Row) => header.indexOf(called[column] ?? column);
  const missing = COLUMNS.filter((column) => place(column) < 0).map((column) => called[column] ?? column);
  if (missing.length > 0)
    throw new UserError(`${csv}, line 1: no column ${missing.join(", ")} (${columnsOf(header)})`);
  if (lines.length === 0) throw new UserError(`${csv} lists no clips`);
  const at = [...COLUMNS, ...OTHER_COLUMNS].map((column) => [column, place(column)] as const);
  return lines.map(({ cells, line }) => ({
    row: tamed(Object.fromEntries(at.map(([column, i]) => [column, cells[i]])) as unknown as Row),
    line,
  }));
}

/** Class names are printed everywhere: what would steer a terminal is taken out of them here. */
function tamed(row: Row): Row {
  return { ...row, category: tame(row.category, Number.POSITIVE_INFINITY) };
}

/** Each target's name, checked to be one and the same in every row. */
export function categories(
  rows: readonly ReadRow[],
  csv: string,
  { called }: Published,
): Map<number, string> {
  const { target: targetName = "target", category: categoryName = "category" } = called;
  const names = new Map<number, string>();
  const targets = new Map<string, number>();
  for (const { row, line } of rows) {
    const at = `${csv}, line ${line}`;
    const target = countOf(row.target);
    if (Number.isNaN(target))
      throw new UserError(`${at}: ${targetName} wants a whole number from 0, got '${tame(row.target, 80)}'`);
    if (row.category === "") throw new UserError(`${at}: ${categoryName} is empty`);
    const name = names.get(target) ?? row.category;
    if (name !== row.category)
      throw new UserError(`${at}: ${targetName} ${target} is '${row.category}' here, '${name}' above`);
    const same = targets.get(name) ?? target;
    if (same !== target)
      throw new UserError(`${at}: ${categoryName} '${name}' is ${targetName} ${target} here, ${same} above`);
    names.set(target, name);
    targets.set(name, target);
  }
  if (names.size < 2) throw new UserError(`${csv} has only one class; telling sounds apart takes two`);
  return names;
}

/** What reads the rows of one CSV, one after the other: a clip's file, which no row before has, its fold, and where that is said. */
export function clipReader(csv: string, layout: Published) {
  const lineOf = new Map<string, number>();
  return ({ row, line }: ReadRow): { name: string; fold: number; at: string } => {
    const at = `${csv}, line ${line}`;
    const name = plainName(row.filename, at, layout);
    const earlier = lineOf.get(name);
    if (earlier !== undefined)
      throw new UserError(`${at}: ${name} is listed twice (first in line ${earlier})`);
    lineOf.set(name, line);
    return { name, fold: foldOf(row.fold, at, layout), at };
  };
}

/** A file's name that cannot lead out of audio/. */
export function plainName(name: string, at: string, { called }: Published): string {
  const column = called.filename ?? "filename";
  if (name === "") throw new UserError(`${at}: ${column} is empty`);
  if (/[/\\\0]/.test(name) || name === "." || name === "..") {
    throw new UserError(`${at}: ${column} '${tame(name, 80)}' is not a plain file name inside audio/`);
  }
  return name;
}

/** A fold's number, from 1. */
export function foldOf(text: string, at: string, { folds }: Published): number {
  const fold = countOf(text);
  if (fold >= 1 && fold <= folds) return fold;
  throw new UserError(`${at}: fold wants a whole number from 1 to ${folds}, got '${tame(text, 80)}'`);
}
