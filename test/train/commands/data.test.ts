// A run and its data: what is wrong with clips is said before training, and data that are not what they were do not pass
// unnoticed.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WaveFile } from "wavefile";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { evaluateCommand } from "../../../src/train/commands/evaluate.ts";
import type { TrainOptions } from "../../../src/train/commands/options.ts";
import { reportCommand } from "../../../src/train/commands/report.ts";
import { trainCommand } from "../../../src/train/commands/train.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";

setDefaultTimeout(120_000);
const root = mkdtempSync(join(tmpdir(), "otograd-data-"));
afterAll(() => rmSync(root, { recursive: true }));
const at = (...path: string[]) => join(root, ...path);
const MAIN = join(import.meta.dir, "../../../src/train/main.ts");

/** A hum, a hiss, or silence, of a second, 8 kHz. */
function sound(kind: "hum" | "hiss" | "silence", seed: number): Uint8Array {
  const random = new HostRandom(seed);
  const level = kind === "silence" ? 0 : 9000;
  const samples = Int16Array.from({ length: 8000 }, (_, i) =>
    kind === "hum"
      ? level * Math.sin((Math.PI * (300 + seed) * i) / 4000)
      : level * (2 * random.uniform() - 1),
  );
  const wave = new WaveFile();
  wave.fromScratch(1, 8000, "16", samples);
  return wave.toBuffer();
}

type Line = [name: string, fold: number, category: "hum" | "hiss" | "silence"];
const LINES = Array.from({ length: 10 }, (_, i): Line => [`${i}.wav`, (i % 5) + 1, i < 5 ? "hum" : "hiss"]);

function lay(name: string, lines = LINES): string {
  for (const folder of ["audio", "meta"]) mkdirSync(at(name, folder), { recursive: true });
  for (const [i, [file, , category]] of lines.entries())
    writeFileSync(at(name, "audio", file), sound(category, i));
  list(name, lines);
  return at(name);
}

function list(name: string, lines: Line[]): void {
  const targets = { hum: 0, hiss: 1, silence: 2 };
  const rows = lines.map(([file, fold, category]) => `${file},${fold},${targets[category]},${category}`);
  writeFileSync(at(name, "meta", "esc50.csv"), ["filename,fold,target,category", ...rows].join("\n"));
}

/** What a command says on stderr; an error's message last. */
async function saidBy(
  command: (session: Parameters<typeof trainCommand>[1]) => Promise<unknown>,
): Promise<string[]> {
  const said: string[] = [];
  class Noted extends Progress {
    override say(line: string): void {
      said.push(line);
    }
    override begin(): void {}
    override beginEpoch(): void {}
  }
  const print = (line: string) => void said.push(line);
  const session = { progress: new Noted(), stop: { signal: null, onFirst: "" }, print };
  await command(session).catch((error: Error) => said.push(`error: ${error.message}`));
  return said;
}

const train = (options: Partial<TrainOptions>) =>
  saidBy((session) =>
    trainCommand(
      {
        recipe: "blog-bn",
        seed: 1,
        cache: at("cache"),
        ...(options.resume === undefined && {
          epochs: 1,
          set: [{ path: ["network", "hidden"], value: [20] }],
        }),
        ...options,
      },
      session,
    ),
  );

beforeAll(async () => {
  const said = await train({ data: lay("data"), fold: 1, run: at("run") });
  expect(said.filter((line) => line.startsWith("error"))).toEqual([]);
});

const config = (run: string) => JSON.parse(readFileSync(at(run, "config.json"), "utf8"));
/** A copy of the run, whose data are what `change` makes of a copy of them. */
function changed(name: string, change: (data: string) => void): { run: string; data: string } {
  cpSync(at("data"), at(`${name}-data`), { recursive: true });
  cpSync(at("run"), at(name), { recursive: true });
  change(`${name}-data`);
  return { run: at(name), data: at(`${name}-data`) };
}
const evaluate = (run: string, data?: string) =>
  saidBy((session) => evaluateCommand(run, { data, cache: at("cache") }, session));
