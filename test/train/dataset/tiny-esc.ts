// A dataset like ESC-50 in all but size: three classes, one clip of each in each fold, each a hundredth of a second.
import { WaveFile } from "wavefile";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import type { Layout } from "../../../src/train/dataset/check.ts";
import { type ZipEntry, zip } from "./zip.ts";

export const TINY: Layout = { name: "tiny ESC", clips: 15, classes: 3, samples: 441 };

/** Its part that is in "ESC-10". */
export const TINY_ESC10: Layout = { name: "tiny ESC-10", clips: 10, classes: 2, samples: 441 };

/** A clip of noise, as ESC-50's clips are stored. */
export function clip(
  seed: number,
  { samples = 441, rate = 44100, channels = 1, depth = "16", level = 9000 } = {},
) {
  const random = new HostRandom(seed);
  const noise = () => Float64Array.from({ length: samples }, () => level * (2 * random.uniform() - 1));
  const wave = new WaveFile();
  const content = Array.from({ length: channels }, noise);
  wave.fromScratch(channels, rate, depth, channels === 1 ? content[0]! : content);
  return Buffer.from(wave.toBuffer());
}

export interface Files {
  [place: string]: Buffer;
}

/** The dataset's files by their place; two classes of the three are in ESC-10. */
export function tinyFiles(): Files {
  const files: Files = { LICENSE: Buffer.from("as you like\n"), "README.md": Buffer.from("# tiny\n") };
  const rows = ["filename,fold,target,category,esc10,src_file,take"];
  for (let i = 0; i < 15; i++) {
    const [fold, target] = [1 + Math.floor(i / 3), i % 3];
    const name = `${fold}-${1000 + i}-A-${target}.wav`;
    files[`audio/${name}`] = clip(i);
    rows.push(
      `${name},${fold},${target},${["dog", "rain", "train"][target]},${target < 2 ? "True" : "False"},${1000 + i},A`,
    );
  }
  files["meta/esc50.csv"] = Buffer.from(`${rows.join("\n")}\n`);
  return files;
}

/** Entries of an archive as GitHub makes them, other files of the repository included. */
export function tinyEntries(files = tinyFiles(), top = "ESC-50-master/"): ZipEntry[] {
  return [
    ...(top === "" ? [] : [{ name: top, data: "" }]),
    { name: `${top}.gitignore`, data: "*.pyc\n" },
    { name: `${top}audio/`, data: "" },
    ...Object.entries(files).map(([place, data], i) => ({ name: top + place, data, deflate: i % 2 === 0 })),
    { name: `${top}meta/esc50-human.xlsx`, data: "not taken" },
    { name: `${top}utils/audio/trap.wav`, data: "not taken" },
  ];
}

export const tinyArchive = () => zip(tinyEntries());
