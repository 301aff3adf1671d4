// A folder with one folder of sounds a class: nested, linked, with other things in it, and all that can be wrong with one.
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { openDataset } from "../../../../src/train/dataset/open.ts";
import { inside, Places } from "../lay-out.ts";

const places = new Places();
afterAll(() => places.remove());

const FIXTURES = join(import.meta.dir, "../../../fixtures");

test("each folder is a class; nested files of any kind that is read belong to it, others do not", () => {
  const folder = places.lay([
    "rain/b.wav",
    "rain/more/deep/a.FLAC",
    "dog/1.mp3",
    "dog/2.opus",
    "dog/.hidden.wav",
    "dog/notes.txt",
    "dog/phone.m4a",
    ".git/x.wav",
    "__MACOSX/dog/y.wav",
    "beside.ogg",
    "list.txt",
  ]);
  mkdirSync(join(folder, "empty"));
  const { classes, clips, notes, kind } = openDataset(folder);
  expect(classes).toEqual(["dog", "rain"]);
  expect(clips.map(({ name }) => name)).toEqual([
    "dog/1.mp3",
    "dog/2.opus",
    "rain/b.wav",
    "rain/more/deep/a.FLAC",
  ]);
  expect(kind).toBe("a folder of sounds for each class, 2 folds made with seed 1");
  expect(notes!.map((note) => note.replace(folder, "HERE"))).toEqual([
    "HERE: there is no sound in empty, which is no class then",
    "HERE: 1 sound beside the classes' folders left out: no class has it",
    "HERE: 2 files of other kinds left out: dog/notes.txt, dog/phone.m4a (ffmpeg -i FILE x.wav converts sounds)",
  ]);
  console.log(`  ${openDataset(folder).kind}`);
});

test("links are followed; one that leads round in a circle ends", () => {
  const folder = places.lay(["dog/1.wav", "dog/2.wav", "store/rain.wav", "store/more/hail.wav"]);
  mkdirSync(join(folder, "all"));
  renameSync(join(folder, "store"), join(folder, "..", "store"));
  symlinkSync("../../store", join(folder, "all", "linked"));
  symlinkSync("..", join(folder, "all", "up"));
  symlinkSync("../all", join(folder, "all", "round"));
  symlinkSync("../../store/rain.wav", join(folder, "all", "one.wav"));
  const names = inside(folder)
    .filter(([, category]) => category === "all")
    .map(([name]) => name);
  // `up` has every class in it, each real folder once.
  expect(names).toEqual([
    "all/linked/more/hail.wav",
    "all/linked/rain.wav",
    "all/one.wav",
    "all/up/dog/1.wav",
    "all/up/dog/2.wav",
  ]);
});

test("a class with one recording always trains, in one line; where all have one, there is no fold", () => {
  const folder = places.lay(["dog/a.wav", "dog/b.wav", "rain/a.wav"]);
  expect(
    inside(folder)
      .map(([, , fold]) => fold)
      .sort(),
  ).toEqual([0, 1, 2]);
  expect(openDataset(folder).notes![0]).toEndWith(
    "of rain there is one recording: it always trains, and is never tested",
  );
  const { folds, clips, kind } = openDataset(places.lay(["dog/a.wav", "rain/a.wav"]));
  expect([folds, ...clips.map(({ fold }) => fold)]).toEqual([0, 0, 0]);
  expect(kind).toEndWith("no folds: no class has two recordings");
});

test("what is no such folder is answered in one line", () => {
  const lay = (...files: string[]) => places.lay(files);
  const dangling = lay("dog/1.wav", "rain/1.wav");
  symlinkSync("nowhere", join(dangling, "dog", "2.wav"));
  const several = lay("dog/1.wav", "rain/1.wav");
  symlinkSync("nowhere", join(several, "dog", "2.wav"));
  for (const name of ["dog/3", "rain/4"]) symlinkSync("/dev/null", join(several, `${name}.wav`));
  Bun.spawnSync(["sh", "-c", "cp 1.wav \"$(printf '\\351').wav\""], { cwd: join(several, "rain") });
  const cases: [string, string | RegExp][] = [
    [
      lay(),
      /^HERE is no dataset: it has no meta\/esc50.csv, no CSV file .*, and no folders with WAV, .*`bun run dataset fetch`/,
    ],
    [
      lay("a.wav", "b.ogg", "notes.txt"),
      "HERE has 2 sounds in it, and no folders of them: a folder for each class is wanted, or a CSV file that says their classes",
    ],
    [
      lay("dog/a.wav", "dog/b.wav"),
      "HERE has sounds in one folder only, dog; telling sounds apart takes two classes",
    ],
    [
      lay("mine/dog/a.wav", "mine/rain/b.wav"),
      "HERE has sounds in one folder only, mine; telling sounds apart takes two classes (if the classes are the folders in it, --data HERE/mine)",
    ],
    [
      lay("train/dog/a.wav", "train/rain/b.wav", "test/dog/c.wav"),
      "HERE has the folders test, train, which are no classes: name one of them, as in --data HERE/test",
    ],
    [lay("d\x1bg/a.wav", "d\x07g/b.wav"), "HERE has two folders that come to the class name 'd?g'"],
    [dangling, "HERE/dog/2.wav cannot be read: is it a link that leads nowhere?"],
    [
      several,
      "HERE: 4 files cannot be used: HERE/dog/2.wav cannot be read: is it a link that leads nowhere?; HERE/dog/3.wav is not a file; HERE/rain/4.wav is not a file; HERE/rain/\ufffd.wav cannot be read: its name is not in UTF-8: give it another; mend them, or take them out of the folder (bun run dataset verify HERE looks at all)",
    ],
  ];
  for (const [folder, message] of cases) {
    if (typeof message === "string") expect(places.complaint(folder)).toBe(message);
    else expect(places.complaint(folder)).toMatch(message);
  }
  // A train may be a class as well.
  expect(openDataset(lay("train/1.wav", "train/2.wav", "test/1.wav")).classes).toEqual(["test", "train"]);
  console.log(`  ${cases.length} folders that are none, each answered in one line`);
});

test("sounds are read, whatever their kind", async () => {
  const tone = (name: string) => readFileSync(join(FIXTURES, name));
  const dataset = openDataset(places.lay({ "a/t.flac": tone("tone.flac"), "b/t.wav": tone("tone.flac") }));
  for (const clip of [0, 1]) {
    const { samples, sampleRate } = await dataset.load(clip);
    expect([samples.length, sampleRate]).toEqual([12800, 16000]);
  }
});
