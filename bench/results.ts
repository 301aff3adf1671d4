// docs/results.md keeps the newest table of peers: written there by `bun run bench --peers --write-results`, and by nobody's hand.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../src/train/files/files.ts";
import { renderMachine } from "./machine.ts";
import { cell, type Report, type Section } from "./report.ts";

const FILE = join(import.meta.dir, "..", "docs", "results.md");
const [BEGIN, END] = ["<!-- peers: written by --write-results -->", "<!-- peers: end -->"];

/** Puts the peers' section of a report between the marks in docs/results.md. */
export function writeResults(report: Report, command: string): void {
  writeWhole(FILE, withResults(readFileSync(FILE, "utf8"), report, command));
}

/** The document with the report's peers between its marks. Throws where these are missing. */
export function withResults(document: string, report: Report, command: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/results.md lacks '${BEGIN}' … '${END}'`);
  const peers = report.sections.find(({ name }) => name === "peers")!;
  const said = [BEGIN, "", `    ${command}`, "", ...renderMachine(report.machine).split("\n")];
  return document.slice(0, begin) + [...said, "", markdown(peers), "", ""].join("\n") + document.slice(end);
}

function markdown({ title, rows, notes = [] }: Section): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row.values)))];
  const lines = [
    ["", ...columns],
    ["---", ...columns.map(() => "---:")],
    ...rows.map((row) => [row.name, ...columns.map((column) => cell(row.values[column]))]),
  ];
  const table = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return [`${title}.`, "", table, "", ...notes.map((note) => `- ${note}`)].join("\n");
}
