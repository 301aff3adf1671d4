// The optimizers: numbers against the float64 reference over several steps, then how they behave.
import { expect, test } from "bun:test";
import { Linear } from "../../../src/nn/index.ts";
import { Adam, AdamW, LBFGS, SGD } from "../../../src/nn/optim/index.ts";
import { cat, memory, noGrad, type Tensor, tensor } from "../../../src/tensor/index.ts";
import { check } from "../../harness.ts";
import { adamStep, sgdStep } from "../../reference/optim/steps.ts";
import { Random } from "../../reference/random.ts";
import { type Arr, arr, type Reference } from "../../reference/reference.ts";

const random = new Random(5);
const STEPS = 5;
const shapes = [[1], [7], [3, 5], [2, 3, 4, 9], [1025]];

/** Inputs: θ, then one gradient a step. Result: θ after the last step and what the optimizer remembers, in a row. */
function inputs(shape: number[]): Arr[] {
  return Array.from({ length: 1 + STEPS }, () => random.array(shape));
}

function joined(arrays: Arr[]): Arr {
  return arr(
    [arrays.reduce((sum, { data }) => sum + data.length, 0)],
    arrays.flatMap(({ data }) => [...data]),
  );
}

function run(
  optimizer: { step(): void; stateDict(): { tensors: Record<string, Tensor> } },
  theta: Tensor,
  gradients: Tensor[],
): Tensor {
  for (const gradient of gradients) {
    theta.grad = gradient;
    optimizer.step();
  }
  return cat([theta, ...Object.values(optimizer.stateDict().tensors)].map((t) => t.flatten()));
}

type SgdCase = { lr: number; momentum: number; nesterov: boolean; weightDecay: number; dampening: number };
const sgdReference: Reference<SgdCase> = {
  forward([theta, ...gradients], attrs) {
    let state: { param: Arr; velocity: Arr | null } = { param: theta!, velocity: null };
    gradients.forEach((gradient, i) => {
      state = sgdStep(state.param, gradient, state.velocity, { ...attrs, first: i === 0 });
    });
    return joined([state.param, ...(state.velocity ? [state.velocity] : [])]);
  },
  backward: () => [],
};
const sgdCases: SgdCase[] = [
  { lr: 0.1, momentum: 0, nesterov: false, weightDecay: 0, dampening: 0 },
  { lr: 0.1, momentum: 0, nesterov: false, weightDecay: 0.01, dampening: 0 },
  { lr: 0.1, momentum: 0.9, nesterov: false, weightDecay: 0, dampening: 0.3 },
  { lr: 0.002, momentum: 0.9, nesterov: true, weightDecay: 0.001, dampening: 0 },
];

check<SgdCase>({
  name: `sgd, ${STEPS} steps`,
  covers: ["sgd"],
  run: ([theta, ...gradients], attrs) => run(new SGD([theta!], attrs), theta!, gradients),
  reference: sgdReference,
  cases: sgdCases.flatMap((attrs) => shapes.map((shape) => ({ inputs: inputs(shape), attrs }))),
  terms: () => STEPS,
  differentiable: false,
});

type AdamCase = {
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  decoupled: boolean;
};
const adamReference: Reference<AdamCase> = {
  forward([theta, ...gradients], attrs) {
    let state = { param: theta!, m: arr(theta!.shape), v: arr(theta!.shape) };
    gradients.forEach((gradient, i) => {
      state = adamStep(state.param, gradient, state.m, state.v, { ...attrs, step: i + 1 });
    });
    return joined([state.param, state.m, state.v]);
  },
  backward: () => [],
};
const adam = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8 };
const adamCases: AdamCase[] = [
  { ...adam, weightDecay: 0, decoupled: false },
  { ...adam, lr: 0.1, beta1: 0.8, beta2: 0.9, eps: 1e-3, weightDecay: 0.1, decoupled: false },
  { ...adam, lr: 0.1, weightDecay: 0.1, decoupled: true },
];

check<AdamCase>({
  name: `adam, ${STEPS} steps`,
  covers: ["adam"],
  run: ([theta, ...gradients], { lr, beta1, beta2, eps, weightDecay, decoupled }) => {
    const options = { lr, betas: [beta1, beta2] as [number, number], eps, weightDecay };
    return run(decoupled ? new AdamW([theta!], options) : new Adam([theta!], options), theta!, gradients);
  },
  reference: adamReference,
  cases: adamCases.flatMap((attrs) => shapes.map((shape) => ({ inputs: inputs(shape), attrs }))),
  terms: () => STEPS,
  differentiable: false,
});

