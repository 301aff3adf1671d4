// Weights that are computed from others: weightNorm and spectralNorm, with PyTorch 1.13's numbers, gradients and names.
import { expect, test } from "bun:test";
import { F, nn, noGrad, optim, type Tensor, tensor } from "../../src/index.ts";
import { expectRefused } from "../refuses.ts";

const { deepcopy, removeSpectralNorm, removeWeightNorm, spectralNorm, weightNorm } = nn.utils;

/** Numbers that Python drew likewise. */
function drawn(shape: readonly number[], added = 0): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return tensor(Float32Array.from({ length: size }, (_, i) => (((7 * i) % 11) - 5) / 4 + added)).reshape(
    shape,
  );
}

function filled<T extends nn.AnyModule>(module: T): T {
  noGrad(() => {
    for (const parameter of module.parameters()) parameter.copy_(drawn(parameter.shape));
  });
  return module;
}

async function expectNear(what: string, found: Tensor, wanted: readonly number[]): Promise<void> {
  const values = Array.from(await found.data());
  const off = Math.max(...values.map((value, i) => Math.abs(value - wanted[i]!)));
  expect([what, values.length, off < 3e-5]).toEqual([what, wanted.length, true]);
}

const gradientsOf = (module: nn.AnyModule) =>
  Object.fromEntries(module.namedParameters().map(([name, { grad }]) => [name, grad!]));

test("weightNorm: names, results and gradients are PyTorch's, by rows, by columns and as a whole", async () => {
  const y = [1.84375, -1.09375, -2.84375, 3.78125];
  const cases: [module: nn.AnyModule, options: nn.utils.WeightNormOptions, x: number[], y: number[], dG: number[], dV: number[]][] = [
    [new nn.Linear(3, 2), {}, [2, 3], y, [9.50355, 12.75655], [-5.17045, -4.33026, 8.59588, 2.10938, -2.03906, 2.83594]],
    [new nn.Linear(3, 2), { dim: null }, [2, 3], y, [15.7724], [-3.233, -5.10524, 9.37086, 3.93612, -1.67371, 1.73989]],
    [new nn.Linear(3, 2), { dim: 1 }, [2, 3], y, [16.90427, 0.73371, 2.46582], [0.35156, -0.35156, 5.6845, 0.35156, 0.70312, -3.78966]],
    [new nn.Conv1d(2, 2, 2), {}, [1, 2, 3], [1, -4.15625, 1.34375, 1.625], [10.03468, 3.09802], [-0.10224, 3.78152, 4.58567, 0.21942, -3.51292, 2.3122, 2.61238, -2.64844]],
    [new nn.Linear(3, 2), { name: "bias" }, [2, 3], [0.1875, -0.3125, -2.9375, 2.9375], [5.5, 5.25], [0, 0]],
    [
      new nn.LSTM(2, 2), { name: "weightHhL0" }, [2, 1, 2], [0.23718, -0.13341, 0.13695, -0.48639],
      [-0.00628, -0.00104, 0.00167, 0.00103, -0.00168, -8e-5, 0.00194, 0.04683],
      [-0.00046, -0.00116, 0.00117, 0.00047, 0.00216, 0.00072, 0, -0.00087, 0.0002, 0.00027, -0.00034, 7e-5, 0.00058, 0.00058, 0.01183, -0.05917],
    ],
  ]; // biome-ignore format: a case a line
  for (const [module, options, shape, wanted, dG, dV] of cases) {
    const key = { weight: "weight", bias: "bias", weightHhL0: "weight_hh_l0" }[options.name ?? "weight"]!;
    expect(weightNorm(filled(module), options)).toBe(module);
    expect(Object.keys(module.stateDict()).slice(-2)).toEqual([`${key}_g`, `${key}_v`]);
    noGrad(() => module.getParameter(`${key}_g`).mul_(1.5));
    const given = module.forward(...([drawn(shape)] as never[])) as Tensor | [Tensor];
    const result = Array.isArray(given) ? given[0] : given;
    result.square().sum().backward();
    await expectNear(`${module} ${key}`, result, wanted);
    await expectNear(`${module} ${key}'s g`, gradientsOf(module)[`${key}_g`]!, dG);
    await expectNear(`${module} ${key}'s v`, gradientsOf(module)[`${key}_v`]!, dV);
  }
});

