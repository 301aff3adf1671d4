// `dataset verify` on layouts other than ESC-50's: what cannot be heard, what is there twice, what no line names.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { verifyCommand } from "../../../src/train/commands/dataset.ts";
import { checkAny } from "../../../src/train/dataset/check-any.ts";
import { Heard, never } from "./fetch-tiny.ts";
import { Places } from "./lay-out.ts";
import { clip } from "./tiny-esc.ts";

setDefaultTimeout(60_000);
const places = new Places();
afterAll(() => places.remove());
const FLAC = readFileSync(join(import.meta.dir, "../../fixtures/tone.flac"));

const check = async (source: string) => {
  const found = await checkAny(source, {}, { progress: new Heard(), stop: never() });
  const lines = (all: { file: string | null; message: string }[]) =>
    all.map(({ file, message }) => `${file ?? ""} ${message}`.trim().replaceAll(source, "HERE"));
  return { ...found, problems: lines(found.problems), notes: lines(found.notes) };
};

test("a folder of folders: all that is wrong is found, and each clip named", async () => {
  const folder = places.lay({
    "dog/a.wav": clip(1),
    "dog/b.flac": FLAC,
    "dog/cut.wav": clip(5).subarray(0, 200),
    "dog/half.flac": FLAC.subarray(0, FLAC.length / 2),
    "dog/text.wav": "no sound",
    "dog/quiet.wav": clip(2, { level: 0 }),
    "dog/copy of a.wav": clip(1),
    "rain/a.wav": clip(1),
    "rain/c.wav": clip(3),
    "hail/d.wav": clip(4),
    "hail/list.txt": "d.wav",
  });
  symlinkSync("nowhere", join(folder, "rain", "gone.wav"));
  const { kind, perClass, problems, notes, folds, clips } = await check(folder);
  expect(kind).toBe("a folder of sounds for each class, 5 folds made with seed 1");
  expect(perClass!.map(({ name, clips }) => [name, clips])).toEqual([
    ["dog", 7],
    ["hail", 1],
    ["rain", 2],
  ]);
  expect(folds.map((fold) => fold.clips).reduce((a, b) => a + b)).toBe(9); // hail's always trains
  expect(clips).toBe(10);
  expect(problems.sort()).toEqual([
    "HERE/rain/gone.wav cannot be read: is it a link that leads nowhere?",
    "dog/copy of a.wav is the same file as dog/a.wav, of another fold",
    "dog/cut.wav is damaged: ends after 0.00 of 0.01 s: the rest is missing",
    "dog/half.flac is truncated or damaged: no sound could be decoded",
    expect.stringMatching(/^dog\/text.wav is no sound file that is known here/),
    expect.stringMatching(/^rain\/a.wav is the same file as dog\/a.wav, of another class/),
  ]);
  expect(notes).toContain("dog/quiet.wav is silent: every sample is 0");
  expect(notes).toContain("classes are unequal: dog has 7 clips, hail 1");
  expect(notes).toContain("HERE: of hail there is one recording: it always trains, and is never tested");
  expect(notes.some((note) => note.startsWith("HERE: 1 file of other kinds left out: hail/list.txt"))).toBe(
    true,
  );
  console.log(`  ${problems.length} problems, ${notes.length} notes`);
});

test("a list: faulty lines are problems, sounds that no line names are notes", async () => {
  const folder = places.lay({
    "a.wav": clip(1),
    "b.wav": clip(2),
    "more/c.wav": clip(3),
    "list.csv": "file,class,fold\na.wav,dog,1\nb.wav,rain,2\nx.wav,dog,1\nb.wav,dog,1\na.wav,,1\n",
  });
  const { problems, notes, folds } = await check(folder);
  expect(problems).toEqual([
    "HERE/list.csv, line 4: HERE/x.wav does not exist",
    "HERE/list.csv, line 5: b.wav is listed twice (first in line 3)",
    "HERE/list.csv, line 6: a.wav is listed twice (first in line 2)",
  ]);
  expect(notes).toEqual(["HERE/more/c.wav is in no line of the CSV"]);
  expect(folds.map(({ fold, clips }) => [fold, clips])).toEqual([
    [1, 1],
    [2, 1],
  ]);
});

test("faulty lines are told, and not what would follow if the others were all", async () => {
  const said = async (...lines: string[]) => {
    const { problems, kind } = await check(
      places.lay({
        "a.wav": clip(1),
        "b.wav": clip(2),
        "list.csv": ["file,class,fold", ...lines].join("\n"),
      }),
    );
    return [...problems, kind!.split(", ").at(-1)];
  };
  const wants = "wants a whole number from 1 to 100, got";
  const otherwise = "(--columns fold= makes folds instead)";
  expect(await said("a.wav,dog,1", "b.wav,rain,")).toEqual([
    `HERE/list.csv, line 3: fold ${wants} '' ${otherwise}`,
    "1 fold",
  ]);
  expect(await said("a.wav,dog,train", "b.wav,rain,test")).toEqual([
    `HERE/list.csv, line 2: fold ${wants} 'train' ${otherwise}`,
    `HERE/list.csv, line 3: fold ${wants} 'test' ${otherwise}`,
    "no folds with clips",
  ]);
  expect(await said("a.wav,dog,1", "b.wav,,2")).toEqual(["HERE/list.csv, line 3: class is empty", "folds 1"]);
  await expect(said("a.wav,,1", "b.wav,,2")).rejects.toThrow("list.csv: column class is empty in every line");
  await expect(said("a.wav,dog,1", "b.wav,rain,1")).rejects.toThrow("list.csv: all clips are in one fold");
});

