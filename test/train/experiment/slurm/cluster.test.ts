// `bun run experiment --slurm --wait` on a real Slurm of this machine, or on a cluster of yours (OTOGRAD_SLURM=yes): one job is
// killed, one requeued, slurmd restarted, and the table is, to the last digit, that of runs that nobody disturbed.
import { afterAll, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { LOCK } from "../../../../src/train/runs/run-folder.ts";
import { shared } from "../../../shared.ts";

const REPOSITORY = join(import.meta.dir, "../../../..");
const START = join(REPOSITORY, "../shared/slurm/start.sh");
const ON_CLUSTER = process.env.OTOGRAD_SLURM !== undefined;

/** Where nothing can be tried, why not. */
async function whyNot(): Promise<string | null> {
  if (ON_CLUSTER) return Bun.spawnSync(["sh", "-c", "squeue --me"]).success ? null : "squeue does not answer";
  if (!existsSync(START))
    return "there is no ../shared/slurm/start.sh, and OTOGRAD_SLURM=yes does not say to use a cluster";
  if (process.getuid?.() !== 0) return "only root starts a Slurm";
  const missing = ["slurmctld", "slurmd", "munged"].find((name) => !existsSync(`/usr/sbin/${name}`));
  if (missing !== undefined) return `there is no ${missing}; ${START} installs it`;
  return (await taken(6817)) ? "another Slurm runs on this machine" : null;
}

function taken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}

const reason = await whyNot();
if (reason !== null) console.log(`slurm: not tried on a real one, as ${reason}`);

// On a cluster the nodes see the checkout.
const root = mkdtempSync(join(ON_CLUSTER ? REPOSITORY : tmpdir(), "otograd-slurm-"));
const cache = ON_CLUSTER ? join(root, "cache") : shared("cache");
const slurm = join(root, "slurm");
afterAll(async () => {
  if (existsSync(slurm)) await stopSlurm();
  rmSync(root, { recursive: true });
});

/** Ends in this environment, with slurm.conf in it. */
const env: Record<string, string | undefined> = { ...process.env, OTOGRAD_COMMIT: "abc1234" };

function command(...words: string[]): string {
  const { stdout, stderr, success } = Bun.spawnSync(words, { env });
  if (!success) throw new Error(`${words.join(" ")}: ${stderr}`);
  return stdout.toString();
}

/** Files, not pipes: daemons that are started here would keep those open. */
function startSlurm(): void {
  const out = Bun.file(join(root, "started"));
  Bun.spawnSync([START, slurm], { stdout: out, stderr: Bun.file(join(root, "start.log")) });
  env.SLURM_CONF = join(slurm, "slurm.conf");
  command("scontrol", "ping");
}

/** Ends it, and waits for that: its daemons write to the end. */
async function stopSlurm(): Promise<void> {
  const pids = ["slurmctld", "slurmd"].map((name) => text(slurm, `${name}.pid`).trim());
  command(join(START, "../stop.sh"), slurm);
  await until("Slurm has ended", () => pids.every((pid) => pid === "" || !existsSync(`/proc/${pid}`)));
}

/** As when a node's daemon is updated: jobs at work go on. Ends when the new one has said that it is there. */
async function restartSlurmd(): Promise<void> {
  const started = () => /SlurmdStartTime=\S+/.exec(command("scontrol", "show", "node"))?.[0];
  const before = started();
  const pid = Number(readFileSync(join(slurm, "slurmd.pid"), "utf8"));
  process.kill(pid, "SIGTERM");
  await until("slurmd has ended", () => !existsSync(`/proc/${pid}`));
  Bun.spawnSync(["/usr/sbin/slurmd"], { env, stdio: ["ignore", "ignore", "ignore"] });
  await until("slurmd is there again", () => started() !== before);
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const began = performance.now();
  while (!holds()) {
    if (performance.now() - began > 200_000) throw new Error(`waited in vain until ${what}`);
    await Bun.sleep(50);
  }
}

