// The commands end to end on a small dataset of real files: train, Ctrl-C, resume, evaluate, predict.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { evaluateCommand } from "../../../src/train/commands/evaluate.ts";
import { reportCommand } from "../../../src/train/commands/report.ts";
import type { RunResult } from "../../../src/train/runs/metrics.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";
import type { Session } from "../../../src/train/terminal/session.ts";
import { load } from "../export/onnx-runtime.ts";
import { layOutSounds, sound } from "./hums.ts";
import { turn, turns } from "./turns.ts";

setDefaultTimeout(120_000);
const root = mkdtempSync(join(tmpdir(), "otograd-cli-run-"));
afterAll(() => rmSync(root, { recursive: true }));
const MAIN = join(import.meta.dir, "../../../src/train/main.ts");
const json = (...path: string[]) => JSON.parse(readFileSync(join(root, ...path), "utf8"));

beforeAll(() => layOutSounds(join(root, "data")));

function start(...args: string[]) {
  return Bun.spawn([process.execPath, MAIN, ...args, "--cache", "cache"], {
    cwd: root,
    stdout: "pipe",
    stderr: "pipe",
  });
}

const finish = (...args: string[]) => turn([...args, "--cache", "cache"], { cwd: root });

const TRAIN = [
  "train",
  "--data",
  "data",
  "--fold",
  "2",
  "--batch-size",
  "16",
  "--set",
  "network.hidden=[500]",
  "--set",
  "network.filters=16",
];

test.concurrent("train, Ctrl-C, resume, evaluate, predict: one run's folder all the way", async () => {
  const child = start(...TRAIN, "--epochs", "500", "--run", "run");
  let talk = "";
  for await (const chunk of child.stderr) {
    talk += new TextDecoder().decode(chunk);
    if (/epoch +3\/500 /.test(talk) && !talk.includes("Ctrl-C")) child.kill("SIGINT");
  }
  expect({ exitCode: await child.exited, talk }).toMatchObject({ exitCode: 130 });
  expect(talk.trimEnd().split("\n").at(-1)).toMatch(
    /^stopped after \d+ of 500 epochs; what was learned is in run; go on with --resume run, from epoch \d+$/,
  );
  const stopped = json("run", "result.json");
  expect(stopped.interrupted).toBe("SIGINT");
  expect(stopped.epochs).toBeGreaterThanOrEqual(3);
  expect(readdirSync(join(root, "run")).sort()).toEqual([
    "checkpoint",
    "config.json",
    "metrics.jsonl",
    "model.safetensors",
    "result.json",
  ]);
  expect(json("run", "config.json")).toMatchObject({
    data: "data",
    fold: 2,
    seed: 1,
    classes: ["hiss", "hum"],
    recipe: { epochs: 500, batchSize: 16 },
  });

  const epochs = stopped.epochs + 3;
  const resumed = await finish("train", "--resume", "run", "--epochs", String(epochs));
  expect(resumed.stderr).toContain("features: read from cache/");
  expect(resumed).toMatchObject({ exitCode: 0 });
  expect(resumed.stdout).toMatch(
    /^fold 2: accuracy \d\.\d{4} by probability voting, \d\.\d{4} by majority, 4 clips, \d+ epochs, .* \(run\)\n$/,
  );
  const result = json("run", "result.json");
  expect(result.epochs).toBe(epochs);
  expect(json("run", "config.json").recipe.epochs).toBe(epochs);
  expect(result.interrupted).toBeUndefined();
  const metrics = readFileSync(join(root, "run", "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n");
  expect(metrics.map((line) => JSON.parse(line).epoch)).toEqual(
    Array.from({ length: epochs }, (_, i) => i + 1),
  );

  writeFileSync(join(root, "hum.wav"), sound(0, 100));
  cpSync(join(root, "run"), join(root, "bare"), { recursive: true });
  rmSync(join(root, "bare", "checkpoint"), { recursive: true });
  const [bare, fewer, evaluated, predicted, exported] = await turns(
    [
      ["train", "--resume", "bare", "--epochs", "1000", "--cache", "cache"],
      ["train", "--resume", "run", "--epochs", "1", "--cache", "cache"],
      ["evaluate", "run", "--json", "--cache", "cache"],
      ["predict", "run", "hum.wav", "data/audio/1.wav", "--json"],
      ["export", "run", "--out", "model.onnx"],
    ],
    { cwd: root },
  );
  expect(bare).toMatchObject({
    exitCode: 1,
    stderr: `error: bare has learned for ${epochs} epochs, but its folder checkpoint, from which it could go on, is gone: train anew, into another folder (--run)\n`,
  });
  expect(json("bare", "result.json")).toEqual(result);
  expect(fewer).toMatchObject({ exitCode: 1, stdout: "" });
  expect(fewer!.stderr).toEndWith(
    `error: run has ${epochs} epochs already: --epochs wants ${epochs} or more\n`,
  );
  expect(json("run", "config.json").recipe.epochs).toBe(epochs);

  expect(evaluated).toMatchObject({ exitCode: 0 });
  const { interrupted: _, epochs: __, seconds: ___, ...tested } = result;
  expect(tested.balancedAccuracy).toBe(tested.accuracy); // two clips of each class
  expect(tested.recall).toHaveLength(2);
  expect(JSON.parse(evaluated!.stdout)).toMatchObject(tested);

  const lines = predicted!.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ file }) => file)).toEqual(["hum.wav", "data/audio/1.wav"]);
  for (const { probabilities } of lines) expect(probabilities.hum + probabilities.hiss).toBeCloseTo(1, 5);

  // Ctrl-C while it is tested: no result is given out, and no page is left.
  const session: Session = {
    progress: new Progress(),
    stop: { signal: "SIGINT", onFirst: "" },
    print: (line) => expect(line).toBe("nothing"),
  };
  const run = join(root, "run");
  const cache = join(root, "cache");
  await expect(evaluateCommand(run, { cache }, session)).rejects.toThrow(
    "stopped before every clip was tested",
  );
  const out = join(root, "page.html");
  await expect(reportCommand([run], { cache, out }, session)).rejects.toThrow(
    "stopped; no report was written",
  );
  expect(existsSync(out)).toBe(false);

  expect(exported!.exitCode).toBe(0);
  expect(exported!.stdout).toMatch(
    /^model\.onnx: [\d.]+ MiB, opset 17, wave → probabilities, segments, silent; model\.json\n$/,
  );
  expect(json("model.json")).toMatchObject({ classes: ["hiss", "hum"], sampleRate: 22050, testFold: 2 });
  const heard = await (await load(readFileSync(join(root, "model.onnx"))))({
    wave: { data: Float32Array.from({ length: 30_000 }, (_, i) => Math.sin(i / 10)), shape: [30_000] },
  });
  expect(heard.probabilities!.data[0]! + heard.probabilities!.data[1]!).toBeCloseTo(1, 5);
  console.log(
    `cli: stopped after ${stopped.epochs} epochs, resumed to ${epochs}; accuracy ${result.accuracy}; hum.wav is a hum with p = ${lines[0].probabilities.hum.toFixed(3)}`,
  );
});

