// How help is asked for, and how it is laid out. On a narrow terminal what a word means stands below it: beside it there is no room to wrap it in,
// and commander would not wrap it at all.
import { type Command, Help, type HelpConfiguration } from "commander";
import { terminalSize } from "../../terminal/stdout.ts";

/** Where fewer columns are left beside the words, their meanings stand below. */
const LEAST_ROOM = 30;
const BELOW = 6;

/** For commander's `configureHelp`. */
export const HELP: HelpConfiguration = {
  showGlobalOptions: true,
  minWidthToWrap: 1,
  formatItem: (term: string, termWidth: number, what: string) => item(term, what, termWidth),
};

/** Words or command lines with what each means, one below the other. */
export function items(rows: readonly (readonly [term: string, what: string])[]): string {
  const width = Math.max(...rows.map(([term]) => term.length));
  const longest = Math.max(...rows.map(([, what]) => what.length));
  return rows.map(([term, what]) => item(term, what, width, longest)).join("\n");
}

/** Beside each other where there is room for the longest as it is, or for LEAST_ROOM. */
function item(term: string, what: string, termWidth: number, longest = LEAST_ROOM): string {
  if (what === "") return `  ${term}`;
  const { columns } = terminalSize();
  const left = termWidth + 4;
  if (columns - left >= Math.min(longest, LEAST_ROOM))
    return `  ${term.padEnd(termWidth)}  ${wrapped(what, left)}`;
  return `  ${term}\n${" ".repeat(BELOW)}${wrapped(what, BELOW)}`;
}

/** A text that begins in a column and goes on below itself. */
function wrapped(text: string, column: number): string {
  const helper = Object.assign(new Help(), HELP);
  return helper.boxWrap(text, terminalSize().columns - column).replaceAll("\n", `\n${" ".repeat(column)}`);
}

/**
 * A command line as commander is to read it, which would show the list of commands for `help X` and `X --help`, whatever X
 * is: `help X Y` is `X Y --help`, and no help is asked for of a command that there is none of, so that it is told.
 */
export function helpAsked(otograd: Command, words: readonly string[]): string[] {
  const line = words[0] === "help" ? [...words.slice(1), "--help"] : [...words];
  let at = otograd;
  for (const word of line) {
    if (at.commands.length === 0) break;
    if (word.startsWith("-")) continue;
    const named = at.commands.find((command) => command.name() === word);
    if (named === undefined) return line.filter((each) => each !== "--help" && each !== "-h");
    at = named;
  }
  return line;
}
