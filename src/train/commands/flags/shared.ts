// What the definitions of commands share. They are files of their own, apart from what the commands do: `--help` reads
// all of them, and must not wait for the GPU's part of the program or the plotting library, which an action loads.
import { type Command, Option } from "commander";
import { MOST_FOLDS } from "../../dataset/dataset.ts";
import { parseColumns } from "../../dataset/opening.ts";
import { RECORDINGS } from "../../dataset/recordings.ts";
import { UserError } from "../../terminal/errors.ts";
import type { Session } from "../../terminal/session.ts";
import { wholeNumber } from "../options.ts";
import { items } from "./help.ts";

/** Opens the session that a command works in; `hear` is told what a signal leads to, by default the user is. */
export type Open = (hear?: (line: string) => void) => Session;

export const dataOption = new Option(
  "--data <place>",
  "a folder with a folder of sounds for each class; a CSV file, or a folder with one; a folder as ESC-50 or UrbanSound8K is distributed; or the word synthetic",
);
export const columnsOption = new Option(
  "--columns <names>",
  "the CSV's columns, file=NAME,class=NAME,fold=NAME,group=NAME, or some of these (default: guessed); fold= leaves one out",
).argParser(parseColumns);
/** How `--data` is to be read, where that is not to be guessed. */
export function withOpening(command: Command, ...data: Option[]): Command {
  for (const option of [...data, ...OPENING]) command.addOption(option);
  return command;
}

const OPENING = [
  columnsOption,
  new Option(
    "--make-folds <n>",
    "of data without folds, how many are made (default: 5, or fewer where there are too few recordings)",
  ).argParser(wholeNumber("--make-folds", 2, MOST_FOLDS)),
  new Option(
    "--fold-seed <n>",
    "of data without folds, the seed that they are made by (default: 1, whatever --seed is)",
  ).argParser(wholeNumber("--fold-seed", 0, 2 ** 32 - 1)),
  new Option(
    "--recordings <how>",
    "of data without folds, by what clips of one recording are told, which stay together (default: names)",
  ).choices(RECORDINGS),
];
export const cacheOption = new Option("--cache <dir>", "where features are kept (default: ~/.cache/otograd)");
export const noCacheOption = new Option("--no-cache", "compute the features anew, and keep none");

/** Has a command refuse --x beside --no-x: commander takes them for one value, of which the last wins without a word. */
export function refuseBoth(command: Command): void {
  for (const no of command.options.filter(({ negate }) => negate)) {
    const both = command.options.filter((each) => each.attributeName() === no.attributeName());
    const given = new Set<string>();
    for (const { long } of both)
      command.on(`option:${long!.slice(2)}`, () => {
        given.add(long!);
        if (given.size > 1)
          throw new UserError(`${[...given].join(" and ")} say opposites: give one of them`);
      });
  }
}

/** Has a command refuse an option that is given twice with different values, of which the last would win without a word. */
export function refuseTwice(command: Command): void {
  const once = command.options.filter(({ flags, description }) => {
    return flags.includes("<") && !description.includes("can be repeated");
  });
  for (const { long } of once) {
    let before: string | undefined;
    command.on(`option:${long!.slice(2)}`, (value: string) => {
      if (before !== undefined && before !== value)
        throw new UserError(`${long} is given twice, as '${before}' and '${value}': give one of them`);
      before = value;
    });
  }
}

/** Options that name a file or a folder, by how their values are called. */
const NAMES_ONE = /<(dir|file|place|threshold\|dir)>/;

/**
 * Has a command refuse a name of nothing: a shell's variable that is not set gives one, and the working folder would be meant.
 * Nor is an option a name, behind one whose name was forgotten.
 */
export function refuseEmpty(command: Command): void {
  const refuse = (what: string) => {
    throw new UserError(`${what} wants a name, got '' (is a variable of the shell empty?)`);
  };
  for (const { long } of command.options.filter(({ flags }) => NAMES_ONE.test(flags)))
    command.on(`option:${long!.slice(2)}`, (name: string | null) => {
      if (name === "") refuse(long!);
      if (command.options.some((option) => option.long === name))
        throw new UserError(
          `${long} wants a name, got the option ${name} (./${name} names what is called so)`,
        );
    });
  command.hook("preAction", () => {
    for (const [i, { variadic }] of command.registeredArguments.entries()) {
      const names: string[] = variadic ? command.args.slice(i) : command.args.slice(i, i + 1);
      if (names.includes("")) refuse(`<${command.registeredArguments[i]!.name()}>`);
    }
  });
}

export type Example = [command: string, what: string];

/** For the end of a command's help, which is laid out when it is read. */
export function examples(...lines: Example[]): () => string {
  return () => `\nExamples:\n${items(lines)}`;
}
