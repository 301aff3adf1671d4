// Launches over vec4s: whatever an adapter wants an invocation to take, every element is done once.

import { expect, test } from "bun:test";
import { unary } from "../../../src/kernels/elementwise/unary.ts";
import { overVectors } from "../../../src/kernels/shared/vectors.ts";
import { arrayOf } from "../../../src/tensor/handle.ts";
import { apply } from "../../../src/tensor/tensor.ts";
import { compare, toTensor } from "../../harness.ts";
import { arr } from "../../reference/reference.ts";

// A few elements; one and several turns of the loop; the longest loop; an end inside a loop.
const sizes = [1, 5, 2048, 4096, 8195, 131_072, 300_003, 1_000_001];

test.each(sizes)("%i elements", async (size) => {
  const { params, constants, groups } = overVectors(size);
  expect(groups[0] * groups[1] * constants.WORKGROUP * params.per).toBeGreaterThanOrEqual(size / 4);
  const x = arr([size]);
  for (let i = 0; i < size; i++) x.data[i] = (i % 1000) - 500;
  const y = apply(unary.neg, [toTensor(x)], { a: 0, b: 0 });
  await compare(arrayOf(y), { shape: [size], data: x.data.map((value) => 0 - value) }, `neg of ${size}`, 0);
});
