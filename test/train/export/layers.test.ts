// Each layer, and each network, as ONNX Runtime computes it, beside what it computes here.
import { expect, setDefaultTimeout, test } from "bun:test";
import { manualSeed, nn, noGrad, rand, randn, type Shape } from "../../../src/index.ts";
import { Graph } from "../../../src/train/export/graph.ts";
import { type Kinds, LAYERS, Writer } from "../../../src/train/export/layers.ts";
import { KINDS } from "../../../src/train/export/networks.ts";
import { encodeModel } from "../../../src/train/export/onnx.ts";
import { readWeights } from "../../../src/train/learning/checkpoint.ts";
import { Transfer } from "../../../src/train/learning/networks/transfer.ts";
import { load } from "./onnx-runtime.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

const ALLOWED = 1e-5;

/** The file of a module alone. */
async function fileOf(net: nn.Module, shape: Shape, kinds: Kinds = KINDS): Promise<Uint8Array> {
  const graph = new Graph();
  const x = graph.input({ name: "x", type: "float32", shape, says: "" });
  const y = new Writer(graph, kinds, await readWeights(net)).write(net, x, "");
  graph.output(y, { name: "y", type: "float32", shape: shape.map((_, i) => `d${i}`), says: "" });
  return encodeModel({ ...graph, name: "test", version: "0", metadata: {} });
}

/** By how much a module's output differs, of what is largest in it. */
async function errorOf(net: nn.Module, shape: Shape): Promise<number> {
  net.eval();
  for (const [key, buffer] of net.namedBuffers())
    buffer.copy_(key.endsWith("var") ? rand(buffer.shape).add(0.5) : randn(buffer.shape));
  for (const parameter of net.parameters().filter(({ ndim }) => ndim === 1)) {
    const { shape } = parameter;
    noGrad(() => parameter.copy_(randn(shape)));
  }
  const x = randn(shape).mul(3);
  const want = noGrad(() => net.forward(x));
  const { y } = await (await load(await fileOf(net, shape)))({
    x: { data: (await x.data()) as Float32Array, shape },
  });
  expect(y!.shape).toEqual([...want.shape]);
  const ours = (await want.data()) as Float32Array;
  const largest = await want.abs().max().item();
  return ours.reduce((most, value, i) => Math.max(most, Math.abs(value - y!.data[i]!)), 0) / largest;
}

const IMAGE: Shape = [2, 4, 9, 11];
const SEQUENCE: Shape = [2, 4, 17];
const ROWS: Shape = [3, 8];

/** Each kind at least once, and what its options say. */
const CASES: [layer: nn.Module, shape: Shape][] = [
  [new nn.Conv1d(4, 6, 3, { stride: 2, padding: 1, bias: false }), SEQUENCE],
  [new nn.Conv1d(4, 4, 4, { padding: "same", groups: 2 }), SEQUENCE],
  [new nn.Conv2d(4, 6, [3, 2], { stride: [1, 2], padding: [2, 0], dilation: [2, 1] }), IMAGE],
  [new nn.Conv2d(4, 4, 3, { padding: "valid", groups: 4 }), IMAGE],
  [new nn.Linear(8, 5), ROWS],
  [new nn.Linear(8, 5, { bias: false }), ROWS],
  [new nn.BatchNorm1d(8, { eps: 1e-3 }), ROWS],
  [new nn.BatchNorm1d(4), SEQUENCE],
  [new nn.BatchNorm2d(4, { eps: 0.1 }), IMAGE],
  [new nn.MaxPool1d(3), SEQUENCE],
  [new nn.MaxPool2d([3, 2], { stride: [1, 3], padding: [1, 0] }), IMAGE],
  [new nn.MaxPool2d(2, { ceilMode: true, dilation: 2 }), IMAGE],
  [new nn.AvgPool1d(3, { stride: 2, padding: 1 }), SEQUENCE],
  [new nn.AvgPool2d(3, { padding: 1, countIncludePad: false }), IMAGE],
  [new nn.AdaptiveAvgPool1d(1), SEQUENCE],
  [new nn.AdaptiveAvgPool2d(1), IMAGE],
  [new nn.Flatten(), IMAGE],
  [new nn.Identity(), ROWS],
  [new nn.Sequential(new nn.Dropout(), new nn.Dropout1d(), new nn.ReLU()), SEQUENCE],
  [new nn.Sequential(new nn.Dropout2d(), new nn.ReLU6()), IMAGE],
  [new nn.Sigmoid(), ROWS],
  [new nn.Tanh(), ROWS],
  [new nn.Hardswish(), ROWS],
  [new nn.Hardsigmoid(), ROWS],
  [new nn.LeakyReLU(0.2), ROWS],
  [new nn.ELU(0.7), ROWS],
  [new nn.SiLU(), ROWS],
  [new nn.GELU(), ROWS],
  [new nn.Softmax(1), IMAGE],
  [new nn.LogSoftmax(-1), ROWS],
];

