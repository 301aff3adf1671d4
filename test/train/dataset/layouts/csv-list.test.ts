// A CSV file of one's own: how columns are guessed and named, where files are looked for, and what is refused.
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { foldsAsked } from "../../../../src/train/commands/options.ts";
import { checkSplit, splitFolds } from "../../../../src/train/dataset/dataset.ts";
import { openDataset } from "../../../../src/train/dataset/open.ts";
import { parseColumns } from "../../../../src/train/dataset/opening.ts";
import { inside, Places } from "../lay-out.ts";

const places = new Places();
afterAll(() => places.remove());

/** A folder with a.wav, b.wav, more/c.wav and such a list. */
function listed(csv: string, name = "list.csv"): string {
  return places.lay({ "a.wav": "a", "b.wav": "b", "more/c.wav": "c", [name]: csv });
}

const CLIPS = [
  ["a.wav", "dog", 1],
  ["b.wav", "rain", 2],
  ["more/c.wav", "dog", 2],
];

test("columns are guessed by what they are called, whatever parts them; the folder or the file may be named", () => {
  const tables = [
    "file,class,fold\na.wav,dog,1\nb.wav,rain,2\nmore/c.wav,dog,2\n",
    "Slice File Name;Fold;Label\r\na.wav;1;dog\r\nb.wav;2;rain\r\n.\\more\\c.wav;2; dog \r\n",
    "fname\tcategory\tkfold\na.wav\tdog\t0\nb.wav\train\t1\nmore/c.wav\tdog\t1",
    // Spaces before quotes; pandas' floats; spreadsheets' first and last lines, and folds that are called so.
    'file, class, fold\n"a.wav", "dog", 1.0\n"b.wav", "rain", 2.0\n"more/c.wav", "dog", 2.0\n   \n',
    "sep=;\r\nfile;class;fold\r\na.wav;dog;fold1\r\nb.wav;rain;Fold 2\r\nmore/c.wav;dog;fold_2\r\n;;\r\n;;\r\n",
  ];
  for (const text of tables) {
    const folder = listed(text);
    expect(inside(folder) as unknown[]).toEqual(CLIPS);
    expect(inside(join(folder, "list.csv")) as unknown[]).toEqual(CLIPS);
    expect(openDataset(folder).folds).toBe(2);
  }
  const { kind, notes } = openDataset(listed(tables[2]!, "list.tsv"));
  expect(kind).toBe(
    "a folder with list.tsv (file: fname, class: category, fold: kfold, group: none), 2 folds",
  );
  expect(notes![0]).toEndWith("list.tsv: folds are numbered from 0 there, and from 1 here");
  console.log(`  ${kind}`);
});

test("--columns says what cannot be guessed, and leaves out what was", () => {
  const folder = listed("file,what,heard,fold\nx,a.wav,dog,1\nx,b.wav,rain,2\nx,more/c.wav,dog,2\n");
  expect(places.complaint(folder)).toBe(
    "HERE/list.csv, line 1: no column says each clip's class: say which with --columns class=NAME (the columns are file, what, heard, fold)",
  );
  const columns = parseColumns("file=what, class=heard");
  expect(inside(folder, { columns }) as unknown[]).toEqual(CLIPS);
  const made = openDataset(folder, { columns: parseColumns("file=what,class=heard,fold=") });
  expect(made.kind).toEndWith("fold: none, group: none), 2 folds made with seed 1");
  expect(made.opening).toEqual({
    columns: { file: "what", class: "heard", fold: "" },
    folds: { seed: 1, count: 2 },
  });
  expect(places.complaint(folder, { columns: { file: "wat" } })).toBe(
    "HERE/list.csv, line 1: no column 'wat', which --columns names (the columns are file, what, heard, fold)",
  );
  expect(parseColumns("file=what, in full,class=heard")).toEqual({ file: "what, in full", class: "heard" });
  for (const text of ["", "file", "file=", "class=", "folds=x", "file=a,file=b"])
    expect(() => parseColumns(text)).toThrow(`or some of these, got '${text}'`);
});

test("a column says which clips are of one recording", () => {
  const rows = Array.from(
    { length: 12 },
    (_, i) => `${i}.wav,${i % 2 ? "dog" : "rain"},${Math.floor(i / 4)}`,
  );
  const names = Array.from({ length: 12 }, (_, i) => `audio/${i}.wav`);
  const folder = places.lay(names);
  writeFileSync(join(folder, "clips.csv"), ["path,label,recording", ...rows].join("\n")); // in audio/ beside it
  const { kind, clips } = openDataset(folder);
  expect(kind).toEndWith("3 folds made with seed 1, 3 recordings (by column recording) kept whole");
  for (let i = 0; i < 12; i += 4) expect(new Set(clips.slice(i, i + 4).map(({ fold }) => fold)).size).toBe(1);
  expect(new Set(clips.map(({ fold }) => fold)).size).toBe(3);
});

