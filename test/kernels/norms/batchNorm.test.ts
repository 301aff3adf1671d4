// Batch norm: training and evaluation, with and without weight and bias, channels of two elements and of 100,000,
// means far larger than deviations, and the running statistics.

import { expect, test } from "bun:test";
import { type BatchNormAttrs as OpAttrs, batchNorm as op } from "../../../src/kernels/norms/batchNorm.ts";
import { ones, tensor, zeros } from "../../../src/tensor/creation.ts";
import { arrayOf } from "../../../src/tensor/handle.ts";
import { apply, type Tensor } from "../../../src/tensor/tensor.ts";
import { type Case, check, compare, proof, report, toTensor } from "../../harness.ts";
import { type BatchNormAttrs, batchNorm, batchNormRelu, runningStats } from "../../reference/batchNorm.ts";
import { Random } from "../../reference/random.ts";
import { type Arr, arr, type Reference, rounded } from "../../reference/reference.ts";
import { expectRefused } from "../../refuses.ts";
import { casesOf } from "../drawn.ts";

const random = new Random(21);
const EPS = Math.fround(1e-5);

/** x, weight, bias, running mean and variance, for x of a shape. */
function drawn(shape: number[], low = -2, high = 2): Arr[] {
  const channels = [shape[1]!];
  return [
    random.array(shape, low, high),
    random.array(channels, 0.5, 1.5),
    random.array(channels),
    random.array(channels, low, high),
    random.array(channels, 0.3, 2),
  ];
}

const SHAPES = [
  [9, 1],
  [65, 7], // [N, C]: channels next to each other
  [300, 3],
  [2, 330], // more channels than a row of workgroups takes
  [4, 3, 1],
  [5, 4, 33], // [N, C, L]
  [1, 2, 257],
  [3, 17, 4, 5], // [N, C, H, W]
  [32, 5, 4, 36],
  [1, 1, 70, 70],
  [2, 2, 3, 4, 5],
];

/** Elements of a channel. */
const perChannel = ([x]: Arr[]) => x!.data.length / x!.shape[1]!;

const run = (
  [x, weight, bias, runningMean, runningVar]: Tensor[],
  attrs: BatchNormAttrs & { relu?: boolean },
) =>
  apply(op, [x!, weight!, bias!], {
    ...attrs,
    runningMean: arrayOf(runningMean!),
    runningVar: arrayOf(runningVar!),
    weight: true,
    bias: true,
  });

const terms = ({ inputs }: Case<BatchNormAttrs>) => perChannel(inputs);

/**
 * Training takes the mean of g, and x̂ times that of g · x̂, off g: two of a channel's m degrees of freedom, and where m
 * is small most of dx. The terms themselves are those of evaluation with the batch's own statistics.
 */
const magnitude: Reference<BatchNormAttrs>["backward"] = ([x, weight, bias], attrs, g) => {
  const zero = arr(weight!.shape);
  const own = runningStats([x!, weight!, bias!, zero, zero], { ...attrs, momentum: 1 });
  return batchNorm.backward(
    [x!, weight!, bias!, own.runningMean, own.runningVar],
    { ...attrs, training: false },
    g,
  );
};

const training = { training: true, momentum: 0.1, eps: EPS };
check<BatchNormAttrs>({
  name: "batchNorm, training",
  covers: [
    "batchNorm.partialMoments",
    "batchNorm.mergeMoments",
    "batchNorm.updateRunning",
    "batchNorm.normalize",
    "batchNorm.partialGradients",
    "batchNorm.mergeGradients",
    "batchNorm.gradient",
  ],
  run,
  reference: batchNorm,
  cases: [
    ...casesOf<BatchNormAttrs>("batchNorm").filter(({ attrs }) => attrs.training),
    ...SHAPES.map((shape) => ({ inputs: drawn(shape), attrs: training })),
    // Two elements are always ±1 but for eps, and their gradients 0: a large eps leaves something to measure.
    { inputs: drawn([2, 3, 1]), attrs: { ...training, eps: 0.5 } },
  ],
  terms,
  magnitude,
});

