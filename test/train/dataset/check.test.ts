// `dataset verify`: every way in which a dataset's folder can be wrong is found and named, and nothing else is.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkFolder, ESC50, type Layout } from "../../../src/train/dataset/check.ts";
import { Interrupted, UserError } from "../../../src/train/terminal/errors.ts";
import { Heard, never } from "./fetch-tiny.ts";
import { clip, type Files, TINY, tinyFiles } from "./tiny-esc.ts";

setDefaultTimeout(60_000);
const root = mkdtempSync(join(tmpdir(), "otograd-check-"));
afterAll(() => rmSync(root, { recursive: true }));
const MAIN = join(import.meta.dir, "../../../src/train/main.ts");
const CLIP = "audio/2-1004-A-1.wav";
const CSV = "meta/esc50.csv";

/** A tiny dataset's folder, changed. */
function folder(change: (files: Files) => void = () => {}): string {
  const files = tinyFiles();
  change(files);
  const path = mkdtempSync(join(root, "esc-"));
  for (const place of ["audio", "meta"]) mkdirSync(join(path, place));
  for (const [place, content] of Object.entries(files)) writeFileSync(join(path, place), content);
  return path;
}

const check = (path: string, layout?: Layout) =>
  checkFolder(path, { progress: new Heard(), stop: never() }, layout);
const lines = (all: { file: string | null; message: string }[]) =>
  all.map(({ file, message }) => (file === null ? message : `${file} ${message}`));

const put = (content: Buffer) => (files: Files) => {
  files[CLIP] = content;
};
const rewrite = (from: string | RegExp, to: string) => (files: Files) => {
  files[CSV] = Buffer.from(files[CSV]!.toString().replace(from, to));
};
const ROW = "2-1004-A-1.wav,2,1,rain,True,1004,A";
const NAME = "2-1004-A-1.wav";
const uncounted = ["rain has 0 clips in fold 2, and should have 1", "it has 14 clips; tiny ESC has 15"];

const WRONG: [what: string, change: (files: Files) => void, problems: (string | RegExp)[]][] = [
  ["a missing clip", (files) => delete files[CLIP], [`${NAME} is missing`]],
  ["an empty clip", put(Buffer.alloc(0)), [`${NAME} is empty`]],
  [
    "half a clip",
    put(clip(1).subarray(0, 400)),
    [/^2-1004-A-1.wav is truncated: 882 bytes of samples announced, 356 there$/],
  ],
  ["text", put(Buffer.from("<html>")), [/^2-1004-A-1.wav is not a WAV file/]],
  [
    "a clip cut off and its header mended",
    put(clip(1, { samples: 440 })),
    [`${NAME} lasts 0.01 s (440 samples), not 0.01 s (441)`],
  ],
  ["another rate", put(clip(1, { rate: 22050 })), [`${NAME} has 22050 samples a second, not 44100`]],
  ["two channels", put(clip(1, { channels: 2 })), [`${NAME} has 2 channels, not one`]],
  ["24 bits", put(clip(1, { depth: "24" })), [`${NAME} has integers of 24 bits, not integers of 16`]],
  [
    "floats",
    put(clip(1, { depth: "32f", level: 0.5 })),
    [`${NAME} has floats of 32 bits, not integers of 16`],
  ],
  [
    "a file too large to be a clip",
    put(Buffer.alloc(16_000_001)),
    [`${NAME} has 16000001 bytes: too many for a clip`],
  ],
  [
    "a clip that is not listed",
    (files) => (files["audio/extra.wav"] = clip(1)),
    ["extra.wav is in audio, but not in meta/esc50.csv"],
  ],
  ["a row less", rewrite(`${ROW}\n`, ""), [`${NAME} is in audio, but not in meta/esc50.csv`, ...uncounted]],
  [
    "a row twice",
    rewrite(ROW, `${ROW}\n${ROW}`),
    ["meta/esc50.csv, line 7: 2-1004-A-1.wav is listed twice (first in line 6)"],
  ],
  [
    "another fold",
    rewrite(ROW, ROW.replace(",2,1,", ",3,1,")),
    [
      `${NAME} is of fold, recording, take, class 2, 1004, A, 1 by its name, 3, 1004, A, 1 by the CSV`,
      "rain has 0 clips in fold 2, and should have 1",
      "rain has 2 clips in fold 3, and should have 1",
    ],
  ],
  [
    "no fold",
    rewrite(ROW, ROW.replace(",2,1,", ",0,1,")),
    [/line 6: fold wants a whole number from 1 to 5, got '0'$/, ...uncounted],
  ],
  [
    "another class",
    rewrite(ROW, ROW.replace(",1,rain", ",0,dog")),
    [
      / 1 by its name, 2, 1004, A, 0 by the CSV$/,
      "rain has 0 clips in fold 2, and should have 1",
      "dog has 2 clips in fold 2, and should have 1",
    ],
  ],
  [
    "a class of two names",
    rewrite(ROW, ROW.replace("rain", "hail")),
    [
      /line 6: target 1 is 'hail' here, 'rain' above$/,
      "it has 4 classes; tiny ESC has 3",
      /^rain has 0/,
      /^hail has 0/,
      /^hail has 0/,
      /^hail has 0/,
      /^hail has 0/,
    ],
  ],
  [
    "a way out of the folder",
    rewrite(ROW, ROW.replace(NAME, "../meta/esc50.csv")),
    [
      /line 6: filename '..\/meta\/esc50.csv' is not a plain file name/,
      `${NAME} is in audio, but not in meta/esc50.csv`,
      ...uncounted,
    ],
  ],
  [
    "a way out by src_file",
    rewrite(ROW, ROW.replace("1004,A", "../../etc/passwd,A")),
    [/line 6: src_file '..\/..\/etc\/passwd' is not a plain name$/, ...uncounted],
  ],
  [
    "an absolute src_file",
    rewrite(ROW, ROW.replace("1004,A", "/etc/passwd,A")),
    [/line 6: src_file '\/etc\/passwd' is not a plain name$/, ...uncounted],
  ],
];