test("a guessed column that says the same of every clip says nothing of recordings, which a note tells", () => {
  const list = (column: string, value: (i: number) => string) => {
    const rows = Array.from({ length: 6 }, (_, i) => `${i}.wav,${i % 2 ? "dog" : "rain"},${value(i)}`);
    return places.lay({
      ...Object.fromEntries(rows.map((_, i) => [`${i}.wav`, String(i)])),
      "l.csv": [`file,class,${column}`, ...rows].join("\n"),
    });
  };
  const same = list("session", () => "field");
  const { kind, folds, notes } = openDataset(same);
  expect([kind, folds]).toEqual([
    "a folder with l.csv (file: file, class: class, fold: none, group: none), 3 folds made with seed 1",
    3,
  ]);
  expect(notes).toEqual([
    `${same}/l.csv: column session is 'field' in every line, which says nothing of recordings`,
  ]);
  // One that is named is kept to, and what it came to is said with the way round it.
  const named = openDataset(same, { columns: { group: "session" } });
  expect(named.kind).toEndWith("no folds: no class has two recordings by column session");
  expect(() => foldsAsked(named, { folds: "all" })).toThrow(
    ": no class has two recordings by column session, so that none can be tested: --columns group= passes that column over, and --fold none trains on all there is",
  );
  expect(openDataset(list("source", (i) => (i % 2 ? "freesound" : "own"))).folds).toBe(3); // where from, not of what
});

test("folds may have a gap: all that have clips are tested", () => {
  const rows = [1, 2, 4].flatMap((fold) =>
    ["dog", "rain"].map((name) => `${name}${fold}.wav,${name},${fold}`),
  );
  const folder = places.lay({
    ...Object.fromEntries(rows.map((row) => [row.split(",")[0]!, row])),
    "l.csv": ["file,class,fold", ...rows].join("\n"),
  });
  const dataset = openDataset(folder);
  expect(dataset.kind).toEndWith(", folds 1, 2, 4");
  expect(foldsAsked(dataset, { folds: "all" })).toEqual([1, 2, 4]);
  expect(splitFolds(dataset, 4, true)).toEqual({ train: [1], validation: 2, test: 4 });
  expect(() => checkSplit(dataset, splitFolds(dataset, 3, false))).toThrow(
    "has no clips in fold 3 (it has folds 1, 2, 4)",
  );
  // Other sounds are dealt over these, too.
  const other = join(places.lay(["x/a.wav", "x/b.wav", "x/c.wav"]), "x");
  const { clips } = openDataset(folder, { other });
  expect(new Set(clips.slice(6).map(({ fold }) => fold))).toEqual(new Set([1, 2, 4]));
});

test("what parts columns is what is oftenest in the header", () => {
  for (const header of [
    "file;class;notes, if any",
    'file;class;"when, where, what"',
    "file\tclass\twhen, where",
  ]) {
    const rows = ["a.wav;dog;1", "b.wav;rain;2"].map((row) =>
      header.includes("\t") ? row.replaceAll(";", "\t") : row,
    );
    const names = inside(listed([header, ...rows].join("\n"))).map(([name, category]) => [name, category]);
    expect(names).toEqual([
      ["a.wav", "dog"],
      ["b.wav", "rain"],
    ]);
  }
});

test("a folder's CSV cannot lead out of it; one that is named itself may", () => {
  const folder = listed("");
  mkdirSync(join(folder, "lists"));
  const outside = join(folder, "a.wav");
  for (const way of ["../a.wav", "..\\a.wav", "x/../../a.wav", outside]) {
    writeFileSync(join(folder, "lists", "l.csv"), `file,class\n${way},dog\n../b.wav,rain\n`);
    expect(places.complaint(join(folder, "lists"))).toMatch(
      /^HERE\/lists: 2 files cannot be used: HERE\/lists\/l.csv, line 2: '.*a.wav' leads out of HERE\/lists; only a CSV that is named itself may do that \(--data HERE\/lists\/l.csv\); HERE\/lists\/l.csv, line 3: /,
    );
    const [first, second] = inside(join(folder, "lists", "l.csv"));
    expect([first![0], second![0]]).toEqual([way === outside ? outside : "../a.wav", "../b.wav"]);
  }
});

