// Datasets: the CSV file, the archive, and the features that are kept.

import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import type { HostRandom } from "../../src/gpu/host-random.ts";
import { checkFolder } from "../../src/train/dataset/check.ts";
import { openDataset } from "../../src/train/dataset/open.ts";
import { unpack } from "../../src/train/dataset/unpack.ts";
import { cachedFeatures } from "../../src/train/features/cache.ts";
import { extractorOf } from "../../src/train/features/extractor.ts";
import type { Features } from "../../src/train/features/features.ts";
import { findRecipe } from "../../src/train/recipes/index.ts";
import { framesOf } from "../../src/train/recipes/recipe.ts";
import { tame } from "../../src/train/terminal/errors.ts";
import { Progress } from "../../src/train/terminal/progress.ts";
import { tinyArchive, tinyFiles } from "../train/dataset/tiny-esc.ts";
import { mutateBytes, mutateText, pick } from "./mutate.ts";
import { must, type Target } from "./target.ts";

export class Silent extends Progress {
  override say(): void {}
  override begin(): void {}
  override beginBytes(): void {}
  override beginEpoch(): void {}
}

export const never = () => ({ signal: null, onFirst: "" });

const FILES = tinyFiles();
const ARCHIVE = tinyArchive();

/** The tiny dataset in a folder. What lies beside it must not be read. */
function layOut(folder: string): string {
  const data = join(folder, "data");
  for (const name of ["audio", "meta"]) mkdirSync(join(data, name), { recursive: true });
  for (const [place, bytes] of Object.entries(FILES)) writeFileSync(join(data, place), bytes);
  return data;
}

const utf16 = (text: string) => Buffer.from(text, "utf16le");
const ENCODINGS: ((text: string) => [encoding: string, bytes: Uint8Array])[] = [
  (text) => ["UTF-8", Buffer.from(text)],
  (text) => ["UTF-8 with a mark", Buffer.from(`\ufeff${text}`)],
  (text) => ["marked UTF-16LE", utf16(`\ufeff${text}`)],
  (text) => ["marked UTF-16BE", utf16(`\ufeff${text}`).swap16()],
  (text) => ["UTF-16LE", utf16(text)],
  (text) => ["UTF-16BE", utf16(text).swap16()],
  (text) => [
    "UTF-32",
    Buffer.from(Uint32Array.from(`\ufeff${text}`, (letter) => letter.codePointAt(0)!).buffer),
  ],
  (text) => ["Latin-1", Buffer.from(text, "latin1")],
];

/** A small row of features: eight segments of four clips. */
const frontEnd = { ...findRecipe("blog-mixed").frontEnd, nMels: 4, segmentSamples: 512 * 24 };
const FEATURES: Features = {
  shape: [4, framesOf(frontEnd)],
  values: Float32Array.from({ length: 8 * 4 * framesOf(frontEnd) }, (_, i) => Math.sin(i)),
  clipOf: Uint32Array.of(0, 0, 1, 1, 2, 2, 3, 3),
  silent: Uint32Array.of(0, 1, 0, 0, 0, 0, 1, 0),
};

