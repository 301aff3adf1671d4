// Writing by index, of raw arrays. The operation is in placing.ts.
import type { DeviceArray } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { sameShape, sizeOf, stridesOf } from "../../gpu/shape.ts";
import { filled } from "../elementwise/fill.ts";
import { pick, place } from "../shapes/copy.ts";
import source from "./scatter.wgsl" with { type: "text" };
import { covered } from "./scatterAdd.ts";

const kernel = defineKernel({
  name: "scatter",
  code: source,
  entries: { claim: ["read", "write"], write: ["read", "read", "read", "write"] },
});

/** Writes the elements of `source` that the index covers where it names, along `axis`; of several for one place the last. */
export function writeAlong(out: DeviceArray, index: DeviceArray, source: DeviceArray, axis: number): void {
  const taken = covered(source, index);
  const reached = out.shape.map((n, d) => (d === axis ? n : index.shape[d]!));
  const whole = sameShape(reached, out.shape);
  const part = whole ? out.retain() : pick(out, reached, stridesOf(out.shape));
  const owner = filled(reached, 0, "uint32");
  const params = {
    n: index.size,
    count: index.shape[axis]!,
    inner: sizeOf(index.shape.slice(axis + 1)),
    size: out.shape[axis]!,
  };
  const groups = linearGroups(index.size, 64);
  kernel.launch("claim", { arrays: [index, owner], params, groups });
  kernel.launch("write", { arrays: [index, owner, taken, part], params, groups });
  if (!whole) place(part, out, stridesOf(out.shape));
  for (const array of [taken, part, owner]) array.release();
}
