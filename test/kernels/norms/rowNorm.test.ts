// Layer, group and RMS norm: rows of one element and of thousands, few and many, alone in an invocation or shared by a
// workgroup; channels of one element a row and of many; means far larger than deviations.
import { expect, test } from "bun:test";
import { device } from "../../../src/gpu/device.ts";
import { hasEightLanes } from "../../../src/kernels/shared/lanes.ts";
import { groupNorm, instanceNorm, layerNorm, rmsNorm } from "../../../src/nn/functional/index.ts";
import { ones, tensor, zeros } from "../../../src/tensor/creation.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { type Case, check } from "../../harness.ts";
import * as reference from "../../reference/norms.ts";
import { Random } from "../../reference/random.ts";
import { type Arr, arr, type Reference, sizeOf } from "../../reference/reference.ts";
import { expectRefused } from "../../refuses.ts";
import { casesOf } from "../drawn.ts";

const random = new Random(77);
const EPS = Math.fround(1e-5);

/** x, weight and bias; without a bias, RMS norm's. */
const drawn = (shape: number[], row: number[], bias = true): Arr[] => [
  random.array(shape, -2, 2),
  random.array(row, 0.5, 1.5),
  ...(bias ? [random.array(row)] : []),
];

/** Many short rows, few long ones, those in between, and sums that are split by row. */
const LAYERS: [shape: number[], dims: number][] = [
  [[70, 5], 1],
  [[3, 1], 1],
  [[2, 3, 4, 8], 2],
  [[3, 257], 1],
  [[66, 130], 1],
  [[1000, 3], 1],
  [[300, 128], 1], // worth copying to textures
  [[70, 36], 1], // a row of a subgroup, of which some lanes have two vec4s
  [[65, 256], 1], // the longest of those
  [[130, 260], 1], // and longer ones, from textures
  [[1, 5003], 1],
  [[0, 4], 1],
];

const layerCases = (bias: boolean): Case<reference.LayerNormAttrs>[] =>
  LAYERS.map(([shape, dims]) => ({
    inputs: drawn(shape, shape.slice(shape.length - dims), bias),
    attrs: { dims, eps: EPS },
  }));

/** Elements of a row, or of a channel. */
const terms = ({ inputs: [x, weight] }: Case<unknown>) =>
  Math.max(sizeOf(weight!.shape), sizeOf(x!.shape) / sizeOf(weight!.shape));

const named = (...entries: string[]) =>
  entries.map((entry) => `rowNorm${entry.endsWith("Tile") ? "Tiles" : ""}.${entry}`);
/** What any adapter launches. */
const ANYWHERE = named("forward", "gradient", "total", "partial", "merge");
/** Four elements at a time, for CPU adapters; and of them those whose subgroups have 8 lanes. */
const ofCpus = (...entries: string[]) => (device().adapter.software ? named(...entries) : []);
const ofTiles = (...entries: string[]) => (hasEightLanes() ? ofCpus(...entries) : []);

check<reference.LayerNormAttrs>({
  name: "layerNorm",
  // covers: ["rowNorm.partial", "rowNorm.merge", "rowNorm.forwardFours", "rowNorm.allFours", "rowNormTiles.forwardTile", "rowNormTiles.allTile"]
  covers: ANYWHERE.concat(ofCpus("forwardFours", "allFours"), ofTiles("forwardTile", "allTile")),
  run: ([x, weight, bias], { eps }) => layerNorm(x!, weight!.shape, weight, bias, { eps }),
  reference: reference.layerNorm,
  cases: [...casesOf<reference.LayerNormAttrs>("layerNorm"), ...layerCases(true)],
  terms,
  magnitude: reference.layerNorm.uncancelled,
});

check<reference.LayerNormAttrs>({
  name: "rmsNorm",
  covers: ANYWHERE,
  run: ([x, weight], { eps }) => rmsNorm(x!, weight!.shape, weight, { eps }),
  reference: reference.rmsNorm,
  cases: [...casesOf<reference.LayerNormAttrs>("rmsNorm"), ...layerCases(false)],
  terms,
  magnitude: reference.rmsNorm.uncancelled,
});

