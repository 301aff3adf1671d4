#!/usr/bin/env bun
// `bun bench/scale.ts [--runs DIR]`: when data-parallel training would pay, from the step that this adapter takes and the bytes
// that machines would have to exchange, which two processes also do here; what this file system does in a second; and what a
// sweep over many nodes costs, simulated from the times of runs that were made. docs/scale.md quotes it.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { HostRandom } from "../src/gpu/host-random.ts";
import { init, tensor } from "../src/index.ts";
import { writeWhole } from "../src/train/files/files.ts";
import { readLines } from "../src/train/runs/history.ts";
import { LOG, RunFolder } from "../src/train/runs/run-folder.ts";
import type { Place } from "./children/exchange.ts";
import { elapsed, repetitions, summarize } from "./measure.ts";
import { buildPiczak, type Piczak, randomBatch, trainingStep } from "./piczak.ts";

const { runs, batches, steps, folder, launches, cache, disk } = new Command("scale")
  .option("--runs <dir>", "an experiment's folder: its runs' times are those of the simulated jobs")
  .option("--batches <sizes>", "batch sizes to time", "32,128")
  .option("--steps <ms>", "what a step of each takes on another adapter; nothing is measured then")
  .option("--folder <dir>", "on the file system that is measured", tmpdir())
  .option("--launches <rate>", "jobs that the scheduler starts a second", Number, 10)
  .option("--cache <MB>", "features that each job reads", Number, 60)
  .option("--disk <MB/s>", "of the shared file system, all readers together", Number, 1000)
  .parse()
  .opts<{
    runs?: string;
    batches: string;
    steps?: string;
    folder: string;
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
  const numbers = piczak.model.parameters().reduce((sum, p) => sum + p.numel(), 0);
  const known = steps?.split(",").map((ms) => Number(ms) / 1000);
  const adapter = `${description || vendor}${software ? " (a CPU)" : ""}`;
  console.log(
    `${known === undefined ? adapter : "steps that were measured elsewhere"}; ${((4 * numbers) / 1e6).toFixed(1)} MB of gradients\n`,
  );
  row("batch a machine", "link", "step, ms", ...MACHINES.map((n) => `${n} machines: exchange, ms; speed-up`));
  row("---:", "---", "---:", ...MACHINES.map(() => "---:"));
  for (const [i, batch] of batches.split(",").map(Number).entries()) {
    const seconds = known?.[i] ?? (await stepOf(piczak, batch));
    for (const link of LINKS)
      row(
        batch,
        link.name,
        ms(seconds),
        ...MACHINES.map((n) => {
          const exchange = allReduce(4 * numbers, n, link);
          return `${ms(exchange)}; ${((n * seconds) / (seconds + exchange)).toFixed(2)}`;
        }),
      );
  }
  if (known !== undefined) return;
  const exchange = await exchanged(numbers);
  const { read, write } = await copied(numbers);
  console.log(
    `\nmeasured: two processes of this machine add up their gradients over TCP in ${ms(exchange)} ms; from the adapter to the process they take ${ms(read)} ms, and back ${ms(write)} ms`,
  );
}

/** Seconds in which two processes add up so many numbers over the loopback address, the median of five times. */
async function exchanged(numbers: number): Promise<number> {
  const of = 2;
  const ports = new Map<number, number>();
  const taken: number[] = [];
  const children = Array.from({ length: of }, (_, rank) =>
    Bun.spawn([process.execPath, join(import.meta.dir, "children/exchange.ts")], {
      stdio: ["ignore", "ignore", "inherit"],
      ipc(message: { port: number } | { seconds: number[] }) {
        if ("seconds" in message) taken.push(summarize(message.seconds).median);
        else if (ports.set(rank, message.port).size === of)
          for (const [rank, child] of children.entries())
            child.send({ rank, of, next: ports.get((rank + 1) % of)!, numbers, times: 5 } satisfies Place);
      },
    }),
  );
  await Promise.all(children.map((child) => child.exited));
  return Math.max(...taken);
}

