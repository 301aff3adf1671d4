// M5: its shapes and names, what it refuses, and that it learns.
import { expect, setDefaultTimeout, test } from "bun:test";
import { M5 } from "../../../src/nn/models/m5.ts";
import { noGrad, zeros } from "../../../src/tensor/index.ts";
import { expectRefused } from "../../refuses.ts";
import { learns } from "./learns.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

test("it has the sizes of the replication's network, or the paper's", () => {
  const net = new M5({ classes: 50 });
  const shapes = net.namedParameters().map(([name, { shape }]) => `${name} ${shape.join("×")}`);
  expect(shapes.filter((line) => !/ \d+$/.test(line))).toEqual([
    "conv1.0.weight 80×1×128",
    "conv2.0.weight 128×80×3",
    "conv3.0.weight 256×128×3",
    "conv4.0.weight 512×256×3",
    "output.weight 50×512",
  ]);
  expect(net.parameters().reduce((sum, each) => sum + each.numel(), 0)).toBe(561_058);
  const paper = new M5({ classes: 10, filters: 128, kernelSize: 80 });
  expect(paper.stateDict()["conv1.0.weight"]!.shape).toEqual([128, 1, 80]);
});

test("two seconds at 16 kHz are averaged over 30 places; the shortest wave leaves one", () => {
  const net = new M5({ classes: 10 }).eval();
  const layers = [net.conv1, net.conv2, net.conv3, net.conv4];
  const places = (samples: number) =>
    noGrad(() => layers.reduce((x, layer) => layer.forward(x), zeros([1, 1, samples]))).shape;
  expect(places(32_000)).toEqual([1, 512, 30]);
  expect(places(net.leastSamples)).toEqual([1, 512, 1]);
  expect(net.leastSamples).toBe(1820);
  expectRefused([
    [
      () => net.forward(zeros([2, 1, 1819])),
      "M5: wants waves [n, 1, 1820 samples or more], got [2, 1, 1819]",
    ],
    [() => net.forward(zeros([2, 32_000])), "M5: wants waves [n, 1, 1820 samples or more], got [2, 32000]"],
    [() => new M5({ classes: 2, kernelSize: 0 }), "M5: kernelSize is a whole number ≥ 1, got 0"],
  ]);
});

test("it learns to tell low tones from high ones", async () => {
  await learns(new M5({ classes: 2, filters: 8 }), 2000, 12);
});
