// docs/results.md keeps the newest table of peers: written there by `bun run bench --peers --write-results`, and by nobody's hand.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../src/train/files/files.ts";
import { renderMachine } from "./machine.ts";
import { cell, type Report, type Row, type Section } from "./report.ts";

const FILE = join(import.meta.dir, "..", "docs", "results.md");
const [BEGIN, END] = ["<!-- peers: written by --write-results -->", "<!-- peers: end -->"];

/** Puts the peers' section of a report between the marks in docs/results.md. */
export function writeResults(report: Report, command: string): void {
  writeWhole(FILE, withResults(readFileSync(FILE, "utf8"), report, command));
}

/**
 * The document with the report's peers between its marks. Rows that it had before and that were not measured now stay, and say
 * of which commit and machine they are. Throws where the marks are missing.
 */
export function withResults(document: string, report: Report, command: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/results.md lacks '${BEGIN}' … '${END}'`);
  const peers = report.sections.find(({ name }) => name === "peers")!;
  const older = rowsIn(document.slice(begin, end)).filter(
    ({ name }) => !peers.rows.some((row) => row.name === name),
  );
  const head = renderMachine(report.machine).split("\n");
  const said = [BEGIN, "", `    ${command}`, "", ...head, "", markdown(peers, older), "", ""];
  return document.slice(0, begin) + said.join("\n") + document.slice(end);
}

interface OlderRow {
  name: string;
  values: Record<string, string>;
  /** Commit, day and machine. */
  source: string;
}

/** What tells a row's source. */
const MARKS = [..."¹²³⁴⁵⁶⁷⁸⁹"];

/** The rows of the table that stands there. */
function rowsIn(block: string): OlderRow[] {
  const lines = block.split("\n");
  const cells = (line: string) =>
    line
      .slice(1, -1)
      .split("|")
      .map((each) => each.trim());
  const [header, , ...rows] = lines.filter((line) => line.startsWith("| ")).map(cells);
  if (header === undefined) return [];
  const own = [/^otograd .* UTC/m, /^CPU .* GiB/m].map((what) => what.exec(block)?.[0] ?? "");
  const told = new Map(
    lines.flatMap((line) => {
      const [, mark, source] = /^- ([¹²³⁴⁵⁶⁷⁸⁹]): (.*)$/.exec(line) ?? [];
      return mark ? [[mark, source!] as const] : [];
    }),
  );
  return rows.map(([name, ...values]) => {
    const mark = MARKS.find((each) => name!.endsWith(` ${each}`));
    return {
      name: mark ? name!.slice(0, -2) : name!,
      values: Object.fromEntries(values.map((value, i) => [header[i + 1]!, value])),
      source: (mark && told.get(mark)) ?? own.join(", "),
    };
  });
}

function markdown({ title, rows, notes = [] }: Section, older: readonly OlderRow[]): string {
  const sources = [...new Set(older.map(({ source }) => source))];
  const all: Row[] = [
    ...rows,
    ...older.map(({ name, values, source }) => ({
      name: `${name} ${MARKS[sources.indexOf(source)]}`,
      values,
    })),
  ];
  const columns = [...new Set(all.flatMap((row) => Object.keys(row.values)))];
  const lines = [
    ["", ...columns],
    ["---", ...columns.map(() => "---:")],
    ...all.map((row) => [row.name, ...columns.map((column) => cell(row.values[column]))]),
  ];
  const table = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  const told = [...notes, ...sources.map((source, i) => `${MARKS[i]}: ${source}`)];
  return [`${title}.`, "", table, "", ...told.map((note) => `- ${note}`)].join("\n");
}
