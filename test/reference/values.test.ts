// Exact values of the references where central differences see nothing: the forward of the operations that are easy
// to get subtly wrong, ties and kinks, the optimisers, the generator. Worked out by hand, or by PyTorch 1.13 in
// float64 where it says so.
import { describe, expect, test } from "bun:test";
import { batchNorm, runningStats } from "./batchNorm.ts";
import { conv2d } from "./conv2d.ts";
import { dropout } from "./dropout.ts";
import {
  abs,
  clamp,
  eq,
  ge,
  geluTanh,
  gt,
  le,
  leakyRelu,
  lt,
  maximum,
  minimum,
  ne,
  pow,
  relu,
  where,
} from "./elementwise.ts";
import { embedding, gather } from "./gather.ts";
import { crossEntropy, klDiv, mseLoss, nllLoss } from "./loss.ts";
import { matmul } from "./matmul.ts";
import { adamStep, sgdStep } from "./optim/steps.ts";
import { boxMuller, philox4x32, uniform24 } from "./philox.ts";
import { avgPool2d, maxPool2d } from "./pool.ts";
import { argmax, max, mean, min, sum } from "./reduce.ts";
import { type Arr, arr } from "./reference.ts";
import { concat, pad, permute, slice } from "./shape.ts";
import { logSoftmax, softmax } from "./softmax.ts";

/** A vector. */
const v = (...values: number[]) => arr([values.length], values);
const ones = (shape: number[]) => arr(shape, new Float64Array(arr(shape).data.length).fill(1));

/** Checks shape and values, to a few units of float64's last place; −0 counts as 0. */
function expectArr(got: Arr | null, shape: number[], values: number[]): void {
  expect(got?.shape).toEqual(shape);
  expect(got?.data.length).toBe(values.length);
  for (let i = 0; i < values.length; i++) expect(got?.data[i]).toBeCloseTo(values[i], 12);
}

describe("reference values: element-wise", () => {
  test("derivatives at kinks are PyTorch's", () => {
    expectArr(relu.backward([v(-1, 0, 2)], {}, ones([3]))[0], [3], [0, 0, 1]);
    expectArr(abs.backward([v(-1, 0, 2)], {}, ones([3]))[0], [3], [-1, 0, 1]);
    expectArr(leakyRelu.backward([v(-1, 0, 2)], { slope: 0.1 }, ones([3]))[0], [3], [0.1, 0.1, 1]);
    expectArr(clamp.backward([v(-2, -1, 0, 1, 2)], { min: -1, max: 1 }, ones([5]))[0], [5], [0, 1, 1, 1, 0]);
  });

  test("maximum and minimum share a tie", () => {
    for (const [op, first] of [
      [maximum, [0, 0.5, 1]],
      [minimum, [1, 0.5, 0]],
    ] as const) {
      const [da, db] = op.backward([v(1, 2, 3), v(2, 2, 2)], {}, ones([3]));
      expectArr(da, [3], [...first]);
      expectArr(db, [3], [...first].reverse());
    }
  });

  test("pow at a zero base or exponent has no NaN", () => {
    const [da, db] = pow.backward([v(0, 0, 3), v(0, 2, 0)], {}, ones([3]));
    expectArr(da, [3], [0, 0, 0]);
    expectArr(db, [3], [0, 0, Math.log(3)]);
  });

  test("geluTanh is the tanh approximation (PyTorch)", () => {
    expectArr(
      geluTanh.forward([v(-1, 0.5, 2)], {}),
      [3],
      [-0.15880800939172324, 0.34571400982514394, 1.954597694087775],
    );
  });

  test("comparisons and where", () => {
    const pair = [v(1, 2, 3), v(2, 2, 2)];
    expectArr(eq.forward(pair, {}), [3], [0, 1, 0]);
    expectArr(ne.forward(pair, {}), [3], [1, 0, 1]);
    expectArr(lt.forward(pair, {}), [3], [1, 0, 0]);
    expectArr(le.forward(pair, {}), [3], [1, 1, 0]);
    expectArr(gt.forward(pair, {}), [3], [0, 0, 1]);
    expectArr(ge.forward(pair, {}), [3], [0, 1, 1]);
    expectArr(where.forward([arr([2, 1], [1, 0]), v(1, 2), v(9)], {}), [2, 2], [1, 2, 9, 9]);
  });
});

