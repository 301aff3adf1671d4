#!/usr/bin/env bun
// `bun run mutate [KERNEL…] [--changes N] [--seed N]`: whether the checks of kernels can fail. Each change is made in a
// copy of the tree, and the tests that cover the kernel are run there; one that they all pass survives, and is listed
// with its line. Exit codes: 0 every survivor is explained in survivors.ts · 1 some are not.
import { cpus } from "node:os";
import { help, optionsGiven } from "../../build/help.ts";
import { UserError } from "../../src/train/terminal/errors.ts";
import { Progress } from "../../src/train/terminal/progress.ts";
import { numberGiven, orEnd } from "../given.ts";
import { drawn, kernelsOf, type Trial } from "./draw.ts";
import { explain } from "./survivors.ts";
import { Workplace } from "./workplace.ts";

help(import.meta.path);

/** Milliseconds after which a test is killed, at least and at most. */
const [SHORTEST, LONGEST] = [10_000, 120_000];

const number = { type: "string" } as const;
const { values, positionals } = optionsGiven({
  options: { changes: number, seed: number, jobs: number },
  allowPositionals: true,
});
const kernels = orEnd(() => kernelsOf(positionals));
const changes = numberGiven("--changes", values.changes, 500);
const trials = drawn(kernels, changes, numberGiven("--seed", values.seed, 1, 0));
const atOnce = numberGiven("--jobs", values.jobs, Math.max(2, Math.floor(cpus().length / 2)));
const jobs = Math.min(atOnce, trials.length);

const survivors: Trial[] = [];
let [done, caught] = [0, 0];
const progress = new Progress();
progress.begin("changing kernels", trials.length);
const queue = [...trials];
// Ctrl-C ends it with what was found so far.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => queue.splice(0));
const places = await Promise.all(Array.from({ length: jobs }, () => Workplace.make()));
/** Milliseconds that each test file takes without a change. */
const times = new Map<string, Promise<number>>();

async function timeOf(place: Workplace, test: string): Promise<number> {
  const begin = performance.now();
  // Tests that fail by themselves would count every change as caught.
  if (!(await place.pass([test], LONGEST))) throw new UserError(`${test} fails without any change`);
  return performance.now() - begin;
}

/** Milliseconds that tests may take with a change: an endless loop ends there. */
async function limitOf(place: Workplace, tests: readonly string[]): Promise<number> {
  let all = 0;
  for (const test of tests) {
    const time = times.get(test) ?? timeOf(place, test);
    times.set(test, time);
    all += await time;
  }
  return Math.min(LONGEST, Math.max(SHORTEST, Math.ceil(5 * all)));
}

try {
  await Promise.all(
    places.map(async (place) => {
      for (let trial = queue.shift(); trial !== undefined; trial = queue.shift()) {
        if (!(await place.survives(trial, await limitOf(place, trial.tests)))) caught++;
        else {
          survivors.push(trial);
          progress.clear();
          const { line, from, to } = trial.mutant;
          console.log(`${trial.file}:${line}  ${from}  →  ${to}`);
          console.log(`    ${explain(trial) ?? "survives, and nobody has said why"}`);
        }
        progress.update(++done);
      }
    }),
  );
} finally {
  for (const place of places) place.remove();
}
progress.clear();

const unexplained = survivors.filter((trial) => explain(trial) === null);
const share = ((100 * caught) / done).toFixed(1);
console.log(
  `${done} changes to ${new Set(trials.slice(0, done).map(({ kernel }) => kernel)).size} kernels: ${caught} caught (${share} %), ${survivors.length} survived, ${unexplained.length} of them unexplained`,
);
process.exit(unexplained.length === 0 ? 0 : 1);
