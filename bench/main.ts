#!/usr/bin/env bun
// `bun run bench`: how fast otograd is on this machine. Tables go to stdout, what is being done to stderr.
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Command } from "commander";
import { init } from "../src/index.ts";
import { wholeNumber } from "../src/train/commands/options.ts";
import { refuseLoss } from "../src/train/commands/output.ts";
import { reason, writeWhole } from "../src/train/files/files.ts";
import { largestArray } from "../src/train/learning/model.ts";
import { oneLine, UserError } from "../src/train/terminal/errors.ts";
import { writeClips } from "./clips.ts";
import { renderComparison } from "./compare.ts";
import { describeMachine, type Machine, renderMachine } from "./machine.ts";
import type { Effort } from "./measure.ts";
import { choosePeers, chooseWorkloads, peers } from "./peer-list.ts";
import { parseReport, type Report, render, type Section } from "./report.ts";
import { writeResults } from "./results.ts";
import { scratchFolder } from "./scratch.ts";
import { type Ceilings, measureCeilings } from "./sections/ceilings.ts";
import { measureEvaluation } from "./sections/evaluate.ts";
import { measureFrontEnd } from "./sections/front-end.ts";
import { measureKernels } from "./sections/kernels.ts";
import { measurePeers, OTHERS, type Other } from "./sections/peers.ts";
import { measureScale } from "./sections/scale.ts";
import { measureStartup } from "./sections/startup.ts";
import { measureSteps } from "./sections/step.ts";
import { measureTag } from "./sections/tag.ts";
import { type Workload, workloads } from "./workloads/list.ts";

interface Options {
  only?: SectionName[];
  quick?: boolean;
  runs?: number;
  batches?: number[];
  data?: string;
  peers?: string | true;
  workloads?: string;
  limit?: number;
  writeResults?: boolean;
  json?: string;
  resume?: boolean;
  compare?: string;
}

const SECTIONS = [
  "ceilings",
  "step",
  "evaluate",
  "kernels",
  "frontend",
  "startup",
  "tag",
  "scale",
  "peers",
] as const;
type SectionName = (typeof SECTIONS)[number];

/** What --quick times peers on. */
const QUICK = "mlp,lenet,mn04-1";

const command = new Command("bench")
  .description("Measures how fast otograd is on this machine: medians of several runs, with their quartiles.")
  .option("--only <sections>", `some of ${SECTIONS.join(", ")}, separated by commas`, parseSections)
  .option("--quick", "few and short runs, small batches: to see that it works, not to quote")
  .option(
    "--runs <n>",
    "measurements of each thing (default: 7, and 3 of slow ones)",
    wholeNumber("--runs", 1, 1000),
  )
  .option("--batches <sizes>", "batch sizes instead of the sections' own, as in 32,128", parseBatches)
  .option(
    "--data <dir>",
    "a folder as ESC-50 is distributed, for the front end (default: 400 clips of noise)",
  )
  .option(
    "--peers [names]",
    `install and time the peers, or some of ${peers.map(({ id }) => id).join(", ")}; alone: only them`,
  )
  .option(
    "--workloads <names>",
    `what peers are timed on: some of ${[...workloads.map(({ id }) => id), ...OTHERS].join(", ")}`,
  )
  .option(
    "--limit <seconds>",
    "what a peer has for a workload, from start to last round (default: 120)",
    wholeNumber("--limit", 1, 100_000),
  )
  .option("--write-results", "put the peers' table into docs/results.md")
  .option("--json <file>", "write everything there too, the peers' rows as they come")
  .option("--resume", "keep the peers' rows that an interrupted run has left in the --json file")
  .option("--compare <file>", "show what changed since the run that wrote this --json file")
  .addHelpText(
    "after",
    `
Examples:
  bun run bench                                    everything but the peers: some ten minutes on two cores
  bun run bench --quick --only step,kernels        a first look, in a minute
  bun run bench --only step --json before.json     … change something …
  bun run bench --only step --compare before.json  what it did
  bun run bench --peers                            against TensorFlow.js, jax-js, PyTorch and onnxruntime
  bun run bench --peers tfjs,pytorch --workloads mlp,lenet
  bun run bench --peers --json peers.json --resume --write-results   the table of docs/results.md; the same again goes on
`,
  )
  .exitOverride()
  .configureOutput({ outputError: () => {} }); // main says it, in one line

