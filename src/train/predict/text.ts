// What was heard in a sound, for people: the likeliest classes with bars, and a line that shows when each was heard.
import type { Colors } from "picocolors/types";
import { type Extent, nearestSpan, type Timing } from "../features/segment-times.ts";
import { closest, type Refusal, refuses } from "../learning/openset/refusal.ts";
import { argmax } from "../learning/voting.ts";
import { padded, widest } from "../terminal/padded.ts";
import { lengthText, timeText } from "../terminal/words.ts";
import { type Hearing, saidOf, type Verdict, verdict } from "./predictor.ts";

export interface Style {
  /** Columns of the terminal. */
  columns: number;
  /** All that they tell is told without them too. */
  colors: Colors;
}

/** Of the classes in a timeline, from the most frequent on: the colour of letters and of what is behind them. */
export const COLORS = [
  ["cyan", "bgCyan"],
  ["yellow", "bgYellow"],
  ["magenta", "bgMagenta"],
  ["green", "bgGreen"],
  ["red", "bgRed"],
  ["blue", "bgBlue"],
] as const;
type Color = "" | "black" | (typeof COLORS)[number][0 | 1];

export function paint(colors: Colors, color: Color, text: string): string {
  return color === "" ? text : colors[color](text);
}

const INDENT = "  ";
const BAR = 30;
const LONGEST_TIMELINE = 100;
const SILENT = -1;
const UNHEARD = -2;
const OTHER = -3;

/** What a sound's probabilities are about. */
export interface Subject {
  classes: readonly string[];
  frontEnd: Timing & { readonly silenceDb: number };
  /** How many classes to tell. */
  top: number;
  /** How the network says "none of these", if it does. */
  refusal?: Refusal | null;
  /** A class that is less likely at a time is not in the timeline there. Default 0. */
  least?: number;
}

/** Lines about one sound. */
export function describe(
  name: string,
  sound: Extent,
  hearing: Hearing,
  { classes, frontEnd, top, refusal = null, least = 0 }: Subject,
  { columns, colors }: Style,
): string[] {
  const told = verdict(hearing);
  const { silent, probabilities } = told;
  const width = Math.min(LONGEST_TIMELINE, Math.max(10, columns - 2 * INDENT.length));
  const line = timeline(hearing, sound, frontEnd, width, { refusal, least });
  const shown = byFrequency(line);
  const letters = lettersFor(shown.map((k) => classes[k]!));
  const colorOf = (k: number) => COLORS[shown.indexOf(k)] ?? ["", ""];
  const ranked = ranking(probabilities).slice(0, top);
  const longest = widest(ranked.map((k) => classes[k]!));
  const bars = ranked.map((k) => {
    const p = probabilities[k]!;
    return `${padded(classes[k]!, longest)}  ${p.toFixed(2)}  ${paint(colors, colorOf(k)[0], bar(p, BAR))}`;
  });
  const title = `${colors.bold(name)}  ${lengthText(sound.seconds)}`;
  if (silent) {
    const why = `silent: no segment's mean is above ${frontEnd.silenceDb} dB; a guess all the same:`;
    return [`${title}  ${why}`, ...bars.map((text) => INDENT + text.trimEnd())];
  }
  const block = (k: number, text: string) => paint(colors, colorOf(k)[1], paint(colors, "black", text));
  const cells = runs(line).map(({ value, length }) => {
    if (value === UNHEARD) return " ".repeat(length);
    if (value === OTHER) return colors.dim("?".repeat(length));
    if (value === SILENT) return colors.dim("·".repeat(length));
    return block(value, letters[shown.indexOf(value)]!.repeat(length));
  });
  const legend = shown.map((k, i) => `${block(k, letters[i]!)} ${classes[k]}`);
  if (line.includes(OTHER)) legend.push(`${colors.dim("?")} none of these`);
  if (line.includes(SILENT)) legend.push(`${colors.dim("·")} silent`);
  const lines = [...bars, cells.join(""), colors.dim(axis(sound.seconds, width)), legend.join("  ")];
  const heading = refusal !== null && refuses(refusal, told) ? `${title}  ${whyNone(refusal, told)}` : title;
  return [heading, ...lines.filter((text) => text !== "").map((text) => INDENT + text.trimEnd())];
}

