// EnvNet and EnvNet-v2: their shapes and names, their first weights, what they refuse, and that EnvNet learns.
import { expect, setDefaultTimeout, test } from "bun:test";
import { EnvNet, EnvNetV2 } from "../../../src/nn/models/envNet.ts";
import { manualSeed, noGrad, type Tensor, zeros } from "../../../src/tensor/index.ts";
import { expectRefused } from "../../refuses.ts";
import { learns } from "./learns.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

/** The weights' shapes but for those of one dimension. */
function weights(net: EnvNet): string[] {
  const shapes = Object.entries(net.stateDict()).map(([name, { shape }]) => `${name} ${shape.join("×")}`);
  return shapes.filter((line) => line.includes("×"));
}

/** The shapes of what is made of one wave: filtered, as a picture, and before the dense layers. */
function stages(net: EnvNet): (readonly number[])[] {
  return noGrad(() => {
    const filtered = net.wave.forward(zeros([1, 1, 1, net.samples]));
    const picture = filtered.transpose(1, 2);
    return [filtered.shape, picture.shape, net.picture.forward(picture).shape];
  });
}

test("EnvNet has the paper's sizes", () => {
  const net = new EnvNet({ classes: 50, hidden: [3, 2] }).eval();
  expect(weights(net)).toEqual([
    "wave.0.weight 40×1×1×8",
    "wave.3.weight 40×40×1×8",
    "picture.0.weight 50×1×8×13",
    "picture.4.weight 50×50×1×5",
    "fc.0.weight 3×7700",
    "fc.3.weight 2×3",
    "fc.6.weight 50×2",
  ]);
  expect(stages(net)).toEqual([
    [1, 40, 1, 150],
    [1, 1, 40, 150],
    [1, 50, 11, 14],
  ]);
  expect(String(net.fc).match(/Dropout\(p: 0.5\)/g)).toHaveLength(2);
  expect(Object.keys(net.stateDict()).filter((name) => name.endsWith("bias")).length).toBe(4 + 3); // batch norm's, dense
});

test("EnvNet-v2 has the paper's sizes", () => {
  const net = new EnvNetV2({ classes: 10, hidden: [3, 2] }).eval();
  expect(weights(net)).toEqual([
    "wave.0.weight 32×1×1×64",
    "wave.3.weight 64×32×1×16",
    "picture.0.weight 32×1×8×8",
    "picture.3.weight 32×32×8×8",
    "picture.7.weight 64×32×1×4",
    "picture.10.weight 64×64×1×4",
    "picture.14.weight 128×64×1×2",
    "picture.17.weight 128×128×1×2",
    "picture.21.weight 256×128×1×2",
    "picture.24.weight 256×256×1×2",
    "fc.0.weight 3×20480",
    "fc.3.weight 2×3",
    "fc.6.weight 10×2",
  ]);
  expect(stages(net)).toEqual([
    [1, 64, 1, 260],
    [1, 1, 64, 260],
    [1, 256, 10, 8],
  ]);
  const learned = (hidden: number[]) => {
    const convolutions = net.parameters().reduce((sum, each) => sum + each.numel(), 0) - (3 * 20481 + 8 + 30);
    return [20480, ...hidden, 10].reduce(
      (sum, n, i, all) => sum + (i && n * (all[i - 1]! + 1)),
      convolutions,
    );
  };
  expect(learned([4096, 4096])).toBe(101_087_306);
});

async function deviation(t: Tensor): Promise<number> {
  return Math.sqrt(await t.square().mean().item());
}

test("convolutions begin with He's weights, dense layers with LeCun's", async () => {
  manualSeed(2);
  const state = new EnvNet({ classes: 10, hidden: [20] }).stateDict();
  const ratio = async (name: string, expected: number) => (await deviation(state[name]!)) / expected;
  expect(await ratio("wave.3.weight", Math.sqrt(2 / 320))).toBeCloseTo(1, 1);
  expect(await ratio("picture.4.weight", Math.sqrt(2 / 250))).toBeCloseTo(1, 1);
  expect(await ratio("fc.0.weight", Math.sqrt(1 / 7700))).toBeCloseTo(1, 1);
  expect(await deviation(state["fc.0.bias"]!)).toBe(0);
});

test("waves of another length are refused by name, and lengths that leave nothing", () => {
  const net = new EnvNet({ classes: 2, hidden: [] });
  expectRefused([
    [() => net.forward(zeros([1, 1, 24_000])), "EnvNet: wants waves [n, 1, 24014], got [1, 1, 24000]"],
    [() => net.forward(zeros([1, 24_014])), "EnvNet: wants waves [n, 1, 24014], got [1, 24014]"],
    [() => new EnvNet({ classes: 2, samples: 5293 }), "EnvNet: samples is a whole number ≥ 5294, got 5293"],
    [
      () => new EnvNetV2({ classes: 2, samples: 100 }),
      "EnvNetV2: samples is a whole number ≥ 23642, got 100",
    ],
  ]);
});

test("EnvNet learns to tell low tones from high ones", async () => {
  await learns(new EnvNet({ classes: 2, samples: 5294, hidden: [16], dropout: 0 }), 5294, 5);
});
