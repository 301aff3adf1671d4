// Data as people have it, from training to report: a folder with a folder of sounds a class, a CSV, a class of one clip.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WaveFile } from "wavefile";
import { device } from "../../../src/gpu/device.ts";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { verifyCommand } from "../../../src/train/commands/dataset.ts";
import { evaluateCommand } from "../../../src/train/commands/evaluate.ts";
import type { OpeningOptions, TrainOptions } from "../../../src/train/commands/options.ts";
import { reportCommand } from "../../../src/train/commands/report.ts";
import { trainCommand } from "../../../src/train/commands/train.ts";
import { parseColumns } from "../../../src/train/dataset/opening.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";

setDefaultTimeout(120_000);
const root = mkdtempSync(join(tmpdir(), "otograd-own-data-"));
afterAll(() => rmSync(root, { recursive: true }));
const at = (...path: string[]) => join(root, ...path);

const DEPTHS = [
  [8000, "8"],
  [16000, "16"],
  [44100, "24"],
  [22050, "32f"],
] as const;

/** A hum or a hiss of a quarter to one and a quarter seconds, stored in one of four ways. */
function sound(kind: "hum" | "hiss", seed: number): Uint8Array {
  const random = new HostRandom(seed);
  const [rate, depth] = DEPTHS[seed % DEPTHS.length]!;
  const full = depth === "32f" ? 0.3 : 0.3 * 2 ** (Number(depth) - 1);
  const middle = depth === "8" ? 128 : 0;
  const samples = Float64Array.from({ length: rate * (0.25 + (seed % 3) / 2) }, (_, i) => {
    const value =
      kind === "hum" ? Math.sin((600 + 20 * seed) * Math.PI * (i / rate)) : 2 * random.uniform() - 1;
    return middle + full * value;
  });
  const wave = new WaveFile();
  wave.fromScratch(1, rate, depth, depth === "32f" ? samples : samples.map(Math.round));
  return wave.toBuffer();
}

function lay(name: string, clips: Record<"hum" | "hiss", number>): string {
  for (const [k, kind] of (["hum", "hiss"] as const).entries()) {
    mkdirSync(at(name, kind), { recursive: true });
    for (let i = 0; i < clips[kind]; i++)
      writeFileSync(at(name, kind, `${kind}${i}.wav`), sound(kind, i + 10 * k));
  }
  return at(name);
}

/** What a command says, on stderr and stdout; an error's message last. */
async function saidBy(
  command: (session: Parameters<typeof trainCommand>[1]) => Promise<unknown>,
): Promise<string[]> {
  const said: string[] = [];
  class Noted extends Progress {
    override say(line: string): void {
      said.push(line.replaceAll(root, "ROOT"));
    }
    override begin(): void {}
    override beginEpoch(): void {}
  }
  const print = (line: string) => void said.push(line.replaceAll(root, "ROOT"));
  const session = { progress: new Noted(), stop: { signal: null, onFirst: "" }, print };
  await command(session).catch((error: Error) =>
    said.push(`error: ${error.message.replaceAll(root, "ROOT")}`),
  );
  return said;
}

const SMALL = [{ path: ["network", "hidden"], value: [20] }];
const train = (options: Partial<TrainOptions>) =>
  saidBy((session) =>
    trainCommand(
      { recipe: "blog-bn", seed: 1, epochs: 1, set: SMALL, cache: at("cache"), ...options },
      session,
    ),
  );
const evaluate = (run: string, data?: string) =>
  saidBy((session) => evaluateCommand(at(run), { data, cache: at("cache") }, session));
const config = (run: string) => JSON.parse(readFileSync(at(run, "config.json"), "utf8"));
const errors = (said: string[]) => said.filter((line) => line.startsWith("error"));

let said: string[];
beforeAll(async () => {
  said = await train({ data: lay("mine", { hum: 6, hiss: 6 }), fold: 2, foldSeed: 7, run: at("run") });
});

