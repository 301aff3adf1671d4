// Convolutions in groups, depthwise ones, transposed ones, and the weights' gradient as an operation: strides, paddings
// and dilations in every mixture, tiles that hang over, kernels too large to be unrolled.

import { afterAll, expect, test } from "bun:test";
import { copiesToTextures } from "../../../src/gpu/bindings.ts";
import {
  conv2d as conv2dOp,
  conv2dWeight as conv2dWeightOp,
} from "../../../src/kernels/convolution/conv2d.ts";
import { unrollFrom } from "../../../src/kernels/convolution/conv2dGroupsProgram.ts";
import { convTranspose2d as convTranspose2dOp } from "../../../src/kernels/convolution/convTranspose2d.ts";
import { firstFew, useFamily } from "../../../src/kernels/gemm/gemm.ts";
import { zeros } from "../../../src/tensor/creation.ts";
import "../../../src/nn/functional/index.ts"; // with its second derivatives
import { apply, type Tensor } from "../../../src/tensor/tensor.ts";
import { type Case, check, toTensor } from "../../harness.ts";
import * as reference from "../../reference/conv2d.ts";
import { Random } from "../../reference/random.ts";
import { expectRefused } from "../../refuses.ts";
import { casesOf } from "../drawn.ts";

const random = new Random(61);
type Attrs = reference.Conv2dAttrs;

function drawn(
  x: number[],
  w: number[],
  groups: number,
  { stride = [1, 1], padding = [0, 0], dilation = [1, 1], bias = true } = {},
): Case<Attrs> {
  const inputs = [random.array(x), random.array(w), ...(bias ? [random.array([w[0]!])] : [])];
  return { inputs, attrs: { stride, padding, dilation, groups } as Attrs };
}

const terms = ({ inputs: [x, w], attrs: { groups = 1 } }: Case<Attrs>) =>
  Math.max(
    x!.data.length / x!.shape[1]!,
    w!.data.length / w!.shape[0]!,
    w!.data.length / w!.shape[1]! / groups,
  );

const cases = [
  drawn([2, 5, 9, 17], [5, 1, 3, 3], 5, { padding: [1, 1] }), // depthwise, tiles that hang over
  drawn([2, 6, 11, 12], [6, 1, 5, 5], 6, { padding: [2, 2], bias: false }),
  drawn([2, 3, 9, 12], [3, 1, 3, 3], 3, { padding: [1, 1] }), // rows of whole vec4s
  drawn([1, 2, 9, 16], [4, 1, 3, 3], 2, { padding: [0, 1], stride: [2, 2] }), // and a stride
  drawn([1, 3, 9, 11], [6, 1, 3, 3], 3, { padding: [1, 1], stride: [2, 2] }), // two filters a channel, strided
  drawn([2, 8, 6, 7], [4, 4, 3, 3], 2, { padding: [1, 1] }), // two groups
  drawn([2, 4, 9, 8], [6, 2, 3, 2], 2, { stride: [2, 3], padding: [1, 2], dilation: [2, 1] }),
  drawn([1, 4, 13, 10], [4, 1, 2, 3], 4, { stride: [4, 2], padding: [3, 0], dilation: [2, 4] }), // a common divisor
  drawn([3, 4, 1, 40], [4, 1, 1, 31], 4, { padding: [0, 15] }), // a 1-D one, too long to be unrolled
  drawn([1, 2, 9, 9], [2, 1, 6, 6], 2, { stride: [1, 5] }),
  drawn([2, 2, 3, 1], [2, 1, 2, 1], 2, { padding: [2, 1] }), // padding beyond the kernel, images one wide
  drawn([2, 48, 4, 5], [56, 24, 2, 3], 2, { padding: [1, 0] }), // many channels: a product a group
  drawn([0, 2, 4, 4], [2, 1, 3, 3], 2),
  drawn([2, 3, 149, 148], [3, 1, 3, 3], 3, { padding: [1, 1] }), // large: tiles of eight rows
];

afterAll(() => {
  unrollFrom(null);
  useFamily(null);
  firstFew(0);
});
// Small results are computed in loops, large ones by unrolled programs; from textures where operands may be copied to them.
const textures = copiesToTextures(4) ? [["from textures", null, null, cases] as const] : [];
for (const [how, from, family, some] of [
  ["loops", Number.POSITIVE_INFINITY, "plain", cases.slice(0, -1)],
  ["unrolled", 0, "plain", cases],
  ...textures,
] as const) {
  check<Attrs>({
    name: `conv2d in groups, ${how}`,
    covers: ["conv2dGroups"],
    run: (inputs, attrs) => {
      unrollFrom(from);
      useFamily(family);
      return apply(conv2dOp, inputs, attrs);
    },
    reference: reference.conv2d,
    cases: some,
    terms,
  });
}

