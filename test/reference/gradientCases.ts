// The drawn cases on which every reference's gradient is checked (references.test.ts): small shapes, sizes of 1,
// odd sizes, strides and paddings; inputs away from kinks and ties, where a gradient is a matter of agreement.
import { attentionCases } from "./attentionCases.ts";
import * as batchNorm from "./batchNorm.ts";
import * as conv2d from "./conv2d.ts";
import { convCases } from "./convCases.ts";
import * as dropout from "./dropout.ts";
import * as elementwise from "./elementwise.ts";
import { functionCases } from "./functionCases.ts";
import * as gather from "./gather.ts";
import { indexCases } from "./indexCases.ts";
import * as linear from "./linear.ts";
import * as loss from "./loss.ts";
import { lossCases } from "./lossCases.ts";
import * as matmul from "./matmul.ts";
import { normCases } from "./normCases.ts";
import * as pool from "./pool.ts";
import { Random } from "./random.ts";
import { rearrangingCases } from "./rearrangingCases.ts";
import { recurrentCases } from "./recurrentCases.ts";
import * as reduce from "./reduce.ts";
import { type Arr, arr, type NoAttrs, type Reference } from "./reference.ts";
import * as shape from "./shape.ts";
import * as softmax from "./softmax.ts";

export interface GradientCases {
  name: string;
  reference: Reference<unknown>;
  /** Which inputs have a gradient; backward must give null for the others. */
  hasGradient: (inputs: Arr[]) => boolean[];
  cases: { inputs: Arr[]; attrs: unknown }[];
}

export const gradientCases: GradientCases[] = [];

/** Adds a reference with its cases; an input without gradient stands in `withoutGradient` by its number. */
function check<A>(
  name: string,
  reference: Reference<A>,
  withoutGradient: number[],
  draw: (random: Random) => { inputs: Arr[]; attrs: A }[],
): void {
  gradientCases.push({
    name,
    reference: reference as Reference<unknown>,
    hasGradient: (inputs) => inputs.map((_, i) => !withoutGradient.includes(i)),
    cases: draw(new Random(gradientCases.length + 1)),
  });
}

// ---- element-wise, one operand

const shapes = [[], [1], [7], [3, 5], [2, 1, 3], [2, 3, 1, 2]];

function checkUnary(name: string, reference: Reference<NoAttrs>, draw: (r: Random, shape: number[]) => Arr) {
  check(name, reference, [], (r) => shapes.map((shape) => ({ inputs: [draw(r, shape)], attrs: {} })));
}

const anywhere = (r: Random, shape: number[]) => r.array(shape, -2, 2);
const positive = (r: Random, shape: number[]) => r.array(shape, 0.2, 3);
const nonZero = (r: Random, shape: number[]) => r.awayFrom([0], shape, -2, 2);

checkUnary("neg", elementwise.neg, anywhere);
checkUnary("exp", elementwise.exp, anywhere);
checkUnary("log", elementwise.log, positive);
checkUnary("sqrt", elementwise.sqrt, positive);
checkUnary("abs", elementwise.abs, nonZero);
checkUnary("relu", elementwise.relu, nonZero);
checkUnary("sigmoid", elementwise.sigmoid, anywhere);
checkUnary("tanh", elementwise.tanh, anywhere);
checkUnary("square", elementwise.square, anywhere);
checkUnary("reciprocal", elementwise.reciprocal, (r, shape) => r.awayFrom([-0.2, 0, 0.2], shape, -2, 2));
checkUnary("sin", elementwise.sin, anywhere);
checkUnary("cos", elementwise.cos, anywhere);
checkUnary("geluTanh", elementwise.geluTanh, (r, shape) => r.array(shape, -4, 4));
check("leakyRelu", elementwise.leakyRelu, [], (r) =>
  [0.01, 0.3, -0.5].map((slope) => ({ inputs: [nonZero(r, [3, 5])], attrs: { slope } })),
);
check("clamp", elementwise.clamp, [], (r) =>
  [
    { min: -0.5, max: 0.7 },
    { min: 0, max: Infinity },
    { min: -Infinity, max: 1 },
  ].map((attrs) => ({ inputs: [r.awayFrom([attrs.min, attrs.max], [3, 5], -2, 2)], attrs })),
);

// ---- element-wise, two and three operands

/** Two shapes that broadcast to `full`: each loses some leading axes and has others set to 1. */
function broadcastPair(r: Random): [number[], number[]] {
  const full = r.shape(r.int(1, 4), 4);
  const shrunk = () => full.map((n) => (r.int(0, 2) === 0 ? 1 : n)).slice(r.int(0, full.length));
  return [shrunk(), shrunk()];
}

