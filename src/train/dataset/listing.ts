// What a layout's reader finds: sound files with their classes, perhaps folds and recordings; and the dataset that they are.
import { createReadStream, type Stats } from "node:fs";
import { reason } from "../files/files.ts";
import { joinBlocks } from "../sound/sound.ts";
import { soundBlocks } from "../sound/sound-file.ts";
import { UserError } from "../terminal/errors.ts";
import { counted, someOf } from "../terminal/words.ts";
import { type Clip, type Dataset, foldsWithClips } from "./dataset.ts";
import { makeFolds } from "./made-folds.ts";
import type { Opening } from "./opening.ts";
import { recordingsOf } from "./recordings.ts";

export interface ListedFile {
  /** As it is named to the user. */
  readonly name: string;
  readonly path: string;
  readonly stats: Stats;
  /** Index into the classes. */
  readonly label: number;
  /** Null where the layout has no folds. */
  readonly fold: number | null;
  /** Files of one recording share it; null where the layout does not say. */
  readonly recording: string | null;
}

export interface Listing {
  readonly source: string;
  /** What the source was taken for: "ESC-50's layout". */
  readonly kind: string;
  readonly classes: readonly string[];
  readonly files: readonly ListedFile[];
  /** How many folds the layout has; null where it has none. */
  readonly folds: number | null;
  /** What says that clips are of one recording, if anything does: "column take". */
  readonly recordings: string | null;
  /** What was left out, or may surprise. */
  readonly notes: readonly string[];
  /** How a clip is left out, after "mend them, or ". */
  readonly remedy: string;
  /** What the columns were said to be, where a CSV was read. */
  readonly columns?: Opening["columns"];
}

/** Who is told what is wrong with one file or line, which is then left out. */
export type Wrong = (error: UserError) => void;

/** Throws one error that names all of these, or the first of them; `remedy` is what to do but to mend them. */
export function refuseAll(source: string, faults: readonly UserError[], remedy: string): void {
  if (faults.length === 0) return;
  if (faults.length === 1) throw faults[0]!;
  const what = `${counted(faults.length, "file")} cannot be used`;
  throw new UserError(
    `${source}: ${what}: ${someOf(faults.map(({ message }) => message))}; mend them, or ${remedy}`,
  );
}

/** Does something for one file or line; what is wrong with it goes to `wrong`. */
export function attempt<T>(wrong: Wrong, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    wrong(error);
    return undefined;
  }
}

/** A listing with folds: its own, or made ones. */
export function toDataset(listing: Listing, { folds: wanted, recordings }: Opening): Dataset {
  const { source, kind, classes, files, remedy, columns } = listing;
  const folded =
    listing.folds === null ? fold(listing, recordings, wanted) : ownFolds(listing, listing.folds);
  const clips = files.map(({ name, label }, i): Clip => ({ name, fold: folded.foldOf[i]!, label }));
  const opening = {
    ...(columns !== undefined && { columns }),
    ...(folded.made !== undefined && { folds: folded.made }),
    ...(folded.made !== undefined && listing.recordings === null && recordings && { recordings }),
  };
  return {
    source,
    classes,
    clips,
    folds: folded.folds,
    kind: `${kind}, ${folded.inWords}`,
    ...(folded.recordings !== undefined && { recordings: folded.recordings }),
    notes: [...listing.notes, ...alike(listing), ...folded.notes],
    remedy,
    opening,
    // Renaming, replacing or rewriting a file sets its ctime, which nobody can set back.
    fingerprint: (clip) => {
      const { size, mtimeMs, ctimeMs } = files[clip]!.stats;
      return `${clips[clip]!.name} ${size} ${mtimeMs} ${ctimeMs}`;
    },
    digest: (clip) => digestOf(files[clip]!.path),
    load: (clip) => joinBlocks(soundBlocks(files[clip]!.path)),
    blocks: (clip, flawed) => soundBlocks(files[clip]!.path, flawed),
  };
}

/** Classes whose names differ in capitals and spaces, or in how letters are encoded, only: mostly one that was written in two ways. */
function alike({ source, classes }: Listing): string[] {
  const bare = classes.map((name) =>
    name
      .normalize("NFKC")
      .toLowerCase()
      .replaceAll(/[\s_-]+/g, ""),
  );
  return classes.flatMap((name, i) => {
    const first = classes[bare.indexOf(bare[i]!)]!;
    if (first === name) return [];
    return [`${source}: '${first}' and '${name}' are two classes, whose names look much alike`];
  });
}

interface Folded {
  folds: number;
  foldOf: number[];
  inWords: string;
  notes: string[];
  made?: Opening["folds"];
  recordings?: Dataset["recordings"];
}

function ownFolds({ files }: Listing, folds: number): Folded {
  const clips = files.map(({ name, label, fold }): Clip => ({ name, label, fold: fold! }));
  const there = foldsWithClips({ folds, clips });
  const some = there.length === 0 ? "no folds with clips" : `folds ${there.join(", ")}`;
  const inWords = there.length < folds ? some : counted(folds, "fold");
  return { folds, foldOf: clips.map(({ fold }) => fold), inWords, notes: [] };
}

/** More classes are counted, not named. */
const MOST_NAMED = 5;

function fold(
  listing: Listing,
  how: Opening["recordings"] = "names",
  wanted: Opening["folds"] = { seed: 1 },
): Folded {
  const { source, files, classes } = listing;
  const recordings =
    listing.recordings === null
      ? recordingsOf(files, how)
      : files.map(({ recording }, i) => recording ?? `\0${i}`);
  const made = makeFolds(
    files.map(({ label }, i) => ({ label, recording: recordings[i]! })),
    wanted,
  );
  const count = new Set(recordings).size;
  const by = listing.recordings ?? { names: "their names", folders: "their folders", clips: "" }[how];
  const whole = count === files.length ? "" : `, ${counted(count, "recording")} (by ${by}) kept whole`;
  const otherwise =
    listing.recordings === null
      ? "--recordings clips takes each clip for one"
      : "--columns group= passes that column over";
  const inWords =
    made.folds === 0
      ? `no folds: no class has two recordings${whole === "" ? "" : ` by ${by}`}`
      : `${made.folds} folds made with seed ${wanted.seed}${whole}`;
  const named = made.single.slice(0, MOST_NAMED).map((label) => classes[label]!);
  const more = made.single.length > MOST_NAMED ? `, and ${made.single.length - MOST_NAMED} more` : "";
  const notes =
    made.folds === 0 || named.length === 0
      ? []
      : [
          `${source}: of ${named.join(", ")}${more} there is one recording: it always trains, and is never tested`,
        ];
  return {
    ...made,
    inWords,
    notes,
    made: { seed: wanted.seed, count: made.folds },
    ...(made.folds === 0 && whole !== "" && { recordings: { by, otherwise } }),
  };
}

/** A hash of a file's bytes. Throws UserError. */
export async function digestOf(path: string): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  try {
    for await (const bytes of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(bytes);
  } catch (error) {
    throw new UserError(`cannot read ${path}: ${reason(error)}`, { cause: error });
  }
  return hash.digest("hex").slice(0, 32);
}