// From textures, those that read one channel a result are walked: strips of few planes, rows that begin anywhere in a vec4. The first few
// are small enough for a plain program.
const walked = [
  drawn([1, 3, 21, 24], [3, 1, 7, 7], 3, { padding: [3, 3], stride: [3, 2] }), // in the middle
  drawn([2, 2, 19, 26], [4, 1, 5, 5], 2, { padding: [5, 1], stride: [2, 1] }), // in one half
  drawn([2, 2, 23, 13], [2, 1, 4, 3], 2, { padding: [0, 2], stride: [1, 3] }), // at each of four
  drawn([1, 2, 6, 9], [2, 1, 3, 3], 2, { padding: [4, 3] }), // the gradient's windows begin within dy
  drawn([1, 1, 33, 16], [2, 1, 3, 3], 1, { padding: [1, 1] }), // one channel, several results of it
];
const byOne = (first: number) => (inputs: Tensor[], attrs: Attrs) => {
  useFamily(null);
  firstFew(first);
  return apply(conv2dOp, inputs, attrs);
};
if (textures.length > 0) {
  for (const [how, kernel, first] of [
    ["walked", "depthwise", 0],
    ["plainly", "depthwisePlain", Number.POSITIVE_INFINITY],
  ] as const)
    check<Attrs>({
      name: `conv2d of one channel a result, ${how}`,
      // covers: ["depthwise", "depthwisePlain"]
      covers: [kernel],
      run: byOne(first),
      reference: reference.conv2d,
      cases: walked,
      terms,
    });

  test("the plain program of one channel a result gives the bits of the other one", async () => {
    for (const { inputs, attrs } of [...walked, ...cases.slice(0, 5)]) {
      const both = [];
      for (const first of [0, Number.POSITIVE_INFINITY]) {
        const given = inputs.map((each) => toTensor(each));
        for (const each of given) each.requiresGrad = true;
        const y = byOne(first)(given, attrs);
        y.relu().square().sum().backward();
        both.push([await y.data(), await given[0]!.grad!.data()]);
      }
      expect(both[0]).toEqual(both[1]!);
    }
  });
}

type Transposed = reference.ConvTranspose2dAttrs;

function transposed(
  x: number[],
  w: number[],
  { stride = [1, 1], padding = [0, 0], outputPadding = [0, 0], dilation = [1, 1], groups = 1 } = {},
): Case<Transposed> {
  const attrs = { stride, padding, outputPadding, dilation, groups } as Transposed;
  return { inputs: [random.array(x), random.array(w)], attrs };
}

check<Transposed>({
  name: "convTranspose2d",
  covers: ["conv2d.fold", "conv2dGroups"],
  run: (inputs, attrs) => {
    unrollFrom(null);
    useFamily(null);
    return apply(convTranspose2dOp, inputs, attrs);
  },
  reference: reference.convTranspose2d,
  cases: [
    ...casesOf<Transposed>("convTranspose2d"),
    transposed([2, 5, 4, 4], [5, 3, 4, 4], { stride: [2, 2], padding: [1, 1] }), // a DCGAN's
    transposed([1, 4, 5, 6], [4, 1, 3, 3], {
      groups: 4,
      stride: [2, 2],
      padding: [1, 1],
      outputPadding: [1, 1],
    }),
  ],
  terms: ({ inputs: [x, w] }) => Math.max(x!.data.length * 2, w!.data.length),
});

type Weighing = Attrs & { kernel: [number, number] };

check<Weighing>({
  name: "conv2d's weight gradient",
  covers: ["conv2dGroups"],
  run: (inputs, attrs) => apply(conv2dWeightOp, inputs, attrs),
  reference: reference.conv2dWeight,
  cases: casesOf<Weighing>("conv2d's weight gradient"),
  terms: ({ inputs: [x, dy] }) => x!.data.length + dy!.data.length,
});

test("what does not fit together is refused by name", () => {
  const attrs = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 2 } as const;
  const transposed = { ...attrs, outputPadding: [0, 0] as const };
  const x = zeros([1, 6, 4, 4]);
  expectRefused([
    [
      () => apply(conv2dOp, [x, zeros([4, 2, 3, 3])], attrs),
      "conv2d: weight [4, 2, 3, 3] in 2 groups wants 4 input channels, input [1, 6, 4, 4] has 6",
    ],
    [
      () => apply(conv2dOp, [x, zeros([3, 3, 3, 3])], attrs),
      "conv2d: the 3 output channels of weight [3, 3, 3, 3] do not come in 2 groups",
    ],
    [
      () => apply(convTranspose2dOp, [zeros([4, 4]), zeros([3, 3, 3, 3])], transposed),
      "convTranspose2d: wants input [samples, channels, height, width] and weight [in, out / groups, height, width], got [4, 4] and [3, 3, 3, 3]",
    ],
    [
      () => apply(convTranspose2dOp, [x, zeros([4, 3, 3, 3])], transposed),
      "convTranspose2d: weight [4, 3, 3, 3] wants 4 input channels, input [1, 6, 4, 4] has 6",
    ],
    [
      () => apply(convTranspose2dOp, [x, zeros([6, 3, 3, 3])], { ...transposed, groups: 4 }),
      "convTranspose2d: the 6 input channels of weight [6, 3, 3, 3] do not come in 4 groups",
    ],
    [
      () => apply(convTranspose2dOp, [x, zeros([6, 3, 3, 3])], { ...transposed, outputPadding: [1, 0] }),
      "convTranspose2d: outputPadding [1,0] is to be below the stride [1,1] or the dilation [1,1]",
    ],
    [
      () => apply(convTranspose2dOp, [x, zeros([6, 3, 1, 1])], { ...transposed, padding: [2, 0] }),
      "convTranspose2d: padding [2,0] leaves nothing of the result of kernel 1 × 1 and input 4 × 4",
    ],
  ]);
});
