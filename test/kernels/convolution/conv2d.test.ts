// Convolutions: strides, paddings, dilations, kernels as large as the input, one channel and many.
import { afterAll, expect, test } from "bun:test";
import { device } from "../../../src/gpu/device.ts";
import { kernels } from "../../../src/gpu/kernel.ts";
import { conv2d as conv2dOp } from "../../../src/kernels/convolution/conv2d.ts";
import { convTranspose2d as convTranspose2dOp } from "../../../src/kernels/convolution/convTranspose2d.ts";
import { families, useFamily } from "../../../src/kernels/gemm/gemm.ts";
import * as F from "../../../src/nn/functional/index.ts";
import { ones } from "../../../src/tensor/creation.ts";
import { apply, type Tensor } from "../../../src/tensor/tensor.ts";
import { type Case, check } from "../../harness.ts";
import {
  type Conv2dAttrs,
  type ConvTranspose2dAttrs,
  conv2d,
  convTranspose2d,
} from "../../reference/conv2d.ts";
import { Random } from "../../reference/random.ts";

const random = new Random(2);

function drawn(x: number[], w: number[], stride = [1, 1], padding = [0, 0], dilation = [1, 1], bias = true) {
  const inputs = [random.array(x), random.array(w), ...(bias ? [random.array([w[0]!])] : [])];
  return { inputs, attrs: { stride, padding, dilation } as unknown as Conv2dAttrs };
}

/** Terms of the longest sum: over a patch, over all positions, or over what reads one input. */
function productTerms({ inputs: [x, w], attrs: { stride, padding } }: Case<Conv2dAttrs>): number {
  const positions = x!.shape[0]! * (x!.shape[2]! + 2 * padding[0]) * (x!.shape[3]! + 2 * padding[1]);
  return Math.max(
    w!.data.length / w!.shape[0]!,
    positions / (stride[0] * stride[1]),
    w!.data.length / w!.shape[1]!,
  );
}

const cases = [
  drawn([1, 1, 1, 1], [1, 1, 1, 1]),
  drawn([2, 3, 5, 4], [4, 3, 3, 2]),
  drawn([3, 2, 7, 7], [5, 2, 3, 3], [2, 2], [1, 1]),
  drawn([2, 1, 9, 8], [3, 1, 2, 3], [3, 2], [1, 2], [2, 1]),
  drawn([1, 2, 6, 10], [2, 2, 3, 4], [1, 3], [2, 0], [1, 2], false),
  drawn([2, 2, 13, 11], [9, 2, 11, 6]), // Piczak's first layer, smaller
  drawn([3, 17, 1, 12], [18, 17, 1, 3]), // and the second
  drawn([2, 4, 1, 9], [3, 4, 1, 4], [1, 2], [0, 1]), // a 1-D convolution
  drawn([5, 3, 4, 4], [33, 3, 4, 4]), // the kernel is the whole input
  drawn([2, 1, 3, 3], [1, 1, 1, 1], [2, 2], [2, 2]), // padding beyond the kernel
  drawn([2, 3, 4, 6], [5, 3, 2, 3], [2, 3]), // patches that do not overlap …
  drawn([2, 3, 5, 6], [5, 3, 2, 3], [2, 3]), // … and a row that is in none
  drawn([2, 3, 3, 4], [5, 3, 1, 1]),
  drawn([2, 3, 4, 9], [5, 3, 1, 1]), // a product a sample
];
const large = [
  drawn([60, 32, 8, 8], [1, 32, 5, 5], [1, 1], [2, 2], [1, 1], false), // patch gradients in more than one piece
  drawn([3, 2, 60, 41], [40, 2, 57, 6]), // Piczak's first layer, with half its filters
];

