// `bun run dataset fetch` and `bun run dataset verify`.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Check, checkFolder, type Finding, isOfEsc50 } from "../dataset/check.ts";
import { checkAny } from "../dataset/check-any.ts";
import { type FetchOptions, fetchDataset } from "../dataset/fetch.ts";
import { ESC50 } from "../dataset/layouts/published-rows.ts";
import { refuseUnused } from "../dataset/opening.ts";
import { tame, UserError } from "../terminal/errors.ts";
import { jsonLine } from "../terminal/json.ts";
import { padded, widest } from "../terminal/padded.ts";
import type { Session } from "../terminal/session.ts";
import { counted, duration } from "../terminal/words.ts";
import { type OpeningOptions, openingOf } from "./options.ts";

/** More findings than these are counted, not shown. */
const MOST_LINES = 20;

export async function fetchCommand(options: FetchOptions, session: Session): Promise<void> {
  const check = await fetchDataset(options, session);
  session.print(`${summary(check)}: complete`);
}

/** Prints what is in a folder, fold by fold, and what is wrong with it. Throws UserError where something is. */
export async function verifyCommand(
  folder: string,
  { json = false, ...options }: { json?: boolean } & OpeningOptions,
  session: Session,
): Promise<void> {
  if (folder === "synthetic")
    throw new UserError(
      "synthetic is made on the fly: there are no files to check; bun run train --data synthetic takes it as it is",
    );
  const opening = openingOf(options);
  const laidOut = existsSync(join(folder, ESC50.csv)) && options.columns === undefined;
  if (laidOut) refuseUnused({ source: folder }, opening);
  // One's own sounds may be laid out as ESC-50 is, and need not be of one format.
  const check = await (laidOut && isOfEsc50(folder)
    ? checkFolder(folder, session)
    : checkAny(folder, opening, session));
  const { problems, notes } = check;
  if (json) session.print(jsonLine({ ...check, ok: problems.length === 0 }));
  else {
    session.print(summary(check));
    for (const line of [...table(check), ...classTable(check)]) session.print(line);
    for (const line of [...shown("problem", problems), ...shown("note", notes)]) session.print(line);
  }
  if (problems.length > 0) throw new UserError(`${folder} has ${counted(problems.length, "problem")}`);
  if (!json) session.print(`${folder} is ${check.layout === null ? "sound" : "complete and sound"}`);
}

function summary({ folder, layout, kind, clips, classes, seconds }: Check): string {
  const what = layout ?? kind ?? "a part of ESC-50";
  return `${folder} (${what}): ${counted(clips, "clip")}, ${counted(classes, "class")}, ${duration(seconds)}`;
}

function table({ folds, clips, classes, seconds, problems, notes }: Check): string[] {
  const row = (...cells: (string | number)[]) =>
    cells.map((cell, i) => String(cell).padStart([4, 7, 9, 9, 10, 7][i]!)).join("");
  const minutes = (seconds: number) => (seconds / 60).toFixed(1);
  return [
    row("fold", "clips", "classes", "minutes", "problems", "notes"),
    ...folds.map((fold) =>
      row(fold.fold, fold.clips, fold.classes, minutes(fold.seconds), fold.problems, fold.notes),
    ),
    row("all", clips, classes, minutes(seconds), problems.length, notes.length),
  ];
}

/** Of any layout but ESC-50's, whose classes are of one size. */
function classTable({ perClass = [] }: Check): string[] {
  const width = widest(["class", ...perClass.map(({ name }) => name)]);
  const rows = perClass.map(({ name, clips, seconds }): [string, number, string] => [
    name,
    clips,
    (seconds / 60).toFixed(1),
  ]);
  const row = (name: string, clips: string | number, minutes: string) =>
    `${padded(name, width)}  ${String(clips).padStart(5)}  ${minutes.padStart(7)}`;
  return rows.length === 0
    ? []
    : ["", row("class", "clips", "minutes"), ...rows.map((each) => row(...each)), ""];
}

function shown(kind: string, findings: readonly Finding[]): string[] {
  const lines = findings
    .slice(0, MOST_LINES)
    .map(({ file, message }) => tame(`${kind}: ${file === null ? "" : `${file} `}${message}`, 300));
  const rest = findings.length - MOST_LINES;
  return rest > 0 ? [...lines, `… and ${counted(rest, kind)} more (--json has them all)`] : lines;
}
