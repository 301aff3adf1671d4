// What a benchmark ran on: the head of every report.
import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { version } from "../package.json" with { type: "json" };
import { init } from "../src/index.ts";

export interface Machine {
  otograd: string;
  /** The commit, with "+" behind it where files differ from it. */
  commit: string;
  date: string;
  adapter: string;
  software: boolean;
  bun: string;
  cpu: string;
  cores: number;
  memoryGiB: number;
  /** Processes that wanted a core, on average over the minute before. */
  load: number;
  quick: boolean;
}

/** Opens the GPU and describes it and the machine around it. */
export async function describeMachine(quick: boolean): Promise<Machine> {
  const { vendor, architecture, description, software } = await init();
  return {
    otograd: version,
    commit: commit(),
    date: new Date().toISOString().slice(0, 19).replace("T", " "),
    adapter: [vendor, architecture, description].filter((part) => part !== "").join(" · "),
    software,
    bun: Bun.version,
    cpu: cpus()[0]?.model ?? process.arch,
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load: loadavg()[0]!,
    quick,
  };
}

function commit(): string {
  const git = (...args: string[]) =>
    execFileSync("git", args, {
      cwd: import.meta.dir,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  try {
    const changed = git("status", "--porcelain", "--untracked-files=no") !== "";
    return git("rev-parse", "--short", "HEAD").trim() + (changed ? "+" : "");
  } catch {
    return "unknown";
  }
}

/** The head as lines; the last ones warn of what spoils the numbers. */
export function renderMachine(machine: Machine): string {
  const { otograd, commit, date, adapter, software, bun, cpu, cores, memoryGiB, load, quick } = machine;
  const lines = [
    `otograd ${otograd} at ${commit}, ${date} UTC, Bun ${bun}`,
    `adapter ${adapter}${software ? " (software: the CPU does a GPU's work)" : ""}`,
    `CPU ${cpu}, ${cores} cores, ${memoryGiB} GiB; load ${load.toFixed(2)}`,
    "median (first … third quartile) of several runs",
  ];
  if (quick) lines.push("note: --quick measures little and briefly; do not quote these numbers");
  if (load > cores / 4)
    lines.push(`note: the machine is busy (load ${load.toFixed(2)}): numbers come out low`);
  return lines.join("\n");
}
