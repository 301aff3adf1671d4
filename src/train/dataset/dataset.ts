// What a dataset is: labelled clips in folds, of which some train and one tests.
import { sha256 } from "../files/sha256.ts";
import type { Waveform } from "../sound/waveform.ts";
import { UserError } from "../terminal/errors.ts";
import { type Talk, throwIfStopped } from "../terminal/talk.ts";
import { counted } from "../terminal/words.ts";
import type { Content, Opening } from "./opening.ts";

/** No dataset has more folds. */
export const MOST_FOLDS = 100;
/** The fold of clips that are never tested: all others of their class are of the same recording, or there are none. */
export const ALWAYS_TRAINS = 0;
/** The class of all that is none of the others: see with-other.ts. */
export const OTHER = "other";

export interface Clip {
  readonly name: string;
  /** From 1 to the dataset's `folds`, or ALWAYS_TRAINS; of a class that was left out, below 0: see left-out.ts. */
  readonly fold: number;
  /** Index into the dataset's classes; below 0 where its class was left out, −1 being the first of `leftOut`. */
  readonly label: number;
}

export interface Dataset {
  /** Where it came from: a folder, or "synthetic". */
  readonly source: string;
  readonly classes: readonly string[];
  readonly clips: readonly Clip[];
  /** Classes that were left out: see left-out.ts. */
  readonly leftOut?: readonly string[];
  /** How many folds there are, numbered from 1; clips cut from one recording share a fold. 5 in ESC-50 and ESC-10. */
  readonly folds: number;
  /** What the source was taken for, and where its folds come from, in words. */
  readonly kind?: string;
  /** By what it was told which clips are of one recording, and what tells them otherwise; where that is why there are no folds. */
  readonly recordings?: { readonly by: string; readonly otherwise: string };
  /** What was left out of it, or may surprise: a sentence each. */
  readonly notes?: readonly string[];
  /** How a clip is left out, as the end of an error message; by default its line is taken out of the CSV. */
  readonly remedy?: string;
  /** How to open it again so that it is the same. */
  readonly opening?: Opening;
  /** A line a clip that changes whenever the clip's sound may have changed; the feature cache's key is made of it. */
  fingerprint(clip: number): string;
  load(clip: number): Promise<Waveform>;
  /**
   * The same, a block at a time from the beginning, where clips may be too long to be held. At the end, `flawed` is told
   * what is wrong with a clip that could be heard all the same.
   */
  blocks?(clip: number, flawed?: (flaw: string) => void): AsyncIterable<Waveform>;
  /** A hash of what a clip is made of, where the fingerprint may change though the sound does not. */
  digest?(clip: number): Promise<string>;
}

/** A clip as it is read, anew with each call of `blocks`. */
export function clipSound(
  dataset: Dataset,
  clip: number,
  flawed?: (flaw: string) => void,
): { blocks(): AsyncIterable<Waveform> } {
  if (dataset.blocks !== undefined) return { blocks: () => dataset.blocks!(clip, flawed) };
  return {
    blocks: async function* () {
      yield await dataset.load(clip);
    },
  };
}

/** A hash of what each clip is made of; those that are `known` by their fingerprints are not made anew. */
export async function hashClips(
  { clips, fingerprint, digest }: Pick<Dataset, "clips" | "fingerprint" | "digest">,
  known: Readonly<Record<string, string>>,
  { progress, stop }: Talk,
): Promise<string[]> {
  if (digest === undefined) return Promise.all(clips.map((_, clip) => sha256(fingerprint(clip))));
  const hashes: string[] = [];
  progress.begin("hashing clips", clips.length);
  for (const clip of clips.keys()) {
    throwIfStopped(stop, "stopped while clips were hashed");
    hashes.push(known[fingerprint(clip)] ?? (await digest(clip)));
    progress.update(clip + 1);
  }
  progress.clear();
  return hashes;
}

/** What a dataset holds, fold by fold, where each clip's hash is known. */
export async function contentFrom(
  { clips, classes }: Pick<Dataset, "clips" | "classes">,
  hashes: readonly string[],
): Promise<Content> {
  const lines = clips.map(({ name, fold, label }, i) => {
    return { fold, text: JSON.stringify([name, classes[label], hashes[i]]) };
  });
  const folds: Content["folds"] = {};
  for (const fold of new Set(lines.map((line) => line.fold))) {
    const texts = lines.filter((line) => line.fold === fold).map(({ text }) => text);
    folds[fold] = { clips: texts.length, sha256: await sha256(texts.sort().join("\n")) };
  }
  return { clips: clips.length, folds };
}