describe("reference values: reductions", () => {
  const x = arr([2, 3], [1, 5, 5, 2, 2, 0]);

  test("sum, mean, max, min, argmax", () => {
    expectArr(sum.forward([x], { axes: [0], keepDim: false }), [3], [3, 7, 5]);
    expectArr(sum.forward([x], { axes: [0, 1], keepDim: true }), [1, 1], [15]);
    expectArr(sum.forward([x], { axes: [], keepDim: true }), [1, 1], [15]); // PyTorch's meaning of no axes: all
    expectArr(mean.forward([x], { axes: [1], keepDim: true }), [2, 1], [11 / 3, 4 / 3]);
    expectArr(max.forward([x], { axes: [1], keepDim: false }), [2], [5, 2]);
    expectArr(min.forward([x], { axes: [0, 1], keepDim: false }), [], [0]);
    expectArr(argmax.forward([x], { axis: 1 }), [2], [1, 0]);
    expectArr(argmax.forward([x], { axis: 0 }), [3], [1, 0, 0]);
  });

  test("tied elements share the gradient, as in torch.amax", () => {
    const byRow = { axes: [1], keepDim: false };
    expectArr(max.backward([x], byRow, v(10, 20))[0], [2, 3], [0, 5, 5, 10, 10, 0]);
    expectArr(
      max.backward([x], { axes: [0, 1], keepDim: false }, arr([], [7]))[0],
      [2, 3],
      [0, 3.5, 3.5, 0, 0, 0],
    );
    expectArr(min.backward([arr([2, 2], [3, 3, 1, 1])], byRow, v(10, 20))[0], [2, 2], [5, 5, 10, 10]);
  });
});

describe("reference values: matmul, conv2d, pooling", () => {
  test("matmul in all four transpositions", () => {
    const a = arr([2, 3], [1, 2, 3, 4, 5, 6]);
    const b = arr([3, 2], [1, 0, 2, 1, 0, 3]);
    const aT = arr([3, 2], [1, 4, 2, 5, 3, 6]);
    const bT = arr([2, 3], [1, 2, 0, 0, 1, 3]);
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const operands = [transposeA ? aT : a, transposeB ? bT : b];
        expectArr(matmul.forward(operands, { transposeA, transposeB }), [2, 2], [5, 11, 14, 23]);
      }
    }
  });

  test("matmul broadcasts the batch", () => {
    const a = arr([2, 1, 1, 2], [1, 2, 3, 4]);
    const b = arr([3, 2, 1], [1, 0, 0, 1, 1, 1]);
    const y = matmul.forward([a, b], { transposeA: false, transposeB: false });
    expectArr(y, [2, 3, 1, 1], [1, 2, 3, 3, 4, 7]);
  });

  test("conv2d is a correlation, with stride, padding and dilation", () => {
    const x = arr([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const w = arr([1, 1, 2, 2], [1, 10, 100, 1000]);
    const plain = conv2d.forward([x, w, v(0.5)], { stride: [1, 1], padding: [0, 0], dilation: [1, 1] });
    expectArr(plain, [1, 1, 2, 2], [5421.5, 6532.5, 8754.5, 9865.5]);
    const dilated = conv2d.forward([x, w], { stride: [1, 1], padding: [0, 0], dilation: [2, 2] });
    expectArr(dilated, [1, 1, 1, 1], [1 + 30 + 700 + 9000]);
    const padded = conv2d.forward([x, w], { stride: [2, 2], padding: [1, 1], dilation: [1, 1] });
    expectArr(padded, [1, 1, 2, 2], [1000, 3200, 7040, 9865]);
  });

  test("max-pool: the first tied element wins, padding never does", () => {
    const attrs = { kernel: [2, 2], stride: [1, 1], padding: [0, 0] } satisfies Parameters<
      typeof maxPool2d.forward
    >[1];
    const ties = arr([1, 1, 2, 3], [1, 3, 3, 3, 1, 3]);
    expectArr(
      maxPool2d.backward([ties], attrs, arr([1, 1, 1, 2], [10, 20]))[0],
      [1, 1, 2, 3],
      [0, 30, 0, 0, 0, 0],
    );
    const negative = arr([1, 1, 1, 2], [-5, -7]);
    const padded = maxPool2d.forward([negative], { kernel: [3, 3], stride: [1, 1], padding: [1, 1] });
    expectArr(padded, [1, 1, 1, 2], [-5, -5]);
  });

  test("average-pool counts padding as zeros", () => {
    const x = arr([1, 1, 2, 2], [4, 8, 12, 16]);
    const y = avgPool2d.forward([x], { kernel: [2, 2], stride: [1, 1], padding: [1, 1] });
    expectArr(y, [1, 1, 3, 3], [1, 3, 2, 4, 10, 6, 3, 7, 4]);
  });
});

