// Data as people have it: lists of clips of their own, UrbanSound8K's layout, folders of folders with odd names and links.
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, sep } from "node:path";
import type { HostRandom } from "../../src/gpu/host-random.ts";
import { checkAny } from "../../src/train/dataset/check-any.ts";
import type { Dataset } from "../../src/train/dataset/dataset.ts";
import { openDataset } from "../../src/train/dataset/open.ts";
import { STEERING } from "../../src/train/terminal/errors.ts";
import { clip } from "../train/dataset/tiny-esc.ts";
import { never, Silent } from "./datasets.ts";
import { mutateBytes, mutateText, pick } from "./mutate.ts";
import { must, type Target } from "./target.ts";

const SOUND = clip(1);
const put = (path: string, content: string | Uint8Array) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
};

/** What must hold of any dataset that opens. */
function mustHold({ clips, classes, folds }: Dataset): void {
  must(classes.length >= 2 && clips.length >= 1, "it opens without clips or classes");
  must(new Set(classes).size === classes.length, `a class is there twice: ${classes}`);
  for (const { name, fold, label } of clips) {
    must(Number.isInteger(fold) && fold >= 0 && fold <= folds, `fold ${fold} of ${folds}`);
    must(label >= 0 && label < classes.length, `class ${label}`);
    must(!STEERING.test(name + classes[label]), `${JSON.stringify(name)} steers a terminal`);
    STEERING.lastIndex = 0;
  }
}

const LIST =
  'file,class,fold,group\na.wav,dog,1,x\nb.wav,rain,2,y\nmore/c.wav,dog,2,x\n"more/d, e.wav",rain,1,z\n';
const US8K = [
  "slice_file_name,fsID,start,end,salience,fold,classID,class",
  "7-0-0-0.wav,7,0,4,1,1,0,dog",
  "8-1-0-0.wav,8,0,4,1,2,1,rain",
  "9-0-0-0.wav,9,0,4,2,10,0,dog",
].join("\n");
/** Names that folders and files may have. */
const NAMES = [
  "dog",
  "rain",
  "d\x1b[2J",
  "ra\u202ein",
  "..wav",
  "é",
  "a b",
  "-x",
  "train",
  "test",
  "x".repeat(200),
  "\\",
  "%s",
  "1",
];

export const layouts: Target[] = [
  {
    name: "a list of clips",
    weight: 3,
    async run(random, folder) {
      const data = join(folder, "data");
      for (const name of ["a.wav", "b.wav", "more/c.wav", "more/d, e.wav"]) put(join(data, name), SOUND);
      put(join(folder, "secret.wav"), SOUND); // good, but not in the folder
      const bait = pick(random, [
        "../secret.wav",
        "more/../../secret.wav",
        "..\\secret.wav",
        join(folder, "secret.wav"),
      ]);
      const text = random.int(3) === 0 ? LIST.replace("b.wav", bait) : LIST;
      const parted = random.int(3) === 0 ? text.replaceAll(",", pick(random, [";", "\t"])) : text;
      put(
        join(data, "list.csv"),
        random.int(4) === 0 ? mutateBytes(random, Buffer.from(parted)) : mutateText(random, parted),
      );
      const dataset = openDataset(data);
      mustHold(dataset);
      const inside = realpathSync(data) + sep;
      for (const { name } of dataset.clips) {
        must(!isAbsolute(name) && realpathSync(join(data, name)).startsWith(inside), `${name} lies outside`);
      }
      await dataset.load(random.int(dataset.clips.length));
    },
  },
  {
    name: "UrbanSound8K.csv",
    weight: 1,
    run(random, folder) {
      for (const [fold, name] of [
        [1, "7-0-0-0"],
        [2, "8-1-0-0"],
        [10, "9-0-0-0"],
      ])
        put(join(folder, "audio", `fold${fold}`, `${name}.wav`), SOUND);
      put(join(folder, "metadata", "UrbanSound8K.csv"), mutateText(random, US8K));
      mustHold(openDataset(folder));
    },
  },
  {
    name: "a folder of folders",
    weight: 2,
    async run(random, folder) {
      const data = join(folder, "data");
      mkdirSync(data);
      for (let i = 0; i < 8; i++) oddEntry(random, data);
      const { clips, problems } = await checkAny(data, {}, { progress: new Silent(), stop: never() });
      must(clips >= 1 && problems.every(({ message }) => message.length > 0), "a check that makes no sense");
      mustHold(openDataset(data));
    },
  },
];

/** A sound, good or damaged, or a link, in a folder of any name. */
function oddEntry(random: HostRandom, data: string): void {
  const place = join(data, pick(random, NAMES), ...(random.int(3) === 0 ? [pick(random, NAMES)] : []));
  try {
    mkdirSync(place, { recursive: true });
    const path = join(
      place,
      `${pick(random, NAMES)}${random.int(9)}${pick(random, [".wav", ".WAV", ".flac", ".txt", ""])}`,
    );
    if (random.int(4) === 0) symlinkSync(pick(random, [data, "..", ".", "nowhere", path, "/dev/zero"]), path);
    else writeFileSync(path, random.int(4) === 0 ? mutateBytes(random, SOUND) : SOUND);
  } catch {} // there is something of that name already
}
