// What a step costs here and in another checkout of otograd, in turn. Processor time is that of all threads; on a CPU adapter it is
// what the machine had to do, whoever else used it meanwhile.
import { resolve } from "node:path";
import { runChild } from "./children/run.ts";
import { summarize } from "./measure.ts";

/** The options that every such program has. */
export const OPTIONS = {
  against: { type: "string" },
  rounds: { type: "string", default: "5" },
  steps: { type: "string", default: "20" },
} as const;

export interface Step {
  /** A loss, which is the same in both checkouts. */
  result: number;
  launches: number;
  /** Milliseconds a step: of the JavaScript thread, of all threads, and by the clock. */
  host: number;
  processor: number;
  clock: number;
}

const HERE = resolve(import.meta.dir, "..");

const spread = (numbers: readonly number[]) => {
  const { median, low, high } = summarize(numbers);
  return `${median.toFixed(2)} (${low.toFixed(2)} … ${high.toFixed(2)})`;
};

/**
 * Prints what a step of `name` costs, by a script of children/ that is given `args`, the number of steps, the checkout and, of this
 * one, what is in `here`. Throws where the two do not compute the same.
 */
export async function compareSteps(
  name: string,
  [script, ...args]: [script: string, ...args: string[]],
  { against, rounds, steps }: { against?: string; rounds: string; steps: string },
  here: readonly string[] = [],
): Promise<void> {
  const checkouts = [HERE, ...(against === undefined ? [] : [resolve(against)])];
  const taken: Step[][] = [];
  for (let round = 0; round < Number(rounds); round++) {
    const both: Step[] = [];
    for (let turn = 0; turn < checkouts.length; turn++) {
      const i = (round + turn) % checkouts.length; // no checkout is always the first
      both[i] = await runChild<Step>(script, [...args, steps, checkouts[i]!, ...(i === 0 ? here : [])]);
    }
    taken.push(both);
  }
  for (const [i, checkout] of checkouts.entries()) {
    const of = (key: keyof Step) => taken.map((both) => both[i]![key]);
    const launches = of("launches")[0]!;
    console.log(
      `${name}  ${i === 0 ? "here" : checkout}: ${launches.toFixed(0)} launches, processor ${spread(of("processor"))} ms, ` +
        `host ${spread(of("host"))} ms, ${spread(of("host").map((ms) => (1000 * ms) / launches))} µs a launch, ` +
        `clock ${spread(of("clock"))} ms, loss ${of("result")[0]!.toFixed(4)}`,
    );
  }
  if (checkouts.length < 2) return;
  const [mine, theirs] = taken[0] as [Step, Step];
  if (!(Math.abs(mine.result - theirs.result) <= 1e-3 * Math.abs(theirs.result)))
    throw new Error(`${name}: the losses are not the same, ${mine.result} and ${theirs.result}`);
  const ratio = (key: "processor" | "clock") =>
    spread(taken.map(([ours, other]) => other![key] / ours![key]));
  console.log(`  times as fast: by processor time ${ratio("processor")}, by the clock ${ratio("clock")}`);
}
