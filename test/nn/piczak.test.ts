// Piczak's network: its shapes, its names, its first weights, and its numbers against the float64 references.

import { expect, setDefaultTimeout, test } from "bun:test";
import * as F from "../../src/nn/functional/index.ts";
import { Piczak, type PiczakOptions } from "../../src/nn/models/piczak.ts";
import { SGD } from "../../src/nn/optim/index.ts";
import { arrayOf } from "../../src/tensor/handle.ts";
import { manualSeed, memory, noGrad, type Tensor, zeros } from "../../src/tensor/index.ts";
import { compare, toTensor } from "../harness.ts";
import { batchNorm } from "../reference/batchNorm.ts";
import { conv2d } from "../reference/conv2d.ts";
import { relu } from "../reference/elementwise.ts";
import { matmul } from "../reference/matmul.ts";
import { maxPool2d } from "../reference/pool.ts";
import { Random } from "../reference/random.ts";
import { type Arr, arr, rounded } from "../reference/reference.ts";
import { logSoftmax } from "../reference/softmax.ts";
import { expectRefused } from "../refuses.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

test("the paper's network has the paper's sizes", () => {
  const net = new Piczak({ classes: 50, hidden: [5000, 4] });
  const shapes = Object.entries(net.stateDict()).map(([name, { shape }]) => `${name} ${shape.join("×")}`);
  expect(shapes).toEqual([
    "conv1.0.weight 80×2×57×6",
    "conv1.0.bias 80",
    "conv2.0.weight 80×80×1×3",
    "conv2.0.bias 80",
    "fc.0.0.weight 5000×240",
    "fc.0.0.bias 5000",
    "fc.1.0.weight 4×5000",
    "fc.1.0.bias 4",
    "output.weight 50×4",
    "output.bias 50",
  ]);
  const long = new Piczak({ classes: 10, frames: 101, hidden: [3] });
  expect(long.stateDict()["fc.0.0.weight"]!.shape).toEqual([3, 800]);
  expect(String(net)).toContain("(2): MaxPool2d([4, 3], stride: [1, 3])");
});

