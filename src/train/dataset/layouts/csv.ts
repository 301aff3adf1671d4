// A CSV file's records, each with the line that it ends in; within bounds, and with errors that name the line.
import { type Stats, statSync } from "node:fs";
import { type CsvError, parse } from "csv-parse/sync";
import { tame, UserError } from "../../terminal/errors.ts";
import { readCsvText } from "./csv-text.ts";

/** A line of more characters is not of a list of clips. */
const LONGEST_LINE = 10_000;

/** By which columns may be parted, the usual one first. */
const DELIMITERS = [",", ";", "\t"];

export interface CsvLine {
  cells: string[];
  line: number;
}

export interface Csv {
  /** The columns' names. */
  header: string[];
  lines: CsvLine[];
}

/** A CSV file with a header, of no more than `largest` bytes. Throws UserError. */
export function readCsv(csv: string, largest: number): Csv {
  const [first, ...lines] = parseCsv(csv, largest);
  if (first === undefined) throw new UserError(`${csv} is empty: its first line must name the columns`);
  return { header: first.cells.map((name) => name.trim()), lines };
}

/** A header's columns, for an error message. */
export const columnsOf = (header: readonly string[]) => `the columns are ${tame(header.join(", "))}`;

function parseCsv(csv: string, largest: number): CsvLine[] {
  const size = statsOf(csv)?.size ?? 0;
  if (size > largest)
    throw new UserError(`${csv} has ${size} bytes: more than ${largest} cannot be a list of clips`);
  const text = readCsvText(csv);
  try {
    // With `info`, each record comes with the line that it ends in; the declared type does not know.
    const options = {
      info: true,
      skip_empty_lines: true,
      delimiter: delimiterOf(text),
      max_record_size: LONGEST_LINE,
      record_delimiter: ["\r\n", "\n", "\r"], // lines may end each in its own way
    };
    const records = parse(text, options) as unknown as { record: string[]; info: { lines: number } }[];
    return records.map(({ record, info }) => ({ cells: record, line: info.lines }));
  } catch (error) {
    const { message, lines } = error as CsvError;
    const line = typeof lines === "number" ? `, line ${lines}` : "";
    throw new UserError(`${csv}${line}: not a well-formed CSV (${message})`, { cause: error });
  }
}

/** What parts the header's columns. */
function delimiterOf(text: string): string {
  const header = text.slice(0, LONGEST_LINE).split(/[\r\n]/, 1)[0]!;
  return DELIMITERS.find((each) => header.includes(each)) ?? ",";
}

/** A non-negative whole number written in digits alone, or NaN. */
export function countOf(text: string): number {
  return /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN;
}

/** What lies there, links followed; undefined where that is nothing, or cannot be seen. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