test("a folder of folders trains without a CSV, says what it was taken for, and keeps how folds were made", async () => {
  expect(errors(said)).toEqual([]);
  expect(said[0]).toStartWith(
    "ROOT/mine: 12 clips, 2 classes (a folder of sounds for each class, 5 folds made with seed 7) · ",
  );
  expect(config("run").opening).toEqual({ folds: { seed: 7, count: 5 } });
  expect(config("run").classes).toEqual(["hiss", "hum"]);
  const again = await evaluate("run"); // the same split, or the content's hash would tell
  expect(again.filter((line) => /^error|is not what/.test(line))).toEqual([]);
  const { clips, confusion } = JSON.parse(readFileSync(at("run", "result.json"), "utf8"));
  // Each number ends under its class's, though all names are shorter than what stands above them.
  const [heading, ...rows] = again.slice(-3);
  const ends = (line: string) => [...line.matchAll(/(?<= )(\d|·)(?= )/g)].map(({ index }) => index);
  expect(heading).toMatch(/^ +said to be → +0 +1 +recall$/);
  for (const [k, row] of rows.entries()) {
    expect(ends(row).slice(-2)).toEqual(ends(heading!));
    expect(row).toMatch(new RegExp(`^ *${k} ${["hiss", "hum"][k]} .* \\d\\.\\d\\d$`));
    expect(row.length).toBe(heading!.length);
  }
  expect(again.find((line) => line.startsWith("ROOT/run"))).toBe(`ROOT/run, fold 2: ${clips} clips`);
  expect(confusion.flat().reduce((a: number, b: number) => a + b)).toBe(clips);
  const out = at("report.html");
  const reported = await saidBy((session) =>
    reportCommand([at("run")], { out, cache: at("cache") }, session),
  );
  expect(errors(reported)).toEqual([]);
  expect(readFileSync(out, "utf8")).toContain("fold 2");
  console.log(`  ${said[0]}`);
});

test("each run of a report is tested on its own folds, and with its own sounds of the class 'other'", async () => {
  await train({ data: at("mine"), fold: 2, foldSeed: 8, run: at("reseeded") });
  for (const [k, folder] of ["street", "lane"].entries()) {
    mkdirSync(at(folder));
    for (const [i, name] of [..."abcde"].entries())
      writeFileSync(at(folder, `${name}-noise.wav`), sound("hiss", 40 + 10 * k + i));
  }
  await train({ data: at("mine"), fold: 2, foldSeed: 8, other: at("street"), run: at("with-street") });
  cpSync(at("with-street"), at("with-lane"), { recursive: true });
  writeFileSync(
    at("with-lane", "config.json"),
    readFileSync(at("with-lane", "config.json"), "utf8").replace(at("street"), at("lane")),
  );
  const [out, runs] = [at("folds.html"), ["run", "reseeded", "with-street", "with-lane"]];
  const said = await saidBy((session) =>
    reportCommand(
      runs.map((run) => at(run)),
      { out, cache: at("cache") },
      session,
    ),
  );
  const others = said.filter((line) => /^error|is not what/.test(line));
  expect(others).toEqual([expect.stringContaining("ROOT/mine is not what ROOT/with-lane was trained on")]);
  const retested =
    readFileSync(out, "utf8").match(/the model answers otherwise than result.json says/g) ?? [];
  expect(retested.length).toBeLessThanOrEqual(1); // of with-lane's, which met other sounds
});

test("other clips in the folder do not pass unnoticed", async () => {
  cpSync(at("mine"), at("more"), { recursive: true });
  writeFileSync(at("more", "hum", "another.wav"), sound("hum", 3));
  const again = await evaluate("run", at("more"));
  expect(again.find((line) => line.includes("is not what"))).toMatch(
    /ROOT\/more is not what ROOT\/run was trained on: fold \d/,
  );
});

test("--fold none trains on all there is, one clip a class too, and says what its accuracy is of", async () => {
  const data = lay("single", { hum: 1, hiss: 1 });
  expect(errors(await train({ data, fold: 1 }))).toEqual([
    "error: ROOT/single: no class has two recordings, so that none can be tested: --fold none trains on all there is",
  ]);
  const all = await train({ data, fold: null, run: at("all") });
  expect(errors(all)).toEqual([]);
  expect(all.at(-1)).toMatch(
    /^the clips it was trained on, which says little of others: accuracy .* 2 clips, 1 epoch/,
  );
  expect(config("all")).toMatchObject({ fold: null, folds: { train: [0], validation: null, test: null } });
  expect(await evaluate("all")).toContain("ROOT/all, no fold held out: 2 clips, which it was trained on");
  const others = await evaluate("all", at("mine")); // a test on other data
  expect(others).toContain("ROOT/all, no fold held out: 12 clips");
  // One that was trained on data with folds: all clips of others are tested, in whatever folds they come.
  await train({ data: at("mine"), fold: null, run: at("all-mine") });
  expect(await evaluate("all-mine", data)).toContain("ROOT/all-mine, no fold held out: 2 clips");
  const out = at("all.html");
  expect(
    errors(await saidBy((session) => reportCommand([at("all")], { out, cache: at("cache") }, session))),
  ).toEqual([]);
  expect(readFileSync(out, "utf8")).toMatch(
    /what it was trained on.*Where no fold was held out, it is of the clips that were trained on.*Clip accuracy on what was trained on</s,
  );
  expect(readFileSync(out, "utf8")).not.toContain("Clip accuracy on the test fold");
});

