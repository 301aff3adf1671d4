// A dataset with one class more, "other", whose clips are the sounds of a folder: whatever is none of the dataset's classes.
import { statSync } from "node:fs";
import { basename, relative, resolve } from "node:path";
import { reason } from "../files/files.ts";
import { joinBlocks } from "../sound/sound.ts";
import { soundBlocks } from "../sound/sound-file.ts";
import { type Listed, listSounds } from "../sound/sound-list.ts";
import { SoundError, tame, UserError } from "../terminal/errors.ts";
import { counted } from "../terminal/words.ts";
import { ALWAYS_TRAINS, type Clip, clipSound, type Dataset, foldsWithClips, OTHER } from "./dataset.ts";
import { attempt, digestOf, refuseAll } from "./listing.ts";
import { makeFolds } from "./made-folds.ts";
import { recordingsOf } from "./recordings.ts";

/** Where folds of these sounds are drawn from: a run opened again finds them in the same. */
const SEED = 1;

/** The dataset with the folder's sounds as its last class, dealt out over its folds. Throws UserError. */
export function withOther(dataset: Dataset, folder: string): Dataset {
  const { source, classes, clips, notes = [] } = dataset;
  const folds = foldsWithClips(dataset);
  if (classes.includes(OTHER))
    throw new UserError(
      `${source} has a class '${OTHER}' of its own, which --other ${tame(folder, 200)} would add: leave it out with --without ${OTHER}, or do without --other`,
    );
  const files = soundsIn(folder);
  const label = classes.length;
  // Where all that is left of a name is the folder's, numbers only count: it is a part of what recordings are told by.
  const within = basename(resolve(folder));
  const recordings = recordingsOf(
    files.map(({ inside }) => ({ name: `${within}/${inside}`, label })),
    "names",
  );
  const made = makeFolds(
    recordings.map((recording) => ({ label, recording })),
    { seed: SEED, count: folds.length },
  );
  const others = files
    .map(nameOf)
    .map((name, i): Clip => ({ name, label, fold: folds[made.foldOf[i]! - 1] ?? ALWAYS_TRAINS }));
  const mine = clips.length;
  const fileOf = (clip: number) => files[clip - mine]!;
  const hashOf = (text: string) => new Bun.CryptoHasher("sha256").update(text).digest("hex").slice(0, 32);
  return {
    ...dataset,
    classes: [...classes, OTHER],
    clips: [...clips, ...others],
    notes: [...notes, `${counted(files.length, "sound")} of ${tame(folder, 200)} are the class '${OTHER}'`],
    fingerprint: (clip) => {
      if (clip < mine) return dataset.fingerprint(clip);
      const { size, mtimeMs, ctimeMs } = fileOf(clip);
      return `${nameOf(fileOf(clip))} ${size} ${mtimeMs} ${ctimeMs}`;
    },
    digest: async (clip) => {
      if (clip >= mine) return digestOf(fileOf(clip).path);
      return (await dataset.digest?.(clip)) ?? hashOf(dataset.fingerprint(clip));
    },
    load: (clip) => (clip < mine ? dataset.load(clip) : joinBlocks(soundBlocks(fileOf(clip).path))),
    blocks: (clip, flawed) =>
      clip < mine ? clipSound(dataset, clip, flawed).blocks() : soundBlocks(fileOf(clip).path, flawed),
  };
}

interface Found {
  path: string;
  /** Its place in the folder: wherever that is, and from wherever it is looked for, the clips are the same. */
  inside: string;
  size: number;
  mtimeMs: number;
  ctimeMs: number;
}

/** What such a clip is called, as clips of a folder of classes are. */
const nameOf = ({ inside }: Found) => tame(`${OTHER}/${inside}`, Number.POSITIVE_INFINITY);

function soundsIn(folder: string): Found[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UserError(
      `--other wants the word threshold or a folder of sounds, and ${tame(folder, 200)} is no folder`,
    );
  const faults: UserError[] = [];
  const wrong = (error: UserError) => void faults.push(error);
  const found = listSounds([folder]).map((listed) => attempt(wrong, () => foundOf(folder, listed)));
  refuseAll(`--other ${tame(folder, 200)}`, faults, "take them out of the folder");
  return found.filter((each) => each !== undefined);
}

function foundOf(folder: string, listed: Listed | SoundError): Found {
  if (listed instanceof SoundError) throw new UserError(`--other: ${listed.message}`, { cause: listed });
  try {
    const { size, mtimeMs, ctimeMs } = statSync(listed.path);
    return { path: listed.path, inside: relative(folder, listed.path), size, mtimeMs, ctimeMs };
  } catch (error) {
    throw new UserError(`cannot read ${listed.path}: ${reason(error)}`, { cause: error });
  }
}
