// Many runs at a glance while they are made: how far each is and where, in a table that is drawn again and again on a
// terminal, and elsewhere a line whenever something happens.
import { RunFolder } from "../runs/run-folder.ts";
import { UserError } from "../terminal/errors.ts";
import { canDraw, colorsFor, Live } from "../terminal/live.ts";
import { padded, widest } from "../terminal/padded.ts";
import type { Session } from "../terminal/session.ts";
import { duration } from "../terminal/words.ts";
import { type Cell, nameOf } from "./plan.ts";

/** In the order in which they are shown. */
const PHASES = ["running", "failed", "lost", "queued", "to do", "stopped", "done"] as const;
export type Phase = (typeof PHASES)[number];

/** Where one run stands. */
export interface Row {
  readonly cell: Cell;
  readonly phase: Phase;
  /** Epochs that are done, and the last one's accuracy. */
  readonly epochs?: number;
  readonly accuracy?: number;
  /** Seconds to its end, as its last epochs took. */
  readonly left?: number;
  /** The machine or the adapter, or why it waits or has failed. */
  readonly note?: string;
}

/** How far the run in a folder is, by its metrics. */
export function progressOf({ path, spec }: Cell): Pick<Row, "epochs" | "accuracy" | "left"> {
  try {
    const metrics = new RunFolder(path).readMetrics();
    const last = metrics.slice(-3);
    if (last.length === 0) return {};
    const seconds = last.reduce((sum, epoch) => sum + epoch.seconds, 0) / last.length;
    const epochs = metrics.length;
    return { epochs, accuracy: last.at(-1)!.accuracy, left: seconds * (spec.recipe.epochs - epochs) };
  } catch (error) {
    if (error instanceof UserError) return {}; // it is being written at this moment
    throw error;
  }
}

/** "3 of 12 done, 2 running, 1 failed, 6 queued; about 3 min 20 s left" */
function summaryLine(rows: readonly Row[], left: number | null): string {
  const counts = PHASES.filter((phase) => phase !== "done").flatMap((phase) => {
    const count = rows.filter((row) => row.phase === phase).length;
    return count === 0 ? [] : [`${count} ${phase}`];
  });
  const done = rows.filter(({ phase }) => phase === "done").length;
  const time = left === null ? "" : `; about ${duration(left)} left`;
  return `${[`${done} of ${rows.length} done`, ...counts].join(", ")}${time}`;
}

/** The table, as many rows of it as there is room for: those at work first. */
function boardLines(rows: readonly Row[], left: number | null, room: number): string[] {
  const ordered = PHASES.flatMap((phase) => rows.filter((row) => row.phase === phase));
  const cells = ordered
    .slice(0, Math.max(1, room - 2))
    .map((row) => [
      nameOf(row.cell),
      row.phase,
      row.epochs === undefined ? "" : `epoch ${row.epochs}/${row.cell.spec.recipe.epochs}`,
      row.accuracy === undefined ? "" : row.accuracy.toFixed(4).replace(/^0/, ""),
      row.phase === "running" && row.left !== undefined ? `${duration(row.left)} left` : "",
      row.note ?? "",
    ]);
  const widths = [0, 1, 2, 3, 4].map((i) => widest(cells.map((line) => line[i]!)));
  const lines = cells.map((line) =>
    line
      .map((cell, i) => padded(cell, widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [summaryLine(rows, left), ...lines];
}

/** Shows rows as they change. */
export class Board {
  private readonly live: Live | null;
  private rows: readonly Row[] = [];
  private left: number | null = null;
  private readonly told = new Map<Cell, Phase>();

  constructor(private readonly session: Session) {
    const { bold } = colorsFor();
    this.live = canDraw()
      ? new Live(() => {
          const [first, ...rest] = boardLines(this.rows, this.left, process.stdout.rows ?? 24);
          return [bold(first!), ...rest];
        })
      : null;
  }

  /** How things stand. `left` are seconds to the end of all. */
  show(rows: readonly Row[], left: number | null): void {
    const first = this.told.size === 0;
    const changed = rows.filter((row) => this.told.get(row.cell) !== row.phase);
    for (const { cell, phase } of changed) this.told.set(cell, phase);
    this.rows = rows;
    this.left = left;
    if (this.live !== null) {
      this.live.update();
      return;
    }
    if (first) this.session.progress.say(summaryLine(rows, left));
    else
      for (const { cell, phase, note } of changed)
        this.session.progress.say(
          `${phase}: ${nameOf(cell)}${note === undefined ? "" : ` (${note})`}; ${summaryLine(rows, left)}`,
        );
  }

  close(): void {
    this.live?.close();
  }
}
