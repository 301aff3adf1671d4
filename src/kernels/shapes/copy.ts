// Strided copies, on which permute, slice, pad, concat and broadcasting rest.
import { DeferredCopy, DeviceArray, empty, type Lie, lieOf, WORTH_HOLDING } from "../../gpu/array.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { broadcastStrides, type Shape, sameShape, sizeOf, stridesOf } from "../../gpu/shape.ts";
import { type RowParams, rowsOf, type Walk } from "../shared/strides.ts";
import source from "./copy.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "copy",
  code: ({ FOURS }) =>
    `alias Element = ${FOURS ? "vec4u" : "u32"};\nalias Floats = ${FOURS ? "vec4f" : "f32"};\n${source}`,
  entries: { pick: ["read", "write"], place: ["read", "write"], add: ["read", "write"] },
});

const WORKGROUP = 64;
/** Fours of a row that one invocation takes at most. */
const MOST_FOURS = 16;

type Entry = "pick" | "place" | "add";

function launch(
  entry: Entry,
  arrays: DeviceArray[],
  shape: Shape,
  strides: readonly number[],
  offset: number,
  scale: number,
): void {
  const { params, walks } = rowsOf(shape, strides);
  const walk = walks[0]!;
  const all = [params.inner, offset, ...walk.strides];
  if (device().adapter.software && walk.step === 1 && all.every((step) => step % 4 === 0)) {
    launchFours(entry, arrays, params, walk, offset, scale);
    return;
  }
  kernel.launch(entry, {
    arrays,
    sizes: { FOURS: 0 },
    params: { ...params, ...walk, offset, scale },
    constants: { SCALED: scale === 1 ? 0 : 1 },
    groups: linearGroups(params.rows * params.chunks, WORKGROUP),
  });
}

/** Four elements of a row at a time: on a CPU adapter a loop's turn costs more than what it copies. */
function launchFours(
  entry: Entry,
  arrays: DeviceArray[],
  params: RowParams,
  { strides }: Walk,
  offset: number,
  scale: number,
): void {
  const inner = params.inner / 4;
  const chunks = Math.ceil(inner / MOST_FOURS);
  kernel.launch(entry, {
    arrays,
    sizes: { FOURS: 1 },
    params: {
      ...{ ...params, inner, chunks, step: 1, scale },
      ...{ strides: strides.map((stride) => stride / 4), offset: offset / 4 },
    },
    constants: { SCALED: scale === 1 ? 0 : 1 },
    groups: linearGroups(params.rows * chunks, WORKGROUP),
  });
}

/** A new array of `shape` whose element at an index is x[offset + index · strides], times `scale`. */
export function pick(
  x: DeviceArray,
  shape: Shape,
  strides: readonly number[],
  offset = 0,
  scale = 1,
  what = "a copy",
): DeviceArray {
  const out = empty(shape, x.dtype, what);
  launch("pick", [x, out], shape, strides, offset, scale);
  return out;
}

/**
 * The same, made when somebody needs it: x at offset + index · strides of what x lies in, see lieOf. Null where it is to be made now:
 * nothing, or so small a part that all of x would be held for it.
 */
export function pickLater(x: DeviceArray, lieIn: (lie: Lie) => Lie, what: string): DeviceArray | null {
  const known = lieOf(x);
  if (known === null) return null;
  const lie = lieIn(known.lie);
  const size = sizeOf(lie.shape);
  if (size === 0 || WORTH_HOLDING * size < known.of.size) return null;
  const copy = (of: DeviceArray) => pick(of, lie.shape, lie.strides, lie.offset, 1, what);
  return new DeviceArray(lie.shape, x.dtype, new DeferredCopy(known.of, lie, copy));
}

/** The same, made later where that may be, and else now. */
export function picked(x: DeviceArray, lieIn: (lie: Lie) => Lie, what: string): DeviceArray {
  const later = pickLater(x, lieIn, what);
  if (later !== null) return later;
  const { shape, strides, offset } = lieIn({ shape: x.shape, strides: stridesOf(x.shape), offset: 0 });
  return pick(x, shape, strides, offset, 1, what);
}

/** Writes x's elements to out[offset + index · strides], index running over x's shape. */
export function place(x: DeviceArray, out: DeviceArray, strides: readonly number[], offset = 0): void {
  launch("place", [x, out], x.shape, strides, offset, 1);
}

/** Adds x's elements to out[offset + index · strides], which are different ones, index running over x's shape. */
export function addAt(x: DeviceArray, out: DeviceArray, strides: readonly number[], offset = 0): void {
  launch("add", [x, out], x.shape, strides, offset, 1);
}

/** Overwrites `to` with the elements of `from`, an array of the same shape and type in other storage. */
export function copyArray(from: DeviceArray, to: DeviceArray): void {
  place(from, to, stridesOf(to.shape));
}

/** x broadcast to a larger shape, times `scale`. */
export function expand(x: DeviceArray, shape: Shape, scale = 1): DeviceArray {
  return pick(x, shape, broadcastStrides(x.shape, shape), 0, scale, "a broadcast");
}

/** x seen under a larger shape: a new reference to x itself where that is its own. */
export function broadcast(x: DeviceArray, shape: Shape): DeviceArray {
  return sameShape(x.shape, shape) ? x.retain() : expand(x, shape);
}

/** Row-major elements from `starts` on, every `steps`-th, as strides and offset into an array of `shape`. */
export function window(
  strides: readonly number[],
  starts: readonly number[],
  steps: readonly number[],
): { strides: number[]; offset: number } {
  return {
    strides: strides.map((stride, axis) => stride * (steps[axis] ?? 1)),
    offset: strides.reduce((sum, stride, axis) => sum + stride * starts[axis]!, 0),
  };
}
