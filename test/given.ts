// The numbers that the long proofs are given on the command line: one that is none ends them, as a proof of nothing would pass.
import { wholeNumber } from "../src/train/commands/options.ts";
import { oneLine } from "../src/train/terminal/errors.ts";

/** The whole number that was given for something, from `least` up; `otherwise` where none was. */
export function numberGiven(what: string, text: string | undefined, otherwise: number, least = 1): number {
  if (text === undefined) return otherwise;
  try {
    return wholeNumber(what, least)(text);
  } catch (error) {
    console.error(`error: ${oneLine(error)}`);
    process.exit(1);
  }
}
