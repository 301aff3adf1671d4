// The command line as a user meets it: for every mistake one line on stderr, exit code 1, and nothing left behind.
import { afterAll, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasTerminals } from "../../pty.ts";
import { turns } from "./turns.ts";

const root = mkdtempSync(join(tmpdir(), "otograd-cli-"));
afterAll(() => rmSync(root, { recursive: true }));
const MAIN = join(import.meta.dir, "../../../src/train/main.ts");

/** Runs the program in the scratch folder. */
const otograd = (...args: string[]) => run(MAIN, ...args);

async function run(file: string, ...args: string[]) {
  const child = Bun.spawn([process.execPath, file, ...args], {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { exitCode: await child.exited, stdout, stderr };
}

/** The same, several command lines in one process. */
const inTurn = (lines: string[][]) => turns(lines, { cwd: root, env: { NO_COLOR: "1" } });

/** A dataset folder with one clip in each of two classes and folds. */
function dataset(name: string, files: Record<string, string | Uint8Array>, csv?: string): string {
  mkdirSync(join(root, name, "audio"), { recursive: true });
  mkdirSync(join(root, name, "meta"));
  for (const [file, content] of Object.entries(files))
    writeFileSync(join(root, name, "audio", file), content);
  const rows = Object.keys(files).map(
    (file, i) => `${file},${(i % 5) + 1},${i % 2},${["dog", "rain"][i % 2]}`,
  );
  writeFileSync(
    join(root, name, "meta", "esc50.csv"),
    csv ?? ["filename,fold,target,category", ...rows].join("\n"),
  );
  return name;
}

const five = ["a.wav", "b.wav", "c.wav", "d.wav", "e.wav"];
const all = (content: string) => Object.fromEntries(five.map((file) => [file, content]));
const TRAIN = ["train", "--fold", "5"];

mkdirSync(join(root, "crossed", "fold2"), { recursive: true });
writeFileSync(join(root, "crossed", "fold2", "config.json"), "{");
mkdirSync(join(root, "half", "config.json"), { recursive: true });
symlinkSync("loop", join(root, "loop"));
const CROSSED =
  "error: crossed is a cross-validation's folder, with a run for each fold: name one of them, as crossed/fold2";

const MISTAKES: [string[], string | RegExp][] = [
  ...[
    ["predict"],
    ["evaluate"],
    ["export", "--out", "m.onnx"],
    ["features", "a.wav", "--out", "a.npy", "--run"],
  ].map((words): [string[], string] => [
    [...words, "crossed", ...(words[0] === "predict" ? ["a.wav"] : [])],
    CROSSED,
  ]),
  [["report", "loop"], "error: cannot read loop/config.json: a link leads back to itself"],
  [["train", "--resume", "loop"], "error: cannot read loop/config.json: a link leads back to itself"],
  [
    ["report", "half", "--out", "/dev/null"],
    "error: cannot write /dev/null: it is a device or a pipe; name a file",
  ],
  ...[
    ["--cache", "c", "--no-cache"],
    ["--no-cache", "--cache", "c"],
  ].map((words): [string[], string] => [
    ["evaluate", "nowhere", ...words],
    `error: ${words.filter((word) => word.startsWith("--")).join(" and ")} say opposites: give one of them`,
  ]),
  // Before a run is looked at, let alone tested.
  [
    ["export", "nowhere", "--out", "half/config.json"],
    "error: cannot write half/config.json: it is a folder",
  ],
  [
    ["report", "nowhere", "--out", "crossed/fold2/config.json/new/r.html"],
    "error: cannot write crossed/fold2/config.json/new/r.html: a file is in the way of a folder",
  ],
  // What is there and is not what is written is left as it is, be it a run's or anyone's.
  ...[
    [["report", "nowhere", "--out"], "a report"],
    [["export", "nowhere", "--out"], "an ONNX model of otograd's"],
    [["listen", "nowhere", "--log"], "a list of events"],
  ].map(([words, kind]): [string[], string] => [
    [...(words as string[]), "crossed/fold2/config.json"],
    `error: crossed/fold2/config.json is there already, and is not ${kind}: remove it, or name another`,
  ]),
  [
    ["train", "--fold", "abc"],
    "error: --fold wants a whole number from 1 to 100, or the word none (--folds all tests on each), got 'abc'",
  ],
  [
    ["train", "--fold", "6", "--data", "synthetic"],
    "error: --fold wants a whole number from 1 to 5, got '6': synthetic has 5 folds",
  ],
  [
    ["train", "--fold", "1", "--data", "synthetic", "--without", "tone,,waves", "--without", "noise"],
    "error: --without wants names of classes with commas between them, got 'tone,,waves'",
  ],
  [
    ["train", "--fold", "1e0"],
    "error: --fold wants a whole number from 1 to 100, or the word none (--folds all tests on each), got '1e0'",
  ],
  [
    ["train", "--data", "synthetic"],
    "error: which fold is to be tested? --fold 1 … --fold 5, or --folds all",
  ],
  [["train", "--folds", "some"], /^error: --folds wants the word all .* got 'some'$/],
  [[...TRAIN, "--folds", "all"], /^error: --fold trains for one fold and --folds all for each/],
  [[...TRAIN, "--epochs", "0"], "error: --epochs wants a whole number from 1 up, got '0'"],
  [[...TRAIN, "--epochs", "-1"], "error: --epochs wants a whole number from 1 up, got '-1'"],
  ...[
    ["--epochs", "5", "epochs=9"],
    ["--batch-size", "8", "batchSize=16"],
    ["--lr", "0.1", "optimizer.lr=0.2"],
    ["--lr", "0.1", 'optimizer={"kind":"sgd","lr":0.2}'],
  ].map(([option, value, set]): [string[], string] => [
    [...TRAIN, option!, value!, "--set", set!],
    `error: ${option} and --set ${set!.split("=")[0]} give the same setting: give one of them`,
  ]),
  [[...TRAIN, "--batch-size", "1"], "error: --batch-size wants a whole number from 2 up, got '1'"],
  [[...TRAIN, "--lr", "fast"], "error: --lr wants a number above 0, got 'fast'"],
  [[...TRAIN, "--lr", ""], "error: --lr wants a number above 0, got ''"],
  ...(
    [
      ["optimizer", "--set wants PATH=VALUE, as in --set optimizer.lr=0.01, got 'optimizer'"],
      ["lr=1", "--set lr: there is no such setting; did you mean optimizer.lr?"],
      ["name=x", /--set name: there is no such setting; there are frontEnd, masks, crops, views, mixing/],
      [
        "network.depth=2",
        /--set network.depth: there is no such setting; network has kind, deltaWidth, form, /,
      ],
      ["epochs.x=2", "--set epochs.x: epochs is one value, with nothing inside it"],
      ["optimizer.lr=fast", '--set optimizer.lr="fast": expected number, received string'],
      ["optimizer.lr=1e999", "--set optimizer.lr=Infinity: expected number, received Infinity"],
      ["optimizer.lr=-1", "--set optimizer.lr=-1: too small: expected number to be >0"],
      ["network.hidden=[5,.5]", '--set network.hidden="[5,.5]": expected array, received string'],
      [
        "network.hidden=[5,0.5]",
        "--set network.hidden=[5,0.5]: network.hidden.1: expected int, received number",
      ],
      ["network.form=lstm", '--set network.form="lstm": expected one of "dropout"|"batch-norm"'],
      ['masks={"mels":3}', '--set masks={"mels":3}: masks.frames: expected number, received undefined'],
    ] as [string, string | RegExp][]
  ).map(([setting, expected]): [string[], string | RegExp] => [
    [...TRAIN, "--data", "synthetic", "--set", setting],
    typeof expected === "string" ? `error: ${expected}` : expected,
  ]),
  [[...TRAIN, "--seed", "4294967296"], /^error: --seed wants a whole number from 0 to 4294967295/],
  [
    [...TRAIN, "--recipe", "best"],
    "error: there is no recipe 'best'; there are otograd, transfer, blog-bn, blog-mixed, blog, blog-code, paper-short, paper-long, m5, envnet, envnet-bc, envnet-bc-strong, envnet-v2, envnet-v2-bc, envnet-v2-bc-strong",
  ],
  [["train", "--fold"], /^error: option '--fold <n>' argument missing$/],
  [[...TRAIN, "--colour", "red"], /^error: unknown option '--colour'$/],
  [[...TRAIN, "--epoch", "3"], "error: unknown option '--epoch' (Did you mean --epochs?)"],
  [["sing"], /^error: unknown command 'sing'$/],
  [["sing", "--help"], "error: unknown command 'sing'"],
  [["help", "sing"], "error: unknown command 'sing'"],
  [["-h", "dataset", "fetsh"], "error: unknown command 'fetsh' (Did you mean fetch?)"],
  [["help", "dataset", "sing"], "error: unknown command 'sing'"],
  [["trian"], "error: unknown command 'trian' (Did you mean train?)"],
  ...[
    [["train", "--cache", ""], "--cache"],
    [["train", "--resume="], "--resume"],
    [["report", "runs/x", "--out", ""], "--out"],
    [["predict", "runs/x", "a.wav", ""], "<file>"],
    [["evaluate", ""], "<run>"],
    [["dataset", "verify", ""], "<folder>"],
  ].map(([args, what]): [string[], string] => [
    args as string[],
    `error: ${what} wants a name, got '' (is a variable of the shell empty?)`,
  ]),
  [
    TRAIN,
    /^error: no --data given, and there is no data\/ESC-50: `bun run dataset fetch` .*--data synthetic/,
  ],
  [[...TRAIN, "--data", "nowhere"], /^error: no dataset at nowhere: `bun run dataset fetch`/],
  [
    [...TRAIN, "--data", dataset("badcsv", {}, "filename,fold\n")],
    /^error: badcsv\/meta\/esc50.csv, line 1: no column target, category/,
  ],
  [
    [...TRAIN, "--data", dataset("wavless", all("RIFFnothing"))],
    /^error: wavless: 5 clips of 5 cannot be used: a.wav is not a WAV file .*; b.wav is not .*; mend them, or take/,
  ],
  [
    [...TRAIN, "--data", dataset("empty", all(""))],
    /^error: empty: 5 clips of 5 cannot be used: a.wav is empty; b.wav is empty; .*; mend them, or take/,
  ],
  [
    [...TRAIN, "--data", dataset("foldless", { "a.wav": "", "b.wav": "" })],
    /^error: foldless has no clips in fold 5 \(it has folds 1, 2\)$/,
  ],
  [["train", "--resume", "nowhere"], "error: there is no run folder nowhere"],
  [["train", "--resume", "nowhere", "--fold", "2"], /^error: --fold cannot be given with --resume/],
  [["evaluate", "nowhere"], "error: there is no run folder nowhere"],
  [["evaluate", "wavless"], "error: wavless is not a run folder: it has no config.json"],
  [
    ["dataset", "fetch", "--url", "x"],
    "error: --url wants an address that begins with https:// or http://, got 'x'",
  ],
  [["dataset", "fetch", "--sha256", "x"], "error: --sha256 wants 64 hexadecimal digits, got 'x'"],
  [["dataset", "fetch", "--subset", "x"], /^error: option '--subset <name>' argument 'x' is invalid/],
  [
    ["dataset", "fetch", "wavless"],
    "error: wavless is there already, and is not whole ESC-50 (it has 5 clips; ESC-50 has 2000; 16 problems more): move it away, or name another folder",
  ],
  [["dataset", "verify", "nowhere"], /^error: no dataset at nowhere: `bun run dataset fetch`/],
  [["dataset", "sing"], /^error: unknown command 'sing'$/],
  [["report"], /^error: missing required argument 'run'$/],
  [["report", "nowhere"], "error: there is no run folder nowhere"],
  [["report", "wavless", "--out", "."], /^error: --out wants the name of a file, and \. is a folder/],
  [["predict", "nowhere"], /^error: missing required argument 'file'$/],
  [["predict", "nowhere", "a.wav"], "error: there is no run folder nowhere"],
  [["tag"], /^error: missing required argument 'file'$/],
  [["tag", "a.wav", "--top", "0"], "error: --top wants a whole number from 1 up, got '0'"],
  [["weights", "fetch", "mn99"], "error: there is no published network 'mn99': there is mn04_as"],
  [
    ["weights", "fetch", "--classes", "x.csv"],
    "error: --classes names the file that goes with --from: give both",
  ],
  [["listen", "nowhere"], "error: there is no run folder nowhere"],
  [
    ["listen", "nowhere", "a.wav"],
    /^error: sound comes from the microphone or standard input \(< FILE\), not from 'a.wav'$/,
  ],
  [["listen", "nowhere", "--threshold", "2"], "error: --threshold wants a number from 0 to 1, got '2'"],
  [
    ["listen", "nowhere", "--format", "mp3"],
    /^error: option '--format <name>' argument 'mp3' is invalid. Allowed choices are u8, s16le, s24le, s32le, f32le.$/,
  ],
  [
    ["listen", "nowhere", "--format", "u8"],
    /^error: --format and --channels are of samples without a header: give their --rate, too$/,
  ],
  [["predict", "nowhere", "a.wav", "--top", "0"], "error: --top wants a whole number from 1 up, got '0'"],
  [["features", "--out", "a.png"], /^error: missing required argument 'file'$/],
  [["features", "a.wav"], /^error: required option '--out <file>' not specified$/],
  [
    ["features", "a.wav", "--out", "a.gif"],
    "error: --out wants a file name that ends in .png or .npy, got 'a.gif'",
  ],
  [
    ["features", "gone.wav", "--out", "a.png"],
    "error: gone.wav: cannot be read: there is no such file or folder",
  ],
];

test("every mistake gets one line on stderr, exit code 1, and leaves nothing behind", async () => {
  const before = readdirSync(root).sort();
  const answers = await inTurn(MISTAKES.map(([args]) => args));
  for (const [i, { exitCode, stdout, stderr }] of answers.entries()) {
    const expected = MISTAKES[i]![1];
    // A note on what is being done may stand before the error; the error is the last line.
    const lines = stderr.trimEnd().split("\n");
    const line = lines.at(-1)!;
    if (typeof expected === "string") expect(line).toBe(expected);
    else expect(line).toMatch(expected);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stderr.match(/error/g)?.length).toBe(1);
    expect(stdout).toBe("");
    expect(exitCode).toBe(1);
  }
  expect(readdirSync(root).sort()).toEqual(before);
  console.log(`cli: ${MISTAKES.length} mistakes, each answered in one line`);
}, 180_000);

test("--verbose adds the stack", async () => {
  const { exitCode, stderr } = await otograd("--verbose", "train", "--fold", "abc");
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^error: --fold wants/);
  expect(stderr).toMatch(/\n\s+at /);
});

