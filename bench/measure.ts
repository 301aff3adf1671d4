// Taking a time, and what is said of many: the median, and the quartiles as its spread.
import { device } from "../src/gpu/device.ts";

/** One measured thing: a row's value in one column. */
export interface Quantity {
  median: number;
  /** First and third quartile. */
  low: number;
  high: number;
  runs: number;
  /** Which way is progress; left out for what is neither good nor bad. */
  better?: "more" | "less";
}

/** The q-quantile of sorted numbers, interpolated (NumPy's default). */
function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)]!;
  return below + (sorted[Math.ceil(at)]! - below) * (at - Math.floor(at));
}

/** Median and quartiles. Throws on an empty list. */
export function summarize(samples: readonly number[], better?: "more" | "less"): Quantity {
  if (samples.length === 0) throw new RangeError("nothing was measured");
  const sorted = [...samples].sort((a, b) => a - b);
  const [low, median, high] = [0.25, 0.5, 0.75].map((q) => quantile(sorted, q)) as [number, number, number];
  return { median, low, high, runs: samples.length, ...(better && { better }) };
}

/** Times in milliseconds, as seconds. */
export const inSeconds = (milliseconds: readonly number[]): Quantity =>
  summarize(
    milliseconds.map((each) => each / 1000),
    "less",
  );

/** Something counted rather than timed. */
export function count(value: number, better?: "more" | "less"): Quantity {
  return { median: value, low: value, high: value, runs: 1, ...(better && { better }) };
}

/** How long and how often to measure. */
export interface Effort {
  runs: number;
  /** A run repeats its body until it takes about this long. */
  milliseconds: number;
}

/** Milliseconds until everything recorded by `times` calls of `body` has run on the GPU. */
export async function elapsed(body: () => void, times: number): Promise<number> {
  const { stream } = device();
  await stream.finish();
  const start = performance.now();
  for (let i = 0; i < times; i++) body();
  await stream.finish();
  return performance.now() - start;
}

/** How often a body must run to fill `milliseconds`, after a first call that compiles and a second that counts. */
export async function repetitions(body: () => void, milliseconds: number): Promise<number> {
  await elapsed(body, 1);
  let times = 1;
  for (;;) {
    const took = await elapsed(body, times);
    if (took >= milliseconds / 4 || times >= 4096) {
      return Math.max(1, Math.min(4096, Math.round((times * milliseconds) / Math.max(took, 0.01))));
    }
    times *= 4;
  }
}

/** Milliseconds a call, one number a run. */
export async function time(body: () => void, { runs, milliseconds }: Effort): Promise<number[]> {
  const times = await repetitions(body, milliseconds);
  const samples: number[] = [];
  for (let run = 0; run < runs; run++) samples.push((await elapsed(body, times)) / times);
  return samples;
}
