// Fetching the tiny dataset with the program's own code, in a hurry, and what must be there afterwards.
import { expect } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Check, checkFolder } from "../../../src/train/dataset/check.ts";
import { LIMITS } from "../../../src/train/dataset/download.ts";
import { type FetchOptions, fetchDataset } from "../../../src/train/dataset/fetch.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";
import type { Stop } from "../../../src/train/terminal/talk.ts";
import { TINY, TINY_ESC10, tinyFiles } from "./tiny-esc.ts";

/** As `dataset fetch` has them, but for a server that is near and a test that cannot wait; except for a busy machine. */
export const HURRIED = {
  ...LIMITS,
  attempts: 3,
  backoffMs: 2,
  progressBytes: 500,
  maxBytes: 1e6,
};

export class Heard extends Progress {
  readonly lines: string[] = [];
  override say(line: string): void {
    this.lines.push(line);
  }
  override begin(): void {}
  override beginBytes(): void {}
}

export const never = (): Stop => ({ signal: null, onFirst: "" });

export interface Outcome {
  to: string;
  check: Check | null;
  /** What was thrown. */
  error: Error | null;
  said: string;
  /** Where a part of the download would be. */
  part: string;
}

/** After how long a server that sends nothing is given up, where one does that. */
export const SOON = 500;

/** Fetches into a new folder of the test's own folder, or into the one that is given. */
export async function fetchTiny(
  { stallMs = HURRIED.stallMs, ...options }: Omit<FetchOptions, "to"> & { to?: string; stallMs?: number },
  root: string,
  stop: Stop = never(),
): Promise<Outcome> {
  const to = options.to ?? join(mkdtempSync(join(root, "to-")), "data", "esc");
  const progress = new Heard();
  const layout = options.esc10 ? TINY_ESC10 : TINY;
  let check: Check | null = null;
  let error: Error | null = null;
  try {
    check = await fetchDataset({ ...options, to }, { progress, stop }, layout, { ...HURRIED, stallMs });
  } catch (thrown) {
    error = thrown as Error;
  }
  return { to, check, error, said: progress.lines.join("\n"), part: `${to}.part` };
}

/** What is there passes `dataset verify`. */
export async function expectNoProblems(to: string): Promise<void> {
  const { problems } = await checkFolder(to, { progress: new Heard(), stop: never() }, TINY);
  expect(problems).toEqual([]);
}

/** The whole dataset is there, and nothing beside it. */
export async function expectWhole(to: string, files = tinyFiles()): Promise<void> {
  await expectNoProblems(to);
  for (const [place, content] of Object.entries(files))
    expect(readFileSync(join(to, place)).equals(content)).toBe(true);
  expect(readdirSync(to, { recursive: true }).length).toBe(2 + Object.keys(files).length); // and two folders
  expect(readdirSync(join(to, ".."))).toEqual(["esc"]);
}

/** Does something for each, a few at a time: most of it is waiting. */
export async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 6 }, worker));
}

export function testFolder(): string {
  return mkdtempSync(join(tmpdir(), "otograd-fetch-"));
}
