// Every way in which an ESC-50-layout folder can be wrong has one line that names the file and the reason.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDataset } from "../../../../src/train/dataset/open.ts";
import { UserError } from "../../../../src/train/terminal/errors.ts";

setDefaultTimeout(60_000);

const root = mkdtempSync(join(tmpdir(), "otograd-dataset-"));
afterAll(() => rmSync(root, { recursive: true }));

const HEADER = "filename,fold,target,category,esc10,src_file,take";
const GOOD = ["a.wav,1,10,rain,True,1,A", "b.wav,2,0,dog,True,2,A", "c.wav,5,10,rain,True,3,A"];

let made = 0;
function folder(rows: string[], { header = HEADER, files = ["a.wav", "b.wav", "c.wav"] } = {}): string {
  const path = join(root, String(made++));
  mkdirSync(join(path, "audio"), { recursive: true });
  mkdirSync(join(path, "meta"));
  for (const file of files) writeFileSync(join(path, "audio", file), file);
  writeFileSync(join(path, "meta", "esc50.csv"), [header, ...rows].join("\n"));
  return path;
}

function complaint(path: string): string {
  try {
    openDataset(path);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message.replaceAll(root, "ROOT");
  }
  throw new Error(`${path} was accepted`);
}

test("ESC-10's scattered targets become class indices in order, with their names", () => {
  const dataset = openDataset(folder(GOOD));
  expect(dataset.classes).toEqual(["dog", "rain"]);
  expect(dataset.clips).toEqual([
    { name: "a.wav", fold: 1, label: 1 },
    { name: "b.wav", fold: 2, label: 0 },
    { name: "c.wav", fold: 5, label: 1 },
  ]);
});

test("a byte-order mark, Windows line ends, quotes and blank lines are no trouble", () => {
  const rows = ['"a.wav",1,10,"rain, heavy",True,1,A\r', "\r", "b.wav,2,0,dog,True,2,A\r"];
  const dataset = openDataset(folder(rows, { header: `\ufeff${HEADER}\r` }));
  expect(dataset.classes).toEqual(["dog", "rain, heavy"]);
  expect(dataset.clips.length).toBe(2);
});

const second = (row: string) => folder([GOOD[0]!, row, GOOD[2]!]);
const CASES: [string, () => string, RegExp][] = [
  [
    "no folder",
    () => join(root, "nowhere"),
    /^no dataset at ROOT\/nowhere: `bun run dataset fetch` downloads .*--data synthetic/,
  ],
  [
    "no CSV",
    () => {
      const path = folder([], { files: [] });
      rmSync(join(path, "meta"), { recursive: true });
      return path;
    },
    /^ROOT\/\d+ is no dataset: it has no meta\/esc50.csv, no CSV file .*: `bun run dataset fetch`/,
  ],
  ["empty CSV", () => folder([], { header: "" }), /esc50.csv is empty/],
  ["no rows", () => folder([]), /esc50.csv lists no clips/],
  [
    "no column",
    () => folder([], { header: "filename,folds,target" }),
    /line 1: no column fold, category \(the columns are filename, folds, target\)/,
  ],
  ["short row", () => second("b.wav,2"), /esc50.csv, line 3: not a well-formed CSV/],
  ["open quote", () => second('"b.wav,2,0,dog,True,2,A'), /esc50.csv, lines 3 to \d: not a well-formed CSV/],
  [
    "missing file",
    () => second("x.wav,2,0,dog,True,2,A"),
    /esc50.csv, line 3: ROOT\/\d+\/audio\/x.wav does not exist/,
  ],
  [
    "fold 6",
    () => second("b.wav,6,0,dog,True,2,A"),
    /line 3: fold wants a whole number from 1 to 5, got '6'/,
  ],
  ["fold 1.5", () => second("b.wav,1.5,0,dog,True,2,A"), /line 3: fold wants .* got '1.5'/],
  [
    "target dog",
    () => second("b.wav,2,dog,dog,True,2,A"),
    /line 3: target wants a whole number from 0, got 'dog'/,
  ],
  ["no category", () => second("b.wav,2,0,,True,2,A"), /line 3: category is empty/],
  [
    "two names for a target",
    () => second("b.wav,2,10,dog,True,2,A"),
    /line 3: target 10 is 'dog' here, 'rain' above/,
  ],
  [
    "two targets for a name",
    () => second("b.wav,2,0,rain,True,2,A"),
    /line 3: category 'rain' is target 0 here, 10 above/,
  ],
  [
    "a duplicate",
    () => second("a.wav,2,0,dog,True,2,A"),
    /line 3: a.wav is listed twice \(first in line 2\)/,
  ],
  [
    "a way out",
    () => second("../meta/esc50.csv,2,0,dog,True,2,A"),
    /line 3: filename '..\/meta\/esc50.csv' is not a plain file name inside audio\//,
  ],
  [
    "an absolute path",
    () => second("/etc/passwd,2,0,dog,True,2,A"),
    /line 3: filename '\/etc\/passwd' is not a plain/,
  ],
  ["a folder", () => second("..,2,0,dog,True,2,A"), /line 3: filename '..' is not a plain/],
  ["one class", () => folder([GOOD[0]!, GOOD[2]!]), /has only one class/],
];

