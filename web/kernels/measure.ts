// Times kernels on the GPU that there is: calls are recorded one after the other between two waits for the GPU, so many that
// a run lasts, and what is said is the median of the runs, with the quartiles as its spread.
import { repetitions, summarize } from "../../bench/measure.ts";
import { type Device, device } from "../../src/gpu/device.ts";
import { kernels } from "../../src/gpu/kernel.ts";
import { init, noGrad } from "../../src/index.ts";
import { speeds } from "./speeds.ts";
import type { Speed, Unit } from "./timed.ts";

/** How fast one call was: `median`, `low` and `high` are in `unit` a second. */
export interface Timed {
  kernel: string;
  does: string;
  unit: Unit;
  median: number;
  /** First and third quartile. */
  low: number;
  high: number;
  runs: number;
  callsPerRun: number;
  millisecondsPerCall: number;
  /** Whether the page took more than half of the time to launch it: the kernel itself is faster. */
  waitsForHost: boolean;
}

const EFFORT = { runs: 7, milliseconds: 40 };
/** Elements of the large arrays. */
const SIZE = { software: 4 ** 9, gpu: 4 ** 11 };

/** Opens the GPU, and says its name. */
export async function openHere(): Promise<string> {
  const { vendor, architecture, description } = await init();
  const name = [vendor, architecture, description].filter((part) => part !== "").join(" ");
  return name || "an adapter that does not say its name";
}

/** What these kernels are timed at here; of those that this adapter has no use for, nothing. */
export function speedsHere(names: readonly string[]): Speed[] {
  const { software } = device().adapter;
  return speeds(software ? SIZE.software : SIZE.gpu).filter(({ kernel }) => names.includes(kernel));
}

/** Launches of a kernel so far. */
export const launchesOf = (kernel: string): number =>
  [...(kernels.get(kernel)?.launches.values() ?? [])].reduce((sum, count) => sum + count, 0);

/** Times one call. Throws where it does not launch the kernel that it is said to time. */
export async function timeKernel({ kernel, does, unit, open }: Speed, effort = EFFORT): Promise<Timed> {
  const before = launchesOf(kernel);
  const { run, amount, close } = open();
  try {
    const times = await repetitions(run, effort.milliseconds);
    if (launchesOf(kernel) === before) throw new Error(`${does} does not launch ${kernel}`);
    const samples: number[] = [];
    let launching = 0;
    for (let i = 0; i < effort.runs; i++) {
      const { took, launched } = await oneRun(device(), run, times);
      samples.push(took / times);
      launching += launched / took / effort.runs;
    }
    const { median, low, high, runs } = summarize(samples.map((ms) => (1000 * amount) / ms));
    const millisecondsPerCall = summarize(samples).median;
    const waitsForHost = launching > 0.5;
    return {
      kernel,
      does,
      unit,
      median,
      low,
      high,
      runs,
      callsPerRun: times,
      millisecondsPerCall,
      waitsForHost,
    };
  } finally {
    noGrad(close);
  }
}

/** Milliseconds until the GPU is done, and those of them in which calls were recorded. */
async function oneRun({ stream }: Device, run: () => void, times: number) {
  await stream.finish();
  const began = performance.now();
  for (let i = 0; i < times; i++) run();
  const launched = performance.now() - began;
  await stream.finish();
  return { took: performance.now() - began, launched };
}

const NAMES: Record<Unit, string> = { bytes: "GB/s", operations: "GFLOP/s", elements: "million elements/s" };

/** "45.2 GB/s". */
export const rateOf = ({ unit, median }: Timed): string => `${shown(unit, median)} ${NAMES[unit]}`;

const shown = (unit: Unit, rate: number): string => {
  const number = rate / (unit === "elements" ? 1e6 : 1e9);
  return number >= 100 ? number.toFixed(0) : number.toPrecision(3);
};

/** One line about a call. */
export function lineOf(timed: Timed): string {
  const { does, unit, low, high, runs, callsPerRun, millisecondsPerCall, waitsForHost } = timed;
  const spread = `${shown(unit, low)} to ${shown(unit, high)} in ${runs} runs of ${callsPerRun}`;
  const host = waitsForHost ? "; launching it takes most of that, the kernel itself is faster" : "";
  return `${rateOf(timed)}  ${does}: ${millisecondsPerCall.toPrecision(3)} ms (${spread}${host})`;
}
