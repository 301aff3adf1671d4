// What happens to a training that is a nuisance to nobody but its owner: a full disk, a disk that cannot be written,
// a folder that is taken, signals, and readers that go away. Each ends in one clear line and a folder that can be used.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { evaluateCommand } from "../../src/train/commands/evaluate.ts";
import { Progress } from "../../src/train/terminal/progress.ts";
import { shared } from "../shared.ts";
import {
  differences,
  EPOCHS,
  finish,
  finishInTurn,
  otograd,
  type Traces,
  tracesOf,
  training,
} from "./command.ts";

setDefaultTimeout(120_000);
const root = mkdtempSync(join(tmpdir(), "otograd-faults-"));
afterAll(() => rmSync(root, { recursive: true }));
const cache = shared("cache");
const at = (...names: string[]) => join(root, ...names);

/** Without mixing, which kills.test.ts and device.test.ts resume. */
const trains = (run: string, epochs = EPOCHS) => training(run, cache, epochs, null);

const straight = at("straight");
let undisturbed: Traces;
beforeAll(async () => {
  expect(await finishInTurn(trains(straight))).toMatchObject({ exitCode: 0 });
  undisturbed = tracesOf(straight);
});

/** The last line of what a command said, which is the one that counts; no stack, and not more than one error. */
function lastLine(stderr: string): string {
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(stderr.match(/^error:/gm)?.length ?? 0).toBeLessThanOrEqual(1);
  return stderr.trimEnd().split("\n").at(-1)!.replaceAll(root, "ROOT");
}

const resume = (run: string) => finishInTurn(otograd("train", "--resume", run, "--cache", cache));
/** In this process, where no other has to begin for it. */
async function evaluate(run: string): Promise<unknown> {
  const said: string[] = [];
  const stop = { signal: null, onFirst: "" };
  const session = { progress: new Progress(), stop, print: (line: string) => void said.push(line) };
  await evaluateCommand(run, { json: true, cache }, session);
  return JSON.parse(said.join(""));
}

/** Whether a file system can be mounted in a namespace of one's own, as root or not. */
const mounts = Bun.spawnSync(["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/tmp"]).success;
const withMounts = mounts ? test : test.skip;
if (!mounts) console.log("faults: full and read-only disks are not tested, as nothing can be mounted here");

/** Runs shell commands that see a small disk at $DISK, which is copied to `copy` in the end. $T trains, $R and $E take a run. */
function onDisk(size: string, copy: string, script: string) {
  mkdirSync(at("disk"), { recursive: true });
  const shell = (command: string[]) => command.map((word) => `'${word}'`).join(" ");
  const train = shell(trains(at("disk", "run")));
  const [resumes, evaluates] = [otograd("train", "--resume"), otograd("evaluate")].map(shell);
  const body = `
    train() { ${train}; echo "train $?"; }
    resume() { ${resumes} "$1" --cache '${cache}'; echo "resume $?"; }
    evaluate() { ${evaluates} "$1" --cache '${cache}'; echo "evaluate $?"; }
    DISK='${at("disk")}'
    mount -t tmpfs -o size=${size} tmpfs "$DISK" || exit 1
    ${script}
    cp -r "$DISK" '${copy}'`;
  return finish(["unshare", "-rm", "sh", "-c", body]);
}

/** What a script's commands ended with: "train 1". */
const codes = (stdout: string) => stdout.match(/^(train|resume|evaluate) \d+$/gm);

withMounts(
  "a disk that fills up: the run stops with what it had, and goes on where there is room",
  async () => {
    // Room for a model (56 kB) and a checkpoint (112), and not for the next: saving that takes long skips epochs.
    const { stdout, stderr } = await onDisk(
      "220k",
      at("full"),
      `train; evaluate "$DISK/run"; find "$DISK" -name '*.tmp-*' -o -name lock >&2
     mount -o remount,size=10m "$DISK"; resume "$DISK/run"`,
    );
    const error = /^error: .*/m.exec(stderr)?.[0] ?? stderr;
    console.log(`faults: ${error.replaceAll(root, "ROOT")}`);
    expect(error).toMatch(
      /^error: cannot write .*: no space is left on the disk; .*run holds what was learned in 1 epoch; go on with --resume .*run$/,
    );
    expect(stderr).not.toMatch(/\.tmp-|lock$/m);
    expect(codes(stdout)).toEqual(["train 1", "evaluate 0", "resume 0"]);
    expect(differences(tracesOf(at("full", "run")), undisturbed)).toEqual([]);
  },
);

withMounts("a disk that is full from the start: one line, and nothing left but an empty folder", async () => {
  const { stdout, stderr } = await onDisk("4k", at("full-at-once"), "train");
  expect(lastLine(stderr)).toBe(
    "error: cannot write ROOT/disk/run/config.json: no space is left on the disk",
  );
  expect(codes(stdout)).toEqual(["train 1"]);
  expect(readdirSync(at("full-at-once", "run"))).toEqual([]);
});