/** Seconds that so many numbers take from the adapter to this process, and back. */
async function copied(numbers: number): Promise<{ read: number; write: number }> {
  const times: { read: number; write: number }[] = [];
  const data = new Float32Array(numbers);
  for (let i = 0; i < 5; i++) {
    const began = performance.now();
    const there = tensor(data);
    await elapsed(() => {}, 1);
    const written = performance.now();
    await there.data();
    times.push({ write: (written - began) / 1000, read: (performance.now() - written) / 1000 });
  }
  const median = (of: "read" | "write") => summarize(times.map((each) => each[of])).median;
  return { read: median("read"), write: median("write") };
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

/** What a file system does: a file of features written whole and read, and small ones, which a run's folder is made of. */
function fileSystem(): void {
  const root = mkdtempSync(join(folder, "otograd-scale-"));
  const seconds = (body: () => void) => {
    const began = performance.now();
    body();
    return (performance.now() - began) / 1000;
  };
  const runs = Array.from({ length: 200 }, (_, i) => join(root, `run${i}`));
  try {
    const features = join(root, "features");
    const written = seconds(() => writeWhole(features, new Uint8Array(cache * 1e6)));
    const read = seconds(() => readFileSync(features));
    const small = seconds(() => {
      for (const run of runs) writeWhole(join(run, "result.json"), "x".repeat(1000));
    });
    const listed = seconds(() => {
      for (const run of runs) for (const name of readdirSync(run)) readFileSync(join(run, name));
    });
    const rate = (seconds: number) => (runs.length / seconds).toFixed(0);
    console.log(
      `\n${folder}: ${cache} MB written, flushed and renamed in ${ms(written)} ms, read in ${ms(read)} ms; folders made with a small file written so: ${rate(small)} a second; listed and read: ${rate(listed)} a second`,
    );
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** A run that was made without a stop: the seconds of its training, and those of its process before and after that. */
interface Job {
  seconds: number;
  startup: number;
}

function jobsIn(folder: string): Job[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith("/result.json"))
    .flatMap((name) => {
      const path = join(folder, dirname(name));
      const seconds = new RunFolder(path).readResult()?.seconds;
      const [begun, done] = readLines(join(path, LOG)).slice(-2);
      if (seconds === undefined || begun?.event !== "begun" || done?.event !== "done") return [];
      return [{ seconds, startup: (Date.parse(done.at) - Date.parse(begun.at)) / 1000 - seconds }];
    });
}

/** When all jobs have ended. They are started one after the other, read the features while others read, and train. */
function sweep(jobs: readonly Job[], nodes: number): number {
  const free = new Float64Array(nodes);
  const reading: number[] = []; // when each that reads will have read
  let end = 0;
  for (const [i, { seconds, startup }] of jobs.entries()) {
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

function simulate(measured: readonly Job[]): void {
  const random = new HostRandom(1);
  const median = (of: keyof Job) => summarize(measured.map((job) => job[of])).median.toFixed(1);
  console.log(
    `\n${measured.length} measured runs: median ${median("seconds")} s of training, and ${median("startup")} s of its process before and after. Each simulated job draws one of them; ${launches} jobs started a second, ${cache} MB read at ${disk} MB/s shared.\n`,
  );
  row("jobs", "nodes", "all done after, s", "node hours", "share of them that trains", "against one node");
  row("---:", "---:", "---:", "---:", "---:", "---:");
  for (const count of [1000, 10_000]) {
    const jobs = Array.from(
      { length: count },
      () => measured[Math.floor(random.uniform() * measured.length)]!,
    );
    const training = jobs.reduce((sum, job) => sum + job.seconds, 0);
    const alone = sweep(jobs, 1);
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
if (steps === undefined) fileSystem();
if (runs !== undefined) simulate(jobsIn(runs));
process.exit(0);
