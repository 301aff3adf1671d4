// What a command is given besides its options: whom to tell, who may say stop, and where its results go.
import type { Progress } from "./progress.ts";
import { listenForSignals } from "./signals.ts";
import { writeOut } from "./stdout.ts";
import type { Talk } from "./talk.ts";

/** … where it is a terminal that is told: it can show how many bytes have come, and more. */
export interface TerminalTalk extends Talk {
  progress: Progress;
}

/** What a command needs besides its options. */
export interface Session extends TerminalTalk {
  /** A line of results, for stdout. */
  print(line: string): void;
}

/** A session at this terminal, to be opened once. `hear` is told what a signal leads to; by default the user is. */
export function openSession(progress: Progress, hear = (line: string) => progress.say(line)): Session {
  return {
    progress,
    stop: listenForSignals(hear),
    print(line) {
      progress.clear();
      writeOut(`${line}\n`);
    },
  };
}