for (const [name, make, expected] of CASES) {
  test(`bad input: ${name}`, () => {
    const message = complaint(make());
    expect(message).toMatch(expected);
    expect(message).not.toContain("\n");
  });
}

test("a fingerprint changes when two files of one size change places", () => {
  const path = folder(GOOD);
  const prints = () => {
    const dataset = openDataset(path);
    return dataset.clips.map((_, clip) => dataset.fingerprint(clip));
  };
  const before = prints();
  expect(prints()).toEqual(before);
  renameSync(join(path, "audio", "a.wav"), join(path, "audio", "t"));
  renameSync(join(path, "audio", "b.wav"), join(path, "audio", "a.wav"));
  renameSync(join(path, "audio", "t"), join(path, "audio", "b.wav"));
  const after = prints();
  expect(after[0]).not.toBe(before[0]);
  expect(after[2]).toBe(before[2]);
});

/** A folder whose CSV has these bytes. */
function withCsv(bytes: Uint8Array | string): string {
  const path = folder(GOOD);
  writeFileSync(join(path, "meta", "esc50.csv"), bytes);
  return path;
}

test("lines that end each in its own way", () => {
  const rows = ["filename,fold,target,category", "a.wav,1,10,rain", "b.wav,2,0,dog", "c.wav,5,10,rain"];
  for (const ends of ["\n\r\n\r\n\r\n", "\r\n\n\n\n", "\r\r\n\n\r\n", "\n\r\r\n\n", "\r\r\r\r"]) {
    const each = ends.match(/\r\n|\r|\n/g)!;
    const dataset = openDataset(withCsv(rows.map((row, i) => row + each[i % each.length]).join("")));
    expect(dataset.classes).toEqual(["dog", "rain"]);
    expect(dataset.clips.length).toBe(3);
  }
});

test("UTF-8 and marked UTF-16 are read; other encodings are named, with the line", () => {
  const text = [HEADER, ...GOOD].join("\n").replaceAll("rain", "café");
  const big = Buffer.from(`\ufeff${text}`, "utf16le").swap16();
  for (const bytes of [
    Buffer.from(text),
    Buffer.from(`\ufeff${text}`),
    Buffer.from(`\ufeff${text}`, "utf16le"),
    big,
  ])
    expect(openDataset(withCsv(bytes)).classes).toEqual(["dog", "café"]);
  expect(complaint(withCsv(Buffer.from(text, "latin1")))).toMatch(
    /esc50.csv, line 2: is not in UTF-8 but in an older encoding, such as Latin-1 or Windows-1252: save it as UTF-8/,
  );
  const utf32 = Buffer.from(Uint32Array.from(`\ufeff${text}`, (letter) => letter.codePointAt(0)!).buffer);
  expect(complaint(withCsv(utf32))).toMatch(/esc50.csv is in UTF-32: save it as UTF-8/);
  expect(complaint(withCsv(Buffer.from(text, "utf16le")))).toMatch(
    /is in UTF-16 without a byte order mark: save/,
  );
  const cut = Buffer.concat([Buffer.from(`\ufeff${text}`, "utf16le"), Buffer.from([0])]);
  expect(complaint(withCsv(cut))).toMatch(/esc50.csv is damaged: it is not UTF-16LE/);
});