test("what can be seen beforehand is refused before anything is computed or written", async () => {
  const [data, run] = [at("mine"), at("refused")];
  expect(await train({ data, run, fold: 1, makeFolds: 2, other: "threshold" })).toEqual([
    "error: --other threshold wants sounds that are not learned from: two training folds or more, or a recipe that validates; there is fold 2 alone",
  ]);
  const { features } = device().adapter as { features: string[] };
  const all = features.splice(0);
  try {
    expect(await train({ data, run, fold: 1, profile: true })).toEqual([
      "error: --profile needs an adapter with timestamp queries, which this one does not have",
    ]);
    expect(await train({ resume: at("run"), epochs: 2, profile: true })).toEqual([
      "error: --profile needs an adapter with timestamp queries, which this one does not have",
    ]);
  } finally {
    features.push(...all);
  }
  expect(existsSync(run)).toBe(false);
});

test("a class of one clip, an empty class, a broken file: a result or one clear line", async () => {
  const data = lay("odd", { hum: 4, hiss: 1 });
  mkdirSync(at("odd", "empty"));
  const odd = await train({ data, fold: 1, run: at("odd-run") });
  expect(errors(odd)).toEqual([]);
  expect(
    odd
      .filter((line) => line.includes("ROOT/odd: of") || line.includes("no sound in"))
      .map((line) => line.replace(/^.*?ROOT/, "ROOT")),
  ).toEqual([
    "ROOT/odd: there is no sound in empty, which is no class then",
    "ROOT/odd: of hiss there is one recording: it always trains, and is never tested",
  ]);
  writeFileSync(at("odd", "hum", "text.wav"), "no sound");
  expect(errors(await train({ data, fold: 1 }))[0]).toMatch(
    /^error: ROOT\/odd: 1 clip of 6 cannot be used: hum\/text.wav is no sound file that is known here; .*; mend them, or take them out of the folder$/,
  );
});

test("a CSV's columns are kept in config.json; options that would say nothing are refused", async () => {
  const rows = [0, 1, 2, 3].map((i) => `mine/hum/hum${i}.wav,hum,${i},x\nmine/hiss/hiss${i}.wav,hiss,${i},x`);
  writeFileSync(at("list.csv"), `clip,kind,session,label\n${rows.join("\n")}\n`);
  const columns = parseColumns("class=kind,group=session");
  const listed = await train({ data: at("list.csv"), columns, fold: 1, run: at("listed") });
  expect(errors(listed)).toEqual([]);
  expect(listed[0]).toContain(
    "group: session), 4 folds made with seed 1, 4 recordings (by column session) kept whole)",
  );
  expect(config("listed").opening).toEqual({ columns, folds: { seed: 1, count: 4 } });
  expect(errors(await evaluate("listed"))).toEqual([]);
  expect(errors(await train({ data: at("mine"), columns, fold: 1 }))).toEqual([
    "error: --columns is for a CSV file, which ROOT/mine is not",
  ]);
  expect(errors(await train({ data: "synthetic", makeFolds: 3, fold: 1 }))).toEqual([
    "error: synthetic has folds of its own: --make-folds, --fold-seed and --recordings are for data without",
  ]);
  expect(errors(await train({ data: at("list.csv"), columns, recordings: "names", fold: 1 }))).toEqual([
    "error: ROOT/list.csv has a column that says which clips are of one recording: --recordings is for data without; --columns group= passes it over",
  ]);
});

test("verify and evaluate refuse the same options", async () => {
  const columns = parseColumns("class=kind");
  const verify = (data: string, options: OpeningOptions) =>
    saidBy((session) => verifyCommand(at(data), options, session));
  expect(await verify("mine", { columns })).toEqual([
    "error: --columns is for a CSV file, which ROOT/mine is not",
  ]);
  expect(
    errors(await saidBy((session) => evaluateCommand(at("run"), { columns, cache: at("cache") }, session))),
  ).toEqual(["error: --columns is for a CSV file, which ROOT/mine is not"]);
  mkdirSync(at("published", "meta"), { recursive: true });
  writeFileSync(at("published", "meta", "esc50.csv"), "filename,fold,target,category\n");
  for (const options of [{ makeFolds: 10 }, { foldSeed: 2 }, { recordings: "clips" } as const])
    expect(await verify("published", options)).toEqual([
      "error: ROOT/published has folds of its own: --make-folds, --fold-seed and --recordings are for data without",
    ]);
});