function pairs(r: Random): [number[], number[]][] {
  const drawn = Array.from({ length: 6 }, () => broadcastPair(r));
  return [
    [[], []],
    [
      [3, 2],
      [3, 2],
    ],
    [[2, 3], [3]],
    [[], [2, 2]],
    [
      [2, 1],
      [1, 4],
    ],
    [
      [3, 1],
      [4, 1, 2],
    ],
    ...drawn,
  ];
}

function checkBinary(
  name: string,
  reference: Reference<NoAttrs>,
  draw: (r: Random, a: number[], b: number[]) => Arr[] = (r, a, b) => [anywhere(r, a), anywhere(r, b)],
  withoutGradient: number[] = [],
) {
  check(name, reference, withoutGradient, (r) =>
    pairs(r).map(([a, b]) => ({ inputs: draw(r, a, b), attrs: {} })),
  );
}

checkBinary("add", elementwise.add);
checkBinary("sub", elementwise.sub);
checkBinary("mul", elementwise.mul);
checkBinary("div", elementwise.div, (r, a, b) => [anywhere(r, a), r.awayFrom([-0.2, 0, 0.2], b, -2, 2)]);
checkBinary("pow", elementwise.pow, (r, a, b) => [positive(r, a), anywhere(r, b)]);
checkBinary("maximum", elementwise.maximum, (r, a, b) => r.distinct(a, b));
checkBinary("minimum", elementwise.minimum, (r, a, b) => r.distinct(a, b));
const { eq, ne, lt, le, gt, ge } = elementwise;
for (const [name, reference] of Object.entries({ eq, ne, lt, le, gt, ge })) {
  const draw = (r: Random, a: number[], b: number[]) => [r.integers(a, 0, 2), r.integers(b, 0, 2)];
  checkBinary(name, reference, draw, [0, 1]);
}
check("where", elementwise.where, [0], (r) =>
  pairs(r).map(([a, b], i) => ({
    inputs: [r.integers(i % 2 ? a : b, 0, 1), anywhere(r, a), anywhere(r, b)],
    attrs: {},
  })),
);

check("clampTo", elementwise.clampTo, [], (r) =>
  pairs(r).map(([a, b], i) => ({ inputs: r.distinct(a, b, i % 2 ? a : b), attrs: {} })),
);

// ---- reductions

function reductions(r: Random): { inputs: Arr[]; attrs: reduce.ReduceAttrs }[] {
  const of = (shape: number[], axes: number[], keepDim: boolean) => ({
    inputs: r.distinct(shape),
    attrs: { axes, keepDim },
  });
  return [
    of([5], [0], false),
    of([1], [0], true),
    of([3, 4], [0], false),
    of([3, 4], [1], true),
    of([3, 4], [0, 1], false),
    of([2, 3, 4], [0, 2], true),
    of([2, 3, 4], [1], false),
    of([2, 1, 3, 2], [1, 3], false),
    of([2, 3], [], false),
    of([2, 3], [], true),
  ];
}

check("sum", reduce.sum, [], reductions);
check("mean", reduce.mean, [], reductions);
check("max", reduce.max, [], reductions);
check("min", reduce.min, [], reductions);
check("argmax", reduce.argmax, [0], (r) =>
  [0, 1, 2].map((axis) => ({ inputs: [r.integers([2, 3, 4], 0, 2)], attrs: { axis } })),
);

// ---- matrix product, convolution, pooling

check("linear", linear.linear, [], (r) =>
  [true, false].map((bias) => {
    const [n, inputs, outputs] = r.shape(3);
    const inputsOf = [r.array([2, n!, inputs!]), r.array([outputs!, inputs!])];
    return { inputs: bias ? [...inputsOf, r.array([outputs!])] : inputsOf, attrs: {} };
  }),
);

check("matmul", matmul.matmul, [], (r) => {
  const batches = [
    [[], []],
    [[2], [2]],
    [[2], []],
    [[], [3]],
    [[2, 1], [3]],
    [[1], [2, 2]],
  ];
  return batches.flatMap(([batchA, batchB]) =>
    [0, 1, 2, 3].map((bits) => {
      const [transposeA, transposeB] = [(bits & 1) === 1, (bits & 2) === 2];
      const [i, j, k] = r.shape(3);
      const a = r.array([...batchA, ...(transposeA ? [k, i] : [i, k])]);
      const b = r.array([...batchB, ...(transposeB ? [j, k] : [k, j])]);
      return { inputs: [a, b], attrs: { transposeA, transposeB } };
    }),
  );
});