test("--help shows examples, `recipes` its list on stdout and a recipe as JSON", async () => {
  const commands = [
    "train",
    "experiment",
    "evaluate",
    "predict",
    "tag",
    "export",
    "listen",
    "features",
    "report",
    "recipes",
    "dataset",
    "dataset fetch",
    "dataset verify",
    "weights fetch",
    "doctor",
  ];
  const helps = await inTurn(commands.map((command) => [...command.split(" "), "--help"]));
  for (const { exitCode, stdout, stderr } of helps) {
    expect(stdout).toContain("Examples:");
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
  }
  const [helped, ...listed] = await inTurn([["help", "dataset", "verify"], ["help"], ["--help"]]);
  expect(helped).toEqual(helps[commands.indexOf("dataset verify")]!);
  expect(listed[0]).toEqual(listed[1]!);
  expect(listed[0]!.stdout).toMatch(/^ {2}train \[options\]/m);
  expect((await otograd("recipes")).stdout).toMatch(/^otograd\n {2}/);
  expect(JSON.parse((await otograd("recipes", "blog")).stdout).batchSize).toBe(100);
});

test.skipIf(!hasTerminals)("help is no wider than a terminal, but for words that are", async () => {
  for (const cols of [30, 40, 60, 100]) {
    let shown = "";
    const child = Bun.spawn([process.execPath, MAIN, "train", "--help"], {
      env: { ...process.env, NO_COLOR: "1" },
      terminal: {
        cols,
        data(_, bytes) {
          shown += new TextDecoder().decode(bytes);
        },
      },
    });
    await child.exited;
    // A command line that can be copied, or the name of an option, stands as it is; so does a word that is wider.
    const wide = shown.split(/\r?\n/).filter((line) => line.length > cols && /\S +\S/.test(line));
    expect(wide.filter((line) => !/^Usage:|^ {2}(bun run|-)\S*( \S+)*$/.test(line))).toEqual([]);
    expect(shown.replaceAll(/\s+/g, " ")).toContain("by its path in `bun run recipes NAME`; can be repeated");
  }
});