test("the batch-norm form has batch norm before each ReLU, and no dropout", () => {
  const net = new Piczak({ classes: 10, form: "batch-norm", hidden: [7], init: "kaiming-normal" });
  const names = Object.keys(net.stateDict()).filter((name) => name.endsWith("running_var"));
  expect(names).toEqual(["conv1.1.running_var", "conv2.1.running_var", "fc.0.1.running_var"]);
  expect(String(net)).not.toContain("Dropout");
  expect(String(net)).toMatch(/Conv2d\(.*\n.*BatchNorm2d\(80\)\n.*ReLU/);
  expect(String(new Piczak({ classes: 10, hidden: [7] })).match(/Dropout\(p: 0.5\)/g)?.length).toBe(2);
});

test("what departs from the two forms: dropout of one's own, an activated head, batch norm in one convolution", () => {
  const mixed = String(
    new Piczak({ classes: 3, form: "batch-norm", hidden: [7], dropout: 0.3, convDropout: 0.2 }),
  );
  expect(mixed).toMatch(/MaxPool2d.*\n.*Dropout\(p: 0.2\)/);
  expect(mixed).toMatch(/Linear\(240, 7\)\n.*BatchNorm1d\(7\)\n.*ReLU\(\)\n.*Dropout\(p: 0.3\)/);
  const head = (form: PiczakOptions["form"]) =>
    String(new Piczak({ classes: 3, form, head: "activated", hidden: [7], dropout: 0.5 }).output).replace(
      /\s+/g,
      " ",
    );
  expect(head("dropout")).toBe("Sequential( (0): Linear(7, 3) (1): ReLU() (2): Dropout(p: 0.5) )");
  expect(head("batch-norm")).toBe(
    "Sequential( (0): Linear(7, 3) (1): BatchNorm1d(3) (2): ReLU() (3): Dropout(p: 0.5) )",
  );
  const names = Object.keys(new Piczak({ classes: 3, hidden: [7], conv2Norm: true, filters: 5 }).stateDict());
  expect(names.filter((name) => name.endsWith("running_var"))).toEqual(["conv2.1.running_var"]);
});

/** The same computation with the float64 references. Evaluation mode has no dropout to agree on. */
async function reference(net: Piczak, x: Arr, training: boolean): Promise<Arr> {
  const state = new Map<string, Arr>();
  for (const [name, tensor] of Object.entries(net.stateDict()))
    state.set(name, arr(tensor.shape, await tensor.data()));
  const get = (name: string) => state.get(name)!;
  const normed = (y: Arr, layer: string) => {
    if (!state.has(`${layer}.running_mean`)) return y;
    const inputs = ["weight", "bias", "running_mean", "running_var"].map((name) => get(`${layer}.${name}`));
    return batchNorm.forward([y, ...inputs], { training, momentum: 0.1, eps: 1e-5 });
  };
  const once = { stride: [1, 1], padding: [0, 0], dilation: [1, 1] } satisfies Record<
    string,
    [number, number]
  >;
  const conv = (y: Arr, block: string, kernel: [number, number]) => {
    const z = conv2d.forward([y, get(`${block}.0.weight`), get(`${block}.0.bias`)], once);
    const positive = relu.forward([normed(z, `${block}.1`)], {});
    return maxPool2d.forward([positive], { kernel, stride: [1, 3], padding: [0, 0] });
  };
  const dense = (y: Arr, layer: string) => {
    const z = matmul.forward([y, get(`${layer}.weight`)], { transposeA: false, transposeB: true });
    const bias = get(`${layer}.bias`).data;
    return arr(
      z.shape,
      z.data.map((v, i) => v + bias[i % bias.length]!),
    );
  };
  const image = conv(conv(x, "conv1", [4, 3]), "conv2", [1, 3]);
  let y = arr([x.shape[0]!, image.data.length / x.shape[0]!], image.data);
  for (let i = 0; i < net.fc.length; i++) y = relu.forward([normed(dense(y, `fc.${i}.0`), `fc.${i}.1`)], {});
  const activated = state.has("output.0.weight");
  const scores = activated
    ? relu.forward([normed(dense(y, "output.0"), "output.1")], {})
    : dense(y, "output");
  return logSoftmax.forward([scores], { axis: 1 });
}

const small: Omit<PiczakOptions, "form"> = { classes: 5, frames: 23, hidden: [9, 6], init: "pytorch" };

const variants: Partial<PiczakOptions>[] = [
  { form: "dropout" },
  { form: "batch-norm" },
  { form: "dropout", head: "activated", conv2Norm: true, filters: 7 },
  { form: "batch-norm", head: "activated", melBands: 40, dropout: 0 },
];
test("log-probabilities agree with the float64 references, in either form and with other heads", async () => {
  manualSeed(3);
  const errors: string[] = [];
  for (const variant of variants) {
    const x = rounded(new Random(3).array([3, 2, variant.melBands ?? 60, 23]));
    const net = new Piczak({ ...small, ...variant });
    net.train(variant.form === "batch-norm");
    const expected = await reference(net, x, net.training);
    const got = noGrad(() => net.forward(toTensor(x)));
    const what = Object.values(variant).join(" ");
    errors.push(`${what} ${(await compare(arrayOf(got), expected, what, 1e-5)).toExponential(1)}`);
  }
  console.log(`  Piczak's network, worst error of the log-probabilities: ${errors.join(", ")}`);
});

async function range(t: Tensor): Promise<{ low: number; high: number; deviation: number }> {
  const values = [...(await t.data())];
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
  return { low: Math.min(...values), high: Math.max(...values), deviation };
}

test("it begins with the paper's weights", async () => {
  manualSeed(4);
  const net = new Piczak({ classes: 10, hidden: [50] });
  const state = net.stateDict();
  const conv1 = await range(state["conv1.0.weight"]!);
  expect([conv1.low < -0.00099, conv1.high > 0.00099]).toEqual([true, true]);
  expect(Math.max(-conv1.low, conv1.high)).toBeLessThanOrEqual(0.001);
  const conv2 = await range(state["conv2.0.weight"]!);
  expect([conv2.low < -0.099, conv2.high > 0.099, conv2.high <= 0.1]).toEqual([true, true, true]);
  expect((await range(state["fc.0.0.weight"]!)).deviation).toBeCloseTo(0.01, 3);
  expect((await range(state["conv1.0.bias"]!)).low).toBe(Math.fround(0.1));
  for (const name of ["conv2.0.bias", "fc.0.0.bias", "output.bias"])
    expect(await range(state[name]!)).toEqual({ low: 0, high: 0, deviation: 0 });
  const he = new Piczak({ classes: 10, hidden: [50], init: "kaiming-normal" });
  expect((await range(he.stateDict()["fc.0.0.weight"]!)).deviation).toBeCloseTo(Math.sqrt(2 / 240), 2);
});

test("both forms learn to tell two kinds of segments apart, and leave memory as they found it", async () => {
  for (const form of ["dropout", "batch-norm"] as const) {
    manualSeed(5);
    const net = new Piczak({ ...small, classes: 2, hidden: [16], form });
    const optimizer = new SGD(net.parameters(), {
      lr: 0.02,
      momentum: 0.9,
      nesterov: true,
      weightDecay: 0.001,
    });
    const random = new Random(6);
    const draw = () => {
      const x = random.array([16, 2, 60, 23]);
      // The second kind is louder in the upper bands.
      const labels = Array.from({ length: 16 }, (_, i) => i % 2);
      for (let i = 0; i < x.data.length; i++) {
        if (labels[Math.floor(i / (2 * 60 * 23))] === 1 && Math.floor(i / 23) % 60 >= 30) x.data[i]! += 0.5;
      }
      return { x: toTensor(x), labels };
    };
    const bytes: number[] = [];
    for (let step = 0; step < 12; step++) {
      const { x, labels } = draw();
      optimizer.zeroGrad();
      const loss = F.nllLoss(net.forward(x), labels);
      loss.backward();
      optimizer.step();
      await loss.item();
      bytes.push(memory().bytesInUse);
    }
    expect(bytes.at(-1)! - bytes[3]!).toBeLessThan(9 * 400_000); // batches (360 kB) that nobody collected yet
    net.eval();
    const { x, labels } = draw();
    const guesses = (await noGrad(() => net.forward(x).argmax(1)).tolist()) as number[];
    expect(guesses).toEqual(labels);
  }
});

test("segments of another size are refused by name", () => {
  const net = new Piczak(small);
  expectRefused([
    [() => net.forward(zeros([1, 2, 60, 41])), "Piczak: wants segments [n, 2, 60, 23], got [1, 2, 60, 41]"],
    [() => net.forward(zeros([2, 60, 23])), "Piczak: wants segments [n, 2, 60, 23], got [2, 60, 23]"],
    [() => new Piczak({ classes: 3, frames: 19 }), "Piczak: frames is a whole number ≥ 20, got 19"],
    [() => new Piczak({ ...small, classes: 0 }), "Linear: outFeatures is a whole number ≥ 1, got 0"],
  ]);
});
