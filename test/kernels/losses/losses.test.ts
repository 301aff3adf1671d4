// NLL and cross-entropy: one row to hundreds, one class to hundreds, confident logits, and labels that are no class.
import { expect, test } from "bun:test";
import {
  crossEntropy as crossEntropyOp,
  nllLoss as nllLossOp,
} from "../../../src/kernels/losses/labelLoss.ts";
import { crossEntropy as crossEntropyOf, nllLoss as nllLossOf } from "../../../src/nn/functional/index.ts";
import { tensor, zeros } from "../../../src/tensor/creation.ts";
import { apply } from "../../../src/tensor/tensor.ts";
import { type Case, check } from "../../harness.ts";
import { crossEntropy, type LossAttrs, nllLoss } from "../../reference/loss.ts";
import { Random } from "../../reference/random.ts";
import { expectRefused } from "../../refuses.ts";
import { casesOf } from "../drawn.ts";

const random = new Random(23);
const mean = { reduction: "mean" } as const;
const both = [nllLossOp, crossEntropyOp];

/** Cases with x drawn between two bounds. */
function drawn(low: number, high: number): Case<LossAttrs>[] {
  const sizes = [
    [1, 1],
    [64, 10],
    [65, 50],
    [257, 3],
    [1000, 7], // rows enough for the sum to be split
    [3, 1000],
  ] as const;
  return sizes.flatMap(([rows, classes]) =>
    (["mean", "sum", "none"] as const).map((reduction) => ({
      inputs: [random.array([rows, classes], low, high), random.integers([rows], 0, classes - 1)],
      attrs: { reduction },
    })),
  );
}

const terms = ({ inputs: [x] }: Case<LossAttrs>) => Math.max(...x!.shape);

/** The same, with the number of rows that are not ignored, which F counts where the labels come from the host. */
function counted(cases: readonly Case<LossAttrs>[]): Case<LossAttrs & { counted: number }>[] {
  return cases.map(({ inputs, attrs }) => {
    const ignored = attrs.ignored ?? 2 ** 32 - 100;
    return {
      inputs,
      attrs: { ...attrs, counted: inputs[1]!.data.filter((label) => label !== ignored).length },
    };
  });
}

const LOSSES = [
  {
    name: "nllLoss",
    covers: ["labelLoss.pick", "labelLoss.spread"],
    op: nllLossOp,
    F: nllLossOf,
    reference: nllLoss,
    range: [-5, 0],
  },
  {
    name: "crossEntropy",
    covers: ["labelLoss.forward", "labelLoss.backward"],
    op: crossEntropyOp,
    F: crossEntropyOf,
    reference: crossEntropy,
    range: [-5, 5],
  },
] as const;

for (const { name, covers, op, F, reference, range } of LOSSES) {
  const cases = [...casesOf<LossAttrs>(name), ...drawn(range[0], range[1])];
  check<LossAttrs & { counted: number }>({
    name,
    covers,
    run: (inputs, attrs) => apply(op, inputs, attrs),
    reference,
    cases: counted(cases),
    indices: [1],
    terms,
  });
  check<LossAttrs>({
    name: `F.${name}, counting on the GPU`,
    covers,
    run: ([x, labels], { reduction, ignored }) => F(x!, labels!, { reduction, ignoreIndex: ignored }),
    reference,
    cases,
    indices: [1],
    terms,
  });
}

test("cross-entropy of logits beyond the range of exp is finite, and so is its gradient", async () => {
  const logits = tensor(
    [
      [1000, 0, -1000],
      [-Infinity, -Infinity, 5],
    ],
    { requiresGrad: true },
  );
  const loss = apply(crossEntropyOp, [logits, tensor(new Uint32Array([1, 2]))], mean);
  expect(await loss.item()).toBe(500);
  loss.backward();
  expect([...(await logits.grad!.data())]).toEqual([0.5, -0.5, 0, 0, 0, 0]);
});

test("a label that is no class makes the loss and its own row's gradient NaN", async () => {
  for (const op of both) {
    const x = tensor(
      [
        [0.5, 0.25],
        [0.5, 0.25],
      ],
      { requiresGrad: true },
    );
    const loss = apply(op, [x, tensor(new Uint32Array([0, 2]))], mean);
    expect(await loss.item()).toBeNaN();
    loss.backward();
    const [a, b, c, d] = await x.grad!.data();
    expect([op.name, a! < 0, b! >= 0, c, d]).toEqual([op.name, true, true, Number.NaN, Number.NaN]);
  }
});

test("the mean over no rows is not a number, as in PyTorch", async () => {
  for (const op of both)
    expect(await apply(op, [zeros([0, 3]), tensor(new Uint32Array(0))], mean).item()).toBeNaN();
});

test("labels that do not fit are refused", () => {
  const x = zeros([2, 3]);
  for (const op of both) {
    const call =
      (...inputs: [typeof x, typeof x]) =>
      () =>
        apply(op, inputs, mean);
    expectRefused([
      [
        call(x, zeros([2])),
        `${op.name}: wants int32 labels [2], one for each row of [2, 3], got float32 [2]`,
      ],
      [
        call(x, tensor(new Uint32Array(3))),
        `${op.name}: wants int32 labels [2], one for each row of [2, 3], got uint32 [3]`,
      ],
      [call(zeros([3]), tensor(new Uint32Array(3))), `${op.name}: wants an input [rows, classes], got [3]`],
    ]);
  }
});

