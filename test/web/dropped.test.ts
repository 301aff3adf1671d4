// What is dropped on the Train page is the dataset that the program reads in the same folder, refused for the same reasons; and
// features that were computed are for the same sounds only, whatever these are called.
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { contentOf } from "../../src/train/dataset/content.ts";
import { clipSound, type Dataset } from "../../src/train/dataset/dataset.ts";
import { openDataset } from "../../src/train/dataset/open.ts";
import { extractorOf } from "../../src/train/features/extractor.ts";
import { findRecipe } from "../../src/train/recipes/index.ts";
import { type Dropped, openDropped } from "../../web/train/dropped.ts";
import { LastFeatures } from "../../web/train/last-features.ts";
import { ascii } from "../audio/wav/pieces.ts";
import { clip } from "../train/dataset/tiny-esc.ts";

const root = mkdtempSync(join(tmpdir(), "otograd-dropped-"));
afterAll(() => rmSync(root, { recursive: true }));

const HEADER = "filename,fold,target,category";
const ROWS = ["a.wav,1,0,dog", "b.wav,2,1,rain", "c.wav,2,0,dog"];
const SOUNDS = { "a.wav": clip(1), "b.wav": clip(2), "c.wav": clip(3) };

type Files = Record<string, Uint8Array>;

function filesOf(sounds: Files, rows = ROWS): Files {
  const audio = Object.entries(sounds).map(([name, bytes]) => [`audio/${name}`, bytes]);
  return { "meta/esc50.csv": strToU8([HEADER, ...rows].join("\n")), ...Object.fromEntries(audio) };
}

const blob = (bytes: Uint8Array) => new Blob([new Uint8Array(bytes)]);

/** As the archive and as the folder "mine"; they are called so whatever is in them. */
function dropped(files: Files): Dropped[] {
  const archive = blob(zipSync(files));
  const folder = Object.entries(files).map(([path, bytes]) => ({ path: `mine/${path}`, file: blob(bytes) }));
  return [
    { name: "mine.zip", files: [{ path: "mine.zip", file: archive }], esc10: false },
    { name: "mine", files: folder, esc10: false },
  ];
}

const open = (bundle: Dropped) =>
  openDropped(bundle, () => Promise.reject(new Error("no browser decodes here")));

/** On the disk, as the program reads it. */
function diskOf(files: Files): string {
  const folder = mkdtempSync(join(root, "disk-"));
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
}

async function heard(dataset: Dataset) {
  const all: unknown[] = [];
  for (const [i, { name }] of dataset.clips.entries()) {
    const samples: number[] = [];
    let flaw = "";
    const sound = clipSound(dataset, i, (what) => {
      flaw = what;
    });
    for await (const block of sound.blocks()) samples.push(...block.samples);
    expect([...(await dataset.load(i)).samples]).toEqual(samples);
    all.push({ name, samples, flaw });
  }
  return all;
}

test("sounds that are whole, cut off, tagged or called otherwise than they are, as the program hears them", async () => {
  const files = filesOf(
    {
      ...SOUNDS,
      "b.wav": clip(2).subarray(0, 444),
      "c.wav": Buffer.concat([ascii("ID3\x03\0\0\0\0\0\x05RIFF!"), clip(3)]),
      "d.bin": clip(4),
    },
    [...ROWS, "d.bin,1,1,rain"],
  );
  const wanted = await heard(openDataset(diskOf(files)));
  expect(wanted).toContainEqual(
    expect.objectContaining({ name: "b.wav", flaw: "ends after 0.00 of 0.01 s: the rest is missing" }),
  );
  for (const bundle of dropped(files)) expect(await heard(await open(bundle))).toEqual(wanted);
});

test("a clip that is listed twice is refused by the program's words", async () => {
  const files = filesOf(SOUNDS, [...ROWS, "a.wav,2,0,dog"]);
  expect(() => openDataset(diskOf(files))).toThrow("line 5: a.wav is listed twice (first in line 2)");
  for (const bundle of dropped(files))
    expect(open(bundle)).rejects.toThrow("line 5: a.wav is listed twice (first in line 2)");
});

test("features are computed anew for other sounds of the same names, and not for the same sounds", async () => {
  const extractor = extractorOf(findRecipe("blog-bn").frontEnd);
  const other = { ...SOUNDS, "b.wav": clip(7) }; // as long as the other
  const last = new LastFeatures();
  let work: string[] = [];
  const progress = {
    note() {},
    warn: (line: string) => void work.push(line),
    begin: (what: string) => void work.push(what),
    beginEpoch() {},
    update() {},
    epoch() {},
    clear() {},
  };
  const talk = { progress, stop: { signal: null, onFirst: "" } };
  const featuresOf = async (bundle: Dropped) => {
    work = [];
    return { ...(await last.of(await open(bundle), extractor, talk)), work };
  };
  for (const place of [0, 1]) {
    const bundle = (sounds: Files) => dropped(filesOf(sounds))[place]!;
    await featuresOf(bundle({ ...SOUNDS, "a.wav": clip(9) }));
    const first = await featuresOf(bundle(SOUNDS));
    expect(first.work).toEqual(["hashing clips", "computing features"]);
    const onDisk = openDataset(diskOf(filesOf(SOUNDS)));
    expect(first.content).toEqual(await contentOf(onDisk, null, talk)); // as config.json has it
    const again = await featuresOf(bundle(SOUNDS));
    expect(again.work).toEqual(["hashing clips"]);
    expect(again.features).toBe(first.features);
    const swapped = await featuresOf(bundle(other));
    expect(swapped.work).toEqual(["hashing clips", "computing features"]);
    expect(swapped.features.values).not.toEqual(first.features.values);
  }
  const cut = dropped(filesOf({ ...SOUNDS, "b.wav": clip(2).subarray(0, 444) }))[0]!;
  const says = "mine.zip: 1 clip of 3 is damaged: b.wav ends after 0.00 of 0.01 s: the rest is missing";
  expect((await featuresOf(cut)).work).toEqual(["hashing clips", "computing features", says]);
  expect((await featuresOf(cut)).work).toEqual(["hashing clips", says]);
});