const parameter = (data: number[]) => tensor(data, { requiresGrad: true });

test("the defaults are torch.optim's", () => {
  const { params: _, ...sgd } = new SGD([parameter([1])], { lr: 0.1 }).paramGroups[0]!;
  expect(sgd).toEqual({
    lr: 0.1,
    momentum: 0,
    dampening: 0,
    weightDecay: 0,
    nesterov: false,
    maximize: false,
  });
  const { params: __, ...adam } = new Adam([parameter([1])]).paramGroups[0]!;
  expect(adam).toEqual({
    lr: 1e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weightDecay: 0,
    amsgrad: false,
    maximize: false,
  });
  expect(new AdamW([parameter([1])]).paramGroups[0]!.weightDecay).toBe(0.01);
});

test("groups have settings of their own, and lr can change between steps", async () => {
  const [a, b, untouched] = [parameter([1]), parameter([1]), parameter([1])];
  const optimizer = new SGD([{ params: [a] }, { params: [b, untouched], lr: 0.5, weightDecay: 1 }], {
    lr: 0.1,
  });
  a.add(b).sum().backward();
  optimizer.step();
  expect(await cat([a, b, untouched]).tolist()).toEqual([Math.fround(0.9), 0, 1]); // 1 − 0.5 (1 + 1)
  optimizer.lr = 1;
  optimizer.zeroGrad();
  expect([a.grad, b.grad]).toEqual([null, null]);
  optimizer.step(); // no gradient: nothing moves, not even through weight decay
  a.add(b).sum().backward();
  optimizer.step();
  expect(await b.tolist()).toEqual([-1]);
  expect(optimizer.paramGroups.map((group) => group.lr)).toEqual([1, 1]);
  expect(optimizer.lr).toBe(1);
});

test("a group that is added later has the optimizer's settings, or its own, and is learned from then on", async () => {
  const [a, b] = [parameter([1]), parameter([1])];
  const optimizer = new SGD([a], { lr: 0.5, momentum: 0.5 });
  const step = () => {
    optimizer.zeroGrad();
    a.add(b).sum().backward();
    optimizer.step();
  };
  step();
  expect(await cat([a, b]).tolist()).toEqual([0.5, 1]);
  optimizer.addParamGroup({ params: [b], momentum: 0 });
  expect(optimizer.paramGroups.map(({ lr, momentum }) => [lr, momentum])).toEqual([
    [0.5, 0.5],
    [0.5, 0],
  ]);
  step();
  expect(await cat([a, b]).tolist()).toEqual([-0.25, 0.5]);
  expect(() => optimizer.addParamGroup({ params: [a] })).toThrow(
    "SGD.addParamGroup: parameter 2 [1] is listed twice",
  );
  expect(optimizer.paramGroups).toHaveLength(2);
});

test("a run that goes on from a saved state ends where an unbroken one does", async () => {
  for (const make of [
    (p: Tensor[]) => new SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
    (p: Tensor[]) => new AdamW(p, { lr: 0.1 }),
  ]) {
    const train = (p: Tensor, optimizer: { zeroGrad(): void; step(): void }, steps: number) => {
      for (let i = 0; i < steps; i++) {
        optimizer.zeroGrad();
        p.square().sum().backward();
        optimizer.step();
      }
    };
    const whole = parameter([1, -2, 3]);
    train(whole, make([whole]), 6);

    const [first, never] = [parameter([1, -2, 3]), parameter([4])];
    const before = make([first, never]);
    train(first, before, 3);
    const { tensors, ...numbers } = before.stateDict();
    const second = parameter((await first.tolist()) as number[]);
    const after = make([second, parameter([4])]);
    after.lr = 123;
    after.loadStateDict({ ...(JSON.parse(JSON.stringify(numbers)) as typeof numbers), tensors } as never);
    train(first, before, 1); // what was loaded is a copy
    train(second, after, 3);
    expect(await second.tolist()).toEqual(await whole.tolist());
  }
});

