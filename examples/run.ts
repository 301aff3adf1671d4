// What the examples share beside otograd: how long they run, and what they must have learned in the end.
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { steps: { type: "string" } }, strict: false });
const short = typeof values.steps === "string" ? Number(values.steps) : null;
if (short !== null && !(Number.isSafeInteger(short) && short > 0))
  throw new Error(`--steps wants a whole number from 1 up, got '${values.steps}'`);

/** How many steps to run: as many as the example wants, or as `--steps N` says. */
export function steps(wanted: number): number {
  return short ?? wanted;
}

/** Says what was learned. Throws where it is not enough, unless `--steps` cut the example short. */
export function learned(what: string, enough: boolean): void {
  console.log(`=> ${what}`);
  if (!enough && short === null) throw new Error(`that is too little: ${what}`);
}