function parseSections(text: string): SectionName[] {
  return text.split(",").map((word) => {
    const section = SECTIONS.find((name) => name === word.trim());
    if (section !== undefined) return section;
    throw new UserError(`--only: there is no section '${word}'; there are ${SECTIONS.join(", ")}`);
  });
}

function parseBatches(text: string): number[] {
  return text.split(",").map(wholeNumber("--batches", 1, 100_000));
}

/** Which sections to run: --peers alone means only those. */
function wanted({ only, peers }: Options): readonly SectionName[] {
  if (only === undefined)
    return peers === undefined ? SECTIONS.filter((name) => name !== "peers") : ["peers"];
  return SECTIONS.filter((name) => only.includes(name) || (name === "peers" && peers !== undefined));
}

/** One line that the next one replaces, where somebody looks. */
function note(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${what === "" ? "" : `… ${what}`}`);
}

/** Measures one section at a time; what several of them need is made once. */
class Bench {
  private ceilings: Ceilings | undefined;
  private clips: string | undefined;

  constructor(
    private readonly options: Options,
    /** What an interrupted run has done. */
    private readonly before: Report | null,
  ) {}

  private runs(usual: number): number {
    return this.options.runs ?? (this.options.quick ? 3 : usual);
  }

  private effort(milliseconds: number): Effort {
    return { runs: this.runs(7), milliseconds: this.options.quick ? milliseconds / 5 : milliseconds };
  }

  private batches(full: number[], quick: number[]): number[] {
    return this.options.batches ?? (this.options.quick ? quick : full);
  }

  private async ceiling(): Promise<Ceilings> {
    this.ceilings ??= await measureCeilings(this.effort(300));
    return this.ceilings;
  }

  /** A dataset's folder for the front end. */
  private data(): string {
    if (this.options.data !== undefined) return this.options.data;
    if (this.clips === undefined) {
      note("writing clips of noise");
      this.clips = scratchFolder();
      writeClips(this.clips, this.options.quick ? 40 : 400);
    }
    return this.clips;
  }

  /** `keep` hears of a section that is not whole yet. */
  async measure(section: SectionName, keep: (section: Section) => void): Promise<Section> {
    note(section);
    switch (section) {
      case "ceilings":
        return (await this.ceiling()).section;
      case "step":
        return measureSteps(
          this.batches([32, 128, 512, 1000], [32]),
          this.effort(1500),
          await this.ceiling(),
        );
      case "evaluate":
        return measureEvaluation(this.batches([1, 32, 256, 1000], [1, 32]), this.effort(1500));
      case "kernels":
        return measureKernels(
          this.batches([32, 128, 1000], [32]),
          this.effort(200),
          await this.ceiling(),
          note,
        );
      case "frontend":
        return measureFrontEnd(
          this.data(),
          this.options.data ?? "5 s of noise, 44.1 kHz, 16 bits",
          this.slowRuns(),
        );
      case "startup":
        return measureStartup(this.slowRuns());
      case "tag":
        return measureTag(this.slowRuns());
      case "scale":
        return measureScale(this.options.quick === true, this.effort(1500), largestArray(await init()));
      case "peers":
        return this.measurePeers(keep);
    }
  }

  /** Runs of what takes many seconds. */
  private slowRuns(): number {
    return this.options.runs ?? (this.options.quick ? 1 : 3);
  }

  private measurePeers(keep: (section: Section) => void): Promise<Section> {
    const { peers: named, workloads: ids, quick, limit = 120 } = this.options;
    return measurePeers({
      peers: choosePeers(named === true ? undefined : named),
      ...peerWork(ids, quick),
      rounds: this.slowRuns(),
      milliseconds: quick ? 200 : 1000,
      limit,
      clips: () => this.data(),
      done: this.before?.sections.find(({ name }) => name === "peers") ?? null,
      keep,
      note,
    });
  }
}

/** What --workloads names, and of what stands beside workloads. */
function peerWork(ids?: string, quick?: boolean): { workloads: Workload[]; others: readonly Other[] } {
  const named = (ids ?? (quick ? QUICK : undefined))?.split(",").map((id) => id.trim());
  if (named === undefined) return { workloads: chooseWorkloads(undefined), others: OTHERS };
  const others = OTHERS.filter((id) => named.includes(id));
  const networks = named.filter((id) => !others.some((other) => other === id));
  return { workloads: networks.length === 0 ? [] : chooseWorkloads(networks.join()), others };
}

async function main(args: string[]): Promise<void> {
  const options = command.parse(args, { from: "user" }).opts<Options>();
  const before = options.compare === undefined ? null : readReport(options.compare);
  if (options.data !== undefined && !existsSync(options.data))
    throw new UserError(`no dataset at ${options.data}`);
  if (typeof options.peers === "string") choosePeers(options.peers);
  if (options.workloads !== undefined) peerWork(options.workloads);
  if (options.writeResults && (options.peers === undefined || options.quick))
    throw new UserError("--write-results wants --peers, and no --quick");
  if (options.resume && options.json === undefined) throw new UserError("--resume wants --json FILE");
  if (options.json !== undefined) {
    checkWritable(options.json); // told now, not after a quarter of an hour
    refuseLoss(options.json, "a benchmark's report");
  }
  const now = await describeMachine(options.quick ?? false);
  const interrupted =
    options.resume && existsSync(options.json!)
      ? resumable(readReport(options.json!), now, options.json!)
      : null;
  const machine = interrupted?.machine ?? now;
  const report: Report = { machine, sections: [] };
  const save = (...begun: Section[]) => {
    const sections = [...report.sections, ...begun];
    if (options.json) writeWhole(options.json, `${JSON.stringify({ machine, sections }, null, 1)}\n`);
  };
  console.log(renderMachine(machine));
  const bench = new Bench(options, interrupted);
  for (const name of wanted(options)) {
    const section = await bench.measure(name, save);
    report.sections.push(section);
    save();
    note("");
    console.log(`\n${render(section)}`);
  }
  if (options.writeResults) writeResults(report, `bun run bench ${args.join(" ")}`);
  if (before !== null) console.log(`\n${renderComparison(before, report)}`);
}

/** The report, where what it says can stand beside what is measured now. Throws a UserError where it cannot. */
function resumable(report: Report, now: Machine, file: string): Report {
  const other = (["commit", "adapter", "cpu", "quick"] as const).find(
    (key) => report.machine[key] !== now[key],
  );
  if (other === undefined) return report;
  throw new UserError(
    `--resume: ${other} was ${report.machine[other]} in ${file} and is ${now[other]} now: remove it to begin anew`,
  );
}

function checkWritable(file: string): void {
  const folder = dirname(resolve(file));
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new UserError(`cannot write ${file}: ${reason(error)}`);
  }
}

function readReport(file: string): Report {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${reason(error)}`);
  }
  return parseReport(text, file);
}

try {
  await main(process.argv.slice(2));
  process.exit(0);
} catch (error) {
  note("");
  const { code, exitCode } = error as { code?: string; exitCode?: number };
  if (exitCode === 0) process.exit(0); // --help
  process.stderr.write(`error: ${oneLine(error).replace(/^error: /, "")}\n`);
  if (!(error instanceof UserError) && !code?.startsWith("commander.") && error instanceof Error)
    process.stderr.write(`${error.stack}\n`);
  process.exit(1);
}
