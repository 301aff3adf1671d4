// The reader of folders laid out as ESC-50 is distributed: audio/*.wav and meta/esc50.csv.
import { createReadStream, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { type CsvError, parse } from "csv-parse/sync";
import { reason } from "../files/files.ts";
import { joinBlocks, soundBlocks } from "../sound/sound-file.ts";
import { tame, UserError } from "../terminal/errors.ts";
import { readCsvText } from "./csv-text.ts";
import { type Dataset, HOW_TO_GET_ONE } from "./dataset.ts";

/** In which ESC-50 and ESC-10 come. */
export const FOLDS = 5;
const COLUMNS = ["filename", "fold", "target", "category"] as const;
const OTHER_COLUMNS = ["esc10", "src_file", "take"] as const;

/** A line of the CSV; a column that is not there is undefined. */
export type Row = Record<(typeof COLUMNS)[number], string> &
  Partial<Record<(typeof OTHER_COLUMNS)[number], string>>;

/** A CSV of more bytes, or with a line of more characters, is not a list of clips: ESC-50's has 0.1 MB. */
const LARGEST_CSV = 4e6;
const LONGEST_LINE = 10_000;

/** Opens a folder with audio/ and meta/esc50.csv. Throws UserError. */
export function openFolder(folder: string): Dataset {
  if (!stats(folder)?.isDirectory()) throw new UserError(`no dataset at ${folder}: ${HOW_TO_GET_ONE}`);
  const csv = join(folder, "meta", "esc50.csv");
  if (!stats(csv)?.isFile()) throw new UserError(`${folder} has no meta/esc50.csv: ${HOW_TO_GET_ONE}`);
  const audio = join(folder, "audio");
  if (!stats(audio)?.isDirectory()) throw new UserError(`${folder} has no audio folder: ${HOW_TO_GET_ONE}`);

  const rows = readRows(csv);
  const names = categories(rows, csv);
  const targets = [...names.keys()].sort((a, b) => a - b);
  const label = new Map(targets.map((target, index) => [target, index]));
  const files: { path: string; stats: Stats }[] = [];
  const lineOf = new Map<string, number>();
  const clips = rows.map(({ row, line }) => {
    const at = `${csv}, line ${line}`;
    const path = join(audio, plainName(row.filename, at));
    const earlier = lineOf.get(row.filename);
    if (earlier !== undefined)
      throw new UserError(`${at}: ${row.filename} is listed twice (first in line ${earlier})`);
    lineOf.set(row.filename, line);
    const found = stats(path);
    if (!found?.isFile()) throw new UserError(`${at}: ${path} does not exist`);
    files.push({ path, stats: found });
    return { name: row.filename, fold: foldOf(row.fold, at), label: label.get(countOf(row.target))! };
  });
  return {
    source: folder,
    classes: targets.map((target) => names.get(target)!),
    clips,
    folds: FOLDS,
    // Renaming, replacing or rewriting a file sets its ctime, which nobody can set back.
    fingerprint: (clip) => {
      const { size, mtimeMs, ctimeMs } = files[clip]!.stats;
      return `${clips[clip]!.name} ${size} ${mtimeMs} ${ctimeMs}`;
    },
    digest: (clip) => digestOf(files[clip]!.path),
    load: (clip) => joinBlocks(soundBlocks(files[clip]!.path)),
    blocks: (clip, flawed) => soundBlocks(files[clip]!.path, flawed),
  };
}

/** The CSV's rows with the line that each ends in. Throws UserError. */
export function readRows(csv: string): { row: Row; line: number }[] {
  const records = parseCsv(csv);
  if (records.length === 0) throw new UserError(`${csv} is empty: its first line must name the columns`);
  const header = records[0]!.record.map((name) => name.trim());
  const missing = COLUMNS.filter((column) => !header.includes(column));
  if (missing.length > 0) {
    throw new UserError(
      `${csv}, line 1: no column ${missing.join(", ")} (the columns are ${tame(header.join(", "))})`,
    );
  }
  if (records.length === 1) throw new UserError(`${csv} lists no clips`);
  const at = [...COLUMNS, ...OTHER_COLUMNS].map((column) => [column, header.indexOf(column)] as const);
  return records.slice(1).map(({ record, info }) => ({
    row: tamed(Object.fromEntries(at.map(([column, i]) => [column, record[i]])) as unknown as Row),
    line: info.lines,
  }));
}

/** Class names are printed everywhere: what would steer a terminal is taken out of them here. */
function tamed(row: Row): Row {
  return row.category === undefined
    ? row
    : { ...row, category: tame(row.category, Number.POSITIVE_INFINITY) };
}

interface ParsedLine {
  record: string[];
  info: { lines: number };
}

function parseCsv(csv: string): ParsedLine[] {
  const size = stats(csv)?.size ?? 0;
  if (size > LARGEST_CSV)
    throw new UserError(`${csv} has ${size} bytes: more than ${LARGEST_CSV} cannot be a list of clips`);
  const text = readCsvText(csv);
  try {
    // With `info`, each record comes with the line that it ends in; the declared type does not know.
    const options = {
      info: true,
      skip_empty_lines: true,
      max_record_size: LONGEST_LINE,
      record_delimiter: ["\r\n", "\n", "\r"], // lines may end each in its own way
    };
    return parse(text, options) as unknown as ParsedLine[];
  } catch (error) {
    const { message, lines } = error as CsvError;
    const line = typeof lines === "number" ? `, line ${lines}` : "";
    throw new UserError(`${csv}${line}: not a well-formed CSV (${message})`, { cause: error });
  }
}

/** Each target's name, checked to be one and the same in every row. */
export function categories(rows: { row: Row; line: number }[], csv: string): Map<number, string> {
  const names = new Map<number, string>();
  const targets = new Map<string, number>();
  for (const { row, line } of rows) {
    const at = `${csv}, line ${line}`;
    const target = countOf(row.target);
    if (Number.isNaN(target))
      throw new UserError(`${at}: target wants a whole number from 0, got '${tame(row.target, 80)}'`);
    if (row.category === "") throw new UserError(`${at}: category is empty`);
    const name = names.get(target) ?? row.category;
    if (name !== row.category)
      throw new UserError(`${at}: target ${target} is '${row.category}' here, '${name}' above`);
    const same = targets.get(name) ?? target;
    if (same !== target)
      throw new UserError(`${at}: category '${name}' is target ${target} here, ${same} above`);
    names.set(target, name);
    targets.set(name, target);
  }
  if (names.size < 2) throw new UserError(`${csv} has only one class; telling sounds apart takes two`);
  return names;
}

/** A file's name that cannot lead out of audio/. */
export function plainName(name: string, at: string): string {
  if (name === "") throw new UserError(`${at}: filename is empty`);
  if (/[/\\\0]/.test(name) || name === "." || name === "..") {
    throw new UserError(`${at}: filename '${tame(name, 80)}' is not a plain file name inside audio/`);
  }
  return name;
}

/** A fold's number, 1 to FOLDS. */
export function foldOf(text: string, at: string): number {
  const fold = countOf(text);
  if (fold >= 1 && fold <= FOLDS) return fold;
  throw new UserError(`${at}: fold wants a whole number from 1 to ${FOLDS}, got '${tame(text, 80)}'`);
}

/** A non-negative whole number written in digits alone, or NaN. */
function countOf(text: string): number {
  return /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN;
}

/** A hash of a file's bytes. Throws UserError. */
async function digestOf(path: string): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  try {
    for await (const bytes of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(bytes);
  } catch (error) {
    throw new UserError(`cannot read ${path}: ${reason(error)}`, { cause: error });
  }
  return hash.digest("hex").slice(0, 32);
}

function stats(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
