// Filled arrays: every count around a workgroup, both types, every bit of the value.
import { expect } from "bun:test";
import { filled } from "../../../src/kernels/elementwise/fill.ts";
import { compare, proof, report } from "../../harness.ts";
import { arr, sizeOf } from "../../reference/reference.ts";
import { SHAPES } from "../drawn.ts";

const spec = { name: "fill", covers: ["fill"] };

proof("fill: every element is the value, and nothing behind the end is", spec, async () => {
  const values = [0, 1, -0.1, 1e-30, Infinity, Number.NaN];
  let cases = 0;
  for (const shape of [...SHAPES, [63], [64], [65], [4097], [2 ** 18 + 1]]) {
    for (const [value, dtype] of [
      ...values.map((v) => [v, "float32"] as const),
      [0xfffffffe, "uint32"] as const,
    ]) {
      const out = filled(shape, value, dtype);
      expect(out.dtype).toBe(dtype);
      const expected = dtype === "float32" ? Math.fround(value) : value;
      await compare(
        out,
        arr(shape, new Float64Array(sizeOf(shape)).fill(expected)),
        `fill ${value} [${shape}]`,
        0,
      );
      out.release();
      cases++;
    }
  }
  report("fill", cases, { forward: 0, allowed: 0 }, false);
});