test.concurrent("a reader that goes away (| head) does not stop a training", async () => {
  const command = `"${process.execPath}" "${MAIN}" ${TRAIN.join(" ")} --epochs 2 --run piped --cache cache 2>talk.txt | true`;
  const child = Bun.spawn(["sh", "-c", command], { cwd: root });
  await child.exited; // the shell's, when `true` has ended; the training goes on
  const talk = () => readFileSync(join(root, "talk.txt"), "utf8");
  const done = () => existsSync(join(root, "piped", "result.json"));
  for (let i = 0; i < 900 && !done() && !talk().includes("error"); i++) await Bun.sleep(100);
  expect(talk()).not.toMatch(/error|EPIPE/);
  expect(json("piped", "result.json").epochs).toBe(2);
});

test.concurrent("--folds all trains each fold into a folder of its own; resumed, it skips what is done, and ends the same", async () => {
  const small = ["--set", "network.hidden=[40]", "--set", "network.filters=16"];
  const all = ["train", "--data", "data", "--folds", "all", "--epochs", "2", ...small];
  const { stdout, ...rest } = await finish(...all, "--run", "all");
  expect(rest).toMatchObject({ exitCode: 0 });
  expect(stdout).toMatch(
    /fold {2}probability {2}majority {2}clips\n( {3}[1-5] {7}\d\.\d{4} {4}\d\.\d{4} {6}4\n){5}mean {7}\d\.\d{4} {4}\d\.\d{4}\n {2}sd {7}\d\.\d{4} {4}\d\.\d{4}\n$/,
  );
  const summary = json("all", "result.json");
  const { folds, accuracy, accuracyDeviation, confusion } = summary;
  expect(folds.map(({ fold }: RunResult) => fold)).toEqual([1, 2, 3, 4, 5]);
  const accuracies: number[] = folds.map((each: RunResult) => each.accuracy);
  const mean = accuracies.reduce((a, b) => a + b) / 5;
  expect(accuracy).toBeCloseTo(mean, 10);
  expect(accuracyDeviation).toBeCloseTo(
    Math.sqrt(accuracies.reduce((sum, each) => sum + (each - mean) ** 2, 0) / 4),
    10,
  );
  expect(confusion.flat().reduce((a: number, b: number) => a + b)).toBe(20);
  expect(confusion[0][0] + confusion[1][1]).toBeCloseTo(20 * mean, 10);
  const folders = ["fold1", "fold2", "fold3", "fold4", "fold5"];
  expect(readdirSync(join(root, "all")).sort()).toEqual([...folders, "result.json"]);
  expect(json("all", "fold3", "config.json")).toMatchObject({
    recipe: { epochs: 2, network: { hidden: [40] } },
    overridden: { epochs: 2, "network.hidden": [40], "network.filters": 16 },
  });

  // As if fold 3 had ended without a result, fold 4 before anything was saved, and fold 5 had not begun.
  for (const file of ["result.json", "fold3/result.json", "fold4/result.json", "fold4/checkpoint", "fold5"])
    rmSync(join(root, "all", file), { recursive: true });
  expect(await finish("train", "--resume", "all", "--epochs", "1")).toMatchObject({
    exitCode: 1,
    stderr: "error: all/fold1 has 2 epochs already: --epochs wants 2 or more\n",
  });
  const resumed = await finish("train", "--resume", "all");
  expect(resumed).toMatchObject({ exitCode: 0 });
  expect(resumed.stdout).not.toMatch(/^fold [12]:/m);
  expect(resumed.stdout.match(/^fold [345]:/gm)?.length).toBe(3);
  const timeless = ({ folds, ...rest }: { folds: RunResult[] }) => ({
    ...rest,
    folds: folds.map(({ seconds: _, ...fold }) => fold),
  });
  expect(timeless(json("all", "result.json"))).toEqual(timeless(summary));
  const single = await finish("train", "--resume", "all/fold1", "--folds", "all");
  expect(single.stderr).toMatch(/^error: all\/fold1 is not a cross-validation's folder: /);
});

test("a broken run folder is named: weights of another network, a damaged model, a damaged config", async () => {
  const broken = (name: string, change: (folder: string) => void) => {
    const folder = join(root, name);
    mkdirSync(folder);
    for (const file of ["config.json", "model.safetensors"])
      writeFileSync(join(folder, file), readFileSync(join(root, "run", file)));
    change(folder);
    return name;
  };
  const configOf = (folder: string) => join(folder, "config.json");
  const cases: [string, RegExp][] = [
    [
      broken("cut", (folder) =>
        writeFileSync(
          join(folder, "model.safetensors"),
          readFileSync(join(folder, "model.safetensors")).subarray(0, 1000),
        ),
      ),
      /^error: cut\/model.safetensors is not a usable safetensors file: /,
    ],
    [
      broken("none", (folder) => rmSync(join(folder, "model.safetensors"))),
      /^error: none has no model.safetensors: bun run train --resume none makes one of its checkpoint$/,
    ],
    [
      broken("other", (folder) =>
        writeFileSync(configOf(folder), readFileSync(configOf(folder), "utf8").replaceAll("[500]", "[40]")),
      ),
      /^error: the weights in other do not fit its network: .*fc\.0/,
    ],
    [
      broken("config", (folder) =>
        writeFileSync(configOf(folder), readFileSync(configOf(folder), "utf8").replace('"seed"', '"need"')),
      ),
      /^error: config\/config.json is damaged, or of another version: seed: expected number, received undefined$/,
    ],
    [
      broken("moved", (folder) => {
        const config = { ...json("run", "config.json"), data: "gone", startedIn: "/nowhere" };
        writeFileSync(configOf(folder), JSON.stringify(config));
      }),
      /^error: moved was trained on gone, which is not there: --data names the place where its sounds are now$/,
    ],
  ];
  const said = await turns(
    cases.map(([name]) => ["evaluate", name, "--cache", "cache"]),
    { cwd: root },
  );
  for (const [i, [, expected]] of cases.entries()) {
    const { exitCode, stderr, stdout } = said[i]!;
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(expected);
    expect(stdout).toBe("");
    expect(exitCode).toBe(1);
  }
});
