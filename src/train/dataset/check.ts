// Looks at a dataset's folder clip by clip: is everything there that the CSV lists, and is it what it should be?
import { type Dirent, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { WavError } from "../../audio/wav.ts";
import { reason } from "../files/files.ts";
import { loadWav } from "../sound/load-wav.ts";
import { oneLine, tame, UserError } from "../terminal/errors.ts";
import { type Talk, throwIfStopped } from "../terminal/talk.ts";
import { counted } from "../terminal/words.ts";
import { foldsOf, HOW_TO_GET_ONE } from "./dataset.ts";
import { readRows } from "./layouts/published.ts";
import { categories, foldOf, ESC50 as PUBLISHED, plainName, type ReadRow } from "./layouts/published-rows.ts";

/** What a dataset must have: so many clips and classes, evenly over the folds, each clip of so many samples. */
export interface Layout {
  name: string;
  clips: number;
  classes: number;
  /** 5 s at 44.1 kHz; in a folder that need not be any layout, clips may be shorter or longer. */
  samples: number;
}

export const ESC50: Layout = { name: "ESC-50", clips: 2000, classes: 50, samples: 220_500 };
export const ESC10: Layout = { name: "ESC-10", clips: 400, classes: 10, samples: 220_500 };

/** Hz, of every clip of ESC-50. */
const SAMPLE_RATE = 44_100;
/** A file longer than this is not read: a clip of ESC-50 has 441 kB. */
const LARGEST_CLIP = 16e6;
/** Below this peak (−60 dB) a clip is as good as silent. */
const AUDIBLE = 1e-3;
/** What ESC-50's clips are called: fold, recording, take, class. */
const CLIP_NAME = /^(\d+)-(\d+)-([A-Z])-(\d+)\.wav$/;
/** Files that are read at once. */
const READERS = 4;

/** Something about a file (or about the whole folder, then null). */
export interface Finding {
  file: string | null;
  /** 1 … FOLDS, of a clip whose fold is known. */
  fold: number | null;
  message: string;
}

/** What there is in one fold. */
export interface FoldCount {
  fold: number;
  /** Clips listed. */
  clips: number;
  classes: number;
  /** Of sound that can be read. */
  seconds: number;
  problems: number;
  notes: number;
}

export interface Check {
  folder: string;
  /** The layout that it was held to; null for a part of ESC-50, which must only be even. */
  layout: string | null;
  /** Of another layout: what it was taken for … */
  kind?: string;
  /** … and what there is of each class. */
  perClass?: { name: string; clips: number; seconds: number }[];
  clips: number;
  classes: number;
  seconds: number;
  folds: FoldCount[];
  /** What makes the folder unfit. */
  problems: Finding[];
  /** What may be worth knowing. */
  notes: Finding[];
}

export interface Listed {
  name: string;
  fold: number;
  category: string;
}

/** Whether a folder laid out as ESC-50 is has its clips, or a part of them: most are called as those are. Throws UserError. */
export function isOfEsc50(folder: string): boolean {
  const rows = readRows(join(folder, PUBLISHED.csv), PUBLISHED);
  return rows.filter(({ row }) => CLIP_NAME.test(row.filename)).length > rows.length / 2;
}

/**
 * Checks a folder laid out as ESC-50 is. `layout` is what it must be; without it, a folder with ESC-50's 50 classes
 * must be ESC-50, and any other a part of it with as many clips of each class in each fold. Throws UserError where
 * there is no list of clips that can be read, and Interrupted.
 */
export async function checkFolder(folder: string, talk: Talk, layout?: Layout): Promise<Check> {
  const csv = join(folder, "meta", "esc50.csv");
  const rows = readRows(existing(folder, csv), PUBLISHED);
  const problems: Finding[] = [];
  const notes: Finding[] = [];
  const listed = listedClips(rows, problems);
  const classes = new Set(listed.map(({ category }) => category));
  const held = layout ?? (classes.size === ESC50.classes ? ESC50 : null);
  checkCounts(listed, held, problems);
  checkUnlisted(join(folder, "audio"), new Set(rows.map(({ row }) => row.filename)), problems, notes);
  const seconds = await listen(join(folder, "audio"), listed, held, talk, problems, notes);
  return {
    folder,
    layout: held?.name ?? null,
    clips: listed.length,
    classes: classes.size,
    seconds: seconds.reduce((sum, s) => sum + s, 0),
    folds: foldCounts(foldsOf(PUBLISHED), listed, seconds, problems, notes),
    problems,
    notes,
  };
}

/** What there is in each fold. */
export function foldCounts(
  folds: readonly number[],
  listed: readonly Listed[],
  seconds: readonly number[],
  problems: readonly Finding[],
  notes: readonly Finding[],
): FoldCount[] {
  return folds.map((fold): FoldCount => {
    const of = <T extends { fold: number | null }>(all: readonly T[]) =>
      all.filter((each) => each.fold === fold);
    return {
      fold,
      clips: of(listed).length,
      classes: new Set(of(listed).map(({ category }) => category)).size,
      seconds: seconds.reduce((sum, s, clip) => sum + (listed[clip]!.fold === fold ? s : 0), 0),
      problems: of(problems).length,
      notes: of(notes).length,
    };
  });
}

function existing(folder: string, csv: string): string {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new UserError(`no dataset at ${folder}: ${HOW_TO_GET_ONE}`);
  if (!statSync(csv, { throwIfNoEntry: false })?.isFile())
    throw new UserError(`${folder} has no meta/esc50.csv: it is no dataset, or half of one`);
  return csv;
}

/** The rows that make sense, each clip once. */
function listedClips(rows: ReadRow[], problems: Finding[]): Listed[] {
  const listed: Listed[] = [];
  const lineOf = new Map<string, number>();
  const complain = (file: string | null, message: string, fold: number | null = null) =>
    problems.push({ file, fold, message });
  for (const { row, line } of rows) {
    const at = `meta/esc50.csv, line ${line}`;
    try {
      const name = plainName(row.filename, at, PUBLISHED);
      const earlier = lineOf.get(name);
      if (earlier !== undefined)
        throw new UserError(`${at}: ${name} is listed twice (first in line ${earlier})`);
      lineOf.set(name, line);
      const fold = foldOf(row.fold, at, PUBLISHED);
      if (/[/\\\0]|^\.\.?$/.test(row.src_file ?? ""))
        throw new UserError(`${at}: src_file '${tame(row.src_file!, 80)}' is not a plain name`);
      const [, ...said] = CLIP_NAME.exec(name) ?? [];
      const says = [row.fold, row.src_file, row.take, row.target];
      if (said.some((part, i) => says[i] !== undefined && part !== says[i]!.trim())) {
        complain(name, `is of fold, recording, take, class ${said.join(", ")} by its name, ${says.join(", ")} by the CSV`, fold); // biome-ignore format: one sentence
      }
      listed.push({ name, fold, category: row.category });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      complain(null, error.message);
    }
  }
  try {
    categories(rows, "meta/esc50.csv", PUBLISHED);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    complain(null, error.message);
  }
  return listed;
}

/** As many clips of each class in each fold as there should be. */
function checkCounts(listed: readonly Listed[], layout: Layout | null, problems: Finding[]): void {
  const complain = (message: string, fold: number | null = null) =>
    problems.push({ file: null, fold, message });
  const counts = new Map<string, number[]>(); // of each class, by fold
  for (const { category, fold } of listed) {
    const row = counts.get(category) ?? new Array<number>(PUBLISHED.folds).fill(0);
    row[fold - 1]!++;
    counts.set(category, row);
  }
  if (layout !== null && listed.length !== layout.clips)
    complain(`it has ${counted(listed.length, "clip")}; ${layout.name} has ${layout.clips}`);
  if (layout !== null && counts.size !== layout.classes)
    complain(`it has ${counted(counts.size, "class")}; ${layout.name} has ${layout.classes}`);
  const wanted =
    layout === null
      ? mostCommon([...counts.values()].flat().filter((count) => count > 0))
      : layout.clips / layout.classes / PUBLISHED.folds;
  const others = layout === null ? "where most have" : "and should have";
  for (const [category, row] of counts) {
    row.forEach((count, i) => {
      if (count !== wanted)
        complain(`${category} has ${counted(count, "clip")} in fold ${i + 1}, ${others} ${wanted}`, i + 1);
    });
  }
}

function mostCommon(values: readonly number[]): number {
  const times = new Map<number, number>();
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1);
  return [...times].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

/** What lies in audio/ and is not in the CSV. */
function checkUnlisted(
  audio: string,
  names: ReadonlySet<string>,
  problems: Finding[],
  notes: Finding[],
): void {
  let found: Dirent[];
  try {
    found = readdirSync(audio, { withFileTypes: true });
  } catch (error) {
    problems.push({ file: null, fold: null, message: `audio cannot be read: ${reason(error)}` });
    return;
  }
  for (const { name } of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const finding = { file: name, fold: null, message: "is in audio, but not in meta/esc50.csv" };
    if (!names.has(name)) (/\.wav$/i.test(name) ? problems : notes).push(finding);
  }
}

/** Reads every clip; returns the seconds of each. */
async function listen(
  audio: string,
  listed: readonly Listed[],
  layout: Layout | null,
  talk: Talk,
  problems: Finding[],
  notes: Finding[],
): Promise<number[]> {
  const heard = await hearAll(
    listed.length,
    (clip) => checkClip(join(audio, listed[clip]!.name), layout),
    talk,
  );
  heard.forEach(({ problems: bad, notes: odd }, clip) => {
    const { name: file, fold } = listed[clip]!;
    problems.push(...bad.map((message) => ({ file, fold, message })));
    notes.push(...odd.map((message) => ({ file, fold, message })));
  });
  return heard.map(({ seconds }) => seconds);
}

/** Does something with every clip, some at once. */
export async function hearAll<T>(
  count: number,
  hear: (clip: number) => Promise<T>,
  { progress, stop }: Talk,
): Promise<T[]> {
  const heard = new Array<T>(count);
  let [next, done] = [0, 0];
  const reader = async () => {
    while (next < count) {
      throwIfStopped(stop, "stopped before every clip was checked");
      const clip = next++;
      heard[clip] = await hear(clip);
      progress.update(++done);
    }
  };
  progress.begin("checking clips", count);
  try {
    await Promise.all(Array.from({ length: READERS }, reader));
  } finally {
    progress.clear();
  }
  return heard;
}

/** What a clip's peak says of it, if anything. */
export function silence(peak: number): string[] {
  if (peak === 0) return ["is silent: every sample is 0"];
  return peak < AUDIBLE ? [`is almost silent: its peak is ${(20 * Math.log10(peak)).toFixed(0)} dB`] : [];
}

interface Heard {
  seconds: number;
  problems: string[];
  notes: string[];
}

async function checkClip(path: string, layout: Layout | null): Promise<Heard> {
  const heard: Heard = { seconds: 0, problems: [], notes: [] };
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) throw new WavError(path, "is missing");
    if (!found.isFile()) throw new WavError(path, "is not a file");
    if (found.size > LARGEST_CLIP) throw new WavError(path, `has ${found.size} bytes: too many for a clip`);
    const { samples, sampleRate, stored } = await loadWav(path);
    heard.seconds = samples.length / sampleRate;
    if (sampleRate !== SAMPLE_RATE)
      heard.problems.push(`has ${sampleRate} samples a second, not ${SAMPLE_RATE}`);
    if (stored.channels !== 1) heard.problems.push(`has ${stored.channels} channels, not one`);
    if (stored.bits !== 16 || stored.floats)
      heard.problems.push(
        `has ${stored.floats ? "floats" : "integers"} of ${stored.bits} bits, not integers of 16`,
      );
    const wanted = layout?.samples ?? ESC50.samples;
    if (samples.length !== wanted)
      (layout === null ? heard.notes : heard.problems).push(
        `lasts ${heard.seconds.toFixed(2)} s (${samples.length} samples), not ${Number((wanted / SAMPLE_RATE).toFixed(2))} s (${wanted})`,
      );
    let peak = 0;
    for (let i = 0; i < samples.length; i++) peak = Math.max(peak, Math.abs(samples[i]!));
    heard.notes.push(...silence(peak));
  } catch (error) {
    heard.problems.push(error instanceof WavError ? error.reason : `cannot be read (${oneLine(error)})`);
  }
  return heard;
}
