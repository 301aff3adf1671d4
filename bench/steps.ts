#!/usr/bin/env bun
// What a step of each workload costs, here and in another checkout of otograd, in turn:
//
//     bun bench/steps.ts --workloads lenet,unet [--against DIR] [--rounds 5] [--steps 20]
//
// Processor time is that of all threads; on a CPU adapter it is what the machine had to do, whoever else used it meanwhile.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { runChild } from "./children/run.ts";
import { summarize } from "./measure.ts";

const { values } = parseArgs({
  options: {
    workloads: { type: "string", default: "mlp,lenet,unet" },
    against: { type: "string" },
    rounds: { type: "string", default: "5" },
    steps: { type: "string", default: "20" },
  },
});

export interface Step {
  /** The first loss. */
  result: number;
  launches: number;
  /** Milliseconds a step: of the JavaScript thread, of all threads, and by the clock. */
  host: number;
  processor: number;
  clock: number;
}

const HERE = resolve(import.meta.dir, "..");
const checkouts = [HERE, ...(values.against === undefined ? [] : [resolve(values.against)])];

const spread = (numbers: readonly number[], digits = 2) => {
  const { median, low, high } = summarize(numbers);
  return `${median.toFixed(digits)} (${low.toFixed(digits)} … ${high.toFixed(digits)})`;
};

for (const workload of values.workloads.split(",")) {
  const rounds: Step[][] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const steps: Step[] = [];
    for (const checkout of checkouts)
      steps.push(await runChild<Step>("steps.ts", [workload, values.steps, checkout]));
    rounds.push(steps);
  }
  for (const [i, checkout] of checkouts.entries()) {
    const of = (key: keyof Step) => rounds.map((steps) => steps[i]![key]);
    console.log(
      `${workload}  ${i === 0 ? "here" : checkout}: ${of("launches")[0]!.toFixed(0)} launches, processor ` +
        `${spread(of("processor"))} ms, host ${spread(of("host"))} ms, clock ${spread(of("clock"))} ms`,
    );
  }
  if (checkouts.length < 2) continue;
  const [mine, theirs] = rounds[0] as [Step, Step];
  if (!(Math.abs(mine.result - theirs.result) <= 1e-3 * Math.abs(theirs.result)))
    throw new Error(`${workload}: the results are not the same, ${mine.result} and ${theirs.result}`);
  const ratio = (key: "processor" | "clock") =>
    spread(rounds.map(([ours, other]) => other![key] / ours![key]));
  console.log(`  times as fast: by processor time ${ratio("processor")}, by the clock ${ratio("clock")}`);
}
