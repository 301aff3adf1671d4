// Where training finds no dataset and somebody sits at the terminal: shall it be downloaded?
import { createInterface } from "node:readline";
import type { Session } from "../terminal/session.ts";
import { type Stop, throwIfStopped } from "../terminal/talk.ts";
import { DEFAULT_DATA } from "./dataset.ts";
import { fetchDataset } from "./fetch.ts";

/** Asks whether to fetch ESC-50 into its usual place, and does; false where nobody can be asked, or the answer is no. */
export async function offerDataset(session: Session): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const answer = await ask(`There is no ${DEFAULT_DATA}. Download ESC-50 now (600 MB)? [y/N] `, session.stop);
  if (!/^y(es)?$/i.test(answer.trim())) return false;
  await fetchDataset({ to: DEFAULT_DATA }, session);
  return true;
}

/** A line from the terminal; empty where there is none. */
async function ask(question: string, stop: Stop): Promise<string> {
  process.stderr.write(question);
  const lines = createInterface({ input: process.stdin });
  const { promise, resolve } = Promise.withResolvers<string>();
  lines.once("line", resolve);
  lines.once("close", () => resolve(""));
  const watch = setInterval(() => stop.signal !== null && resolve(""), 50);
  const answer = await promise;
  clearInterval(watch);
  lines.close();
  throwIfStopped(stop, "stopped");
  return answer;
}
