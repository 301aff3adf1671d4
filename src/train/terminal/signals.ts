// Ctrl-C, SIGTERM and SIGHUP, which a terminal sends that is closed: the first asks the work in progress to finish what it is
// at and save; a Ctrl-C after it ends at once. Another of the others says nothing new: a cluster sends one to each process of
// a job, and those pass it on to each other.
import { readFileSync } from "node:fs";
import { Interrupted, type Signal } from "./errors.ts";
import type { Stop } from "./talk.ts";

/** `bun run` passes on the Ctrl-C that the terminal has already sent: two signals so close together are one. */
const SAME_KEY_MS = 300;

/** The signals to listen for: all, but for a closed terminal's where `nohup` has it ignored, which a listener would undo. */
export const SIGNALS: readonly Signal[] = hangsUp() ? ["SIGINT", "SIGTERM", "SIGHUP"] : ["SIGINT", "SIGTERM"];

function hangsUp(): boolean {
  try {
    const ignored = /^SigIgn:.*([\da-f])$/m.exec(readFileSync("/proc/self/status", "utf8"))![1]!;
    return Number.parseInt(ignored, 16) % 2 === 0; // SIGHUP's bit is the lowest
  } catch {
    return process.stderr.isTTY; // not Linux: nohup leaves no terminal there
  }
}

/** Starts listening, for the rest of the process's life. `say` prints a line for the user. */
export function listenForSignals(say: (line: string) => void): Stop {
  const stop: Stop = { signal: null, onFirst: "stopping" };
  let firstAt = 0;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      const now = performance.now();
      if (stop.signal !== null) {
        if (signal !== "SIGINT" || now - firstAt <= SAME_KEY_MS) return;
        say(`stopped at once${stop.onSecond === undefined ? "" : `; ${stop.onSecond}`}`);
        process.exit(new Interrupted(signal, "").exitCode);
      }
      firstAt = now;
      stop.signal = signal;
      const [what, more] = signal === "SIGINT" ? ["Ctrl-C", "once more"] : [signal, "Ctrl-C"];
      say(`${what}: ${stop.onFirst} (${more} to stop at once)`);
    });
  }
  return stop;
}

/** Waits, but not beyond the arrival of a signal. */
export async function pause(milliseconds: number, stop: Stop): Promise<void> {
  const end = performance.now() + milliseconds;
  for (let left = milliseconds; left > 0 && stop.signal === null; left = end - performance.now())
    await Bun.sleep(Math.min(left, 50));
}
