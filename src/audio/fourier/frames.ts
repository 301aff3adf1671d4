// Overlapping frames of rows, and the rows that frames add up to: two operations, each the other's gradient.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { sizeOf } from "../../gpu/shape.ts";
import { linear } from "../differentiable.ts";
import source from "./frames.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "frames",
  code: source,
  entries: { cut: ["read", "write"], add: ["read", "write"] },
});

const WORKGROUP = 64;

/** How rows [..., samples] fall into frames [..., count, length]. */
export interface Framing {
  readonly samples: number;
  readonly count: number;
  readonly length: number;
  /** Samples from one frame to the next. */
  readonly hop: number;
  /** Samples that rows are mirrored by at each end; fewer than they have. */
  readonly pad: number;
  /** Rows that share their frames' places: frames are [clips, count, middle, length] then. Default 1. */
  readonly middle?: number;
}

/** Rows [..., samples] to frames [..., count, length]. */
export const cutFrames = linear<Framing>({
  name: "cutFrames",
  there: (x, framing) => cut(x, [...x.shape.slice(0, -1), framing.count, framing.length], framing),
  back: (dy, framing, shape) => addUp(dy, shape, framing),
});

/** Frames [..., count, length] to rows [..., samples]: where they overlap, their sum. */
export const addFrames = linear<Framing>({
  name: "addFrames",
  there: (x, framing) => addUp(x, [...x.shape.slice(0, -2), framing.samples], framing),
  back: (dy, framing, shape) => cut(dy, shape, framing),
});

function cut(x: DeviceArray, shape: readonly number[], framing: Framing): DeviceArray {
  return launched("cut", x, shape, framing);
}

/** Adds frames up to an array of rows; the gradient of whatever cuts. */
export function addUp(x: DeviceArray, shape: readonly number[], framing: Framing): DeviceArray {
  return launched("add", x, shape, framing);
}

function launched(entry: "cut" | "add", x: DeviceArray, shape: readonly number[], framing: Framing) {
  const y = empty(shape, "float32", "frames");
  kernel.launch(entry, {
    arrays: [x, y],
    params: { middle: 1, ...framing, n: sizeOf(shape) },
    groups: linearGroups(sizeOf(shape), WORKGROUP),
  });
  return y;
}
