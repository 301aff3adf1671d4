#!/usr/bin/env bun
// What a training step of a small GPT and a small LSTM costs, here and in another checkout of otograd, in turn:
//
//     bun bench/characters.ts [--against DIR] [--batches 1,4,16] [--rounds 5] [--steps 20]
//
// Processor time is that of all threads; on a CPU adapter it is what the machine had to do, whoever else used it meanwhile.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { runChild } from "./children/run.ts";
import { summarize } from "./measure.ts";
import { MODELS } from "./workloads/characters.ts";

const { values } = parseArgs({
  options: {
    against: { type: "string" },
    batches: { type: "string", default: "1,4,16" },
    rounds: { type: "string", default: "5" },
    steps: { type: "string", default: "20" },
  },
});

interface Step {
  loss: number;
  launches: number;
  /** Milliseconds a step: of the JavaScript thread, of all threads, and by the clock. */
  host: number;
  processor: number;
  clock: number;
}

const HERE = resolve(import.meta.dir, "..");
const checkouts = [HERE, ...(values.against === undefined ? [] : [resolve(values.against)])];

const measured = (model: string, batch: string, checkout: string) =>
  runChild<Step>("characters.ts", [model, batch, values.steps, checkout]);

const spread = (numbers: readonly number[], digits = 1) => {
  const { median, low, high } = summarize(numbers);
  return `${median.toFixed(digits)} (${low.toFixed(digits)} … ${high.toFixed(digits)})`;
};

for (const model of MODELS) {
  for (const batch of values.batches.split(",")) {
    const rounds: Step[][] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      const steps: Step[] = [];
      for (const checkout of checkouts) steps.push(await measured(model, batch, checkout));
      rounds.push(steps);
    }
    for (const [i, checkout] of checkouts.entries()) {
      const of = (key: keyof Step) => rounds.map((steps) => steps[i]![key]);
      const launches = of("launches")[0]!;
      console.log(
        `${model} batch ${batch}  ${i === 0 ? "here" : checkout}: ${launches.toFixed(0)} launches, ` +
          `processor ${spread(of("processor"))} ms, host ${spread(of("host").map((ms) => (1000 * ms) / launches))} µs a launch, ` +
          `clock ${spread(of("clock"))} ms, loss ${of("loss")[0]!.toFixed(4)}`,
      );
    }
    if (checkouts.length < 2) continue;
    const [mine, theirs] = rounds[0] as [Step, Step];
    if (Math.abs(mine.loss - theirs.loss) > 1e-3 * Math.abs(theirs.loss))
      throw new Error(`${model}: the losses are not the same, ${mine.loss} and ${theirs.loss}`);
    const ratio = (key: "processor" | "clock") =>
      spread(
        rounds.map(([ours, other]) => other![key] / ours![key]),
        2,
      );
    console.log(`  times as fast: by processor time ${ratio("processor")}, by the clock ${ratio("clock")}`);
  }
}