test("what would steer a terminal is taken out of class names, and they must still be two", () => {
  const named = (dog: string, rain: string) =>
    folder([`a.wav,1,10,${rain},True,1,A`, `b.wav,2,0,${dog},True,2,A`], { files: ["a.wav", "b.wav"] });
  expect(openDataset(named("dog\x1b[31m", "ra\u202ein\x9b2J")).classes).toEqual(["dog?[31m", "ra?in?2J"]);
  expect(complaint(named("dog\x1b", "dog\x07"))).toMatch(/category 'dog\?' is target 0 here, 10 above/);
});

test("a clip may be any sound file, with tags or without", async () => {
  const path = folder(GOOD);
  const tone = readFileSync(join(import.meta.dir, "../../../fixtures/tone.flac"));
  writeFileSync(join(path, "audio", "a.wav"), Buffer.concat([tone, Buffer.from("TAG".padEnd(128))]));
  const { samples, sampleRate } = await openDataset(path).load(0);
  expect([samples.length, sampleRate]).toEqual([12800, 16000]);
});

test("UrbanSound8K's layout: ten folds, sounds in a folder a fold, classes by their numbers", () => {
  const path = join(root, String(made++));
  const rows = [
    ["100032-3-0-0.wav", 100032, 0, 0.317551, 1, 5, 3, "dog_bark"],
    ["100263-2-0-117.wav", 100263, 58.5, 62.5, 1, 10, 2, "children_playing"],
    ["100263-2-0-121.wav", 100263, 60.5, 64.5, 1, 10, 2, "children_playing"],
  ];
  for (const [name, , , , , fold] of rows) {
    mkdirSync(join(path, "audio", `fold${fold}`), { recursive: true });
    writeFileSync(join(path, "audio", `fold${fold}`, String(name)), "x");
  }
  mkdirSync(join(path, "metadata"));
  const list = (...all: unknown[][]) =>
    writeFileSync(
      join(path, "metadata", "UrbanSound8K.csv"),
      ["slice_file_name,fsID,start,end,salience,fold,classID,class", ...all].join("\n"),
    );
  list(...rows);
  const { classes, clips, folds, kind } = openDataset(path);
  expect(classes).toEqual(["children_playing", "dog_bark"]);
  expect(clips.map(({ fold, label }) => [fold, label])).toEqual([
    [5, 1],
    [10, 0],
    [10, 0],
  ]);
  expect([folds, kind]).toEqual([10, "UrbanSound8K's layout, folds 5, 10"]);
  const mistakes: [unknown[], RegExp][] = [
    [
      ["100263-2-0-121.wav", 1, 0, 1, 1, 9, 2, "children_playing"],
      /line 4: ROOT\S+fold9\/100263-2-0-121.wav does not exist/,
    ],
    [
      ["../fold5/100032-3-0-0.wav", 1, 0, 1, 1, 10, 2, "children_playing"],
      /line 4: slice_file_name '..\/fold5\S+' is not a plain file name/,
    ],
    [
      ["100263-2-0-121.wav", 1, 0, 1, 1, 11, 2, "children_playing"],
      /line 4: fold wants a whole number from 1 to 10, got '11'/,
    ],
    [
      ["100263-2-0-121.wav", 1, 0, 1, 1, 10, 3, "children_playing"],
      /line 4: classID 3 is 'children_playing' here, 'dog_bark' above/,
    ],
  ];
  for (const [row, message] of mistakes) {
    list(...rows.slice(0, 2), row);
    expect(complaint(path)).toMatch(message);
  }
});
