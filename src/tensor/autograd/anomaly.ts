// Where a NaN comes from: every result of a forward pass and every gradient of a backward pass is looked at while a body
// runs, and the first that holds one is told by the operation and the line that it was called in.
import type { DeviceArray } from "../../gpu/array.ts";
import { formatShape } from "../../gpu/shape.ts";
import { reduceArray } from "../../kernels/reductions/reduce.ts";
import { wantFunction, wantNoMore } from "../check.ts";
import { stack } from "../functions.ts";
import { handleOf } from "../handle.ts";
import { outliveScope } from "../scope.ts";
import { Tensor } from "../tensor.ts";
import { noGrad } from "./grad-mode.ts";
import { type Seer, seeBy } from "./seen.ts";

/** What was looked at, and its largest element, which is NaN where one is. */
interface Sighting {
  readonly what: string;
  readonly line: string;
  readonly largest: Tensor;
}

/** The folder of the engine's modules, or the one file that they are in: what is called from there is not what is told. */
const ENGINE = new URL(import.meta.url.replace(/\/tensor\/autograd\/[^/]*$/, "")).pathname;
/** Calls from the user's line down to an operation may be many. */
const DEEP = 100;

/** The line of the program that called what runs now, " at FILE:LINE:COLUMN", or nothing where it cannot be told. */
function callersLine(): string {
  const limits = Error as { stackTraceLimit?: number };
  const before = limits.stackTraceLimit;
  limits.stackTraceLimit = DEEP;
  const lines = (new Error().stack ?? "").split("\n");
  limits.stackTraceLimit = before!;
  const line = lines.find((each) => /:\d+:\d+\)?$/.test(each) && !each.includes(ENGINE));
  const place = line && /([^\s(]+:\d+:\d+)\)?$/.exec(line)?.[1];
  return place === undefined ? "" : `, called at ${place}`;
}

/**
 * Runs `body`, forward and backward passes, and gives what it gives; where a NaN came up it throws, and says of which
 * operation, in which pass, and where that was called. For hunting: each operation takes several times as long.
 * @throws Error that names the first operation whose result, or gradient, holds a NaN
 * @example
 * const x = tensor([4], { requiresGrad: true });
 * await autograd.detectAnomaly(() => x.sqrt().sum().backward());
 * x.grad; // → [0.25]
 */
export async function detectAnomaly<T>(body: () => T | Promise<T>, ...more: never[]): Promise<T> {
  wantFunction("detectAnomaly", "the body", body);
  wantNoMore("detectAnomaly", more);
  const sightings: Sighting[] = [];
  const lines = new WeakMap<object, string>();
  const look = (what: string, line: string, array: DeviceArray) => {
    if (array.dtype !== "float32" || array.size === 0) return;
    const axes = array.shape.map((_, axis) => axis);
    const largest = new Tensor(reduceArray("amax", array, axes), "detectAnomaly");
    outliveScope(largest);
    sightings.push({ what: `${what} ${formatShape(array.shape)}`, line, largest });
  };
  const seer: Seer = {
    forward(name, leaves, result, node) {
      const line = callersLine();
      for (const leaf of leaves) look(`what ${name} was given, a tensor`, line, leaf);
      look(`what ${name} gave, a tensor`, line, result);
      if (node !== null) lines.set(node, line);
    },
    backward(node, gradients) {
      for (const [i, gradient] of gradients.entries())
        if (gradient !== null)
          look(`the gradient of input ${i} of ${node.op.name},`, lines.get(node) ?? "", gradient);
    },
  };
  const end = seeBy(seer);
  let result: T;
  try {
    result = await body();
  } finally {
    end();
  }
  const first = await firstOf(sightings);
  for (const { largest } of sightings) handleOf(largest).free("detectAnomaly has looked at it");
  if (first !== undefined) throw new Error(`detectAnomaly: ${first.what} holds NaN${first.line}`);
  return result;
}

/** The first of what was seen that holds a NaN. */
async function firstOf(sightings: readonly Sighting[]): Promise<Sighting | undefined> {
  if (sightings.length === 0) return undefined;
  const all = noGrad(() => stack(sightings.map(({ largest }) => largest)));
  const values = await all.data();
  return sightings.find((_, i) => Number.isNaN(values[i]));
}