const report = (run: string, data?: string) =>
  saidBy((session) => reportCommand([run], { data, out: at("report.html"), cache: at("cache") }, session));

test("config.json holds how many clips each fold has, and a hash of them, which are those of a copy too", async () => {
  const { content } = config("run");
  expect(content.clips).toBe(10);
  expect(Object.keys(content.folds)).toEqual(["1", "2", "3", "4", "5"]);
  for (const { clips, sha256 } of Object.values<{ clips: number; sha256: string }>(content.folds))
    expect([clips, sha256]).toEqual([2, expect.stringMatching(/^[0-9a-f]{64}$/)]);
  const copy = changed("copy", () => {});
  expect((await evaluate(copy.run, copy.data)).join("\n")).not.toContain("trained on");
});

test("a clip that moved to the test fold, one that was replaced, one that is gone: resume refuses, others say it", async () => {
  const moved = changed("moved", (data) => list(data, LINES.with(1, ["1.wav", 1, "hum"])));
  const replaced = changed("replaced", (data) => writeFileSync(at(data, "audio", "2.wav"), sound("hum", 99)));
  const cases: [{ run: string; data: string }, string][] = [
    [moved, "fold 1 has 3 clips, not 2, fold 2 has 1 clip, not 2"],
    [replaced, "fold 3 has other clips, classes or sounds"],
  ];
  for (const [{ run, data }, change] of cases) {
    const line = `${data} is not what ${run} was trained on: ${change}`;
    expect((await train({ resume: run, data, epochs: 2 })).at(-1)).toBe(
      `error: ${line}; --data names another folder, --changed-data goes on with this one`,
    );
    for (const said of [await evaluate(run, data), await report(run, data)])
      expect(said.filter((each) => each.includes(line))).toHaveLength(1);
    const gone = await train({ resume: run, data, epochs: 2, changedData: true });
    expect(gone.filter((each) => each.startsWith("error"))).toEqual([]);
    expect((await evaluate(run, data)).join("\n")).not.toContain("trained on");
  }
});

test("a run of before, without a fingerprint, is gone on with and tested as it was", async () => {
  const { run, data } = changed("old", (folder) =>
    writeFileSync(at(folder, "audio", "2.wav"), sound("hum", 99)),
  );
  const { content: _, startedIn: __, ...old } = config("run");
  writeFileSync(join(run, "config.json"), JSON.stringify(old));
  expect((await evaluate(run, data)).join("\n")).not.toMatch(/trained on|error/);
  expect((await train({ resume: run, data, epochs: 2 })).join("\n")).not.toContain("error");
});

test("a relative --data is found again from another folder", () => {
  const bun = (cwd: string, ...args: string[]) => {
    const { exitCode, stderr } = Bun.spawnSync([process.execPath, MAIN, ...args, "--cache", at("cache")], {
      cwd,
    });
    return { exitCode, said: stderr.toString() };
  };
  const short = ["--fold", "1", "--epochs", "1", "--set", "network.hidden=[20]"];
  mkdirSync(at("elsewhere"));
  expect(bun(root, "train", "--data", "data", "--run", "relative", ...short)).toMatchObject({ exitCode: 0 });
  expect(config("relative")).toMatchObject({ data: "data", startedIn: realpathSync(root) });
  expect(bun(at("elsewhere"), "evaluate", "../relative")).toMatchObject({ exitCode: 0 });
  expect(bun(at("elsewhere"), "train", "--resume", "../relative", "--epochs", "2")).toMatchObject({
    exitCode: 0,
  });
  expect(bun(root, "train", "--data", "data", "--run", "x", "--changed-data", ...short)).toEqual({
    exitCode: 1,
    said: "error: --changed-data is for --resume: a new training takes the data as they are\n",
  });
});