async function experiment(...args: string[]) {
  const main = join(REPOSITORY, "src/train/main.ts");
  const words = [process.execPath, main, "experiment", "three.toml", "--cache", cache, ...args];
  const child = Bun.spawn(words, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { exitCode: await child.exited, stdout, stderr };
}

const runOf = (out: string, seed: number) => join(root, out, `a/fold2-seed${seed}`);
const text = (...path: string[]) => (existsSync(join(...path)) ? readFileSync(join(...path), "utf8") : "");
/** Whether it could be gone on with. */
const isSaved = (run: string) =>
  existsSync(join(run, "checkpoint")) &&
  readdirSync(join(run, "checkpoint")).some((name) => name.endsWith(".safetensors"));
/** The task of a run that is at work and has been through an epoch. */
const taskOf = (run: string) => /.*job (\d+)\n/s.exec(text(run, "train.log"))?.[1] ?? "";
/**
 * Does `what` to a run's task when an epoch is saved. On this machine the process stands still before that, however fast it is;
 * where Slurm ends it, it is let go on first.
 */
async function onceSaved(run: string, what: (task: string) => unknown): Promise<void> {
  await until(`an epoch of ${run} is saved`, () => isSaved(run));
  const [pid, host] = text(run, LOCK).split(" ");
  if (host === hostname()) process.kill(Number(pid), "SIGSTOP");
  await what(taskOf(run));
}
/** What the experiment's jobs are called. */
const names = () =>
  readdirSync(join(root, "cluster/slurm"))
    .flatMap((name) => /(.*)\.runs$/.exec(name)?.[1] ?? [])
    .map((id) => `otograd-${id}`);
/** A table's row, up to the time that a run took. */
const results = (table: string) => /^\| a \|.*\| 3 \| 20 \|/m.exec(table)?.[0];

test.skipIf(reason !== null)(
  "a job is killed, one requeued and slurmd restarted: the same table and weights as without, each run made once",
  async () => {
    const began = performance.now();
    mkdirSync(cache, { recursive: true });
    const small = "set = { frontEnd.segmentStep = 20991, network.filters = 16, network.hidden = [8] }"; // an epoch is a tenth of a second
    writeFileSync(
      join(root, "three.toml"),
      `data = "synthetic"\nrecipe = "blog-bn"\nfolds = [2]\nseeds = [1, 2, 3]\nepochs = 20\n${small}\n[[run]]\nname = "a"\n`,
    );
    if (!ON_CLUSTER) startSlurm();
    const undisturbed = experiment("--jobs", "2", "--out", "plain");
    const whole = experiment("--slurm", "--wait", "--out", "cluster");
    const [killed, requeued] = [runOf("cluster", 1), runOf("cluster", 2)];
    const disturbances = [
      onceSaved(killed, (task) => command("scancel", "--signal=KILL", "--full", task)),
      onceSaved(requeued, async (task) => {
        command("scontrol", "requeue", task);
        await until("it is in the queue again", () =>
          command("squeue", "--noheader", "--job", task, "--format=%t").startsWith("PD"),
        );
        command("scontrol", "update", `JobId=${task}`, "StartTime=now"); // Slurm would let it wait two minutes
      }),
    ];
    await Promise.all(disturbances);
    if (!ON_CLUSTER) await restartSlurmd();
    const [plain, cluster] = await Promise.all([undisturbed, whole]);
    expect(plain).toMatchObject({ exitCode: 0 });
    expect(cluster).toMatchObject({ exitCode: 0 });
    expect(results(plain.stdout)).toBeString();
    expect(results(cluster.stdout)).toBe(results(plain.stdout)!);
    for (const seed of [1, 2, 3]) {
      const run = runOf("cluster", seed);
      const [weights, wanted] = [run, runOf("plain", seed)].map((path) =>
        readFileSync(join(path, "model.safetensors")),
      );
      expect(weights!.equals(wanted!)).toBe(true);
      expect(text(run, "log.jsonl").match(/"event":"done"/g)?.length).toBe(1);
    }
    const resumed = [killed, requeued].filter((run) => text(run, "log.jsonl").includes('"event":"resumed"'));
    console.log(
      `slurm: 3 runs on a real one, ${resumed.length} of them gone on with after a kill and a requeue, in ${((performance.now() - began) / 1000).toFixed(1)} s: the same to the last bit`,
    );
    expect(resumed).toEqual([killed, requeued]);
    await until("no job is left", () => command("squeue", "--noheader", `--name=${names().join()}`) === "");
  },
  300_000,
);
