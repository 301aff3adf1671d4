// Watches an experiment's jobs until all have ended: what squeue says of them, and what the runs have written. A run whose job
// is gone (killed, or its node was lost), but not by --cancel, is submitted again.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../terminal/errors.ts";
import { Board, progressOf, type Row } from "../board.ts";
import type { Cell } from "../plan.ts";
import { isDone, type Outcome, secondsFor } from "../results.ts";
import { outcomeOf, type Work } from "../work.ts";
import type { Task } from "./cluster.ts";
import { type Asked, queued, submit, wasCancelled } from "./submit.ts";

const LOOK_MS = 2000;
/** Looks in a row at which a run is nowhere before it counts as lost: a file system may be behind. */
const LOOKS = 4;
/** How often lost runs are submitted again. */
const TRIES = 3;

/** Waits; `outcomes` is kept up to date. Returns early at a Ctrl-C, and leaves the jobs. */
export async function wait(work: Work, outcomes: Outcome[], asked: Asked): Promise<void> {
  const { session } = work;
  const board = new Board(session);
  const lost = new Map<Cell, number>();
  let tasks: Map<Cell, Task> | null = null;
  let tries = 0;
  session.stop.onFirst = "the jobs go on";
  try {
    while (session.stop.signal === null) {
      tasks = look(work) ?? tasks;
      const there = tasks ?? new Map<Cell, Task>();
      refresh(work, outcomes, there);
      const cancelled = wasCancelled(work);
      const rows = outcomes.map((outcome) => rowOf(outcome, there.get(outcome.cell), cancelled));
      const atWork = rows.filter(({ phase }) => phase === "running").length;
      const seconds = secondsFor(outcomes, outcomes);
      board.show(rows, seconds === null || atWork === 0 ? null : seconds / atWork);
      if (rows.every(({ phase }) => ["done", "failed", "stopped"].includes(phase))) return;
      const gone = rows.filter(({ phase }) => phase === "lost").map(({ cell }) => cell);
      for (const cell of [...lost.keys()]) if (!gone.includes(cell)) lost.delete(cell);
      for (const cell of gone) lost.set(cell, (lost.get(cell) ?? 0) + 1);
      if (gone.some((cell) => lost.get(cell)! >= LOOKS)) {
        if (tries++ === TRIES) return;
        submit(
          work,
          outcomes.filter(({ cell }) => lost.has(cell)),
          asked,
        );
        lost.clear();
        tasks = null;
      }
      for (let waited = 0; waited < LOOK_MS && session.stop.signal === null; waited += 100)
        await Bun.sleep(100);
    }
  } finally {
    board.close();
  }
}

/** The queue; null where Slurm does not answer at this moment. */
function look(work: Work): Map<Cell, Task> | null {
  try {
    return queued(work);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

function refresh(work: Work, outcomes: Outcome[], tasks: ReadonlyMap<Cell, Task>): void {
  for (const [i, { cell, state }] of outcomes.entries()) {
    if (state.kind === "done") continue;
    if (!tasks.has(cell) || existsSync(join(cell.path, "result.json"))) outcomes[i] = outcomeOf(cell, work);
  }
}

function rowOf(outcome: Outcome, task: Task | undefined, cancelled: boolean): Row {
  const { cell, history } = outcome;
  if (isDone(outcome)) {
    const { epochs, accuracy } = outcome.state.result;
    return { cell, phase: "done", epochs, accuracy, note: history.nodes.at(-1) };
  }
  if (task?.state === "R" || task?.state === "CG")
    return { cell, phase: "running", ...progressOf(cell), note: task.node };
  if (task !== undefined) return { cell, phase: "queued", note: task.reason };
  if (history.error !== null) return { cell, phase: "failed", note: history.error };
  return { cell, phase: cancelled ? "stopped" : "lost" };
}