const evaluation = { training: false, momentum: 0.1, eps: EPS };
check<BatchNormAttrs>({
  name: "batchNorm, evaluation",
  covers: ["batchNorm.fromRunning", "batchNorm.normalize", "batchNorm.gradient"],
  run,
  reference: batchNorm,
  cases: [
    ...casesOf<BatchNormAttrs>("batchNorm").filter(({ attrs }) => !attrs.training),
    ...[...SHAPES, [1, 3], [0, 3]].map((shape) => ({ inputs: drawn(shape), attrs: evaluation })),
  ],
  terms,
});

/** The reference without weight or bias: as if they were 1 and 0. */
function without(weight: boolean, bias: boolean): Reference<BatchNormAttrs> {
  const filled = (inputs: Arr[]) => {
    const [x, ...rest] = inputs;
    const channels = [x!.shape[1]!];
    const w = weight ? rest.shift()! : arr(channels, new Array(channels[0]).fill(1));
    const b = bias ? rest.shift()! : arr(channels);
    return [x!, w, b, ...rest];
  };
  return {
    forward: (inputs, attrs) => batchNorm.forward(filled(inputs), attrs),
    backward(inputs, attrs, g) {
      const [dx, dWeight, dBias] = batchNorm.backward(filled(inputs), attrs, g);
      return [dx!, ...(weight ? [dWeight!] : []), ...(bias ? [dBias!] : []), null, null];
    },
  };
}

for (const [weight, bias] of [
  [false, false],
  [true, false],
  [false, true],
] as const) {
  const withWhat = weight ? "weight alone" : bias ? "bias alone" : "neither";
  check<BatchNormAttrs>({
    name: `batchNorm, ${withWhat}`,
    covers: ["batchNorm.normalize", "batchNorm.gradient"],
    run: (inputs, attrs) => {
      const [runningMean, runningVar] = inputs.slice(-2) as [Tensor, Tensor];
      return apply(op, inputs.slice(0, -2), {
        ...attrs,
        runningMean: arrayOf(runningMean),
        runningVar: arrayOf(runningVar),
        weight,
        bias,
      });
    },
    reference: without(weight, bias),
    cases: [training, evaluation].flatMap((attrs) =>
      [
        [4, 3],
        [2, 3, 4, 5],
      ].map((shape) => {
        const [x, w, b, ...running] = drawn(shape);
        const inputs = [x!, ...(weight ? [w!] : []), ...(bias ? [b!] : []), ...running];
        return { inputs, attrs };
      }),
    ),
    terms,
  });
}

check<BatchNormAttrs>({
  name: "batchNorm and relu",
  covers: ["batchNorm.normalize", "batchNorm.partialGradients", "batchNorm.gradient"],
  run: (inputs, attrs) => run(inputs, { ...attrs, relu: true }),
  reference: batchNormRelu,
  cases: [training, evaluation].flatMap((attrs) =>
    [SHAPES[1]!, SHAPES[7]!, SHAPES[8]!].map((shape) => ({ inputs: drawn(shape), attrs })),
  ),
  terms,
  magnitude: (inputs, attrs, g) => (attrs.training ? magnitude! : batchNorm.backward)(inputs, attrs, g),
});

// E[x²] − E[x]² would leave no digit of these variances.
check<BatchNormAttrs>({
  name: "batchNorm, mean ≫ deviation",
  covers: ["batchNorm.mergeMoments", "batchNorm.gradient"],
  run: ([x, weight, bias], attrs) =>
    apply(op, [x!, weight!, bias!], {
      ...attrs,
      runningMean: null,
      runningVar: null,
      weight: true,
      bias: true,
    }),
  reference: batchNorm,
  cases: [
    [[64, 3], 10_000],
    [[4, 2, 50, 50], -3000],
    [[1, 1, 317, 317], 100], // splits both ways
    [[1000, 2], 1e6],
  ].map(
    ([shape, mean]): Case<BatchNormAttrs> => ({
      inputs: drawn(shape as number[], (mean as number) - 1, (mean as number) + 1),
      attrs: training,
    }),
  ),
  terms,
});