/** Where `bun run dataset fetch` puts ESC-50, and where it is looked for when no folder is named. */
export const DEFAULT_DATA = "data/ESC-50";

/** How to come by a dataset, as the end of an error message. */
export const HOW_TO_GET_ONE =
  "`bun run dataset fetch` downloads ESC-50 (600 MB); --data names another folder laid out like it, and " +
  "--data synthetic needs no download";

/** Every fold's number, from 1 on. */
export function foldsOf({ folds }: Pick<Dataset, "folds">): number[] {
  return Array.from({ length: folds }, (_, i) => i + 1);
}

/** Those that have clips: a part of a dataset may have none in some. */
export function foldsWithClips({ folds, clips }: Pick<Dataset, "folds" | "clips">): number[] {
  const there = new Set(clips.map(({ fold }) => fold));
  return foldsOf({ folds }).filter((fold) => there.has(fold));
}

/** Why nothing of a dataset without folds can be tested, and what to do; `besides` is one way more. */
export function noFolds({ source, recordings }: Dataset, ...besides: string[]): string {
  const by = recordings === undefined ? "" : ` by ${recordings.by}`;
  const ways = [...(recordings === undefined ? [] : [recordings.otherwise]), ...besides];
  const what = `${source}: no class has two recordings${by}, so that none can be tested`;
  return ways.length === 0 ? what : `${what}: ${ways.join(", and ")}`;
}

/** The fold that tests, in words. */
export function foldName(fold: number | null): string {
  return fold === null ? "no fold held out" : `fold ${fold}`;
}

/** What there is, what it was taken for, and how its folds came about: one line. */
export function describe({ source, clips, classes, kind }: Dataset): string {
  const what = kind === undefined ? "" : ` (${kind})`;
  return `${source}: ${counted(clips.length, "clip")}, ${counted(classes.length, "class")}${what}`;
}

/** The folds of one cross-validation turn. */
export interface Split {
  readonly train: readonly number[];
  readonly validation: number | null;
  /** Null where all folds train. */
  readonly test: number | null;
}

/**
 * Tests on `test` and trains on the others that have clips; with `validates`, the fold before the test fold (cyclically, as the
 * paper's replication data does it) is held out besides. With null, all train.
 */
export function splitFolds(
  dataset: Pick<Dataset, "folds" | "clips">,
  test: number | null,
  validates: boolean,
): Split {
  const always = dataset.clips.some(({ fold }) => fold === ALWAYS_TRAINS) ? [ALWAYS_TRAINS] : [];
  const folds = foldsWithClips(dataset);
  const before = folds.findLast((fold) => fold < (test ?? 0)) ?? folds.at(-1)!;
  const validation = validates && test !== null && folds.length > 2 ? before : null;
  const train = [...always, ...folds].filter((fold) => fold !== test && fold !== validation);
  return { train, validation, test };
}

/** Why a split has no fold for validation; null where it has one. */
export function unvalidated(dataset: Dataset, { validation, test }: Split): string | null {
  if (validation !== null) return null;
  if (test === null) return "--fold none trains on all folds";
  return `${dataset.source} has ${counted(foldsWithClips(dataset).length, "fold")} with clips: none is left for that`;
}

/** Refuses a setting that would do nothing. */
export function checkValidates(dataset: Dataset, split: Split): void {
  const why = unvalidated(dataset, split);
  if (why !== null)
    throw new UserError(`--set validates=true holds a fold out of training for validation, and ${why}`);
}

/** Refuses a dataset in which one of the split's folds has no clips. */
export function checkSplit(dataset: Dataset, split: Split): void {
  const present = new Set(dataset.clips.map((clip) => clip.fold));
  const missing = [split.test, split.validation].find((fold) => fold !== null && !present.has(fold));
  const folds = foldsWithClips(dataset);
  const have = folds.length === 0 ? "it has none in folds" : `it has folds ${folds.join(", ")}`;
  if (missing !== undefined)
    throw new UserError(`${dataset.source} has no clips in fold ${missing} (${have})`);
  if (!split.train.some((fold) => present.has(fold))) {
    throw new UserError(
      `${dataset.source} has no clips in ${split.train.length === 0 ? "other folds" : `the training folds ${split.train.join(", ")}`} (${have})`,
    );
  }
}