test("what is wrong with a dataset is found and named, and nothing else", async () => {
  for (const [what, change, expected] of WRONG) {
    const { problems, notes } = await check(folder(change), TINY);
    const found = lines(problems);
    const unmet = expected.filter(
      (each) => !found.some((line) => (typeof each === "string" ? line === each : each.test(line))),
    );
    expect({ what, unmet, found: found.length, notes }).toEqual({
      what,
      unmet: [],
      found: expected.length,
      notes: [],
    });
    expect(found.join("")).not.toContain("\n");
  }
  console.log(`verify: ${WRONG.length} kinds of damage, each named`);
});

test("a whole one has no problems; silence and stray files are notes", async () => {
  const whole = await check(folder(), TINY);
  expect(whole).toMatchObject({ layout: "tiny ESC", clips: 15, classes: 3, problems: [], notes: [] });
  expect(whole.folds.map(({ clips, classes }) => [clips, classes])).toEqual(Array(5).fill([3, 3]));
  expect(whole.seconds).toBeCloseTo(0.15, 10);
  const odd = await check(
    folder((files) => {
      files[CLIP] = clip(1, { level: 0 });
      files["audio/3-1007-A-1.wav"] = clip(1, { level: 20 });
      files["audio/.DS_Store"] = Buffer.from("");
    }),
    TINY,
  );
  expect(odd.problems).toEqual([]);
  expect(lines(odd.notes)).toEqual([
    ".DS_Store is in audio, but not in meta/esc50.csv",
    `${NAME} is silent: every sample is 0`,
    "3-1007-A-1.wav is almost silent: its peak is -64 dB",
  ]);
});

test("a part of ESC-50 must be even, not whole, and may have clips of other lengths", async () => {
  const part = await check(folder());
  expect(part).toMatchObject({ layout: null, problems: [] });
  expect(lines(part.notes)[0]).toBe("1-1000-A-0.wav lasts 0.01 s (441 samples), not 5 s (220500)");
  expect(part.notes.length).toBe(15);
  const uneven = await check(
    folder((files) => {
      rewrite(`${ROW}\n`, "")(files);
      delete files[CLIP];
    }),
  );
  expect(lines(uneven.problems)).toEqual(["rain has 0 clips in fold 2, where most have 1"]);
  const oneFold = await check(
    folder((files) => {
      const rows = files[CSV]!.toString().split("\n");
      files[CSV] = Buffer.from(rows.slice(0, 4).join("\n"));
      for (const place of Object.keys(files)) if (/audio\/[2-5]/.test(place)) delete files[place];
    }),
  );
  expect(oneFold.problems.length).toBe(12); // three classes, four folds
});

