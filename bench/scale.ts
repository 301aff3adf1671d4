#!/usr/bin/env bun
// `bun bench/scale.ts [--runs DIR]`: when data-parallel training would pay, from the step that this adapter takes and the bytes
// that machines would have to exchange; and what a sweep over many nodes costs, simulated from the times of runs that were
// made. docs/scale.md quotes it.
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { HostRandom } from "../src/gpu/host-random.ts";
import { init } from "../src/index.ts";
import { RunFolder } from "../src/train/runs/run-folder.ts";
import { elapsed, repetitions, summarize } from "./measure.ts";
import { buildPiczak, type Piczak, randomBatch, trainingStep } from "./piczak.ts";

const { runs, batches, steps, startup, launches, cache, disk } = new Command("scale")
  .option("--runs <dir>", "an experiment's folder: its runs' times are those of the simulated jobs")
  .option("--batches <sizes>", "batch sizes to time", "32,128")
  .option("--steps <ms>", "what a step of each takes, where it was measured before")
  .option("--startup <seconds>", "of a job before its first epoch: process, adapter, programs", Number, 5)
  .option("--launches <rate>", "jobs that the scheduler starts a second", Number, 10)
  .option("--cache <MB>", "features that each job reads", Number, 60)
  .option("--disk <MB/s>", "of the shared file system, all readers together", Number, 1000)
  .parse()
  .opts<{
    runs?: string;
    batches: string;
    steps?: string;
    startup: number;
    launches: number;
    cache: number;
    disk: number;
  }>();

/** Bandwidth in bytes a second, and the latency of one message in seconds. */
const LINKS = [
  { name: "1 Gbit/s Ethernet", bandwidth: 0.125e9, latency: 50e-6 },
  { name: "10 Gbit/s Ethernet", bandwidth: 1.25e9, latency: 30e-6 },
  { name: "200 Gbit/s InfiniBand", bandwidth: 25e9, latency: 2e-6 },
];
const MACHINES = [2, 4, 8, 16];

/** Seconds of a ring all-reduce of so many bytes: 2(n − 1) messages, each of an n-th of them. */
function allReduce(bytes: number, n: number, { bandwidth, latency }: (typeof LINKS)[number]): number {
  return 2 * (n - 1) * (bytes / n / bandwidth + latency);
}

const row = (...cells: (string | number)[]) => console.log(`| ${cells.join(" | ")} |`);
const ms = (seconds: number) => (1000 * seconds).toFixed(seconds < 0.1 ? 2 : 0);

async function dataParallel(): Promise<void> {
  const { description, vendor, software } = await init();
  const piczak = buildPiczak();
  const bytes = 4 * piczak.model.parameters().reduce((sum, p) => sum + p.numel(), 0);
  console.log(
    `${description || vendor}${software ? " (a CPU)" : ""}; ${(bytes / 1e6).toFixed(1)} MB of gradients\n`,
  );
  row("batch a machine", "link", "step, ms", ...MACHINES.map((n) => `${n} machines: exchange, ms; speed-up`));
  row("---:", "---", "---:", ...MACHINES.map(() => "---:"));
  const known = steps?.split(",").map((ms) => Number(ms) / 1000);
  for (const [i, batch] of batches.split(",").map(Number).entries()) {
    const seconds = known?.[i] ?? (await stepOf(piczak, batch));
    for (const link of LINKS)
      row(
        batch,
        link.name,
        ms(seconds),
        ...MACHINES.map((n) => {
          const exchange = allReduce(bytes, n, link);
          return `${ms(exchange)}; ${((n * seconds) / (seconds + exchange)).toFixed(2)}`;
        }),
      );
  }
}

/** Seconds of a training step, the median of five measurements. */
async function stepOf(piczak: Piczak, batch: number): Promise<number> {
  const { input, labels } = randomBatch(batch);
  const step = () => {
    trainingStep(piczak, input, labels);
  };
  const times = await repetitions(step, 500);
  const taken: number[] = [];
  for (let i = 0; i < 5; i++) taken.push((await elapsed(step, times)) / times / 1000);
  return summarize(taken).median;
}

/** Seconds that each finished run of an experiment took. */
function jobTimes(folder: string): number[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith("/result.json"))
    .flatMap((name) => new RunFolder(join(folder, dirname(name))).readResult()?.seconds ?? []);
}

/** When all jobs have ended. They are started one after the other, read the features while others read, and train. */
function sweep(jobs: readonly number[], nodes: number): number {
  const free = new Float64Array(nodes);
  const reading: number[] = []; // when each that reads will have read
  let end = 0;
  for (const [i, seconds] of jobs.entries()) {
    const node = free.indexOf(free.reduce((a, b) => Math.min(a, b)));
    const started = Math.max(free[node]!, i / launches);
    const others = reading.filter((until) => until > started).length;
    const read = ((1 + others) * cache) / disk;
    reading.push(started + read);
    free[node] = started + read + startup + seconds;
    end = Math.max(end, free[node]!);
  }
  return end;
}

function simulate(measured: readonly number[]): void {
  const random = new HostRandom(1);
  const all = summarize(measured);
  console.log(
    `\n${measured.length} measured runs: median ${all.median.toFixed(1)} s. Each simulated job draws one of their times; ${startup} s to begin, ${launches} jobs started a second, ${cache} MB read at ${disk} MB/s shared.\n`,
  );
  row("jobs", "nodes", "all done after, s", "node hours", "share of them that trains", "against one node");
  row("---:", "---:", "---:", "---:", "---:", "---:");
  for (const count of [1000, 10_000]) {
    const jobs = Array.from(
      { length: count },
      () => measured[Math.floor(random.uniform() * measured.length)]!,
    );
    const training = jobs.reduce((sum, each) => sum + each, 0);
    const alone = training + count * startup;
    for (const nodes of [1, 10, 100, 1000]) {
      const end = sweep(jobs, nodes);
      const used = Math.min(nodes, count) * end;
      row(
        count,
        nodes,
        end.toFixed(0),
        (used / 3600).toFixed(1),
        (training / used).toFixed(2),
        (alone / end).toFixed(0),
      );
    }
  }
}

await dataParallel();
if (runs !== undefined) simulate(jobTimes(runs));
process.exit(0);