// What conv2dRows.wgsl takes: outputs in rows of 12, 10 and 13 = 8 + 5; the first strided, dilated and padded. Then 3 × 3, in
// tiles of 8 × 2: with an odd number of rows and more channels than lanes, and padded beyond the kernel. The last in tiles of
// two rows, too, one row of the kernel at a time; its channels are shared out evenly.
const rows = [
  drawn([2, 3, 9, 12], [9, 3, 3, 3], [2, 1], [1, 1], [2, 1]),
  drawn([3, 17, 1, 12], [18, 17, 1, 3], [1, 1], [0, 0], [1, 1], false),
  drawn([5, 2, 5, 20], [17, 2, 2, 8]),
  drawn([2, 9, 7, 13], [9, 9, 3, 3], [1, 1], [1, 1]),
  drawn([2, 2, 3, 2], [2, 2, 3, 3], [1, 1], [3, 4]),
  drawn([2, 3, 7, 9], [10, 3, 5, 5], [1, 1], [2, 2]),
];
const pointwise = [
  drawn([3, 8, 4, 9], [11, 8, 1, 1]), // a last vec4 without a neighbour, channels past the end
  drawn([1, 4, 8, 8], [8, 4, 1, 1], [1, 1], [0, 0], [1, 1], false),
  drawn([2, 20, 10, 10], [3, 20, 1, 1]),
];
function checkRows(name: string, cases: Case<Conv2dAttrs>[], run: (convolve: () => Tensor) => Tensor): void {
  check<Conv2dAttrs>({
    name,
    covers: ["conv2dRows"],
    run: (inputs, attrs) => {
      useFamily("rows");
      return run(() => apply(conv2dOp, inputs, attrs));
    },
    reference: conv2d,
    cases,
    terms: productTerms,
  });
}
if (families().includes("subgroup")) {
  checkRows("conv2d (rows)", [...rows, large[1]!], (convolve) => convolve());
  // As in a loop that never awaits, where nothing is copied to textures.
  const fromBuffers = (convolve: () => Tensor) => {
    Object.defineProperty(device().stream, "withoutTurn", { value: true, configurable: true });
    const y = convolve();
    Reflect.deleteProperty(device().stream, "withoutTurn");
    return y;
  };
  checkRows("conv2d (rows, from buffers)", [rows[3]!], fromBuffers);
  for (const [how, run] of [
    ["pointwise", (convolve: () => Tensor) => convolve()],
    ["pointwise, from buffers", fromBuffers],
  ] as const)
    check<Conv2dAttrs>({
      name: `conv2d (${how})`,
      covers: ["conv2dPointwise"],
      run: (inputs, attrs) => {
        useFamily(null);
        return run(() => apply(conv2dOp, inputs, attrs));
      },
      reference: conv2d,
      cases: pointwise,
      terms: productTerms,
    });
  test("an input that two convolutions lay out in different ways is laid out once for each", () => {
    useFamily("rows");
    const laidOut = () => kernels.get("conv2dRows")!.launches.get("layOut") ?? 0;
    const before = laidOut();
    const [x, w] = [ones([2, 9, 7, 13]), ones([9, 9, 3, 3], { requiresGrad: true })];
    const [y, z] = [F.conv2d(x, w, null, { padding: 1 }), F.conv2d(x, w, null, { padding: [2, 1] })];
    y.sum().add(z.sum()).backward();
    const count = laidOut() - before;
    console.log(
      `  two convolutions of an input and their weights' gradients: ${count} arrays laid out in rows`,
    );
    expect(count).toBe(6); // twice the input, the weights, and the result's gradient
  });
  // Its result is a row longer than what the convolution of that stride and padding would read.
  check<ConvTranspose2dAttrs>({
    name: "convTranspose2d (rows)",
    covers: ["conv2dRows"],
    run: (inputs, attrs) => {
      useFamily("rows");
      return apply(convTranspose2dOp, inputs, attrs);
    },
    reference: convTranspose2d,
    cases: [
      {
        inputs: [random.array([2, 3, 4, 5]), random.array([3, 2, 2, 3])],
        attrs: { stride: [1, 1], padding: [0, 1], outputPadding: [1, 0], dilation: [2, 1], groups: 1 },
      },
    ],
    terms: () => 200,
  });
}

// Each shape compiles programs of its own for subgroups.
const all = [...cases, ...large];
const few = [cases[3]!, ...large];
const chosen = { plain: all, tiled: all, subgroup: few, texture: few, packed: [] }; // patches have no panels
afterAll(() => useFamily(null));

for (const family of families().filter((each) => chosen[each].length > 0)) {
  check<Conv2dAttrs>({
    name: `conv2d (${family})`,
    covers: ["conv2d"],
    run: (inputs, attrs) => {
      useFamily(family);
      return apply(conv2dOp, inputs, attrs);
    },
    reference: conv2d,
    cases: chosen[family],
    terms: productTerms,
  });
}