test("a state that does not fit is refused, and changes nothing", () => {
  const p = parameter([1, 2]);
  const optimizer = new SGD([p], { lr: 0.1, momentum: 0.9 });
  p.sum().backward();
  optimizer.step();
  const state = optimizer.stateDict();
  const other = new SGD([parameter([1]), parameter([2])], { lr: 0.1 });
  expect(() => other.loadStateDict(state)).toThrow("loadStateDict: SGD has 2 parameters, the state 1");
  expect(() => new Adam([parameter([1, 2])]).loadStateDict(state as never)).toThrow(
    "loadStateDict: the state has no betas, eps, amsgrad, and is of another optimizer than Adam",
  );
  const small = new SGD([parameter([1])], { lr: 0.3 });
  expect(() => small.loadStateDict(state)).toThrow(
    'loadStateDict: "0.momentum_buffer" is [2], its parameter [1]',
  );
  expect(() => small.loadStateDict({ ...state, tensors: { "7.momentum_buffer": p } })).toThrow(
    'loadStateDict: SGD has no parameter for "7.momentum_buffer"',
  );
  expect(small.lr).toBe(0.3);
});

test("parameters may come from an iterator, in groups too", async () => {
  const [a, b] = [parameter([1]), parameter([2])];
  const named = new Map([["a", a], ["b", b]]); // biome-ignore format: as it looks
  const optimizer = new SGD([{ params: named.values() }], { lr: 1 });
  expect(optimizer.paramGroups[0]!.params).toEqual([a, b]);
  expect(new SGD(named.values(), { lr: 1 }).paramGroups[0]!.params).toEqual([a, b]);
});

test("settings that make no sense are refused by name", () => {
  const p = parameter([1]);
  expect(() => new SGD([p], { lr: -1 })).toThrow("SGD: lr is a number ≥ 0, got -1");
  expect(() => new SGD([p], { lr: Number.NaN })).toThrow("SGD: lr is a number ≥ 0, got NaN");
  expect(() => new SGD([p], { lr: 1, nesterov: true })).toThrow(
    "SGD: nesterov wants a momentum above 0 and no dampening",
  );
  expect(() => new AdamW([p], { betas: [0.9, 1] })).toThrow(
    "AdamW: betas are two numbers from 0 up to 1, got [0.9, 1]",
  );
  expect(() => new Adam([p], { weightDecay: -1 })).toThrow("Adam: weightDecay is a number ≥ 0, got -1");
  expect(() => new SGD([], { lr: 1 })).toThrow("SGD: the list of parameters is empty");
  expect(() => new SGD([p, p], { lr: 1 })).toThrow("SGD: parameter 1 [1] is listed twice");
  expect(() => new SGD([p.mul(2)], { lr: 1 })).toThrow(
    "SGD: parameter 0 [1] was computed from others: only leaves can be learned",
  );
  expect(() => {
    new SGD([p], { lr: 1 }).lr = -2;
  }).toThrow("SGD: lr is a number ≥ 0, got -2");
  for (const wrong of [Number.NaN, "0.1", undefined]) {
    const optimizer = new SGD([p], { lr: 1 });
    optimizer.paramGroups[0]!.lr = wrong as number; // as programs do it between steps
    expect(() => optimizer.step()).toThrow(
      `SGD: lr is a number ≥ 0, got ${JSON.stringify(wrong) ?? wrong}`.replace("null", "NaN"),
    );
  }
});

test("a step changes in place: no memory but the velocity's, and backward() notices", () => {
  const p = parameter([1, 2]);
  const optimizer = new SGD([p], { lr: 0.1, momentum: 0.9 });
  const loss = p.square().sum();
  loss.backward(undefined, { retainGraph: true });
  const before = memory().bytesInUse;
  noGrad(() => optimizer.step());
  const first = memory().bytesInUse;
  noGrad(() => optimizer.step());
  expect([first - before, memory().bytesInUse - first]).toEqual([256, 0]);
  expect(() => loss.backward()).toThrow("was changed in place after the forward pass");
});

test("an option that is undefined is not given; a state is taken whole or not at all", async () => {
  const p = tensor([1, 2], { requiresGrad: true });
  const step = (optimizer: SGD | Adam) => {
    p.grad = tensor([1, 1]);
    optimizer.step();
  };
  const sgd = new SGD([p], { lr: 0.5, momentum: 0.5, dampening: undefined, weightDecay: undefined });
  step(sgd);
  step(sgd);
  expect(await p.tolist()).toEqual([-0.25, 0.75]);
  expect(() => new SGD([p], { lr: 0.1, dampening: -3 })).toThrow("dampening is a number ≥ 0, got -3");
  expect(() => new Adam([p], { betas: [0.9] as unknown as [number, number] })).toThrow("betas are two");

  const q = tensor([1], { requiresGrad: true });
  const groups = new SGD([{ params: [p] }, { params: [q] }], { lr: 0.1 });
  const state = groups.stateDict();
  state.paramGroups[0]!.lr = 0.5;
  state.paramGroups[1]!.lr = -1;
  expect(() => groups.loadStateDict(state)).toThrow("lr is a number ≥ 0, got -1");
  expect(groups.paramGroups.map(({ lr }) => lr)).toEqual([0.1, 0.1]);
});