test("classes that are one, written in two ways, are noted", async () => {
  const decomposed = "Pâté".normalize("NFD");
  const rows = ["Dog", "dog ", "rain drop", "rain_drop", "Pâté", decomposed, "cat"];
  const folder = places.lay({
    ...Object.fromEntries(rows.map((_, i) => [`${i}.wav`, clip(i)])),
    "list.csv": ["file,class", ...rows.map((name, i) => `${i}.wav,${name}`)].join("\n"),
  });
  const { notes } = await check(folder);
  const pairs = [
    [decomposed, "Pâté"],
    ["Dog", "dog"],
    ["rain drop", "rain_drop"],
  ];
  expect(notes.filter((note) => note.includes("alike"))).toEqual(
    pairs.map(([one, other]) => `HERE: '${one}' and '${other}' are two classes, whose names look much alike`),
  );
});

test("folds that have no clips between others have no rows", async () => {
  const folder = places.lay({
    "a.wav": clip(1),
    "b.wav": clip(2),
    "list.csv": "file,class,fold\na.wav,dog,2\nb.wav,rain,4\n",
  });
  const { folds } = await check(folder);
  expect(folds.map(({ fold, clips }) => [fold, clips])).toEqual([
    [2, 1],
    [4, 1],
  ]);
});

test("a list whose files, or a folder whose links, are all wrong: that is said, and not that there is one class", async () => {
  const list = places.lay({ "list.csv": "file,class\nx.wav,dog\ny.wav,dog\nz.wav,rain\n" });
  const { problems, perClass, clips } = await check(list);
  expect(problems).toEqual(
    ["x", "y", "z"].map((name, i) => `HERE/list.csv, line ${i + 2}: HERE/${name}.wav does not exist`),
  );
  expect([clips, ...perClass!.map((each) => `${each.name} ${each.clips}`)]).toEqual([0, "dog 0", "rain 0"]);
  const folder = places.lay({ "dog/a.wav": clip(1), "rain/text.txt": "" });
  symlinkSync("nowhere", join(folder, "rain", "gone.wav"));
  const linked = await check(folder);
  expect(linked.problems).toEqual(["HERE/rain/gone.wav cannot be read: is it a link that leads nowhere?"]);
  expect(linked.perClass!.map((each) => `${each.name} ${each.clips}`)).toEqual(["dog 1", "rain 0"]);
});

test("one's own sounds in ESC-50's layout need not be of its format", async () => {
  const rows = [1, 2, 3].flatMap((fold) =>
    ["dog", "rain"].map((name, target) => `${name}${fold}.wav,${fold},${target},${name}`),
  );
  const folder = places.lay({
    ...Object.fromEntries(
      rows.map((row, i) => [
        `audio/${row.split(",")[0]}`,
        clip(i, { rate: 48000, channels: 2, depth: "24" }),
      ]),
    ),
    "audio/tone.flac": FLAC,
    "meta/esc50.csv": ["filename,fold,target,category", ...rows, "tone.flac,1,0,dog"].join("\n"),
  });
  const said: string[] = [];
  const session = { progress: new Heard(), stop: never(), print: (line: string) => void said.push(line) };
  await verifyCommand(folder, {}, session);
  expect(said[0]).toStartWith(`${folder} (ESC-50's layout, folds 1, 2, 3): 7 clips, 2 classes, `);
  expect(said.at(-1)).toBe(`${folder} is sound`);
});

test("the word synthetic has no files to check, which is said", async () => {
  const session = { progress: new Heard(), stop: never(), print: () => {} };
  await expect(verifyCommand("synthetic", {}, session)).rejects.toThrow(
    /^synthetic is made on the fly: there are no files to check; /,
  );
});

test("columns stand under their headings where letters are two columns wide", async () => {
  const folder = places.lay({ "犬/a.wav": clip(1), "犬/b.wav": clip(2), "rain/c.wav": clip(3) });
  const said: string[] = [];
  const session = { progress: new Heard(), stop: never(), print: (line: string) => void said.push(line) };
  await verifyCommand(folder, {}, session);
  const [heading, ...rows] = said.slice(said.findIndex((line) => line.startsWith("class")));
  const ends = rows.slice(0, 2).map((line) => Bun.stringWidth(line));
  expect(ends).toEqual([heading!.length, heading!.length]);
});

test("the command says what it took it for, and has a table of classes", async () => {
  const folder = places.lay({
    "dog/a.wav": clip(1),
    "dog/b.wav": clip(2),
    "rain/c.wav": clip(3),
    "rain/d.wav": clip(4),
  });
  const said: string[] = [];
  const session = { progress: new Heard(), stop: never(), print: (line: string) => void said.push(line) };
  await verifyCommand(folder, {}, session);
  expect(said[0]).toBe(
    `${folder} (a folder of sounds for each class, 2 folds made with seed 1): 4 clips, 2 classes, 0 s`,
  );
  expect(said.slice(5)).toEqual([
    "",
    "class  clips  minutes",
    "dog        2      0.0",
    "rain       2      0.0",
    "",
    `${folder} is sound`,
  ]);
});
