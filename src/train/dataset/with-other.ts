// A dataset with one class more, "other", whose clips are the sounds of a folder: whatever is none of the dataset's classes.
import { statSync } from "node:fs";
import { reason } from "../files/files.ts";
import { joinBlocks, soundBlocks } from "../sound/sound-file.ts";
import { listSounds } from "../sound/sound-list.ts";
import { SoundError, tame, UserError } from "../terminal/errors.ts";
import { counted } from "../terminal/words.ts";
import { ALWAYS_TRAINS, type Clip, clipSound, type Dataset, OTHER } from "./dataset.ts";
import { digestOf } from "./listing.ts";
import { makeFolds } from "./made-folds.ts";
import { recordingsOf } from "./recordings.ts";

/** Where folds of these sounds are drawn from: a run opened again finds them in the same. */
const SEED = 1;

/** The dataset with the folder's sounds as its last class, dealt out over its folds. Throws UserError. */
export function withOther(dataset: Dataset, folder: string): Dataset {
  const { source, classes, clips, folds, notes = [] } = dataset;
  if (classes.includes(OTHER))
    throw new UserError(
      `${source} has a class '${OTHER}' of its own, which --other ${tame(folder, 200)} would add: leave it out with --without ${OTHER}, or do without --other`,
    );
  const files = soundsIn(folder);
  const label = classes.length;
  const named = files.map(({ name }) => ({ name, label }));
  const recordings = recordingsOf(named, "names");
  const made = makeFolds(
    named.map((_, i) => ({ label, recording: recordings[i]! })),
    { seed: SEED, count: folds },
  );
  const others = named.map(
    ({ name }, i): Clip => ({ name, label, fold: folds === 0 ? ALWAYS_TRAINS : made.foldOf[i]! }),
  );
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
      const { name, size, mtimeMs, ctimeMs } = fileOf(clip);
      return `${OTHER} ${name} ${size} ${mtimeMs} ${ctimeMs}`;
    },
    digest: async (clip) => {
      if (clip >= mine) return digestOf(fileOf(clip).name);
      return (await dataset.digest?.(clip)) ?? hashOf(dataset.fingerprint(clip));
    },
    load: (clip) => (clip < mine ? dataset.load(clip) : joinBlocks(soundBlocks(fileOf(clip).name))),
    blocks: (clip, flawed) =>
      clip < mine ? clipSound(dataset, clip, flawed).blocks() : soundBlocks(fileOf(clip).name, flawed),
  };
}

interface Found {
  name: string;
  size: number;
  mtimeMs: number;
  ctimeMs: number;
}

function soundsIn(folder: string): Found[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UserError(
      `--other wants the word threshold or a folder of sounds, and ${tame(folder, 200)} is no folder`,
    );
  return listSounds([folder]).map((listed) => {
    if (listed instanceof SoundError) throw new UserError(`--other: ${listed.message}`, { cause: listed });
    try {
      const { size, mtimeMs, ctimeMs } = statSync(listed.path);
      return { name: listed.path, size, mtimeMs, ctimeMs };
    } catch (error) {
      throw new UserError(`cannot read ${listed.path}: ${reason(error)}`, { cause: error });
    }
  });
}
