// `bun run experiment --slurm`: a thousand runs planned, submitted and tabled with an sbatch that only records.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

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
  return { exitCode: await child.exited, stdout, stderr };
}

const SMALL = "set = { frontEnd.segmentStep = 20991, network.filters = 16, network.hidden = [8] }";

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

test("a thousand runs: arrays within MaxArraySize, nothing submitted twice, --cancel", async () => {
  const seeds = Array.from({ length: 200 }, (_, i) => i + 1).join(", ");
  writeFileSync(
    join(root, "many.toml"),
    `data = "synthetic"\nrecipe = "otograd"\nseeds = [${seeds}]\n${SMALL}\n[[run]]\nname = "a"\n`,
  );
  const env = stubs();
  const began = performance.now();
  const first = await experiment(env, "many.toml", "--slurm", "--gres", "gpu:1", "--max-running", "50");
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
  const lists = readdirSync(join(root, "runs/many/slurm")).filter((name) => name.endsWith(".runs"));
  const runs = lists.flatMap((name) =>
    readFileSync(join(root, "runs/many/slurm", name), "utf8")
      .trim()
      .split("\n"),
  );
  expect(new Set(runs.filter((run) => run !== "")).size).toBe(1000);
  const again = await experiment(env, "many.toml", "--slurm");
  expect(again.stderr).toStartWith("0 of 1000 runs done, 1000 queued or at work before, 0 submitted\n");
  const table = await experiment(env, "many.toml", "--table");
  expect(table.stdout).toContain("0 of 1000 runs done.");
  const seconds = (performance.now() - began) / 1000;
  console.log(`slurm: 1,000 runs submitted, looked for again and tabled in ${seconds.toFixed(1)} s`);
  const cancelled = await experiment(env, "many.toml", "--slurm", "--cancel");
  expect(cancelled.stderr).toBe("1000 runs cancelled; those at work save first\n");
});

test("options that go together, and a machine without Slurm", async () => {
  const cases: [args: string[], message: string][] = [
    [["--wait"], "--wait is for --slurm"],
    [["--slurm", "--jobs", "2"], "--jobs is for this machine and --slurm for a cluster"],
    [["--slurm", "--out", "other"], "there is no squeue here: --slurm wants"],
  ];
  for (const [args, message] of cases) {
    const { exitCode, stderr } = await experiment({ PATH: join(root, "nowhere") }, "many.toml", ...args);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringContaining(`error: ${message}`),
    });
  }
});