describe("reference values: batch norm, dropout, softmax, losses", () => {
  // Channel 0 is 1, 2, 3, 6: mean 3, biased variance 14/4, unbiased 14/3. Channel 1 is 0, 0, 4, 4: 2, 4, 16/3.
  const x = arr([2, 2, 2], [1, 2, 0, 0, 3, 6, 4, 4]);
  const inputs = [x, v(1, 2), v(0, 1), v(0, 10), v(1, 4)];

  test("batch norm normalises with the biased variance in training, with the running one in evaluation", () => {
    const trained = batchNorm.forward(inputs, { training: true, momentum: 0.1, eps: 0 });
    const s = Math.sqrt(14 / 4);
    expectArr(trained, [2, 2, 2], [-2 / s, -1 / s, -1, -1, 0, 3 / s, 3, 3]);
    const evaluated = batchNorm.forward(inputs, { training: false, momentum: 0.1, eps: 0 });
    expectArr(evaluated, [2, 2, 2], [1, 2, -9, -9, 3, 6, -5, -5]);
  });

  test("running statistics take the unbiased variance", () => {
    const { runningMean, runningVar } = runningStats(inputs, { training: true, momentum: 0.1, eps: 1e-5 });
    expectArr(runningMean, [2], [0.3, 9.2]);
    expectArr(runningVar, [2], [0.9 + 1.4 / 3, 3.6 + 1.6 / 3]);
    const single = [arr([1, 2]), ...inputs.slice(1)];
    expect(() => runningStats(single, { training: true, momentum: 0.1, eps: 1e-5 })).toThrow("more than one");
  });

  test("dropout scales what it keeps, and drops everything at p = 1", () => {
    expectArr(dropout.forward([v(1, 2, 3), v(1, 0, 1)], { p: 0.75 }), [3], [4, 0, 12]);
    expectArr(dropout.forward([v(1, 2, 3), v(0, 0, 0)], { p: 1 }), [3], [0, 0, 0]);
  });

  test("softmax and log-softmax, also of huge numbers", () => {
    const axis = 0;
    const log3 = Math.log(3);
    expectArr(softmax.forward([v(0, log3)], { axis }), [2], [0.25, 0.75]);
    expectArr(logSoftmax.forward([v(0, log3)], { axis }), [2], [Math.log(0.25), Math.log(0.75)]);
    expectArr(softmax.forward([v(1000, 1000)], { axis }), [2], [0.5, 0.5]);
    expectArr(logSoftmax.forward([v(-1000, 1000)], { axis }), [2], [-2000, 0]);
    const columns = softmax.forward([arr([2, 2], [0, 5, log3, 5])], { axis });
    expectArr(columns, [2, 2], [0.25, 0.5, 0.75, 0.5]);
  });

  test("losses", () => {
    const logits = arr([2, 3], [1, 2, 4, 0, 0, 0]);
    expectArr(nllLoss.forward([logits, v(1, 0)], { reduction: "mean" }), [], [-1]);
    expectArr(nllLoss.forward([logits, v(1, 0)], { reduction: "sum" }), [], [-2]);
    const expected = (Math.log(Math.exp(-1) + 1 + Math.exp(2)) + Math.log(3)) / 2;
    expectArr(crossEntropy.forward([logits, v(1, 2)], { reduction: "mean" }), [], [expected]);
    const soft = [arr([2, 2], [-1, -2, -3, -4]), arr([2, 2], [1, 0, 0.5, 0.5])];
    expectArr(klDiv.forward(soft, { reduction: "sum" }), [], [1 + Math.log(0.5) + 3.5]);
    expectArr(klDiv.forward(soft, { reduction: "batchmean" }), [], [(1 + Math.log(0.5) + 3.5) / 2]);
    expectArr(mseLoss.forward([v(1, 2), v(3, 5)], { reduction: "mean" }), [], [6.5]);
    expectArr(mseLoss.forward([v(1, 2), v(3, 5)], { reduction: "sum" }), [], [13]);
    expectArr(mseLoss.forward([v(1, 2), v(3, 5)], { reduction: "none" }), [2], [4, 9]);
    expectArr(klDiv.forward(soft, { reduction: "mean" }), [], [(1 + Math.log(0.5) + 3.5) / 4]);
    expectArr(nllLoss.forward([logits, v(1, 0)], { reduction: "none" }), [2], [-2, 0]);
    const ignoring = v(1, 2 ** 32 - 100);
    expectArr(nllLoss.forward([logits, ignoring], { reduction: "mean" }), [], [-2]);
    expectArr(nllLoss.forward([logits, ignoring], { reduction: "none" }), [2], [-2, 0]);
    expectArr(nllLoss.forward([logits, v(1, 0)], { reduction: "mean", ignored: 0 }), [], [-2]);
  });
});