withMounts(
  "a disk that cannot be written: said before anything is computed; what is there can be used",
  async () => {
    const { stdout, stderr } = await onDisk(
      "10m",
      at("read-only"),
      `cp -r '${straight}' "$DISK/done"; mount -o remount,ro "$DISK"; train; resume "$DISK/done"; evaluate "$DISK/done"`,
    );
    expect(stderr.replaceAll(root, "ROOT")).toMatch(
      /^error: cannot make the run folder ROOT\/disk\/run: the disk is read-only$/m,
    );
    expect(stderr.replaceAll(root, "ROOT")).toMatch(
      /^error: cannot write in the run folder ROOT\/disk\/done: the disk is read-only$/m,
    );
    expect(codes(stdout)).toEqual(["train 1", "resume 1", "evaluate 0"]);
  },
);

/** Starts a command; `said` settles when it has said what matches. */
function begin(command: string[]) {
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "pipe" });
  let talk = "";
  const waiting: { pattern: RegExp; resolve: () => void }[] = [];
  let ended = false;
  const over = (async () => {
    for await (const chunk of child.stderr) {
      talk += new TextDecoder().decode(chunk);
      for (const { pattern, resolve } of waiting) if (pattern.test(talk)) resolve();
    }
    ended = true;
    for (const { resolve } of waiting) resolve();
    return { exitCode: await child.exited, talk };
  })();
  const said = (pattern: RegExp) =>
    new Promise<void>((resolve) =>
      ended || pattern.test(talk) ? resolve() : waiting.push({ pattern, resolve }),
    );
  return { child, said, over };
}

test("two runs in one folder: the second is told who has it; a lock whose process is dead is taken over", async () => {
  const run = at("taken");
  const first = begin(trains(run, 5000));
  await first.said(/^epoch +2\//m);
  first.child.kill("SIGSTOP"); // it has the folder as before, and leaves the processors to the others
  const second = await resume(run);
  expect(lastLine(second.stderr)).toBe(
    `error: ROOT/taken is being written by process ${first.child.pid}: wait until it has ended, or end it`,
  );
  expect(second.exitCode).toBe(1);
  expect(lastLine((await finishInTurn(trains(run))).stderr)).toMatch(
    /^error: the run folder ROOT\/taken is not empty/,
  );
  expect(await evaluate(run)).toMatchObject({ clips: 32 });
  first.child.kill("SIGKILL");
  await first.over;
  expect(readFileSync(join(run, "lock"), "utf8")).toBe(`${first.child.pid} ${hostname()}`);
  const done = Math.max(...readdirSync(join(run, "checkpoint")).map((name) => Number(/\d+/.exec(name)![0])));
  const third = await finishInTurn(
    otograd("train", "--resume", run, "--epochs", String(done), "--cache", cache),
  );
  expect(third).toMatchObject({ exitCode: 0 });
  expect(existsSync(join(run, "lock"))).toBe(false);
});

test("SIGTERM: 143, and what was learned is there to be used and gone on with", async () => {
  const run = at("terminated");
  const { child, said, over } = begin(trains(run));
  await said(/^epoch +2\//m);
  child.kill("SIGTERM");
  const { exitCode, talk } = await over;
  expect(lastLine(talk)).toMatch(
    /^stopped after [23] of 4 epochs; what was learned is in ROOT\/terminated; go on with --resume ROOT\/terminated, from epoch [34]$/,
  );
  expect(exitCode).toBe(143);
  expect(await evaluate(run)).toMatchObject({ clips: 32 });
  expect(await resume(run)).toMatchObject({ exitCode: 0 });
  expect(differences(tracesOf(run), undisturbed)).toEqual([]);
});

test("SIGINT twice: 130 at once, with a word on what is left", async () => {
  const run = at("interrupted");
  const slow = { "network.filters": 240, batchSize: 250 }; // a second or more for the first of two batches
  const { child, said, over } = begin(training(run, cache, EPOCHS, "power", slow));
  await said(/segments to learn from/); // a signal is looked for after a batch
  child.kill("SIGINT");
  await said(/^Ctrl-C: finishing this batch, then saving what was learned \(once more to stop at once\)$/m);
  await Bun.sleep(400);
  child.kill("SIGINT");
  const { exitCode, talk } = await over;
  expect(lastLine(talk)).toBe(
    "stopped at once; no epoch was saved yet; go on with --resume ROOT/interrupted",
  );
  expect(exitCode).toBe(130);
  expect(readdirSync(run)).toEqual(["config.json"]);
  const again = begin(otograd("train", "--resume", run, "--cache", cache)); // from the start
  await again.said(/segments to learn from/);
  again.child.kill("SIGTERM");
  expect(await again.over).toMatchObject({ exitCode: 143 });
  expect(await evaluate(run)).toMatchObject({ clips: 32 });
});

test("readers that go away (2>&1 | head -1) stop no training; results that nobody can take are a failure", async () => {
  const run = at("piped");
  const command = trains(run)
    .map((word) => `'${word}'`)
    .join(" ");
  const piped = await finish(["bash", "-c", `${command} 2>&1 | head -1; echo "\${PIPESTATUS[0]}"`]);
  expect(piped.stdout.trimEnd().split("\n").at(-1)).toBe("0");
  expect(differences(tracesOf(run), undisturbed)).toEqual([]);
  const full = await finish(["bash", "-c", `'${otograd("recipes").join("' '")}' >/dev/full`]);
  expect(full).toEqual({
    exitCode: 1,
    signal: null,
    stdout: "",
    stderr: "error: cannot write to stdout: no space is left on the disk\n",
  });
});
