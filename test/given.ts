// What the long proofs are given on the command line: what is wrong ends them, as a proof of nothing would pass.
import { wholeNumber } from "../src/train/commands/options.ts";
import { oneLine } from "../src/train/terminal/errors.ts";

/** What `read` makes of what was given; where it refuses that, one line says why, and the program ends. */
export function orEnd<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    console.error(`error: ${oneLine(error)}`);
    process.exit(1);
  }
}

/** The whole number that was given for something, from `least` up; `otherwise` where none was. */
export function numberGiven(what: string, text: string | undefined, otherwise: number, least = 1): number {
  return text === undefined ? otherwise : orEnd(() => wholeNumber(what, least)(text));
}