describe("reference values: picking and moving", () => {
  test("embedding and gather; a repeated index collects its gradients", () => {
    const table = arr([3, 2], [1, 2, 3, 4, 5, 6]);
    expectArr(embedding.forward([table, v(2, 0, 2)], {}), [3, 2], [5, 6, 1, 2, 5, 6]);
    const [dtable] = embedding.backward([table, v(2, 0, 2)], {}, arr([3, 2], [1, 2, 3, 4, 5, 6]));
    expectArr(dtable, [3, 2], [3, 4, 0, 0, 6, 8]);

    const index = arr([1, 2], [2, 0]);
    expectArr(gather.forward([table, index], { axis: 0 }), [1, 2], [5, 2]);
    const [dx] = gather.backward([table, arr([2, 3], [1, 1, 0, 0, 0, 0])], { axis: 1 }, ones([2, 3]));
    expectArr(dx, [3, 2], [1, 2, 3, 0, 0, 0]);
  });

  test("concat, slice, permute, pad", () => {
    const x = arr([2, 3], [1, 2, 3, 4, 5, 6]);
    expectArr(concat.forward([x, arr([2, 1], [7, 8])], { axis: 1 }), [2, 4], [1, 2, 3, 7, 4, 5, 6, 8]);
    expectArr(slice.forward([x], { starts: [1, 0], ends: [2, 3], steps: [1, 2] }), [1, 2], [4, 6]);
    expectArr(permute.forward([x], { dims: [1, 0] }), [3, 2], [1, 4, 2, 5, 3, 6]);
    const cube = arr([1, 2, 3], [1, 2, 3, 4, 5, 6]);
    expectArr(permute.forward([cube], { dims: [2, 0, 1] }), [3, 1, 2], [1, 4, 2, 5, 3, 6]);
    const padding: [number, number][] = [
      [0, 1],
      [1, 0],
    ];
    expectArr(pad.forward([x], { padding, value: 9 }), [3, 4], [9, 1, 2, 3, 9, 4, 5, 6, 9, 9, 9, 9]);
  });
});

