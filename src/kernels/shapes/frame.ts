// A larger array with a smaller one inside and one value around it: constant padding, and the gradient of a slice.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { type Shape, sizeOf } from "../../gpu/shape.ts";
import { bitsOf } from "../elementwise/fill.ts";
import source from "./frame.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "frame",
  code: ({ FOURS }) => `alias Element = ${FOURS ? "vec4u" : "u32"};\n${source}`,
  entries: { frame: ["read", "write"] },
});

/** Elements of a row that one invocation takes at most. */
const CHUNK = 16;

/** One dimension of both, in order. */
interface Dimension {
  /** Of the larger array. */
  n: number;
  start: number;
  step: number;
  /** Of the smaller array. */
  count: number;
}

/** An array of `shape` that holds x's elements at `starts`, every `steps`-th, and `value` elsewhere. */
export function framed(
  x: DeviceArray,
  shape: Shape,
  starts: readonly number[],
  steps: readonly number[],
  value: number,
  what: string,
): DeviceArray {
  const out = empty(shape, x.dtype, what);
  const dims = joined(
    shape.map((n, d) => ({ n, start: starts[d]!, step: steps[d] ?? 1, count: x.shape[d]! })),
  );
  const last = dims.at(-1)!;
  // As in copy.ts.
  const fours =
    device().adapter.software &&
    last.step === 1 &&
    [last.n, last.start, last.count].every((size) => size % 4 === 0);
  if (fours) for (const key of ["n", "start", "count"] as const) last[key] /= 4;
  const of = (key: keyof Dimension) => dims.map((dim) => dim[key]);
  const inner = last.n;
  const rows = sizeOf(of("n").slice(0, -1));
  const chunks = Math.ceil(inner / CHUNK);
  kernel.launch("frame", {
    arrays: [x, out],
    sizes: { FOURS: Number(fours) },
    params: {
      ...{ rows, inner, chunks, rank: dims.length - 1, value: bitsOf(value, x.dtype) },
      ...{ shape: of("n"), starts: of("start"), steps: of("step"), counts: of("count") },
    },
    groups: linearGroups(out.size === 0 ? 0 : rows * chunks, 64),
  });
  return out;
}

/** Fewer dimensions: one that x fills from end to end counts the elements of the one before it. */
function joined(dims: Dimension[]): Dimension[] {
  const out: Dimension[] = [];
  for (const dim of dims) {
    const outer = out.at(-1);
    if (outer !== undefined && outer.step === 1 && dim.count === dim.n && dim.step === 1) {
      for (const key of ["n", "start", "count"] as const) outer[key] *= dim.n;
    } else out.push({ ...dim });
  }
  return out.length > 0 ? out : [{ n: 1, start: 0, step: 1, count: 1 }];
}