test("help and recipes wait for neither the GPU's part of the program nor the plotting library", () => {
  const transpiler = new Bun.Transpiler({ loader: "ts" });
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    if (!file.endsWith(".ts")) return;
    for (const { kind, path } of transpiler.scanImports(readFileSync(file, "utf8").replace(/^#!.*/, ""))) {
      if (kind === "import-statement") visit(path.startsWith(".") ? join(file, "..", path) : path);
    }
  };
  visit(MAIN);
  visit(join(MAIN, "../commands/recipes.ts"));
  const all = [...seen].map((each) => each.replace(join(MAIN, "../../"), ""));
  console.log(`cli: ${all.length} modules before a command is known`);
  expect(all).toContain("train/commands/flags/train.ts");
  expect(all.filter((each) => /gpu\/device|index\.ts$|plot|canvas|webgpu/.test(each))).toEqual([
    "train/recipes/index.ts",
  ]);
});

test("a run folder with something in it is left alone", async () => {
  mkdirSync(join(root, "used"));
  writeFileSync(join(root, "used", "thesis.txt"), "");
  for (const fold of ["1", "none"]) {
    const { exitCode, stderr } = await otograd(
      "train",
      "--data",
      "synthetic",
      "--fold",
      fold,
      "--run",
      "used",
    );
    expect(stderr).toBe(
      "error: the run folder used is not empty: name another with --run, or go on with it by --resume\n",
    );
    expect(exitCode).toBe(1);
  }
  expect(existsSync(join(root, "used", "config.json"))).toBe(false);
});