const GROUPS: [shape: number[], groups: number][] = [
  [[9, 6], 2],
  [[2, 6, 33], 3],
  [[1, 4, 60, 30], 1],
  [[3, 70, 2, 2], 35],
  [[2, 3, 2, 3, 4], 3],
  [[40, 8, 5, 7], 4],
];

const groupCases: Case<reference.GroupNormAttrs>[] = GROUPS.map(([shape, groups]) => ({
  inputs: drawn(shape, [shape[1]!]),
  attrs: { groups, eps: EPS },
}));

check<reference.GroupNormAttrs>({
  name: "groupNorm",
  covers: ANYWHERE,
  run: ([x, weight, bias], { groups, eps }) => groupNorm(x!, groups, weight, bias, { eps }),
  reference: reference.groupNorm,
  cases: [...casesOf<reference.GroupNormAttrs>("groupNorm"), ...groupCases],
  terms,
  magnitude: reference.groupNorm.uncancelled,
});

/** Layer norm of x alone, or with a weight alone. */
const bare: Reference<reference.LayerNormAttrs> = {
  forward: (inputs, attrs) => reference.layerNorm.forward(filled(inputs, attrs), attrs),
  backward: (inputs, attrs, g) =>
    reference.layerNorm.backward(filled(inputs, attrs), attrs, g).slice(0, inputs.length),
};

function filled([x, weight]: Arr[], { dims }: reference.LayerNormAttrs): [Arr, Arr, Arr] {
  const row = x!.shape.slice(x!.shape.length - dims);
  return [x!, weight ?? arr(row, new Array(sizeOf(row)).fill(1)), arr(row)];
}

check<reference.LayerNormAttrs>({
  name: "layerNorm without weight, without bias",
  // covers: ["rowNorm.gradientFours", "rowNormTiles.gradientTile"]
  covers: named("gradient").concat(ofCpus("gradientFours"), ofTiles("gradientTile")),
  run: ([x, weight], { eps, dims }) => layerNorm(x!, x!.shape.slice(-dims), weight, null, { eps }),
  reference: bare,
  cases: layerCases(true)
    .filter(({ inputs: [x] }, i) => i < 5 || x!.shape[1] === 36)
    .flatMap(({ inputs, attrs }) => [1, 2].map((count) => ({ inputs: inputs.slice(0, count), attrs }))),
  terms: ({ inputs: [x] }) => sizeOf(x!.shape),
  magnitude: (inputs, attrs, g) => reference.layerNorm.uncancelled(filled(inputs, attrs), attrs, g),
});

/** layerNorm of what needs no gradient, x of the attributes: the first layer's, or a frozen network's. */
const ofData: Reference<reference.LayerNormAttrs & { x: Arr }> = {
  forward: (inputs, attrs) => reference.layerNorm.forward([attrs.x, ...inputs], attrs),
  backward: (inputs, attrs, g) => reference.layerNorm.backward([attrs.x, ...inputs], attrs, g).slice(1),
};

check<reference.LayerNormAttrs & { x: Arr }>({
  name: "layerNorm of data",
  // covers: ["rowNorm.totalFours"]
  covers: named("total").concat(ofCpus("totalFours")),
  run: ([weight, bias], { x, eps }) =>
    layerNorm(tensor(x.data, { shape: x.shape }), weight!.shape, weight, bias, { eps }),
  reference: ofData,
  cases: layerCases(true)
    .slice(0, 3)
    .map(({ inputs: [x, ...inputs], attrs }) => ({ inputs, attrs: { ...attrs, x: x! } })),
  terms: ({ attrs: { x } }) => sizeOf(x.shape),
  magnitude: (inputs, attrs, g) => reference.layerNorm.uncancelled([attrs.x, ...inputs], attrs, g).slice(1),
});

/** x + layerNorm(x), as networks have it: the second gradient of x is added to the first, in place. */
const residual: Reference<reference.LayerNormAttrs> = {
  forward(inputs, attrs) {
    const y = reference.layerNorm.forward(inputs, attrs);
    return { ...y, data: y.data.map((value, i) => value + inputs[0]!.data[i]!) };
  },
  backward(inputs, attrs, g) {
    const [dx, ...others] = reference.layerNorm.backward(inputs, attrs, g);
    return [{ ...dx!, data: dx!.data.map((value, i) => value + g.data[i]!) }, ...others];
  },
};

