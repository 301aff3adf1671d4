// What the definitions of commands share. They are files of their own, apart from what the commands do: `--help` reads
// all of them, and must not wait for the GPU's part of the program or the plotting library, which an action loads.
import { Option } from "commander";
import type { Session } from "../../terminal/session.ts";

/** Opens the session that a command works in; `hear` is told what a signal leads to, by default the user is. */
export type Open = (hear?: (line: string) => void) => Session;

export const dataOption = new Option(
  "--data <dir>",
  "a folder as ESC-50 is distributed (audio/*.wav, meta/esc50.csv), or the word synthetic",
);
export const cacheOption = new Option("--cache <dir>", "where features are kept (default: ~/.cache/otograd)");
export const noCacheOption = new Option("--no-cache", "compute the features anew, and keep none");

export type Example = [command: string, what: string];

/** For the end of a command's help. */
export function examples(...lines: Example[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  return `\nExamples:\n${lines.map(([command, what]) => `  ${command.padEnd(width)}  ${what}`).join("\n")}\n`;
}