test("fifty classes must be ESC-50", async () => {
  const path = folder((files) => {
    const rows = Array.from(
      { length: 250 },
      (_, i) => `${i}.wav,${1 + (i % 5)},${Math.floor(i / 5)},class${Math.floor(i / 5)}`,
    );
    files[CSV] = Buffer.from(["filename,fold,target,category", ...rows].join("\n"));
    for (let i = 0; i < 250; i++) files[`audio/${i}.wav`] = clip(i);
  });
  const { layout, problems } = await check(path);
  expect(layout).toBe(ESC50.name);
  expect(lines(problems)).toContain("it has 250 clips; ESC-50 has 2000");
  expect(lines(problems)).toContain("class7 has 1 clip in fold 3, and should have 8");
});

test("where there is no list of clips, one line; a signal ends it", async () => {
  const cases: [string, RegExp][] = [
    [join(root, "nowhere"), /^no dataset at .*nowhere: `bun run dataset fetch` downloads ESC-50/],
    [root, /has no meta\/esc50.csv: it is no dataset, or half of one$/],
    [folder((files) => (files[CSV] = Buffer.from(""))), /esc50.csv is empty/],
    [folder((files) => (files[CSV] = Buffer.from('a,"b\n'))), /not a well-formed CSV/],
    [
      folder((files) => (files[CSV] = Buffer.alloc(4_000_001, 44))),
      /has 4000001 bytes: more than 4000000 cannot be a list/,
    ],
  ];
  for (const [path, expected] of cases) {
    const error = await check(path).then(
      () => null,
      (error) => error,
    );
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(expected);
  }
  const stop = { signal: "SIGINT" as const, onFirst: "" };
  expect(checkFolder(folder(), { progress: new Heard(), stop })).rejects.toBeInstanceOf(Interrupted);
});

function verify(...args: string[]) {
  const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, MAIN, "dataset", "verify", ...args], {
    cwd: root,
  });
  return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

test("the command: a table and exit code 0, or the problems and 1; --json has it all", () => {
  const good = verify(folder());
  expect(good.stdout).toMatch(
    /\(a part of ESC-50\): 15 clips, 3 classes, 0 s\nfold {2}clips {2}classes {2}minutes {2}problems {2}notes\n( {3}[1-5] {6}3 {8}3 {6}0.0 {9}0 {6}3\n){5} all {5}15 {8}3 {6}0.0 {9}0 {5}15\n(note: \S+ lasts .*\n){15}.* is sound\n$/,
  );
  expect(good).toMatchObject({ exitCode: 0, stderr: "checking clips (15) …\n" });
  const path = folder((files) => delete files[CLIP]);
  const bad = verify(path);
  expect(bad.stdout).toContain(`problem: ${NAME} is missing\n`);
  expect(bad).toMatchObject({ exitCode: 1, stderr: `checking clips (15) …\nerror: ${path} has 1 problem\n` });
  const json = verify(path, "--json");
  expect(json.exitCode).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    ok: false,
    clips: 15,
    problems: [{ file: NAME, fold: 2, message: "is missing" }],
  });
});

const ESC10_FOLDER = join(import.meta.dir, "../../../data/esc10");
test("the real ESC-10, where it is: 400 clips, 80 a fold, eight of each class", async () => {
  if (!existsSync(join(ESC10_FOLDER, CSV))) {
    console.log("verify: data/esc10 is not there, so nothing real was checked");
    return;
  }
  const { clips, classes, folds, problems, notes, seconds } = await check(ESC10_FOLDER);
  expect({ clips, classes, problems }).toEqual({ clips: 400, classes: 10, problems: [] });
  expect(folds.map(({ clips }) => clips)).toEqual([80, 80, 80, 80, 80]);
  console.log(
    `verify: data/esc10 has ${clips} clips, ${(seconds / 60).toFixed(1)} minutes, no problems, ${notes.length} notes`,
  );
});