proof(
  "running statistics follow PyTorch's rule, in place, over several batches",
  {
    name: "batchNorm, running statistics",
    covers: ["batchNorm.updateRunning"],
  },
  async () => {
    let worst = 0;
    let allowed = 0;
    let cases = 0;
    for (const shape of SHAPES) {
      const attrs = { training: true, momentum: Math.fround(0.3), eps: EPS };
      let [, weight, bias, mean, variance] = drawn(shape).map(rounded) as [Arr, Arr, Arr, Arr, Arr];
      const running = { mean: toTensor(mean), variance: toTensor(variance) };
      for (let batch = 0; batch < 3; batch++) {
        const x = rounded(random.array(shape, -3, 5));
        apply(op, [toTensor(x)], {
          ...attrs,
          runningMean: arrayOf(running.mean),
          runningVar: arrayOf(running.variance),
          weight: false,
          bias: false,
        });
        const next = runningStats([x, weight, bias, mean, variance], attrs);
        [mean, variance] = [next.runningMean, next.runningVar];
      }
      const limit = (8 + 2 * Math.sqrt(perChannel([arr(shape)]))) * 2 ** -24;
      const errors = [
        await compare(arrayOf(running.mean), mean, `running mean after 3 × [${shape}]`, limit),
        await compare(arrayOf(running.variance), variance, `running variance after 3 × [${shape}]`, limit),
      ];
      if (Math.max(...errors) / limit >= worst / (allowed || 1))
        [worst, allowed] = [Math.max(...errors), limit];
      cases++;
    }
    report("batchNorm's running stats", cases, { forward: worst, allowed }, false);
  },
);

test("a constant channel becomes the bias, not a NaN", async () => {
  const attrs: OpAttrs = {
    training: true,
    momentum: 0.1,
    eps: 1e-5,
    runningMean: null,
    runningVar: null,
    weight: false,
    bias: true,
  };
  const y = apply(
    op,
    [
      tensor([
        [1e8, 3],
        [1e8, 3],
      ]),
      tensor([0.5, -2]),
    ],
    attrs,
  );
  expect([...(await y.data())]).toEqual([0.5, -2, 0.5, -2]);
});

test("evaluation leaves the running statistics alone", async () => {
  const [mean, variance] = [zeros([2]), ones([2])];
  const attrs = { training: false, momentum: 0.1, eps: 1e-5, weight: false, bias: false };
  apply(
    op,
    [
      tensor([
        [1, 2],
        [3, 4],
      ]),
    ],
    { ...attrs, runningMean: arrayOf(mean), runningVar: arrayOf(variance) },
  );
  expect([...(await mean.data()), ...(await variance.data())]).toEqual([0, 0, 1, 1]);
});

test("bad calls are refused by name, and nothing is changed", async () => {
  const attrs: OpAttrs = {
    training: true,
    momentum: 0.1,
    eps: 1e-5,
    runningMean: null,
    runningVar: null,
    weight: false,
    bias: false,
  };
  const x = tensor([
    [1, 2],
    [3, 5],
  ]);
  const mean = zeros([2]);
  const call =
    (inputs: Tensor[], change: Partial<OpAttrs> = {}) =>
    () =>
      apply(op, inputs, { ...attrs, ...change });
  expectRefused([
    [call([tensor([1, 2])]), "batchNorm: wants an input [samples, channels, …], got [2]"],
    [call([tensor([[1, 2]])]), "batchNorm: training wants more than one element a channel, [1, 2] has 1"],
    [call([x, zeros([3])], { weight: true }), "batchNorm: weight [3] does not fit the 2 channels of [2, 2]"],
    [
      call([x, zeros([2]), zeros([1])], { weight: true, bias: true }),
      "batchNorm: bias [1] does not fit the 2 channels",
    ],
    [
      call([x], { runningMean: arrayOf(mean), runningVar: arrayOf(ones([4])) }),
      "batchNorm: runningVar [4] does not fit",
    ],
    [call([x], { training: false }), "batchNorm: evaluation wants a running mean and a running variance"],
    [call([x], { runningMean: arrayOf(mean) }), "training both or neither"],
  ]);
  expect([...(await mean.data())]).toEqual([0, 0]);
});
