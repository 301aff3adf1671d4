// `bun run experiment`, end to end on the synthetic dataset: a failure among the runs, what is done left alone, other
// settings refused, Ctrl-C and going on.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { takeLock } from "../../../src/train/files/lock.ts";
import { shared } from "../../shared.ts";
import { turn, turns } from "./turns.ts";

setDefaultTimeout(120_000);
const root = mkdtempSync(join(tmpdir(), "otograd-experiment-"));
afterAll(() => rmSync(root, { recursive: true }));
const MAIN = join(import.meta.dir, "../../../src/train/main.ts");

function start(...args: string[]) {
  return Bun.spawn([process.execPath, MAIN, "experiment", ...args, "--cache", "cache"], {
    cwd: root,
    env: { ...process.env, OTOGRAD_COMMIT: "abc1234" },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** The same, where nothing is to happen to it. */
const finish = (...args: string[]) =>
  turn(["experiment", ...args, "--cache", "cache"], { cwd: root, env: { OTOGRAD_COMMIT: "abc1234" } });

// The features are those of the trainings in test/faults.
mkdirSync(shared("cache"), { recursive: true });
symlinkSync(shared("cache"), join(root, "cache"));

/** Few segments and a small network: an epoch is a fraction of a second. */
function file(name: string, text: string) {
  const small =
    "set = { frontEnd.segmentStep = 20991, frontEnd.peakNormalized = true, network.filters = 4, network.hidden = [8] }";
  writeFileSync(join(root, name), `data = "synthetic"\nrecipe = "blog-bn"\nfolds = [2]\n${small}\n${text}`);
}

const csv = (...path: string[]): Record<string, string>[] =>
  parse(readFileSync(join(root, ...path), "utf8"), { columns: true });
const lastLine = (text: string) => text.trimEnd().split("\n").at(-1);

const PAIR = (lr: string) => `
epochs = 1
[[run]]
name = "bad"
set.optimizer.lr = ${lr}
[[run]]
name = "good"
`;

test("--dry-run lists the runs, and makes nothing", async () => {
  file("pair.toml", PAIR("1e30"));
  const listed = await finish("pair.toml", "--dry-run");
  expect(listed.stdout).toContain(
    "run 1 of 2: bad, fold 2, seed 1: 1 epoch\n  bun run train --data synthetic",
  );
  expect(existsSync(join(root, "runs"))).toBe(false);
});

test("a run that fails is noted, the others go on; put right, only it is made; other settings are refused", async () => {
  file("pair.toml", PAIR("1e30"));
  const failed = await finish("pair.toml");
  expect(failed).toMatchObject({ exitCode: 1 });
  expect(failed.stderr).toMatch(/^run 1 of 2: bad, fold 2, seed 1$/m);
  expect(failed.stderr).toMatch(/^run 2 of 2: good, fold 2, seed 1$/m);
  expect(lastLine(failed.stderr)).toBe(
    "error: 1 of 2 runs failed; to try them again: bun run experiment pair.toml --cache cache",
  );
  expect(failed.stdout).toMatch(/\nFailed:\n\n- bad, fold 2, seed 1: the loss became \S+ in step \d+ .*--lr/);
  expect(failed.stdout).toContain("- commit: abc1234\n");
  expect(readFileSync(join(root, "runs/pair/table.md"), "utf8")).toBe(failed.stdout);
  const [bad, good] = csv("runs/pair/table.csv");
  expect(bad).toMatchObject({ name: "bad", status: "failed", accuracy: "" });
  expect(bad!.error).toMatch(/^the loss became/);
  const { accuracy, accuracyMajority } = JSON.parse(
    readFileSync(join(root, "runs/pair/good/fold2-seed1/result.json"), "utf8"),
  );
  expect(good).toMatchObject({
    name: "good",
    status: "done",
    accuracy: String(accuracy),
    accuracy_majority: String(accuracyMajority),
    epochs: "1",
    commit: "abc1234",
    error: "",
  });

  file("pair.toml", PAIR("0.01"));
  const before = statSync(join(root, "runs/pair/good/fold2-seed1/result.json")).mtimeMs;
  const again = await finish("pair.toml");
  expect(again).toMatchObject({ exitCode: 0 });
  expect(again.stderr).toMatch(
    /^1 of 2 runs are done already\n\nrun 1 of 2: bad, fold 2, seed 1, about \d+ s left\n/,
  );
  expect(again.stderr).not.toContain("run 2 of 2");
  expect(again.stdout).not.toContain("Failed");
  expect(statSync(join(root, "runs/pair/good/fold2-seed1/result.json")).mtimeMs).toBe(before);

  rmSync(join(root, "runs/pair/table.md"));
  const table = await finish("pair.toml", "--table");
  expect(table).toMatchObject({
    exitCode: 0,
    stdout: readFileSync(join(root, "runs/pair/table.md"), "utf8"),
  });
  expect(csv("runs/pair/table.csv").map(({ status }) => status)).toEqual(["done", "done"]);

  file("pair.toml", PAIR("0.02"));
  const refused = await finish("pair.toml");
  expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
  expect(refused.stderr).toBe(
    "error: runs/pair/bad/fold2-seed1 was made with optimizer.lr = 0.01, and pair.toml asks for 0.02: " +
      "remove that folder, or name another with --out\n",
  );
  // A finished run is never begun anew because its config cannot be read: it may be a newer version's.
  file("pair.toml", PAIR("0.01"));
  const config = join(root, "runs/pair/good/fold2-seed1/config.json");
  writeFileSync(config, readFileSync(config, "utf8").replace('"batchSize"', '"batch"'));
  const newer = await finish("pair.toml");
  expect(newer).toMatchObject({ exitCode: 1, stdout: "" });
  expect(newer.stderr).toMatch(
    /^error: runs\/pair\/good\/fold2-seed1\/config.json is damaged, or of another version: /,
  );
  console.log(`experiment: ${bad!.error}; good reached ${accuracy}`);
});

test("Ctrl-C saves the run at work and makes the table; the same command goes on and ends it", async () => {
  file("long.toml", 'epochs = 6\n[[run]]\nname = "a"\n[[run]]\nname = "b"\nepochs = 1\n');
  const child = start("long.toml");
  let talk = "";
  let sent = false;
  for await (const chunk of child.stderr) {
    talk += new TextDecoder().decode(chunk);
    if (!sent && /epoch +1\/6 /.test(talk)) child.kill("SIGINT");
    sent ||= /epoch +1\/6 /.test(talk);
  }
  expect({ exitCode: await child.exited, talk }).toMatchObject({ exitCode: 130 });
  expect(talk.match(/Ctrl-C/g)?.length).toBe(1);
  expect(lastLine(talk)).toBe(
    "stopped after 0 of 2 runs; go on with bun run experiment long.toml --cache cache",
  );
  expect(await new Response(child.stdout).text()).toContain("0 of 2 runs done.");
  expect(csv("runs/long/table.csv").map(({ status }) => status)).toEqual(["begun", "missing"]);
  expect(existsSync(join(root, "runs/long/running.pid"))).toBe(false);

  // What a killed process may leave of a run: a config, and nothing to go on from.
  await Bun.write(join(root, "runs/long/b/fold2-seed1/config.json"), "{");
  const resumed = await finish("long.toml");
  expect(resumed).toMatchObject({ exitCode: 0 });
  expect(resumed.stderr).not.toMatch(/epoch 1\/6/);
  expect(csv("runs/long/table.csv").map(({ status, epochs }) => ({ status, epochs }))).toEqual([
    { status: "done", epochs: "6" },
    { status: "done", epochs: "1" },
  ]);
});

test("--jobs 2 with a Ctrl-C, then a kill -9: the same command makes each run once, to the same last bit", async () => {
  const two = '[[run]]\nname = "a"\n[[run]]\nname = "b"\nepochs = 1\n';
  file("both.toml", `epochs = 6\n${two}`);
  const a = "runs/both/a/fold2-seed1";
  const saved = (epoch: number) => existsSync(join(root, a, `checkpoint/epoch-${epoch}.safetensors`));
  /** Starts it, and sends a signal when the first run has saved an epoch. */
  const stopped = async (epoch: number, signal: "SIGINT" | "SIGKILL") => {
    const child = start("both.toml", "--jobs", "2");
    const talk = new Response(child.stderr).text();
    while (!saved(epoch) && child.exitCode === null) await Bun.sleep(10);
    child.kill(signal);
    return { exitCode: await child.exited, talk: await talk };
  };
  const interrupted = await stopped(1, "SIGINT");
  expect(interrupted).toMatchObject({ exitCode: 130 });
  expect(lastLine(interrupted.talk)).toMatch(
    /^stopped after [01] of 2 runs; go on with bun run experiment both.toml --cache cache --jobs 2$/,
  );
  const { epochs: before } = JSON.parse(readFileSync(join(root, a, "result.json"), "utf8"));
  expect(await stopped(before + 1, "SIGKILL")).toMatchObject({ exitCode: 137 });
  const again = await finish("both.toml", "--jobs", "2");
  expect(again).toMatchObject({ exitCode: 0 });
  expect(again.stderr).toContain("2 of 2 done");
  const results = (folder: string) =>
    csv(folder, "table.csv").map(({ status, epochs, accuracy }) => ({ status, epochs, accuracy }));
  expect(results("runs/both")).toEqual(results("runs/long"));
  for (const run of ["a", "b"]) {
    const [weights, wanted] = ["both", "long"].map((name) =>
      readFileSync(join(root, `runs/${name}/${run}/fold2-seed1/model.safetensors`)),
    );
    expect(weights!.equals(wanted!)).toBe(true);
  }
  const events = readFileSync(join(root, a, "log.jsonl"), "utf8");
  expect(events.match(/"event":"\w+"/g)!.slice(0, 3)).toEqual(
    ["begun", "interrupted", "resumed"].map((event) => `"event":"${event}"`),
  );
  expect(events.match(/"event":"begun"/g)!.length).toBe(1);
  expect(readFileSync(join(root, a, "train.log"), "utf8")).toContain("epoch 6/6");
});

test("--jobs 2: a run that cannot be made, and a table that cannot be written, end no other run", async () => {
  file("apart.toml", 'epochs = 1\n[[run]]\nname = "a"\n[[run]]\nname = "b"\n');
  mkdirSync(join(root, "runs/apart/a/fold2-seed1/train.log"), { recursive: true });
  mkdirSync(join(root, "runs/apart/table.csv"));
  const failed = await finish("apart.toml", "--jobs", "2");
  expect(failed).toMatchObject({ exitCode: 1, stdout: "" });
  const untold = "cannot write runs/apart/table.csv: it is a folder";
  expect(failed.stderr).toContain(`note: ${untold}; it is tried again at the end\n`);
  expect(lastLine(failed.stderr)).toBe(`error: ${untold}`);
  expect(existsSync(join(root, "runs/apart/b/fold2-seed1/result.json"))).toBe(true);

  rmSync(join(root, "runs/apart/table.csv"), { recursive: true });
  const again = await finish("apart.toml", "--jobs", "2");
  expect(again).toMatchObject({ exitCode: 1 });
  expect(again.stdout).toContain(
    "\nFailed:\n\n- a, fold 2, seed 1: cannot write runs/apart/a/fold2-seed1/train.log: it is a folder\n",
  );
  expect(lastLine(again.stderr)).toStartWith("error: 1 of 2 runs failed; to try them again: bun run");
});

test("nothing runs where the data or something in a run's place is not as it should be", async () => {
  file("astray.toml", 'epochs = 1\n[[run]]\nname = "a"\n');
  await Bun.write(join(root, "runs/astray/a/fold2-seed1/thesis.txt"), "");
  await Bun.write(join(root, "runs/busy/notes.txt"), "");
  await Bun.write(join(root, "taken/table.csv"), "mine");
  const release = takeLock(join(root, "runs/busy/lock"), "a test");
  const cases: [args: string[], message: string][] = [
    [
      ["astray.toml", "--out", "runs/busy"],
      `an experiment in runs/busy is being run by process ${process.pid}: wait until it has ended, or end it`,
    ],
    [["astray.toml"], "runs/astray/a/fold2-seed1 holds thesis.txt, which no run left there: move it away"],
    [["astray.toml", "--data", "nowhere"], "no dataset at nowhere: `bun run dataset fetch` downloads"],
    [["astray.toml", "--table", "--out", "none"], "there is no none to make a table of"],
    [
      ["astray.toml", "--out", "taken"],
      "taken/table.csv is there already, and is not an experiment's table: remove it, or name another",
    ],
    [["none.toml"], "cannot read none.toml: there is no such file or folder"],
  ];
  const lines = cases.map(([args]) => ["experiment", ...args, "--cache", "cache"]);
  const said = await turns(lines, { cwd: root });
  expect(said).toEqual(
    cases.map(([, message]) => ({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringContaining(`error: ${message}`),
    })),
  );
  release();
  expect(existsSync(join(root, "runs/astray/a/fold2-seed1/thesis.txt"))).toBe(true);
});
