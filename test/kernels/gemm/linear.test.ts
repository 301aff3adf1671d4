// Dense layers: the product with its bias, in each family of programs, and in either orientation of the tiles.
import { afterAll } from "bun:test";
import { device } from "../../../src/gpu/device.ts";
import { type Family, families, useFamily } from "../../../src/kernels/gemm/gemm.ts";
import { linear as linearOp } from "../../../src/kernels/gemm/linear.ts";
import { apply, type Tensor } from "../../../src/tensor/tensor.ts";
import { type Case, check } from "../../harness.ts";
import { linear } from "../../reference/linear.ts";
import { Random } from "../../reference/random.ts";
import type { NoAttrs } from "../../reference/reference.ts";

const random = new Random(12);
afterAll(() => useFamily(null));

const sizes = [
  [1, 1, 1],
  [3, 5, 2],
  [32, 12, 40], // few rows, many columns
  [70, 8, 10], // and the other way round
  [33, 17, 65],
  [3, 600, 5], // k is split among tiles
  [32, 700, 50], // gradients whose left operand is copied: along k, and across it
] as const;
/** Those that matmulRows.wgsl does. */
const few = [
  [1, 12, 70],
  [2, 4, 33],
  [3, 600, 4],
  [4, 16, 1],
] as const;

const spec = (family: Family | null, shapes: readonly (readonly number[])[]) => ({
  run: (inputs: Tensor[]) => {
    useFamily(family);
    return apply(linearOp, inputs, undefined);
  },
  reference: linear,
  cases: shapes.flatMap(([rows, inputs, outputs]) => {
    const [x, w, b] = [
      random.array([rows!, inputs!]),
      random.array([outputs!, inputs!]),
      random.array([outputs!]),
    ];
    return [
      { inputs: [x, w, b], attrs: {} },
      { inputs: [x, w], attrs: {} },
    ];
  }),
  terms: ({ inputs: [x, w] }: Case<NoAttrs>) => Math.max(...w!.shape, ...x!.shape),
});

for (const family of families())
  check<NoAttrs>({ name: `linear (${family})`, covers: [], ...spec(family, sizes) });
if (device().adapter.software)
  check<NoAttrs>({ name: "linear (a few rows)", covers: ["matmulRows.rows"], ...spec(null, few) });
