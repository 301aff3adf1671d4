// A CSV's records, each with the line that it ends in; within bounds, and with errors that name the line.
import { type CsvError, parse } from "csv-parse/sync";
import { tame, UserError } from "../../terminal/errors.ts";

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

/** The text of a CSV with a header; `csv` is what it is called. Throws UserError. */
export function csvOf(text: string, csv: string): Csv {
  const [first, ...lines] = parseCsv(text, csv);
  if (first === undefined) throw new UserError(`${csv} is empty: its first line must name the columns`);
  return { header: first.cells.map((name) => name.trim()), lines };
}

/** A header's columns, for an error message. */
export const columnsOf = (header: readonly string[]) => `the columns are ${tame(header.join(", "))}`;

function parseCsv(text: string, csv: string): CsvLine[] {
  let last = 0; // the line in which the last whole record ends
  try {
    // With `info`, each record comes with the line that it ends in; the declared type does not know.
    const said = SEPARATOR.exec(text)?.[1];
    const options = {
      info: true,
      on_record: (record: string[], { lines }: { lines: number }) => {
        last = lines;
        return record;
      },
      skip_empty_lines: true,
      skip_records_with_empty_values: true, // spreadsheets write lines of nothing but commas behind the last
      relax_column_count: true, // of those; of others it is looked at below
      trim: true, // spaces before and behind quotes
      delimiter: said ?? delimiterOf(text),
      from_line: said === undefined ? 1 : 2,
      max_record_size: LONGEST_LINE,
      record_delimiter: ["\r\n", "\n", "\r"], // lines may end each in its own way
    };
    const records = parse(text, options) as unknown as { record: string[]; info: { lines: number } }[];
    const lines = records.map(({ record, info }) => ({ cells: record, line: info.lines }));
    const width = lines[0]?.cells.length;
    const other = lines.find(({ cells }) => cells.length !== width);
    if (other === undefined) return lines;
    const { cells, line } = other;
    throw Object.assign(new Error(`Invalid Record Length: expect ${width}, got ${cells.length}`), {
      lines: line,
    });
  } catch (error) {
    const { message, lines } = error as CsvError;
    const one = typeof lines === "number" ? `, line ${lines}` : "";
    // A quote that is not closed is told of where the next one is, or at the end.
    const where = typeof lines === "number" && lines > last + 1 ? `, lines ${last + 1} to ${lines}` : one;
    throw new UserError(`${csv}${where}: not a well-formed CSV (${message})`, { cause: error });
  }
}

/** How Excel says, in a line before the header, what parts columns. */
const SEPARATOR = /^sep=([,;\t])[\r\n]/i;

/** What parts the header's columns: what is oftenest there, outside quotes. A name may have a comma in it. */
function delimiterOf(text: string): string {
  const header = text
    .slice(0, LONGEST_LINE)
    .split(/[\r\n]/, 1)[0]!
    .replace(/"[^"]*"/g, "");
  const times = (delimiter: string) => header.split(delimiter).length;
  return DELIMITERS.reduce((best, each) => (times(each) > times(best) ? each : best));
}

/** A non-negative whole number written in digits alone, or as a float ("3.0": pandas, of a column with gaps), or NaN. */
export function countOf(text: string): number {
  return /^\d{1,9}(\.0+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
}
