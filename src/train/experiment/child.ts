// One training in a process of its own: a fault of its own, or of the driver, ends that run and no other.
import { join } from "node:path";
import { type Signal, signalOf } from "../terminal/errors.ts";
import { SIGNALS } from "../terminal/signals.ts";

/** How a training ended that was not finished. */
export interface Ending {
  /** Its error in one line, or what the process died of. */
  message: string;
  /** 128 and the signal's number where a signal ended it. */
  exitCode: number;
}

/** What `train` tells the process that started it, besides its words on the terminal. */
export interface Report {
  error: string;
}

export interface Surroundings {
  /** The descriptor of the file that takes its words, bars and results; by default this process's stderr. */
  output?: number;
  /** The adapter that it is to compute on, by a part of its name. */
  adapter?: string | null;
}

/**
 * Runs `train` with these arguments.
 * @returns null where it ended well
 */
export async function train(
  args: readonly string[],
  { output = 2, adapter = null }: Surroundings = {},
): Promise<Ending | null> {
  let error: string | null = null;
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "../main.ts"), "train", ...args], {
    stdio: ["ignore", output, output],
    env: { ...process.env, ...(adapter !== null && { OTOGRAD_ADAPTER: adapter }) },
    ipc: (report: Report) => {
      error = report.error;
    },
  });
  // A Ctrl-C in a terminal reaches the child as well, which takes two so close together for one.
  const pass = (signal: Signal) => child.kill(signal);
  const end = () => child.kill("SIGKILL");
  for (const signal of SIGNALS) process.on(signal, pass);
  process.on("exit", end);
  const exitCode = await child.exited;
  for (const signal of SIGNALS) process.off(signal, pass);
  process.off("exit", end);
  if (exitCode === 0) return null;
  const died =
    child.signalCode === null ? `exit code ${exitCode}` : (DEATHS[child.signalCode] ?? child.signalCode);
  return { message: error ?? `the process ended without a word: ${died}`, exitCode };
}

const DEATHS: Record<string, string> = {
  SIGKILL: "SIGKILL, perhaps for want of memory",
  SIGSEGV: "SIGSEGV, a fault in the driver or in Bun",
};

/** The signal that a training was stopped by, if that is how it ended. */
export function endedBy(ending: Ending | null): Signal | null {
  return ending === null ? null : signalOf(ending.exitCode);
}
