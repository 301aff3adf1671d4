// The most that an adapter does: fused multiply-adds in registers, bytes copied by the driver. Profiles and
// benchmarks hold kernels against it.
import { empty } from "../gpu/array.ts";
import { device } from "../gpu/device.ts";
import { defineKernel, linearGroups } from "../gpu/kernel.ts";
import source from "./ceilings.wgsl" with { type: "text" };

export const fma = defineKernel({
  name: "ceilings",
  code: source,
  entries: { main: ["write"] },
});

export interface Rates {
  /** GFLOP/s, a multiply-add being two operations. */
  arithmetic: number;
  /** GB/s, read and written together. */
  memory: number;
}

const FMAS_A_TURN = 64;
const THREADS = 2 ** 18;
/** A launch should take about this long, on an adapter of whatever speed. */
const MILLISECONDS = 10;
const COPY_BYTES = 128 * 2 ** 20;

/** The time of one call, in milliseconds, until the GPU is done with it. */
async function elapsed(body: () => void): Promise<number> {
  const began = performance.now();
  body();
  await device().stream.finish();
  return performance.now() - began;
}

/** The rates of `rounds` calls each: arithmetic and copies. */
export async function measureRates(rounds: number): Promise<{ arithmetic: number[]; memory: number[] }> {
  const out = empty([THREADS]);
  const launch = (turns: number) => () =>
    fma.launch("main", {
      arrays: [out],
      params: { turns, a: 0.999, b: 0.001 },
      groups: linearGroups(THREADS, 64),
    });
  let turns = 16;
  // The fastest of a few: the first call may compile, and others may be held up.
  const fastest = async () => Math.min(...(await repeated(4, launch(turns))));
  while (turns < 2 ** 20 && (await fastest()) < MILLISECONDS) turns *= 2;
  const operations = 2 * FMAS_A_TURN * turns * THREADS;
  const arithmetic = (await repeated(rounds, launch(turns))).map((ms) => operations / ms / 1e6);
  out.release();

  const [x, y] = [empty([COPY_BYTES / 4]), empty([COPY_BYTES / 4])];
  const copy = () => device().stream.copy(x.storage.buffer, 0, y.storage.buffer, 0, COPY_BYTES);
  await elapsed(copy); // memory that was never touched is given out now
  const memory = (await repeated(rounds, copy)).map((ms) => (2 * COPY_BYTES) / ms / 1e6);
  x.release();
  y.release();
  return { arithmetic, memory };
}

async function repeated(times: number, body: () => void): Promise<number[]> {
  const milliseconds: number[] = [];
  for (let i = 0; i < times; i++) milliseconds.push(await elapsed(body));
  return milliseconds;
}

/** The best of a few rounds. */
export async function ceilings(): Promise<Rates> {
  const { arithmetic, memory } = await measureRates(3);
  return { arithmetic: Math.max(...arithmetic), memory: Math.max(...memory) };
}