test("each layer has the same output", async () => {
  manualSeed(1);
  let [worst, where] = [0, ""];
  for (const [layer, shape] of CASES) {
    const error = await errorOf(layer, shape);
    expect([String(layer), error <= ALLOWED]).toEqual([String(layer), true]);
    if (error > worst) [worst, where] = [error, layer.constructor.name];
  }
  console.log(`  ${CASES.length} layers: ${worst.toExponential(1)} of ${ALLOWED} (${where})`);
  const tried = new Set(CASES.flatMap(([layer]) => layer.modules().map((module) => module.constructor)));
  expect([...LAYERS.keys()].filter((kind) => !tried.has(kind as never))).toEqual([]);
});

test("each network has the same output", async () => {
  manualSeed(2);
  const networks: [nn.Module, Shape][] = [
    [new nn.Piczak({ classes: 4, frames: 23, hidden: [9, 6], form: "batch-norm" }), [3, 2, 60, 23]],
    [new nn.M5({ classes: 4, filters: 5 }), [2, 1, 3000]],
    [new nn.ConvNet({ classes: 4, widths: [3, 5, 6], dropout: 0.2 }), [2, 2, 13, 22]],
    [new nn.EnvNet({ classes: 4, samples: 5294, hidden: [7] }), [2, 1, 5294]],
    [new nn.EnvNetV2({ classes: 4, samples: 23_642, hidden: [] }), [1, 1, 23_642]],
    [new nn.MN({ width: 0.2, classes: 4 }), [2, 1, 32, 45]],
  ];
  for (const [net, shape] of networks) {
    const error = await errorOf(net, shape);
    console.log(`  ${net.constructor.name}: ${error.toExponential(1)} of ${ALLOWED}`);
    expect(error).toBeLessThanOrEqual(ALLOWED);
  }
  const tried = new Set(networks.flatMap(([net]) => net.modules().map((module) => module.constructor)));
  tried.add(Transfer); // export.test.ts has it whole
  expect([...KINDS.keys()].filter((kind) => !LAYERS.has(kind) && !tried.has(kind as never))).toEqual([]);
});

test("what cannot be written is named, with its place and why", async () => {
  const refused: [nn.Module, string][] = [
    [
      new nn.Sequential(new nn.ReLU(), new nn.Sequential(new nn.Softplus())),
      "Softplus (1.0) has no ONNX: it is not among the layers that are written",
    ],
    [new nn.Conv1d(1, 1, 1, { paddingMode: "circular" }), 'Conv1d has no ONNX: its padding is "circular"'],
    [new nn.GELU({ approximate: "tanh" }), 'GELU has no ONNX: approximate is not "none"'],
    [new nn.Flatten(0), "Flatten has no ONNX: only what follows the first dimension is joined"],
    [
      new nn.AdaptiveAvgPool1d(2),
      "AdaptiveAvgPool1d has no ONNX: only windows that are the whole of a channel",
    ],
    [new nn.AvgPool2d(2, { ceilMode: true }), "AvgPool2d has no ONNX: ceilMode and divisorOverride"],
    [new nn.BatchNorm1d(2, { affine: false }), "BatchNorm1d has no ONNX: it has no weights"],
  ];
  for (const [net, says] of refused) {
    const error = await fileOf(net, ROWS).catch((error: Error) => error);
    expect((error as Error).message).toStartWith(says);
  }
});