test("spectralNorm: two passes in training and one in evaluation are PyTorch's, buffers and gradients too", async () => {
  const cases: [module: nn.AnyModule, nPowerIterations: number, x: number[], found: Record<string, number[]>][] = [
    [new nn.Linear(3, 2), 1, [2, 3], {
      a: [-0.06848, -0.10866, -1.85866, 1.75313], b: [-0.09206, -0.09651, -1.84651, 1.72811], u: [-0.7224, 0.69147], v: [0.99001, -0.13592, -0.03748],
      gradient: [0.81693, -0.87955, 1.24807, -0.05228, 1.44052, -2.38692],
    }],
    [new nn.Conv2d(1, 2, 2), 2, [1, 1, 3, 3], {
      a: [-0.51609, -2.19797, -2.19797, -2.19797, 0.77522, 0.86696, 1.05043, 0.8058], b: [-0.5161, -2.19795, -2.19795, -2.19795, 0.77521, 0.86695, 1.05042, 0.80579],
      u: [-0.90678, 0.4216], v: [0.60624, -0.37638, 0.42787, -0.55475],
      gradient: [0.43881, -0.64245, 0.50689, -0.53105, -0.39897, 0.43378, 2.21207, -0.38677],
    }],
    [new nn.ConvTranspose1d(2, 3, 2), 1, [1, 2, 3], {
      a: [0.44545, -1.85283, -1.17465, -1.40071, 0.12323, -0.17818, 1.59262, -0.21586, -0.87677, -0.83909, -0.87677, 0.29121],
      b: [0.36229, -1.82326, -1.17834, -1.39331, 0.14171, -0.14492, 1.53903, -0.18074, -0.85829, -0.82246, -0.85829, 0.2524],
      u: [-0.61333, 0.74115, -0.27297], v: [0.36089, 0.30682, -0.7722, 0.42347],
      gradient: [0.70438, 3.00429, -3.89775, 0.03039, 1.33709, 0.06907, -1.8211, 0.65782, 1.76436, -0.78874, -1.3241, -0.76398],
    }],
  ]; // biome-ignore format: as PyTorch's lists
  for (const [module, nPowerIterations, shape, found] of cases) {
    spectralNorm(filled(module), { nPowerIterations });
    expect(Object.keys(module.stateDict())).toEqual(["bias", "weight_orig", "weight_u", "weight_v"]);
    const [u, v] = module.buffers() as [nn.Buffer, nn.Buffer];
    u.copy_(F.normalize(drawn(u.shape), { dim: 0 }));
    v.copy_(F.normalize(drawn(v.shape, 0.1), { dim: 0 }));
    const pass = () => module.forward(...([drawn(shape)] as never[])) as Tensor;
    const [a, b] = [pass(), pass()];
    a.square().sum().add(b.sum()).backward(); // u and v of the first pass are other than those of the second
    await expectNear(`${module}, once`, a, found.a!);
    await expectNear(`${module}, twice`, b, found.b!);
    await expectNear(`${module}'s u`, u, found.u!);
    await expectNear(`${module}'s v`, v, found.v!);
    await expectNear(`${module}'s gradient`, gradientsOf(module).weight_orig!, found.gradient!);
    module.eval();
    await expectNear(`${module} in evaluation`, pass(), found.b!);
    await expectNear(`${module}'s u still`, u, found.u!);
  }
});

test("a copy, an average and a loaded state compute weights of their own, and steps of an optimizer change them", async () => {
  const net = new nn.Sequential(
    weightNorm(filled(new nn.Linear(3, 2))),
    spectralNorm(new nn.Linear(2, 1)).eval(),
  );
  const [x, copy, before] = [drawn([4, 3]), deepcopy(net), deepcopy(net.stateDict())];
  const wanted = await net.forward(x).tolist();
  const sgd = new optim.SGD(net.parameters(), { lr: 0.1 });
  net.forward(x).square().sum().backward();
  sgd.step();
  expect(await net.forward(x).tolist()).not.toEqual(wanted);
  expect(await copy.forward(x).tolist()).toEqual(wanted);
  net.loadStateDict(before);
  expect(await net.forward(x).tolist()).toEqual(wanted);
  const averaged = new optim.AveragedModel(net);
  averaged.updateParameters(net);
  expect(await averaged.forward(x).tolist()).toEqual(wanted);
  expect(`${net}`).toBe(`${new nn.Sequential(new nn.Linear(3, 2), new nn.Linear(2, 1))}`);
  expect(net.layers[0]).toBeInstanceOf(nn.Linear);
});

test("what is taken away leaves a parameter of the same values", async () => {
  const layers = [
    [removeWeightNorm, weightNorm(filled(new nn.Linear(3, 2)))],
    [removeSpectralNorm, spectralNorm(filled(new nn.Linear(3, 2)))],
  ] as const;
  for (const [remove, layer] of layers) {
    layer.eval();
    const y = await layer.forward(drawn([2, 3])).tolist();
    layer.train();
    expect(remove(layer)).toBe(layer);
    expect(Object.keys(layer.stateDict())).toEqual(["bias", "weight"]);
    expect([layer.weight instanceof nn.Parameter, layer.weight.requiresGrad, layer.weight.isLeaf]).toEqual([
      true,
      true,
      true,
    ]);
    expect(await layer.forward(drawn([2, 3])).tolist()).toEqual(y);
    expect(() => remove(layer)).toThrow(
      /^remove(Weight|Spectral)Norm: Linear has no (weight|spectral)Norm of "weight"$/,
    );
  }
  const both = weightNorm(weightNorm(filled(new nn.Linear(3, 2))), { name: "bias" });
  removeWeightNorm(both);
  expect(Object.keys(both.stateDict())).toEqual(["bias_g", "bias_v", "weight"]);
});

test("what cannot be normed says so", () => {
  const normed = weightNorm(new nn.Linear(1, 1)) as { weight: Tensor };
  const linear = () => new nn.Linear(1, 1);
  expectRefused([
    [
      () => weightNorm(linear(), { name: "weights" }),
      'weightNorm: Linear has no parameter "weights": there are "weight", "bias"',
    ],
    [
      () => weightNorm(normed as nn.Linear),
      'weightNorm: Linear has no parameter "weight": there are "bias", "weightG", "weightV"',
    ],
    [() => weightNorm(new nn.ReLU()), 'weightNorm: ReLU has no parameter "weight"'],
    [() => weightNorm(linear(), { dim: 2 }), "weightNorm: dim 2 is out of range: there are -2 … 1"],
    [
      () => spectralNorm(linear(), { nPowerIterations: 0 }),
      "spectralNorm: nPowerIterations is a whole number ≥ 1, got 0",
    ],
    [
      () => Object.assign(normed, { weight: tensor([[1]]) }),
      "Linear.weight is computed from weightG and weightV: change these",
    ],
    [
      () => removeSpectralNorm(normed as nn.Linear),
      'removeSpectralNorm: Linear has no spectralNorm of "weight"',
    ],
    [() => removeWeightNorm(linear()), 'removeWeightNorm: Linear has no weightNorm of "weight"'],
  ]);
});