test("the ignored label: in a list, in a tensor, on the GPU; another one; all of them; PyTorch's numbers", async () => {
  const x = () =>
    tensor(
      [
        [1, 2, 3],
        [3, 2, 1],
      ],
      { requiresGrad: true },
    );
  const [a, b, c] = [Math.fround(-0.9099694), Math.fround(0.2447285), Math.fround(0.665241)];
  for (const labels of [
    [0, -100],
    tensor([0, 2 ** 32 - 100], { dtype: "uint32" }),
    tensor([0, 2 ** 32 - 100], { dtype: "uint32" }).clone(),
  ]) {
    for (const [reduction, wanted] of [
      ["none", [2.4076059, 0]],
      ["mean", [2.4076059]],
      ["sum", [2.4076059]],
    ] as const) {
      const logits = x();
      const loss = crossEntropyOf(logits, labels, { reduction });
      const got = [...(await loss.data())];
      for (const [i, value] of wanted.entries()) expect(got[i]).toBeCloseTo(value, 6);
      expect(got).toHaveLength(wanted.length);
      loss.sum().backward();
      const gradient = [...(await logits.grad!.data())];
      for (const [i, value] of [a, b, c, 0, 0, 0].entries()) expect(gradient[i]).toBeCloseTo(value, 6);
      const log = nllLossOf(x().logSoftmax(1), labels, { reduction });
      expect((await log.data())[0]).toBeCloseTo(wanted[0], 6);
    }
  }
  for (const labels of [[-100, -100], tensor([2 ** 32 - 100, 2 ** 32 - 100], { dtype: "uint32" })]) {
    const logits = x();
    const loss = crossEntropyOf(logits, labels);
    expect(await loss.item()).toBeNaN();
    loss.backward();
    expect([...(await logits.grad!.data())]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await crossEntropyOf(logits, labels, { reduction: "sum" }).item()).toBe(0);
  }
  expect(await crossEntropyOf(x(), [0, 2], { ignoreIndex: 2 }).item()).toBeCloseTo(2.4076059, 6);
  expect(await crossEntropyOf(x(), [0, 255], { ignoreIndex: 255 }).item()).toBeCloseTo(2.4076059, 6);
  expect(await crossEntropyOf(x(), [0, -1], { ignoreIndex: -1 }).item()).toBeCloseTo(2.4076059, 6);
});

test("an ignored label that is a class counts nowhere, however the labels were made", async () => {
  const x = () => tensor([0, 1, 2, 3, 1, 1, 1, 1, 5, 1, 2, 2].map(Math.sqrt)).reshape([4, 3]);
  for (const ignoreIndex of [0, 1, 2, 7]) {
    const labels = ignoreIndex === 7 ? [7, 2, 0, 7] : [0, 2, 1, 0];
    const wanted = x().requiresGrad_();
    const mean = crossEntropyOf(wanted, labels, { ignoreIndex });
    mean.backward();
    for (const dtype of ["int32", "uint32"] as const) {
      const made = tensor(labels, { dtype });
      for (const given of [made, made.reshape([2, 2]).reshape([4]), made.add(0)]) {
        const logits = x().requiresGrad_();
        const loss = crossEntropyOf(logits, given, { ignoreIndex });
        expect(await loss.item()).toBeCloseTo(await mean.item(), 6);
        loss.backward();
        expect(await logits.grad!.allclose(wanted.grad!, { atol: 1e-6 })).toBe(true);
        const log = nllLossOf(x().logSoftmax(1), given, { ignoreIndex });
        expect(await log.item()).toBeCloseTo(await mean.item(), 6);
      }
    }
  }
  // [samples, classes, length], padded with class 0: ln 3 for each of the three that count.
  const padded = tensor([[1, 2, 0], [2, 0, 0]], { dtype: "int32" }); // biome-ignore format: rows
  const loss = crossEntropyOf(zeros([2, 3, 3]), padded, { ignoreIndex: 0 });
  expect(await loss.item()).toBeCloseTo(Math.log(3), 6);
});

test("labels from the host are looked at before anything runs; those that the GPU made give NaN", async () => {
  const x = zeros([2, 3]);
  const labels = tensor([0, 7], { dtype: "uint32" });
  expectRefused([
    [() => crossEntropyOf(x, [0, 3]), "crossEntropy: label 1 is 3, not one of 0 … 2"],
    [() => crossEntropyOf(x, [-100, 3]), "crossEntropy: label 1 is 3, not one of 0 … 2"],
    [
      () => crossEntropyOf(x, [0, -100], { ignoreIndex: -1 }),
      "crossEntropy: label 1 is -100, not one of 0 … 2",
    ],
    [() => nllLossOf(x, labels), "nllLoss: a label is 7, not one of 0 … 2"],
    [() => nllLossOf(x, labels.reshape([2])), "nllLoss: a label is 7, not one of 0 … 2"],
    [
      () => nllLossOf(x, tensor([2 ** 32 - 100, 3], { dtype: "uint32" })),
      "nllLoss: a label is 3, not one of 0 … 2",
    ],
    [() => nllLossOf(x, [0, 1], { ignoreIndex: 0.5 }), "nllLoss: ignoreIndex is a whole number from"],
  ]);
  expect(await nllLossOf(x, labels.clone()).item()).toBeNaN();
  labels.copy_(tensor([0, 1], { dtype: "uint32" })); // what was known of it holds no more
  expect(await nllLossOf(x, labels).item()).toBe(0);
});

test("one score that is no number, of any class, makes the loss and its row's gradient NaN: diverging must not look healthy", async () => {
  for (const at of [0, 1, 2]) {
    const row = [0.5, -1, 2];
    row[at] = Number.NaN;
    const x = tensor([row, [0, 1, 2]], { requiresGrad: true });
    const loss = crossEntropyOf(x, tensor(Int32Array.of(1, 2)));
    expect(await loss.item()).toBeNaN();
    loss.backward();
    const gradient = (await x.grad!.tolist()) as number[][];
    expect([at, gradient[0]!.every(Number.isNaN)]).toEqual([at, true]);
  }
});