check("conv2d", conv2d.conv2d, [], (r) =>
  Array.from({ length: 16 }, (_, n) => {
    const kernel = r.shape(2, 3);
    const attrs: conv2d.Conv2dAttrs = {
      stride: [r.int(1, 3), r.int(1, 3)],
      padding: [r.int(0, 2), r.int(0, 2)],
      dilation: [r.int(1, 2), r.int(1, 2)],
    };
    // At least as large as the dilated kernel, at times larger, so that the output has an element.
    const image = [0, 1].map((d) => attrs.dilation[d] * (kernel[d] - 1) + 1 + r.int(0, 3));
    const [N, C, O] = r.shape(3, 3);
    const inputs = [r.array([N, C, ...image]), r.array([O, C, ...kernel])];
    if (n % 2) inputs.push(r.array([O]));
    return { inputs, attrs };
  }),
);

function poolCases(r: Random): { inputs: Arr[]; attrs: pool.PoolAttrs }[] {
  return Array.from({ length: 12 }, () => {
    const kernel: [number, number] = [r.int(1, 4), r.int(1, 3)];
    const attrs: pool.PoolAttrs = {
      kernel,
      stride: [r.int(1, 3), r.int(1, 3)],
      padding: [r.int(0, Math.floor(kernel[0] / 2)), r.int(0, Math.floor(kernel[1] / 2))], // PyTorch's limit
    };
    const image = kernel.map((n) => n + r.int(0, 3));
    return { inputs: r.distinct([...r.shape(2, 2), ...image]), attrs };
  });
}

check("maxPool2d", pool.maxPool2d, [], poolCases);
check("avgPool2d", pool.avgPool2d, [], poolCases);

// ---- normalisation, dropout, softmax, losses

check("batchNorm", batchNorm.batchNorm, [3, 4], (r) =>
  [true, false].flatMap((training) =>
    [
      [5, 1],
      [3, 4],
      [2, 3, 3],
      [1, 2, 5],
      [2, 3, 2, 2],
      [1, 2, 3, 1],
    ].map((shape) => {
      const channels = [shape[1]];
      return {
        inputs: [
          r.array(shape, -2, 2),
          r.array(channels),
          r.array(channels),
          r.array(channels),
          r.array(channels, 0.3, 2),
        ],
        attrs: { training, momentum: 0.1, eps: 1e-5 },
      };
    }),
  ),
);
check("dropout", dropout.dropout, [1], (r) =>
  [0, 0.3, 0.5, 1].map((p) => ({ inputs: [r.array([3, 5]), r.integers([3, 5], 0, 1)], attrs: { p } })),
);

function alongEachAxis(r: Random): { inputs: Arr[]; attrs: { axis: number } }[] {
  return [[4], [1], [3, 5], [1, 4], [2, 3, 4], [2, 1, 3, 2]].flatMap((shape) =>
    shape.map((_, axis) => ({ inputs: [r.array(shape, -3, 3)], attrs: { axis } })),
  );
}

check("softmax", softmax.softmax, [], alongEachAxis);
check("logSoftmax", softmax.logSoftmax, [], alongEachAxis);

/** Labels of which every other one, but not the first, is the one that counts nothing. */
function someIgnored(r: Random, N: number, C: number): Arr {
  const labels = r.integers([N], 0, C - 1);
  for (let n = 1; n < N; n += 2) labels.data[n] = 2 ** 32 - 100;
  return labels;
}

function labelled(r: Random): { inputs: Arr[]; attrs: loss.LossAttrs }[] {
  return [
    [1, 1],
    [1, 4],
    [5, 1],
    [3, 7],
    [6, 3],
  ].flatMap(([N, C]) =>
    (["mean", "sum", "none"] as const).flatMap((reduction) => [
      { inputs: [r.array([N, C], -3, 3), r.integers([N], 0, C - 1)], attrs: { reduction } },
      { inputs: [r.array([N, C], -3, 3), someIgnored(r, N, C)], attrs: { reduction } },
      {
        inputs: [r.array([N + 1, C], -3, 3), arr([N + 1], [0, ...r.integers([N], 0, C - 1).data])],
        attrs: { reduction, ignored: C > 1 ? C - 1 : 7 },
      },
    ]),
  );
}

check("nllLoss", loss.nllLoss, [1], labelled);
check("crossEntropy", loss.crossEntropy, [1], labelled);
check("mseLoss", loss.mseLoss, [], (r) =>
  [[], [1], [3, 5], [2, 3, 2]].flatMap((shape) =>
    (["mean", "sum", "none"] as const).map((reduction) => ({
      inputs: [r.array(shape), r.array(shape)],
      attrs: { reduction },
    })),
  ),
);

