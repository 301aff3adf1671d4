// Slurm's own commands: what they are asked, and what is read of their answers.
import { UserError } from "../../terminal/errors.ts";

/** A job's task that waits or runs. */
export interface Task {
  /** Of the array. */
  readonly job: string;
  readonly name: string;
  /** Which of the array; null of a job that is none. */
  readonly index: number | null;
  /** "PD", "R", "CG", … */
  readonly state: string;
  readonly node: string;
  /** Why it waits. */
  readonly reason: string;
}

/** Runs one of Slurm's commands; its words. Throws UserError with what it said against it. */
export function slurm(command: string, ...args: readonly string[]): string {
  let ended: ReturnType<typeof Bun.spawnSync>;
  try {
    ended = Bun.spawnSync([command, ...args], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  } catch (cause) {
    throw new UserError(
      `there is no ${command} here: --slurm wants a machine of a cluster with Slurm; --jobs N makes N runs at a time on this one`,
      { cause },
    );
  }
  if (ended.success) return ended.stdout!.toString();
  const said = ended
    .stderr!.toString()
    .replace(/^\w+: error: /gm, "")
    .trim()
    .replace(/\s*\n\s*/g, "; ");
  throw new UserError(`${command}: ${said || `it ended with ${ended.exitCode}`}`);
}

/** This user's tasks with these names of jobs. */
export function tasksNamed(names: ReadonlySet<string>): Task[] {
  const lines = slurm("squeue", "--me", "--noheader", "--array", "--format=%F|%j|%K|%t|%N|%r").split("\n");
  return lines.flatMap((line): Task[] => {
    const [job = "", name = "", index = "", state = "", node = "", reason = ""] = line.trim().split("|");
    return names.has(name)
      ? [{ job, name, index: /^\d+$/.test(index) ? Number(index) : null, state, node, reason }]
      : [];
  });
}

/** The most tasks that an array may have: Slurm's MaxArraySize, as they count from 0. */
export function largestArray(): number {
  const size = /^MaxArraySize\s*=\s*(\d+)/m.exec(slurm("scontrol", "show", "config"))?.[1];
  return Math.max(1, Number(size ?? 1001));
}

/** Seconds of a --time: minutes, m:s, h:m:s, or days and what follows them, d-h:m:s. Null of anything else. */
export function secondsOf(time = ""): number | null {
  const [, days, rest = ""] = /^(?:(\d+)-)?(\d+(?::\d+){0,2})$/.exec(time) ?? [];
  const [a = Number.NaN, b, c] = rest === "" ? [] : rest.split(":").map(Number);
  if (Number.isNaN(a)) return null;
  if (days !== undefined) return 86400 * Number(days) + 3600 * a + 60 * (b ?? 0) + (c ?? 0);
  if (c !== undefined) return 3600 * a + 60 * b! + c;
  return 60 * a + (b ?? 0);
}