export const datasets: Target[] = [
  {
    name: "esc50.csv",
    weight: 4,
    async run(random, folder) {
      const data = layOut(folder);
      const bait = pick(random, ["../secret.wav", "../../data/secret.wav", "./secret.wav", "..\\secret.wav"]);
      writeFileSync(join(data, "secret.wav"), FILES["audio/1-1000-A-0.wav"]!); // good, but not in audio/
      const good = FILES["meta/esc50.csv"]!.toString();
      const csv = Buffer.from(random.int(4) === 0 ? good.replace(/[\w-]+\.wav/, bait) : good);
      const damaged = random.int(4) === 0 ? mutateBytes(random, csv) : mutateText(random, csv.toString());
      writeFileSync(join(data, "meta", "esc50.csv"), damaged);
      const dataset = openDataset(data);
      must(dataset.classes.length >= 2 && dataset.clips.length >= 1, "it opens without clips or classes");
      const audio = realpathSync(join(data, "audio")) + sep;
      for (const { name, fold, label } of dataset.clips) {
        must(realpathSync(join(data, "audio", name)).startsWith(audio), `${name} lies outside audio/`);
        must(
          fold >= 1 && fold <= 5 && label >= 0 && label < dataset.classes.length,
          `fold ${fold}, class ${label}`,
        );
      }
      await dataset.load(random.int(dataset.clips.length));
    },
  },
  {
    name: "CSV encodings",
    weight: 2,
    run(random, folder) {
      const data = layOut(folder);
      const odd = pick(random, ["é", "ü", "\x1b[2J", "\x9b", "x"]);
      const good = FILES["meta/esc50.csv"]!.toString().replaceAll("dog", `d${odd}g`);
      const text = good.replaceAll("\n", () => pick(random, ["\n", "\r\n", "\r"]));
      const [encoding, bytes] = pick(random, ENCODINGS)(text);
      writeFileSync(join(data, "meta", "esc50.csv"), bytes);
      const { classes, clips } = openDataset(data); // or it is refused by name
      const read =
        /^UTF-8|^marked/.test(encoding) || (encoding === "Latin-1" && !["é", "ü", "\x9b"].includes(odd));
      must(read, `${encoding} was taken for UTF-8`);
      must(classes.join() === `d${tame(odd)}g,rain,train`, `classes ${classes}`);
      must(clips.length === 15, `${clips.length} clips`);
    },
  },
  {
    name: "dataset verify",
    weight: 1,
    async run(random, folder) {
      const data = layOut(folder);
      const place = Object.keys(FILES)[2 + random.int(Object.keys(FILES).length - 2)]!;
      writeFileSync(join(data, place), mutateBytes(random, FILES[place]!));
      const { clips, problems } = await checkFolder(data, { progress: new Silent(), stop: never() });
      must(
        clips >= 0 && problems.every(({ message }) => message.length > 0),
        "it finds nothing that makes sense",
      );
    },
  },
  {
    name: "zip archive",
    weight: 4,
    async run(random, folder) {
      const into = join(folder, "deep", "into");
      mkdirSync(into, { recursive: true });
      writeFileSync(join(folder, "a.zip"), damagedArchive(random));
      try {
        await unpack(join(folder, "a.zip"), into, { progress: new Silent(), stop: never() });
      } finally {
        must(Bun.deepEquals(readdirSync(folder).sort(), ["a.zip", "deep"]), "a file is outside");
        must(Bun.deepEquals(readdirSync(join(folder, "deep")), ["into"]), "a file is outside");
      }
      const contents = Object.values(FILES);
      for (const place of Object.keys(FILES).filter((each) => existsSync(join(into, each)))) {
        const bytes = readFileSync(join(into, place)); // a name may have become another's
        must(
          contents.some((each) => each.equals(bytes)),
          `${place} has bytes that no file in the archive had`,
        );
      }
    },
  },
  {
    name: "kept features",
    weight: 3,
    async run(random, folder) {
      const dataset = openDataset("synthetic");
      const options = { folder, adapter: "none", progress: new Silent() };
      const ask = (compute: () => Promise<Features>) =>
        cachedFeatures(
          dataset,
          { clips: [0, 1, 2, 3], settings: null },
          extractorOf(frontEnd),
          options,
          compute,
        );
      await ask(async () => FEATURES);
      const [name] = readdirSync(folder);
      const path = join(folder, name!);
      writeFileSync(path, mutateBytes(random, readFileSync(path)));
      const got = await ask(async () => FEATURES); // from the file, or anew
      must(Bun.deepEquals(got, FEATURES), "other features come out than went in");
    },
  },
];

/** Headers, directory and end are as likely to be damaged as the files, which are most of it. */
function damagedArchive(random: HostRandom): Uint8Array {
  const directory = ARCHIVE.indexOf("PK\x01\x02", 0, "latin1");
  if (random.int(3) === 0) return mutateBytes(random, ARCHIVE);
  return Buffer.concat([ARCHIVE.subarray(0, directory), mutateBytes(random, ARCHIVE.subarray(directory))]);
}