function whyNone(refusal: Refusal, { similarities }: Verdict): string {
  if (refusal.kind === "class") return "none of these";
  const similarity = closest(similarities!).toFixed(3);
  return `none of these: its similarity to the nearest class is ${similarity}, less than ${refusal.threshold.toFixed(3)}; a guess all the same:`;
}

/** Classes from the likeliest to the least likely. */
export function ranking(probabilities: ArrayLike<number>): number[] {
  return Array.from(probabilities, (_, k) => k).sort((a, b) => probabilities[b]! - probabilities[a]!);
}

/**
 * For each column, an equal share of the sound: the class that is likeliest over the segments that are nearest to it,
 * SILENT where most of that time is, OTHER where most of the rest is none of the classes, or UNHEARD: at the end of the sound, where there was not enough for a
 * segment, and where no class is as likely as `least`.
 */
export function timeline(
  hearing: Hearing,
  sound: Extent,
  frontEnd: Timing,
  width: number,
  { refusal = null, least = 0 }: Pick<Subject, "refusal" | "least"> = {},
): number[] {
  const { segments, silent } = hearing;
  const classes = segments[0]!.length;
  const columns = Array.from({ length: width }, () => ({
    sums: new Float64Array(classes),
    loud: 0,
    quiet: 0,
    other: 0,
  }));
  for (const [i, row] of segments.entries()) {
    const { start, end } = nearestSpan(i, segments.length, frontEnd, sound);
    const none = !silent[i] && refusal !== null && refuses(refusal, saidOf(hearing, i), "segment");
    const [from, to] = [(start / sound.seconds) * width, (end / sound.seconds) * width];
    for (let c = Math.floor(from); c < Math.min(width, to); c++) {
      const share = Math.min(to, c + 1) - Math.max(from, c);
      const column = columns[c]!;
      if (silent[i]) column.quiet += share;
      else {
        column.loud += share;
        if (none) column.other += share;
        for (let k = 0; k < classes; k++) column.sums[k]! += share * row[k]!;
      }
    }
  }
  return columns.map(({ sums, loud, quiet, other }) => {
    if (loud + quiet < 0.5) return UNHEARD;
    if (quiet > loud) return SILENT;
    if (2 * other > loud) return OTHER;
    const best = argmax(sums);
    return sums[best]! < least * loud ? UNHEARD : best;
  });
}

/** The classes in a timeline, those with the most columns first. */
function byFrequency(line: readonly number[]): number[] {
  const counts = new Map<number, number>();
  for (const k of line) if (k >= 0) counts.set(k, (counts.get(k) ?? 0) + 1);
  return [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)! || a - b);
}

/** A letter for each name that no other has: its first that is free, else any. */
export function lettersFor(names: readonly string[]): string[] {
  const taken = new Set<string>();
  const any = [..."abcdefghijklmnopqrstuvwxyz"];
  return names.map((name) => {
    const own = [...name.toLowerCase()].filter((letter) => any.includes(letter));
    const candidates = [...own, ...own.map(upper), ...any, ...any.map(upper)];
    const letter = candidates.find((each) => !taken.has(each)) ?? "?";
    taken.add(letter);
    return letter;
  });
}

function upper(letter: string): string {
  return letter.toUpperCase();
}

/** Equal values next to each other. */
function runs(values: readonly number[]): { value: number; length: number }[] {
  const found: { value: number; length: number }[] = [];
  for (const value of values) {
    const last = found.at(-1);
    if (last?.value === value) last.length++;
    else found.push({ value, length: 1 });
  }
  return found;
}

/** A bar of up to `width` columns, to an eighth of one. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(share * width * 8);
  return "█".repeat(Math.floor(eighths / 8)) + ["", ..."▏▎▍▌▋▊▉"][eighths % 8];
}

/** Times under a timeline, each beginning at the column that it is about. */
export function axis(seconds: number, width: number): string {
  const STEPS = [
    0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 14400, 86400,
  ];
  const step = STEPS.find((each) => (each / seconds) * width >= 8) ?? 864000;
  let text = "";
  for (let i = 0; i * step < seconds; i++) {
    const at = Math.round(((i * step) / seconds) * width);
    const label = timeText(i * step, step);
    if (at + label.length <= width) text = text.padEnd(at) + label;
  }
  return text;
}