test("a state that has steps without what they left is refused; what was switched on later begins at 0", async () => {
  const p = tensor([1, 2], { requiresGrad: true });
  const stepped = <T extends Adam | SGD>(optimizer: T): T => {
    p.grad = tensor([1, 1]);
    optimizer.step();
    return optimizer;
  };
  const state = stepped(new Adam([p], { lr: 0.1 })).stateDict();
  const again = new Adam([p], { lr: 0.3 });
  expect(() => again.loadStateDict({ ...state, tensors: {} })).toThrow(
    `loadStateDict: Adam's state has 1 steps of parameter 0 and no "0.exp_avg": give it the tensors of stateDict() too`,
  );
  expect(again.lr).toBe(0.3);
  const { "0.exp_avg": mean } = state.tensors;
  expect(() => again.loadStateDict({ ...state, tensors: { "0.exp_avg": mean! } })).toThrow(
    'no "0.exp_avg_sq"',
  );
  again.loadStateDict({ ...state, steps: [0], tensors: {} }); // nothing was stepped yet
  const plain = stepped(new SGD([p], { lr: 0.1 })).stateDict();
  plain.paramGroups[0]!.momentum = 0.9;
  const before = (await p.tolist()) as number[];
  const sgd = new SGD([p], { lr: 0.1 });
  sgd.loadStateDict(plain);
  stepped(sgd);
  expect(await p.tolist()).toEqual(before.map((each) => expect.closeTo(each - 0.1, 6)) as never);
});

test("zeroGrad leaves none, or zeros, by which momentum goes on", async () => {
  const [p, other] = [parameter([1]), parameter([5])];
  const sgd = new SGD([p, other], { lr: 1, momentum: 0.5 });
  p.grad = tensor([1]);
  sgd.step();
  sgd.zeroGrad({ setToNone: false });
  expect(await p.grad!.tolist()).toEqual([0]);
  expect(other.grad === null).toBe(true);
  sgd.step();
  expect(await p.tolist()).toEqual([-0.5]); // 1 − 1 − 0.5 · 1
  sgd.zeroGrad();
  sgd.step();
  expect(p.grad === null).toBe(true);
  expect(await p.tolist()).toEqual([-0.5]);
  const layer = new Linear(1, 1);
  layer
    .forward(tensor([[1]]))
    .sum()
    .backward();
  layer.zeroGrad({ setToNone: false });
  expect(await Promise.all(layer.parameters().map(({ grad }) => grad!.tolist()))).toEqual([[[0]], [0]]);
  const lbfgs = new LBFGS([p]);
  p.grad = tensor([3]);
  lbfgs.zeroGrad({ setToNone: false });
  expect(await p.grad!.tolist()).toEqual([0]);
  expect(() => lbfgs.zeroGrad(false as never)).toThrow("{ setToNone: false }");
});

test("a group keeps what is one's own, in its state too; a slip in a setting is told", () => {
  const groups = () => [{ params: [parameter([1])], name: "head", layer_id: 3 }];
  const sgd = new SGD(groups(), { lr: 1 });
  expect(sgd.paramGroups[0]).toMatchObject({ name: "head", layer_id: 3, lr: 1 });
  const other = new SGD([{ params: [parameter([1])] }], { lr: 1 });
  other.loadStateDict(sgd.stateDict());
  expect(other.paramGroups[0]!.name).toBe("head");
  expect(() => new SGD([{ params: [], weigthDecay: 1 } as never], { lr: 1 })).toThrow(
    "SGD: group 0: there is no option weigthDecay: did you mean weightDecay?",
  );
});

test("an optimizer is shown as its groups and their settings", () => {
  const sgd = new SGD([{ params: [parameter([1]), parameter([2])], lr: 0.5 }], { lr: 1, momentum: 0.9 });
  expect(String(sgd)).toStartWith("SGD(\n  group 0, 2 parameters\n    ");
  expect(String(sgd)).toContain("\n    momentum: 0.9\n");
  expect(String(sgd)).toContain("\n    lr: 0.5\n");
  expect(Bun.inspect(sgd)).toBe(String(sgd));
});
