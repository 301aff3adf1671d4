// The systems that otograd is timed against, and what it takes to run each.
import { join } from "node:path";
import { UserError } from "../src/train/terminal/errors.ts";
import { findPython } from "./python.ts";
import { type Workload, workloads } from "./workloads/list.ts";

export interface Peer {
  /** What --peers calls it. */
  id: string;
  title: string;
  /** Whether it has a front end: WAV files to network input. */
  frontEnd?: true;
  /** Why it cannot do a workload, in a word or two; null where it can. */
  cannot?(workload: Workload): string | null;
  /** The command that starts it, but for the workload's file; or why there is none on this machine. */
  find(): Promise<{ command: string[] } | { missing: string }>;
}

const FOLDER = join(import.meta.dir, "peers");

export const peers: readonly Peer[] = [
  { id: "tfjs", title: "TensorFlow.js WebGPU", find: () => findScript("tfjs.ts") },
  { id: "jax-webgpu", title: "jax-js WebGPU", find: () => findScript("jax.ts", "webgpu") },
  { id: "jax-wasm", title: "jax-js Wasm", find: () => findScript("jax.ts", "wasm") },
  { id: "pytorch", title: "PyTorch CPU", frontEnd: true, find: () => findPyTorch("cpu") },
  { id: "pytorch-cuda", title: "PyTorch CUDA", frontEnd: true, find: () => findPyTorch("cuda") },
  { id: "onnxruntime", title: "onnxruntime CPU", cannot: learning, find: () => findScript("ort.ts", "cpu") },
  {
    id: "onnxruntime-web",
    title: "onnxruntime Wasm",
    cannot: learning,
    find: () => findScript("ort.ts", "wasm"),
  },
];

/** Why what only infers cannot do a workload. */
function learning({ training }: Workload): string | null {
  return training === null ? null : "no training";
}

/** The peers that a list of ids names, separated by commas; all of them without one. */
export function choosePeers(ids: string | undefined): Peer[] {
  if (ids === undefined) return [...peers];
  return ids.split(",").map((id) => {
    const peer = peers.find((each) => each.id === id.trim());
    if (peer !== undefined) return peer;
    throw new UserError(`there is no peer '${id}'; there are ${peers.map((each) => each.id).join(", ")}`);
  });
}

/** The workloads that a list of ids names; all of them without one. */
export function chooseWorkloads(ids: string | undefined): Workload[] {
  if (ids === undefined) return [...workloads];
  return ids.split(",").map((id) => {
    const workload = workloads.find((each) => each.id === id.trim());
    if (workload !== undefined) return workload;
    throw new UserError(
      `there is no workload '${id}'; there are ${workloads.map((each) => each.id).join(", ")}`,
    );
  });
}

let installing: Promise<string | null> | undefined;

/** Installs the packages of bench/peers as its lock file has them; resolves to why that failed. */
function install(): Promise<string | null> {
  installing ??= (async () => {
    const child = Bun.spawn([process.execPath, "install", "--frozen-lockfile"], {
      cwd: FOLDER,
      stdout: "ignore",
      stderr: "pipe",
    });
    const said = await new Response(child.stderr).text();
    return (await child.exited) === 0
      ? null
      : `bun install failed in bench/peers: ${said.trim().split("\n").at(-1)}`;
  })();
  return installing;
}

async function findScript(
  script: string,
  ...args: string[]
): Promise<{ command: string[] } | { missing: string }> {
  const failure = await install();
  if (failure !== null) return { missing: failure };
  return { command: [process.execPath, join(FOLDER, script), ...args] };
}

async function findPyTorch(device: "cpu" | "cuda"): Promise<{ command: string[] } | { missing: string }> {
  const check = device === "cuda" ? "import torch; assert torch.cuda.is_available()" : "import torch";
  const python = await findPython(check);
  if (python !== null) return { command: [python, join(FOLDER, "pytorch.py"), device] };
  if (device === "cuda") return { missing: "no python3 has a PyTorch that sees a CUDA device" };
  return { missing: "no python3 has PyTorch (OTOGRAD_PYTHON names one that has)" };
}
