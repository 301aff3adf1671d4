// Where a training leaves what it learns, and where that is read again: a folder on the disk (run-folder.ts), or in a page
// memory, and what was dropped there.
import type { Arrays, HostArray } from "../files/arrays.ts";
import type { EpochMetrics, RunResult } from "./metrics.ts";

/** Checkpoints that are kept: where the last turns out damaged, there is the one before. */
export const CHECKPOINTS_KEPT = 2;

export interface Run {
  /** What it is called where it is spoken of. */
  readonly path: string;
  /** Adds a line to metrics.jsonl. */
  appendMetrics(metrics: EpochMetrics): void;
  /** Replaces metrics.jsonl, when a resumed run drops what came after its checkpoint. */
  writeMetrics(lines: EpochMetrics[]): void;
  writeModel(arrays: Record<string, HostArray>, metadata: Record<string, string>): void;
  writeResult(result: RunResult): void;
  /** A run that goes on has not come to its end yet. */
  removeResult(): void;
  /** other.json and what lies beside it, by which it says "none of these". */
  writeOther(json: object, arrays: Record<string, HostArray>): void;
  removeOther(): void;
  /** What an epoch's checkpoint is called. */
  checkpointPath(epoch: number): string;
  /** The epochs of which there are checkpoints, the last first. */
  checkpoints(): number[];
  /** Adds an epoch's checkpoint, and then removes those before the last two. */
  writeCheckpoint(epoch: number, arrays: Record<string, HostArray>, metadata: Record<string, string>): void;
  /** Throws DamagedFile. */
  readCheckpoint(epoch: number): Arrays;
  removeCheckpoint(epoch: number): void;
}

/** What is read to hear with a run's network. */
export interface RunFiles {
  readonly path: string;
  /** config.json, parsed but not checked. */
  readConfig(): unknown;
  /** Throws DamagedFile. */
  readModel(): Arrays;
  hasOther(): boolean;
  /** other.json, parsed but not checked, and what lies beside it. */
  readOther(): { json: unknown; arrays: Arrays };
}
