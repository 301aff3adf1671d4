// What work that takes long says while it lasts, and how it is told to stop. Whoever runs it brings both: the program, which
// has a terminal (progress.ts, signals.ts), or a page.
import { Interrupted, type Signal } from "./errors.ts";

/** Where a training epoch stands. */
export interface Standing {
  epoch: number;
  epochs: number;
  loss: number;
  /** Test accuracy after the epoch before; NaN before there is one. */
  accuracy: number;
  samplesPerSecond: number;
  secondsLeft: number;
}

/** Is told what becomes of the work. */
export interface Reporter {
  /** A remark. */
  note(line: string): void;
  /** Something that may be wrong, though the work goes on. */
  warn(line: string): void;
  /** Work on `total` things begins. */
  begin(what: string, total: number): void;
  /** An epoch begins, of so many training segments. */
  beginEpoch(total: number, standing: Standing): void;
  /** So many things or segments are done. */
  update(done: number, standing?: Standing): void;
  /** An epoch is over. */
  epoch(standing: Standing): void;
  /** The work is over, for now or for good. */
  clear(): void;
}

export interface Stop {
  /** The signal that has arrived, if any. */
  signal: Signal | null;
  /** What a second signal would lose, said when the first arrives. */
  onFirst: string;
  /** What is left when the second ends it, said then. */
  onSecond?: string;
  /** How to go on with what was done before, once there is such: "go on with --resume DIR". */
  goOn?: string;
}

/** Throws Interrupted where a signal has arrived. */
export function throwIfStopped({ signal, goOn }: Stop, message: string): void {
  if (signal !== null) throw new Interrupted(signal, goOn === undefined ? message : `${message}; ${goOn}`);
}

/** Whom to tell, and who may say stop. */
export interface Talk {
  progress: Reporter;
  stop: Stop;
}