// ---- picking and moving elements

check("embedding", gather.embedding, [1], (r) =>
  [[], [4], [2, 3], [1, 1, 1]].map((indices) => {
    const [V, D] = r.shape(2, 5);
    return { inputs: [r.array([V, D]), r.integers(indices, 0, V - 1)], attrs: {} };
  }),
);
check("gather", gather.gather, [1], (r) => {
  const of = (x: number[], index: number[], axis: number) => ({
    inputs: [r.array(x), r.integers(index, 0, x[axis] - 1)],
    attrs: { axis },
  });
  return [
    of([5], [3], 0),
    of([3, 4], [3, 2], 1),
    of([3, 4], [5, 2], 0), // more rows than x, fewer columns
    of([2, 3, 4], [2, 6, 3], 1),
    of([2, 3, 4], [1, 2, 1], 2),
  ];
});
check("concat", shape.concat, [], (r) => {
  const of = (axis: number, ...shapes: number[][]) => ({
    inputs: shapes.map((s) => r.array(s)),
    attrs: { axis },
  });
  return [
    of(0, [3], [1], [2]),
    of(0, [2, 3], [1, 3]),
    of(1, [2, 3], [2, 1], [2, 4]),
    of(1, [2, 3, 2], [2, 2, 2]),
    of(2, [1, 2, 3]),
    of(3, [2, 1, 2, 1], [2, 1, 2, 4]),
  ];
});
check("slice", shape.slice, [], (r) =>
  Array.from({ length: 12 }, () => {
    const size = r.shape(r.int(1, 4), 6);
    const starts = size.map((n) => r.int(0, n - 1));
    const ends = size.map((n, d) => r.int(starts[d] + 1, n));
    return { inputs: [r.array(size)], attrs: { starts, ends, steps: size.map(() => r.int(1, 3)) } };
  }),
);
check("permute", shape.permute, [], (r) =>
  [[0], [1, 0], [0, 1], [2, 0, 1], [1, 2, 0], [0, 3, 1, 2], [3, 2, 1, 0]].map((dims) => ({
    inputs: [r.array(r.shape(dims.length))],
    attrs: { dims },
  })),
);
check("pad", shape.pad, [], (r) =>
  Array.from({ length: 8 }, () => {
    const size = r.shape(r.int(1, 4), 3);
    const padding = size.map((): [number, number] => [r.int(0, 2), r.int(0, 2)]);
    return { inputs: [r.array(size)], attrs: { padding, value: r.between(-1, 1) } };
  }),
);

// ---- soft labels

/** Rows of probabilities: two classes shared by a ratio, one class alone, and shares of all. */
export function softLabels(r: Random, [rows, classes]: readonly [number, number]): Arr {
  const t = r.array([rows, classes], 0, 0);
  for (let row = 0; row < rows; row++) {
    const at = row * classes;
    if (row % 3 === 0) {
      const ratio = r.uniform();
      t.data[at + r.int(0, classes - 1)] += ratio;
      t.data[at + r.int(0, classes - 1)] += 1 - ratio;
    } else if (row % 3 === 1) t.data[at + r.int(0, classes - 1)] = 1;
    else {
      const shares = r.array([classes], 0.1, 1).data;
      const total = shares.reduce((a, b) => a + b, 0);
      for (let c = 0; c < classes; c++) t.data[at + c] = shares[c] / total;
    }
  }
  return t;
}

check("klDiv", loss.klDiv, [1], (r) =>
  (
    [
      [1, 1],
      [1, 4],
      [5, 1],
      [3, 7],
      [6, 3],
    ] as const
  ).flatMap((size) =>
    (["batchmean", "mean", "sum", "none"] as const).map((reduction) => ({
      inputs: [r.array(size, -3, 0), softLabels(r, size)],
      attrs: { reduction },
    })),
  ),
);

// ---- cases with a file of their own

for (const { name, reference, withoutGradient, cases } of [
  ...indexCases,
  ...functionCases,
  ...convCases,
  ...normCases,
  ...rearrangingCases,
  ...attentionCases,
  ...recurrentCases,
  ...lossCases,
])
  check(name, reference, withoutGradient, () => cases);

check("batchNormRelu", batchNorm.batchNormRelu, [3, 4], (r) =>
  [true, false].map((training) => ({
    inputs: [r.array([3, 2, 4]), r.array([2]), r.array([2]), r.array([2]), r.array([2], 0.3, 2)],
    attrs: { training, momentum: 0.1, eps: 1e-5 },
  })),
);
