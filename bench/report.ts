// What a benchmark says: sections of rows of measured values, as a table for people and as JSON for programs.
import { UserError } from "../src/train/terminal/errors.ts";
import type { Machine } from "./machine.ts";
import type { Quantity } from "./measure.ts";

export interface Row {
  name: string;
  /** By column; a column's name says its unit. Text stands as it is. */
  values: Record<string, Quantity | string>;
}

export interface Section {
  name: string;
  title: string;
  rows: Row[];
  /** Lines below the table. */
  notes?: string[];
}

export interface Report {
  machine: Machine;
  sections: Section[];
}

/** Three digits that matter: "1024", "73.4", "4.50", "0.033". */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "–";
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size >= 1 ? value.toFixed(2) : value.toPrecision(2);
}

/** "27.1 (26.0 … 28.2)": the median and, of several runs, the quartiles. */
export function quantity({ median, low, high, runs }: Quantity): string {
  const middle = digits(median);
  return runs === 1 || digits(low) === digits(high) ? middle : `${middle} (${digits(low)} … ${digits(high)})`;
}

export function cell(value: Quantity | string | undefined): string {
  return value === undefined ? "" : typeof value === "string" ? value : quantity(value);
}

/** Lines of cells as columns, the first to the left, the others to the right; the first line is the header. */
export function table(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const rows = lines.map((line) =>
    line
      .map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
  return rows.toSpliced(1, 0, widths.map((width) => "─".repeat(width)).join("  ")).join("\n");
}

/** Tables of more columns than this and than rows are turned on their side: a line a column, a column a row. */
const MOST_COLUMNS = 6;

/** A section as people read it. */
export function render({ title, rows, notes = [] }: Section): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row.values)))];
  const upright = columns.length <= Math.max(MOST_COLUMNS, rows.length);
  const lines = upright
    ? rows.map((row) => [row.name, ...columns.map((column) => cell(row.values[column]))])
    : columns.map((column) => [column, ...rows.map((row) => cell(row.values[column]))]);
  const head = ["", ...(upright ? columns : rows.map((row) => row.name))];
  const body = rows.length === 0 ? [] : [table([head, ...lines])];
  return [title, ...body, ...notes].join("\n");
}

/** Reads what --json wrote. Throws a UserError that names the file where it is something else. */
export function parseReport(text: string, file: string): Report {
  let report: Partial<Report>;
  try {
    report = JSON.parse(text);
  } catch {
    throw new UserError(`${file} is not JSON: --compare wants a file that --json wrote`);
  }
  if (report?.machine === undefined || !Array.isArray(report.sections)) {
    throw new UserError(`${file} is not a benchmark's report: --compare wants a file that --json wrote`);
  }
  return report as Report;
}