check<reference.LayerNormAttrs>({
  name: "x + layerNorm(x)",
  covers: ["rowNorm.forward", "rowNorm.gradient", "rowNorm.total"],
  run: ([x, weight, bias], { eps }) => {
    const same = (y: Tensor) => y.mul(1); // a gradient of its own, and no leaf
    const inner = same(x!);
    return same(inner.add(same(layerNorm(inner, weight!.shape, weight, bias, { eps }))));
  },
  reference: residual,
  cases: layerCases(true).slice(0, 6),
  terms,
  magnitude: reference.layerNorm.uncancelled,
});

test("a mean of 10,000 leaves a deviation of 0.1 its digits", async () => {
  const noise = random.array([4, 300], -0.1, 0.1).data.map((value) => Math.fround(1e4 + value) - 1e4);
  const of = (add: number) =>
    layerNorm(tensor([...noise.map((value) => value + add)]).reshape([4, 300]), [300]).data();
  const [near, far] = await Promise.all([of(0), of(1e4)]);
  const worst = Math.max(...near.map((value, i) => Math.abs(value - far[i]!)));
  console.log(`  layerNorm at a mean of 10,000 differs by ${worst.toExponential(1)} from that at 0`);
  expect(worst).toBeLessThan(1e-5);
});

test("a bias learns beside a weight that does not", async () => {
  const [weight, bias] = [ones([3]), zeros([3])];
  bias.requiresGrad = true;
  layerNorm(ones([5, 3]), [3], weight, bias)
    .sum()
    .backward();
  expect([weight.grad, await bias.grad!.tolist()]).toEqual([null, [5, 5, 5]]);
});

test("NaN and infinity stay in their row", async () => {
  const x = tensor([
    [1, Number.NaN],
    [1, Infinity],
    [1, 3],
  ]);
  expect((await layerNorm(x, [2], null, null, { eps: 0 }).tolist()) as unknown).toEqual([
    [Number.NaN, Number.NaN],
    [Number.NaN, Number.NaN],
    [-1, 1],
  ]);
  expect([...(await rmsNorm(tensor([[3, 4]]), [2], null, { eps: 0 }).data())][0]).toBeCloseTo(
    3 / Math.sqrt(12.5),
    6,
  );
});

test("instanceNorm moves its running statistics as PyTorch does", async () => {
  const x = tensor([[[1, 3]], [[2, 6]]]);
  const [mean, variance] = [zeros([1]), ones([1])];
  const y = instanceNorm(x, mean, variance, null, null, { momentum: 0.5, eps: 0 });
  expect(await y.tolist()).toEqual([[[-1, 1]], [[-1, 1]]]);
  // The samples' means 2 and 4, and unbiased variances 2 and 8: half their averages, and half of what was.
  expect([await mean.item(), await variance.item()]).toEqual([1.5, 3]);
  const known = instanceNorm(x, mean, variance, null, null, { useInputStats: false, eps: 0 });
  expect((await known.data())[0]).toBeCloseTo(-0.5 / Math.sqrt(3), 6);
});

test("norms refuse what does not fit", () => {
  const x = ones([2, 4, 3]);
  expectRefused([
    [() => layerNorm(x, [4]), "layerNorm: rows [4] are not the last dimensions of [2, 4, 3]"],
    [() => layerNorm(x, [3], ones([4])), "layerNorm: the weight is [3], got [4]"],
    [() => layerNorm(x, []), "layerNorm: rows [] are not the last dimensions of [2, 4, 3]"],
    [() => rmsNorm(x, [4, 3], ones([3])), "rmsNorm: the weight is [4, 3], got [3]"],
    [() => groupNorm(x, 3), "groupNorm: 4 channels of [2, 4, 3] do not make 3 groups"],
    [() => groupNorm(ones([4]), 2), "groupNorm: wants an input [samples, channels, …], got [4]"],
    [() => groupNorm(x, 2, null, ones([3])), "groupNorm: the bias is [4], got [3]"],
    [() => groupNorm(ones([1, 2]), 2), "groupNorm: wants more than one element a group"],
    [() => instanceNorm(ones([2, 4, 1])), "instanceNorm: wants more than one element a channel"],
    [
      () => instanceNorm(x, ones([4])),
      "instanceNorm: wants a running mean and a running variance, or neither",
    ],
  ]);
});
