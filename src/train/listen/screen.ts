// What a terminal shows while it is listened: how loud it is, the likeliest classes now, and when each was heard.
import type { Colors } from "picocolors/types";
import { bar, COLORS, lettersFor, paint, ranking } from "../predict/text.ts";
import { tame } from "../terminal/errors.ts";
import { cut } from "../terminal/live.ts";
import { padded, widest } from "../terminal/padded.ts";
import { duration, timeText } from "../terminal/words.ts";
import type { Heard } from "./ear.ts";
import type { Event } from "./events.ts";
import type { Standing } from "./listening.ts";

/** Seconds that a column of the timeline stands for. */
const CELL = 0.5;
const MOST_CELLS = 500;
const QUIETEST = -60;
const LONGEST_BAR = 40;

/** Of a cell of the timeline: no class, for one reason or the other. */
const SILENT = -1;
const NOTHING = -2;
const NONE_OF_THESE = -3;

export class Screen {
  /** What was heard in each cell of time, up to the last; the last is number `cellsEnd` − 1. */
  private readonly cells: number[] = [];
  private cellsEnd = 0;
  /** Classes in the order in which they were heard: each keeps its letter and colour. */
  private readonly seen: number[] = [];
  private letters: string[] = [];
  private now: Heard | null = null;

  constructor(
    private readonly classes: readonly string[],
    private readonly top: number,
    private readonly colors: Colors,
  ) {}

  /** Something was heard. */
  heard({ seconds, now, open }: Standing): void {
    this.now = now;
    const cell = Math.floor(seconds / CELL);
    for (; this.cellsEnd <= cell; this.cellsEnd++) this.cells.push(NOTHING);
    this.cells.splice(0, Math.max(0, this.cells.length - MOST_CELLS));
    const loudest = open.reduce<Event | null>(
      (a, b) => (a === null || b.probability > a.probability ? b : a),
      null,
    );
    if (loudest === null) {
      const why = now === null || now.silent ? SILENT : now.known ? NOTHING : NONE_OF_THESE;
      if (this.cells.at(-1) === NOTHING) this.cells[this.cells.length - 1] = why;
      return;
    }
    this.cells[this.cells.length - 1] = loudest.label;
    if (this.seen.includes(loudest.label)) return;
    this.seen.push(loudest.label);
    this.letters = lettersFor(this.seen.map((label) => this.classes[label]!));
  }

  /** The lines of the display. */
  lines(standing: Standing, pace: number | null, columns: number): string[] {
    return [
      "",
      this.meter(standing, columns),
      ...this.bars(columns),
      ...this.timeline(columns),
      this.colors.dim(status(standing, pace)),
    ];
  }

  private meter({ level: { rms, peak } }: Standing, columns: number): string {
    const width = Math.max(5, Math.min(LONGEST_BAR, columns - 30));
    const share = (db: number) => Math.max(0, Math.min(1, 1 - db / QUIETEST));
    const filled = bar(share(rms), width).padEnd(width);
    const color = peak > -1 ? "red" : peak > -12 ? "yellow" : "green";
    return `level ${this.colors.dim("▕")}${this.colors[color](filled)}${this.colors.dim("▏")} ${decibels(rms)} dB, peak ${decibels(peak)}`;
  }

  private bars(columns: number): string[] {
    const { now, classes, top, colors } = this;
    const count = Math.min(top, classes.length);
    if (now === null || now.silent || !now.known) {
      const what = now?.silent === false ? "none of these" : "silent";
      return [colors.dim(what), ...Array.from({ length: count - 1 }, () => "")];
    }
    const { probabilities } = now;
    const shown = ranking(probabilities).slice(0, count);
    const names = shown.map((label) => cut(tame(classes[label]!), Math.max(8, Math.floor(columns / 2))));
    const longest = Math.max(12, widest(names));
    const width = Math.max(3, Math.min(LONGEST_BAR, columns - longest - 8));
    return shown.map((label, i) => {
      const name = padded(names[i]!, longest);
      const p = probabilities[label]!;
      return `${name}  ${p.toFixed(2)}  ${paint(colors, this.color(label)[0], bar(p, width))}`;
    });
  }

  private timeline(columns: number): string[] {
    const { colors } = this;
    const shown = this.cells.slice(-columns);
    const cells = shown.map((label) => {
      if (label === NOTHING) return " ";
      if (label === SILENT) return colors.dim("·");
      return label === NONE_OF_THESE ? colors.dim("?") : this.block(label);
    });
    const line = " ".repeat(columns - cells.length) + cells.join("");
    const visible = [...new Set(shown)].filter((label) => label >= 0);
    const legend = visible.map((label) => `${this.block(label)} ${tame(this.classes[label]!)}`);
    if (shown.includes(SILENT)) legend.push(`${colors.dim("·")} silent`);
    if (shown.includes(NONE_OF_THESE)) legend.push(`${colors.dim("?")} none of these`);
    return [line, colors.dim(timesBefore(columns)), legend.join("  ")];
  }

  private block(label: number): string {
    const letter = this.letters[this.seen.indexOf(label)]!;
    const [, behind] = this.color(label);
    return paint(this.colors, behind, paint(this.colors, behind === "" ? "" : "black", letter));
  }

  private color(label: number): (typeof COLORS)[number] | readonly ["", ""] {
    return COLORS[this.seen.indexOf(label)] ?? ["", ""];
  }
}

/** "−23", and what is too quiet to be a number. */
function decibels(db: number): string {
  return db < -99 ? " −∞" : Math.min(0, Math.round(db)).toString().replace("-", "−").padStart(3);
}

/** Times under the timeline, each ending at the column that it is about. */
function timesBefore(columns: number): string {
  let text = "now".padStart(columns);
  for (let seconds = 10; seconds / CELL + 10 < columns; seconds += 10) {
    const label = `−${seconds} s`;
    const end = columns - Math.round(seconds / CELL);
    text = text.slice(0, end - label.length) + label + text.slice(end);
  }
  return text;
}

/** How fast a recording is heard: one that is heard as slowly as it sounds, or more so, in tenths. */
export function paceText(pace: number): string {
  return `${pace.toFixed(pace < 9.95 ? 1 : 0)} times as fast as it sounds`;
}

function status({ seconds, behind, dropped }: Standing, pace: number | null): string {
  const parts = [`${timeText(seconds, 1)} heard`];
  if (behind !== null) parts.push(`${behind.toFixed(1)} s behind the sound`);
  if (pace !== null) parts.push(paceText(pace));
  if (dropped > 0) parts.push(`${duration(dropped)} dropped`);
  return parts.join(", ");
}
