// Images of another size: nearest, linear and cubic interpolation, and their gradients.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { requireFloat } from "../shared/require.ts";
import source from "./interpolate.wgsl" with { type: "text" };

const BINDINGS = ["read", "write"] as const;
const kernel = defineKernel({
  name: "interpolate",
  code: source,
  entries: { nearest: BINDINGS, nearestGradient: BINDINGS, smoothed: BINDINGS, smoothedGradient: BINDINGS },
});

/** Neighbours in a row that an invocation computes on a CPU. */
const CHUNK = { short: 8, long: 32 };

/** Rows and columns. */
type Pair = readonly [height: number, width: number];

export interface InterpolateAttrs {
  mode: "nearest" | "nearest-exact" | "linear" | "cubic";
  /** Corners of both images lie on each other, rather than the edges of their outermost pixels. */
  alignCorners: boolean;
  from: Pair;
  to: Pair;
  /** Rows and columns of the input that one of the result stands for, where corners are not aligned. */
  scale: Pair;
}

function launch(
  x: DeviceArray,
  size: Pair,
  backwards: boolean,
  { mode, alignCorners, from, to, scale }: InterpolateAttrs,
): DeviceArray {
  const result = empty([...x.shape.slice(0, 2), ...size], "float32", "interpolate");
  const aligned = (axis: 0 | 1) => (to[axis] > 1 ? (from[axis] - 1) / (to[axis] - 1) : 0);
  const [high, wide] = alignCorners ? [aligned(0), aligned(1)] : scale;
  const entry = mode.startsWith("nearest") ? "nearest" : "smoothed";
  // Where all of the result stands at one place, all of it is looked at.
  const inverse = (n: number) => (n > 0 ? 1 / n : 1e9);
  const [[rows, columns], [sourceRows, sourceColumns]] = backwards ? [from, to] : [to, from];
  const { software } = device().adapter;
  const chunk = software ? (columns <= CHUNK.short ? CHUNK.short : CHUNK.long) : 1;
  const planes = x.shape[0]! * x.shape[1]!;
  const chunks = Math.ceil(columns / chunk);
  const workgroup = software ? 8 : 64;
  kernel.launch(backwards ? `${entry}Gradient` : entry, {
    arrays: [x, result],
    params: {
      planes,
      rows,
      columns,
      chunks,
      sourceRows,
      sourceColumns,
      scaleHeight: high,
      scaleWidth: wide,
      inverseHeight: inverse(high),
      inverseWidth: inverse(wide),
    },
    constants: {
      WORKGROUP: workgroup,
      CHUNK: chunk,
      EXACT: mode === "nearest-exact" ? 1 : 0,
      CUBIC: mode === "cubic" ? 1 : 0,
      ALIGNED: alignCorners ? 1 : 0,
    },
    groups: linearGroups(planes * rows * chunks, workgroup),
  });
  return result;
}

/** Input x [samples, channels, height, width]. */
export const interpolate: Op<InterpolateAttrs> = {
  name: "interpolate",
  forward(_, [x], attrs) {
    requireFloat("interpolate", x!);
    return launch(x!, attrs.to, false, attrs);
  },
  backward: (ctx, dy) => [launch(dy, ctx.attrs.from, true, ctx.attrs)],
};
