// `bun run experiment --slurm`: a thousand runs planned, submitted and tabled with an sbatch that only records.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secondsOf } from "../../../../src/train/experiment/slurm/cluster.ts";
import { findRecipe } from "../../../../src/train/recipes/index.ts";
import { makeConfig } from "../../../../src/train/runs/config.ts";
import { turns } from "../../commands/turns.ts";

setDefaultTimeout(120_000);
const root = mkdtempSync(join(tmpdir(), "otograd-slurm-"));
afterAll(() => rmSync(root, { recursive: true }));
const MAIN = join(import.meta.dir, "../../../../src/train/main.ts");

async function experiment(env: Record<string, string>, ...args: string[]) {
  const child = Bun.spawn([process.execPath, MAIN, "experiment", ...args], {
    cwd: root,
    env: { ...process.env, OTOGRAD_COMMIT: "abc1234", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const exitCode = await child.exited;
  // Not the clock's: what else the machine does says nothing of this. Its children's, Slurm's commands, are in it.
  const { user, system } = child.resourceUsage()!.cpuTime;
  return { exitCode, stdout, stderr, seconds: Number(user + system) / 1e6 };
}

const CONFIG: Parameters<typeof makeConfig>[0] = {
  data: "synthetic",
  fold: 1,
  folds: { train: [2, 3, 4, 5], validation: null, test: 1 },
  seed: 1,
  classes: ["a"],
  standardization: { mean: 0, deviation: 1 },
  trainingSegments: 100,
  parameters: 1000,
  adapter: { vendor: "v", architecture: "a", description: "an adapter", software: false },
  recipe: findRecipe("blog-mixed"),
  overridden: {},
};

/** Commands of Slurm that write down how they are called. The queue has what was submitted, until it is emptied. */
function stubs(): Record<string, string> {
  const bin = join(root, "bin");
  mkdirSync(bin);
  const command = (name: string, body: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >>'${root}/calls'\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  command("sbatch", `n=$(grep -c ^sbatch '${root}/calls'); echo "$n"`);
  command("scontrol", `echo "MaxArraySize            = 401"`);
  command("scancel", "");
  command(
    "squeue",
    `grep ^sbatch '${root}/calls' | grep -n -- --array | while IFS= read -r line; do
  id=\${line#*--job-name=}; id=\${id%% *}; last=\${line#*--array=0-}; last=\${last%%[% ]*}
  for i in $(seq 0 "$last"); do echo "\${line%%:*}|$id|$i|PD||Resources"; done
done`,
  );
  return { PATH: `${bin}:${process.env.PATH}` };
}

/** What a run leaves that is done, as far as a table reads it. */
function finishRun(path: string, seed: number, fold: number): void {
  const { data, ...settings } = CONFIG;
  const train = [1, 2, 3, 4, 5].filter((each) => each !== fold);
  const folds = { ...settings.folds, train, test: fold };
  const config = makeConfig({ ...settings, data, fold, folds, seed });
  const accuracy = (100 * fold + (seed % 100)) / 1000;
  const result = {
    fold,
    accuracy,
    accuracyMajority: accuracy,
    clips: 32,
    epochs: 50,
    seconds: 60,
    confusion: [[1]],
  };
  const node = { event: "begun", node: `node${seed % 7}`, cpu: "a processor", commit: "abc1234" };
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "config.json"), JSON.stringify(config));
  writeFileSync(join(path, "result.json"), JSON.stringify(result));
  writeFileSync(join(path, "log.jsonl"), `${JSON.stringify(node)}\n{"event":"done"}\n`);
}

/** A thousand runs: 5 folds, 200 seeds. */
const MANY = `data = "synthetic"\nrecipe = "blog-mixed"\nseeds = [${Array.from({ length: 200 }, (_, i) => i + 1).join(", ")}]\n[[run]]\nname = "a"\n`;

test("a thousand runs are planned, submitted and tabled in under 10 s: arrays within MaxArraySize, nothing twice, --cancel", async () => {
  writeFileSync(join(root, "many.toml"), MANY);
  const env = stubs();
  const spent: Record<string, number> = {};
  const timed = async (what: string, ...args: string[]) => {
    const ended = await experiment(env, "many.toml", ...args);
    spent[what] = ended.seconds;
    return ended;
  };
  const first = await timed(
    "submitted",
    ...["--slurm", "--gres", "gpu:1", "--max-running", "50", "--time", "4"],
  );
  expect(first).toMatchObject({ exitCode: 0, stdout: "" });
  expect(first.stderr).toStartWith("0 of 1000 runs done, 0 queued or at work before, 1000 submitted\n");
  const calls = () =>
    readFileSync(join(root, "calls"), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("sbatch"));
  expect(calls().map((line) => /--array=\S+|features/.exec(line)?.[0])).toEqual([
    "features",
    "--array=0-400%50",
    "--array=0-400%50",
    "--array=0-197%50",
  ]);
  expect(calls().map((line) => /--dependency=\S+/.exec(line)?.[0])).toEqual([
    undefined,
    "--dependency=afterany:1",
    "--dependency=afterany:2",
    "--dependency=afterany:3",
  ]);
  expect(calls()[1]).toContain("--gres=gpu:1");
  expect(calls()[1]).toContain("--signal=B:TERM@60");
  const lists = readdirSync(join(root, "runs/many/slurm")).filter((name) => name.endsWith(".runs"));
  const runs = lists.flatMap((name) =>
    readFileSync(join(root, "runs/many/slurm", name), "utf8")
      .trim()
      .split("\n"),
  );
  expect(new Set(runs.filter((run) => run !== "")).size).toBe(1000);
  const again = await timed("looked for again", "--slurm");
  expect(again.stderr).toStartWith("0 of 1000 runs done, 1000 queued or at work before, 0 submitted\n");
  const cancelled = await experiment(env, "many.toml", "--slurm", "--cancel");
  expect(cancelled.stderr).toBe("1000 runs cancelled; those at work save first\n");

  for (const run of runs.filter((run) => run !== "")) {
    const [fold, seed] = /fold(\d+)-seed(\d+)/.exec(run)!.slice(1).map(Number) as [number, number];
    finishRun(join(root, "runs/many", run), seed, fold);
  }
  const table = await timed("tabled", "--table");
  expect(table.stdout.slice(0, 200)).toContain("1000 of 1000 runs done.");
  // Each fold's mean over 200 seeds is a tenth of its number and the mean of 0 … 99 thousandths.
  expect(table.stdout.split("\n").find((line) => line.startsWith("| a"))).toStartWith(
    "| a | .1495 | .2495 | .3495 | .4495 | .5495 | .3495 |",
  );
  expect(table.stdout.match(/^- node6: .{0,40}/m)?.[0]).toBe("- node6: an adapter: 140 runs");
  const whole = Object.values(spent).reduce((sum, seconds) => sum + seconds, 0);
  const each = Object.entries(spent).map(([what, seconds]) => `${what} in ${seconds.toFixed(1)} s`);
  console.log(`slurm: 1,000 runs ${each.join(", ")} of processor time, ${whole.toFixed(1)} s in all`);
  expect(whole).toBeLessThan(10);
});

test("a job is told to save two minutes before its time is up, or a quarter of its time", () => {
  const seconds = ["90", "1:30", "4:00:00", "1-0", "2-3:04:05", "soon", ""].map((time) => secondsOf(time));
  expect(seconds).toEqual([5400, 90, 14400, 86400, 183845, null, null]);
});

test("options that go together, and a machine without Slurm", async () => {
  const cases: [args: string[], message: string][] = [
    [["--wait"], "--wait is for --slurm"],
    [
      ["--table", "--dry-run"],
      "--table makes the tables only, of the runs that there are: give it or --dry-run",
    ],
    [["--table", "--jobs", "2"], "--table makes the tables only"],
    [["--slurm", "--jobs", "2"], "--jobs is for this machine and --slurm for a cluster"],
    [["--slurm", "--out", "other"], "there is no squeue here: --slurm wants"],
  ];
  const lines = cases.map(([args]) => ["experiment", "many.toml", ...args]);
  const said = await turns(lines, { cwd: root, env: { PATH: join(root, "nowhere") } });
  expect(said).toEqual(
    cases.map(([, message]) => ({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringContaining(`error: ${message}`),
    })),
  );
});