test("--resume --data DIR: the run, and each fold of a cross-validation, knows the new place", async () => {
  const { run, data } = changed("new-place", () => {});
  expect((await train({ resume: run, data, epochs: 2 })).filter((line) => line.startsWith("error"))).toEqual(
    [],
  );
  expect(config("new-place")).toMatchObject({ data, startedIn: process.cwd() });

  // All folds but the second are done, which has not begun.
  for (const fold of [1, 3, 4, 5]) cpSync(at("run"), at("folds", `fold${fold}`), { recursive: true });
  expect((await train({ resume: at("folds"), data })).filter((line) => line.startsWith("error"))).toEqual([]);
  for (const fold of [1, 2, 3, 4, 5])
    expect([fold, config(`folds/fold${fold}`)]).toMatchObject([fold, { data, startedIn: process.cwd() }]);
});

test("bad clips stop a training before it starts, all of them in one line; a report goes without its mistakes", async () => {
  const { run, data } = changed("bad", (folder) => {
    writeFileSync(at(folder, "audio", "3.wav"), "RIFF");
    writeFileSync(at(folder, "audio", "7.wav"), sound("hum", 1).subarray(0, 44));
  });
  const line = `${data}: 2 clips of 10 cannot be used: 3.wav is not a WAV file (it does not begin with RIFF … WAVE); 7.wav is truncated: 16000 bytes of samples announced, 0 there; mend them, or take their lines out of the CSV`;
  expect((await train({ data, fold: 1, run: at("never") })).at(-1)).toBe(`error: ${line}`);
  const said = await report(run, data);
  expect(said.filter((each) => each.includes(line))).toHaveLength(1);
  expect(said.join("\n")).not.toContain("error:");
  expect(readFileSync(at("report.html"), "utf8")).toContain("<html");
});

test("a clip that is cut off is learned from as far as it goes, and every command says it, at every run", async () => {
  const data = lay("cut");
  writeFileSync(at("cut", "audio", "7.wav"), sound("hiss", 7).subarray(0, 44 + 12_000));
  const line = `${data}: 1 clip of 10 is damaged: 7.wav ends after 0.75 of 1.00 s: the rest is missing`;
  const told = (said: string[]) => {
    expect(said.join("\n")).not.toContain("error:");
    return said.filter((each) => each.includes(line)).length;
  };
  expect(told(await train({ data, fold: 1, run: at("cut-run") }))).toBe(1);
  expect(told(await evaluate(at("cut-run"), data))).toBe(1); // though the features were kept
  expect(told(await report(at("cut-run"), data))).toBe(1);
});

test("a class without training clips, and training folds of one class, are told before training", async () => {
  const lone: Line[] = [...LINES, ["q.wav", 1, "silence"]];
  const said = await train({ data: lay("lone", lone), fold: 1, run: at("lone-run") });
  expect(said[0]).toContain(
    "fold 1: no training clip is of silence (1 of 3 classes): they cannot be learned",
  );
  const one = LINES.map(([name, fold, category]): Line => [name, category === "hum" ? fold : 1, category]);
  expect(await train({ data: lay("one", one), fold: 1, run: at("one-run") })).toEqual([
    `error: ${at("one")}: the training folds 2, 3, 4, 5 have clips of hum only; telling sounds apart takes two classes`,
  ]);
  const quiet = LINES.map(
    ([name, fold, category]): Line => [name, fold, category === "hum" ? "hum" : "silence"],
  );
  expect((await train({ data: lay("quiet", quiet), fold: 1, run: at("quiet-run") })).at(-1)).toBe(
    `error: ${at("quiet")}: all training clips but those of hum are silent; telling sounds apart takes two classes`,
  );
});

test("a class whose name would steer a terminal does not, in any command", async () => {
  const data = lay("steering");
  const csv = at("steering", "meta", "esc50.csv");
  writeFileSync(csv, readFileSync(csv, "utf8").replaceAll(",hum", ",hum\x1b[2J\x9b31m\u202e"));
  const said = [
    ...(await train({ data, fold: 1, run: at("steered") })),
    ...(await evaluate(at("steered"))),
    ...(await report(at("steered"))),
    ...(await train({ resume: at("steered"), epochs: 2 })),
  ];
  for (const line of said) expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(said.filter((line) => line.startsWith("error"))).toEqual([]);
  expect(said.some((line) => line.includes("hum?[2J?31m?"))).toBe(true);
  expect(config("steered").classes).toEqual(["hum?[2J?31m?", "hiss"]);
});
