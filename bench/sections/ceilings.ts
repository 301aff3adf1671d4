// The most that this adapter does: arithmetic by an fma loop, memory by copies. Kernels are held against both.
import { type DeviceArray, empty } from "../../src/tensor/array.ts";
import { device } from "../../src/tensor/device.ts";
import { defineKernel, linearGroups } from "../../src/tensor/kernel.ts";
import copySource from "../copy.wgsl" with { type: "text" };
import fmaSource from "../fma.wgsl" with { type: "text" };
import { type Effort, elapsed, type Quantity, summarize, time } from "../measure.ts";
import type { Section } from "../report.ts";

const fma = defineKernel({
  name: "bench/fma",
  code: fmaSource,
  entries: { main: ["write"] },
  params: { turns: "u32", a: "f32", b: "f32" },
});
const copy = defineKernel({
  name: "bench/copy",
  code: copySource,
  entries: { main: ["read", "write"] },
  params: { n4: "u32" },
});

export interface Ceilings {
  /** GFLOP/s, an fma being two operations. */
  arithmetic: number;
  /** GB/s read and written together, by the fastest of the copies. */
  memory: number;
  section: Section;
}

export async function measureCeilings(effort: Effort): Promise<Ceilings> {
  const arithmetic = await fmaRate(effort);
  const [x, y] = [empty([COPY_BYTES / 4]), empty([COPY_BYTES / 4])];
  const copies: [name: string, rate: Quantity][] = [
    ["copy, workgroups of 64, a vec4 each", await copyRate(() => launchCopy(x, y, 64, 1), effort)],
    ["copy, workgroups of 8, 16 vec4s each", await copyRate(() => launchCopy(x, y, 8, 16), effort)],
    ["copy by copyBufferToBuffer", await copyRate(() => copyBuffer(x, y), effort)],
  ];
  x.release();
  y.release();
  return {
    arithmetic: arithmetic.median,
    memory: Math.max(...copies.map(([, rate]) => rate.median)),
    section: {
      name: "ceilings",
      title: "Ceilings: what the adapter can do at most (128 MiB copied; bytes read and written are counted)",
      rows: [
        { name: "fused multiply-adds in registers", values: { "GFLOP/s": arithmetic } },
        ...copies.map(([name, rate]) => ({ name, values: { "GB/s": rate } })),
      ],
    },
  };
}

const FMAS_A_TURN = 64;
const THREADS = 2 ** 18;
/** A launch should take about this long, on an adapter of whatever speed. */
const FMA_MILLISECONDS = 10;

async function fmaRate(effort: Effort): Promise<Quantity> {
  const out = empty([THREADS]);
  const groups = linearGroups(THREADS, 64);
  const launch = (turns: number) => () =>
    fma.launch("main", { arrays: [out], params: { turns, a: 0.999, b: 0.001 }, groups });
  let turns = 16;
  while (turns < 2 ** 20 && (await fastest(launch(turns))) < FMA_MILLISECONDS) turns *= 2;
  const milliseconds = await time(launch(turns), effort);
  out.release();
  return summarize(
    milliseconds.map((ms) => (2 * FMAS_A_TURN * turns * THREADS) / ms / 1e6),
    "more",
  );
}

/** Milliseconds of the fastest of a few calls: the first may compile, and others may be held up. */
async function fastest(body: () => void): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let call = 0; call < 4; call++) least = Math.min(least, await elapsed(body, 1));
  return least;
}

const COPY_BYTES = 128 * 2 ** 20;

async function copyRate(launch: () => void, effort: Effort): Promise<Quantity> {
  const milliseconds = await time(launch, effort);
  return summarize(
    milliseconds.map((ms) => (2 * COPY_BYTES) / ms / 1e6),
    "more",
  );
}

function launchCopy(x: DeviceArray, y: DeviceArray, workgroup: number, vectors: number): void {
  const n4 = COPY_BYTES / 16;
  copy.launch("main", {
    arrays: [x, y],
    params: { n4 },
    constants: { WORKGROUP: workgroup, VECTORS: vectors },
    groups: linearGroups(n4 / vectors, workgroup),
  });
}

function copyBuffer(x: DeviceArray, y: DeviceArray): void {
  device().stream.copy(x.storage.buffer, 0, y.storage.buffer, 0, COPY_BYTES);
}