test("every way in which a list can be wrong has one line that names it", () => {
  const good = "a.wav,dog,1\nb.wav,rain,2\n";
  const at = (line: number) => `HERE/list.csv, line ${line}: `;
  const cases: [string, string | RegExp][] = [
    ["file,class\n", "HERE/list.csv lists no clips"],
    [`file,class,fold\n${good}a.wav,rain,2`, `${at(4)}a.wav is listed twice (first in line 2)`],
    [`file,class,fold\n${good}./x/../a.wav,rain,2`, `${at(4)}a.wav is listed twice (first in line 2)`],
    [`file,class,fold\n${good}x.wav,rain,2`, `${at(4)}HERE/x.wav does not exist`],
    [`file,class,fold\n${good}more,rain,2`, `${at(4)}HERE/more is not a file`],
    [`file,class,fold\n${good},rain,2`, `${at(4)}the file's name is empty`],
    [`file,class,fold\n${good}more/c.wav, ,2`, `${at(4)}class is empty`],
    [
      `file,class,fold\n${good}more/c.wav,dog,two`,
      `${at(4)}fold wants a whole number from 1 to 100, got 'two' (--columns fold= makes folds instead)`,
    ],
    [
      "file,class,fold\na.wav,dog,3\nb.wav,rain,3\n",
      "HERE/list.csv: all clips are in one fold; with --columns fold= folds are made instead",
    ],
    [
      "file,class\na.wav,dog\nmore/c.wav,dog\n",
      "HERE/list.csv has only one class; telling sounds apart takes two",
    ],
    [
      `file,class,fold\n${good}c.wav,dog,1\na.wav,rain,2\nb.wav,dog,7x\n`,
      `HERE: 3 files cannot be used: ${at(4)}HERE/c.wav does not exist; ${at(5)}a.wav is listed twice (first in line 2); ${at(6)}b.wav is listed twice (first in line 3); mend them, or take their lines out of the CSV (bun run dataset verify HERE looks at all)`,
    ],
    ["file,class\na.wav\n", /^HERE\/list.csv, line 2: not a well-formed CSV/],
    [
      'file,class\na.wav,"dog\nb.wav,rain\n"c.wav",rain\n',
      /^HERE\/list.csv, lines 2 to 4: not a well-formed CSV/,
    ],
    [
      'file,class\na.wav,dog\nb.wav,"rain\nc.wav,rain',
      /^HERE\/list.csv, lines 3 to \d: not a well-formed CSV/,
    ],
    ["sep=,\nfile,class\na.wav,dog\n\nb.wav,rain,2\n", /^HERE\/list.csv, line 5: not a well-formed CSV/],
  ];
  for (const [text, message] of cases) {
    if (typeof message === "string") expect(places.complaint(listed(text))).toBe(message);
    else expect(places.complaint(listed(text))).toMatch(message);
  }
  expect(places.complaint(join(listed("a.wav,dog\nb.wav,rain\n"), "list.csv"))).toBe(
    `${at(1)}no column says each clip's file: say which with --columns file=NAME (the columns are a.wav, dog)`,
  );
  const misnamed = places.lay({ "a.wav": "RIFF\0\0\0\0WAVE", "list.xlsx": "PK\x03\x04\0\0" });
  expect(places.complaint(join(misnamed, "a.wav"))).toStartWith(
    "HERE/a.wav is a sound file: name the folder",
  );
  expect(places.complaint(join(misnamed, "list.xlsx"))).toEndWith("or save it as CSV in UTF-8");
  const several = listed(`file,class\n${"a.wav,dog\nb.wav,rain\n"}`);
  writeFileSync(join(several, "other.csv"), "path,label\na.wav,dog\n");
  writeFileSync(join(several, "results.csv"), "epoch,loss\n1,2\n"); // no list of clips
  expect(places.complaint(several)).toBe(
    "HERE has several lists of clips, list.csv, other.csv: name one of them with --data",
  );
  console.log(`  ${cases.length + 2} faulty lists, each answered in one line`);
});

test("classes that are numbers come in their order, and what would steer a terminal is taken out of names", () => {
  const folder = listed("file,class\na.wav,10\nb.wav,2\nmore/c.wav,10\n");
  expect(openDataset(folder).classes).toEqual(["2", "10"]);
  const steering = places.lay({
    "d\x1b[2J.wav": "a",
    "b.wav": "b",
    "l.csv": "file,class\nd\x1b[2J.wav,d\x07g\nb.wav,rain\n",
  });
  const { classes, clips } = openDataset(steering);
  expect([...classes, clips[0]!.name]).toEqual(["d?g", "rain", "d?[2J.wav"]);
});

test("of two columns of one name the first is read, and a line says so; of others it is of no matter", () => {
  const rows = ["a.wav,dog,1,x,x", "b.wav,rain,2,x,x"];
  const folder = listed(["file,class,class,note,note", ...rows].join("\n"));
  const { classes, notes } = openDataset(folder);
  expect(classes).toEqual(["dog", "rain"]);
  expect(notes).toEqual([`${folder}/list.csv: several columns are called class: the first is read`]);
});