describe("reference values: optimisers (PyTorch), θ = 1 with gradients 0.5, −0.25, 1", () => {
  const gradients = [0.5, -0.25, 1];

  function sgd(momentum: number, nesterov: boolean, weightDecay: number, dampening: number): number[] {
    let param = v(1);
    let velocity: Arr | null = null;
    return gradients.map((g, i) => {
      const attrs = { lr: 0.1, momentum, nesterov, weightDecay, dampening, first: i === 0 };
      ({ param, velocity } = sgdStep(param, v(g), velocity, attrs));
      return param.data[0];
    });
  }

  function adam(decoupled: boolean): number[] {
    let [param, m, second] = [v(1), v(0), v(0)];
    return gradients.map((g, i) => {
      const attrs = {
        lr: 0.1,
        beta1: 0.9,
        beta2: 0.999,
        eps: 1e-8,
        weightDecay: 0.1,
        decoupled,
        step: i + 1,
      };
      ({ param, m, v: second } = adamStep(param, v(g), m, second, attrs));
      return param.data[0];
    });
  }

  test("SGD", () => {
    expectArr(v(...sgd(0.9, true, 0.1, 0)), [3], [0.886, 0.868066, 0.630906146]);
    expectArr(v(...sgd(0.9, false, 0, 0.5)), [3], [0.95, 0.9175, 0.83825]);
    expectArr(v(...sgd(0, false, 0.1, 0)), [3], [0.94, 0.9556, 0.846044]);
  });

  test("Adam and AdamW", () => {
    expectArr(v(...adam(false)), [3], [0.9000000016666666, 0.8544413674617625, 0.7815043998631658]);
    expectArr(v(...adam(true)), [3], [0.890000002, 0.8544662986878463, 0.7801104766702113]);
  });
});

describe("reference values: random numbers", () => {
  test("Philox-4x32-10 gives the published known answers (Random123's kat_vectors)", () => {
    expect(philox4x32([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    const all = 0xffffffff;
    expect(philox4x32([all, all, all, all], [all, all])).toEqual([
      0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
    ]);
    // The digits of π.
    expect(philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    ]);
  });

  test("uniform numbers are in [0, 1), normal ones finite, and both have their moments", () => {
    expect(uniform24(0)).toBe(0);
    expect(uniform24(0xff)).toBe(0);
    expect(uniform24(0xffffffff)).toBe(1 - 2 ** -24);
    expect(boxMuller(0, 0.3).map(Math.abs)).toEqual([0, 0]);
    expect(boxMuller(uniform24(0xffffffff), 0)[0]).toBeCloseTo(Math.sqrt(48 * Math.LN2), 12);

    const count = 10000;
    const uniform: number[] = [];
    const normal: number[] = [];
    for (let i = 0; i < count; i++) {
      const u = philox4x32([i, 0, 0, 0], [7, 0]).map(uniform24);
      uniform.push(...u);
      normal.push(...boxMuller(u[0], u[1]), ...boxMuller(u[2], u[3]));
    }
    const average = (values: number[], f: (x: number) => number) =>
      values.reduce((total, x) => total + f(x), 0) / values.length;
    // Five standard deviations of each mean over 40,000 numbers.
    const n = 4 * count;
    expect(Math.abs(average(uniform, (x) => x) - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(average(normal, (x) => x))).toBeLessThan(5 * Math.sqrt(1 / n));
    expect(Math.abs(average(normal, (x) => x * x) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(average(normal, (x) => x ** 3))).toBeLessThan(5 * Math.sqrt(15 / n));
  });
});
