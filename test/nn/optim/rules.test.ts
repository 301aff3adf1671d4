// RMSprop, Adagrad, Adadelta, Adamax, AMSGrad, NAdam and RAdam against the float64 rules: two parameters of different
// sizes at once, several steps; and how parameters share launches.
import { expect, test } from "bun:test";
import { device } from "../../../src/gpu/device.ts";
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  NAdam,
  RAdam,
  RMSprop,
  SGD,
} from "../../../src/nn/optim/index.ts";
import { clipGradValue_ } from "../../../src/nn/utils.ts";
import { cat, type Tensor, tensor, zeros } from "../../../src/tensor/index.ts";
import { check } from "../../harness.ts";
import * as rules from "../../reference/optim/rules.ts";
import { Random } from "../../reference/random.ts";
import { type Arr, arr } from "../../reference/reference.ts";

const random = new Random(17);
const OPTIMIZERS = { Adadelta, Adagrad, Adam, Adamax, NAdam, RAdam, RMSprop };
/** One more than RAdam's first steps without squares take. */
const STEPS = 7;

type Options = rules.Options;
type Name = keyof typeof OPTIMIZERS;

interface RuleCheck {
  name: Name;
  covers: readonly string[];
  rule: (options: Options) => rules.Rule;
  /** Where what is remembered of an element begins. */
  states: (options: Options) => number[];
  cases: Options[];
}

function checkRule({ name, covers, rule, states, cases }: RuleCheck): void {
  const shapes = [[7], [3, 5, 13]];
  const draw = () => Array.from({ length: 1 + STEPS }, () => shapes.map((s) => random.array(s))).flat();
  check<Options>({
    name: `${name}, ${STEPS} steps`,
    covers,
    run: ([a, b, ...gradients], options) => {
      const optimizer = new OPTIMIZERS[name]([a!, b!], options as never);
      for (let i = 0; i < STEPS; i++) {
        [a!.grad, b!.grad] = [gradients[2 * i]!, gradients[2 * i + 1]!];
        optimizer.step();
      }
      return cat([a!, b!, ...Object.values(optimizer.stateDict().tensors)].map((t) => t.flatten()));
    },
    reference: {
      forward(inputs, options) {
        const own = rule(options);
        const after = shapes.map((_, k) => stepped(k, inputs, own, options, states(options)));
        const all = [...after.map(([p]) => p!), ...after.flatMap(([, ...rest]) => rest)].flat();
        return arr([all.length], all);
      },
      backward: () => [],
    },
    cases: cases.map((attrs) => ({ inputs: draw(), attrs })),
    terms: () => STEPS,
    differentiable: false,
  });
}

/** Parameter k after the steps, and what is remembered of it. */
function stepped(k: number, inputs: Arr[], rule: rules.Rule, { weightDecay }: Options, states: number[]) {
  const found: number[][] = [[], ...states.map(() => [])];
  for (let i = 0; i < inputs[k]!.data.length; i++) {
    let p = inputs[k]!.data[i]!;
    const s = [...states];
    for (let t = 1; t <= STEPS; t++) p = rule(p, inputs[2 * t + k]!.data[i]! + weightDecay * p, s, t);
    for (const [j, value] of [p, ...s].entries()) found[j]!.push(value);
  }
  return found;
}

const zeroed = (count: number) => () => Array<number>(count).fill(0);
const plain = { lr: 0.05, eps: 1e-8, weightDecay: 0 };

checkRule({
  name: "RMSprop",
  covers: ["rmsprop"],
  rule: rules.rmsprop,
  states: ({ momentum = 0, centered = false }) => Array(1 + Number(momentum > 0) + Number(centered)).fill(0),
  cases: [
    plain,
    { ...plain, alpha: 0.8, eps: 1e-3, weightDecay: 0.1, momentum: 0.9 },
    { ...plain, alpha: 0.9, eps: 0.1, centered: true },
    { ...plain, alpha: 0.9, eps: 0.1, momentum: 0.5, centered: true },
  ],
});
checkRule({
  name: "Adagrad",
  covers: ["adagrad"],
  rule: rules.adagrad,
  states: ({ initialAccumulatorValue = 0 }) => [initialAccumulatorValue],
  cases: [plain, { ...plain, eps: 1e-2, weightDecay: 0.1, lrDecay: 0.5, initialAccumulatorValue: 0.3 }],
});
checkRule({
  name: "Adadelta",
  covers: ["adadelta"],
  rule: rules.adadelta,
  states: zeroed(2),
  cases: [
    { ...plain, lr: 1, eps: 1e-6 },
    { lr: 0.5, eps: 1e-3, weightDecay: 0.1, rho: 0.7 },
  ],
});
checkRule({
  name: "Adamax",
  covers: ["adamax"],
  rule: rules.adamax,
  states: zeroed(2),
  cases: [plain, { lr: 0.05, eps: 1e-2, weightDecay: 0.1, betas: [0.7, 0.8] }],
});
checkRule({
  name: "Adam",
  covers: ["adam"],
  rule: rules.amsgrad,
  states: zeroed(3),
  cases: [{ lr: 0.05, eps: 1e-4, weightDecay: 0.1, betas: [0.8, 0.6], amsgrad: true }],
});
checkRule({
  name: "NAdam",
  covers: ["adam"],
  rule: rules.nadam,
  states: zeroed(2),
  cases: [plain, { lr: 0.05, eps: 1e-2, weightDecay: 0.1, betas: [0.7, 0.8], momentumDecay: 0.3 }],
});
checkRule({
  name: "RAdam",
  covers: ["adam"],
  rule: rules.radam,
  states: zeroed(2),
  cases: [plain, { lr: 0.05, eps: 1e-2, weightDecay: 0.1, betas: [0.7, 0.9] }],
});

test("many parameters at once go as each alone, whatever has no gradient or is empty", async () => {
  const shapes = [[3], [0], [130, 5], [1], [2, 2], [9], [17]];
  const values = shapes.map((shape) => random.array(shape).data);
  const make = () => shapes.map((shape, i) => tensor([...values[i]!], { shape, requiresGrad: true }));
  const train = (parameters: Tensor[], groups: Tensor[][]) => {
    const optimizers = groups.map((group) => new AdamW(group, { lr: 0.1 }));
    for (let step = 0; step < 3; step++) {
      for (const [i, parameter] of parameters.entries())
        parameter.grad = i === 4 && step === 1 ? null : parameter.detach().mul(i + step);
      for (const optimizer of optimizers) optimizer.step();
    }
    return cat(parameters.map((parameter) => parameter.flatten())).tolist();
  };
  const [together, alone] = [make(), make()];
  const got = await train(together, [together]);
  const parameters = alone.map((parameter) => [parameter]);
  expect(got).toEqual(await train(alone, parameters));
});

test("where WebGPU binds no more than the eight arrays that it promises, the numbers are the same", async () => {
  const { limits } = device().adapter;
  const bound = limits.maxStorageBuffersPerShaderStage;
  const run = async () => {
    const all = await Promise.all(
      [
        (p: Tensor[]) => new AdamW(p, { lr: 0.1 }),
        (p: Tensor[]) => new RMSprop(p, { lr: 0.1, momentum: 0.9, centered: true, eps: 0.1 }),
      ].map((make) => {
        const parameters = [3, 130, 1, 17].map((n, i) =>
          tensor(
            Array.from({ length: n }, (_, j) => Math.sin(i + j)),
            { requiresGrad: true },
          ),
        );
        const optimizer = make(parameters);
        for (let step = 0; step < 2; step++) {
          for (const parameter of parameters) parameter.grad = parameter.detach().mul(step + 1);
          clipGradValue_(parameters, 0.9);
          optimizer.step();
        }
        return cat(parameters).tolist();
      }),
    );
    return all;
  };
  const wanted = await run();
  try {
    limits.maxStorageBuffersPerShaderStage = 8;
    expect(await run()).toEqual(wanted);
  } finally {
    limits.maxStorageBuffersPerShaderStage = bound;
  }
}, 180_000);

test("a state of other settings: what is new among what is remembered begins at 0", async () => {
  const p = zeros([2], { requiresGrad: true });
  const before = new RMSprop([p], { lr: 0.1 });
  p.grad = tensor([1, 2]);
  before.step();
  const after = new RMSprop([p], { lr: 0.1, momentum: 0.5 });
  const { tensors, steps } = before.stateDict();
  after.loadStateDict({ tensors, steps, paramGroups: after.stateDict().paramGroups });
  after.step();
  const buffer = after.stateDict().tensors["0.momentum_buffer"]!;
  const [a, b] = (await buffer.tolist()) as [number, number];
  expect(a).toBeCloseTo(1 / Math.sqrt(0.01 * 0.99 + 0.01), 3);
  expect(b).toBeCloseTo(a, 5);
});

test("maximize climbs: every optimizer goes as it would with gradients of the other sign, weight decay as ever", async () => {
  for (const [name, Kind] of Object.entries({ ...OPTIMIZERS, AdamW, SGD })) {
    const ran = async (sign: number, maximize: boolean) => {
      const p = tensor([1, -2, 3], { requiresGrad: true });
      const still = tensor([5], { requiresGrad: true }); // of a group of its own, which descends
      const optimizer = new Kind([{ params: [p], maximize }, { params: [still] }] as never, {
        lr: 0.1,
        weightDecay: 0.5,
      });
      for (let i = 0; i < 3; i++) {
        p.grad = tensor([1, 2 + i, -1]).mul(sign);
        still.grad = tensor([1]);
        optimizer.step();
      }
      expect(await p.grad!.tolist()).toEqual([sign, 4 * sign, -sign]); // whose gradient is as it was
      return await cat([p, still]).tolist();
    };
    expect([name, await ran(1, true)]).toEqual([name, await ran(-1, false)]);
  }
  const p = tensor([1], { requiresGrad: true });
  p.grad = tensor([2]);
  new SGD([p], { lr: 0.5, maximize: true }).step();
  expect(await p.item()).toBe(2);
});

test("the defaults are torch.optim's, and settings that make no sense are refused by name", () => {
  const p = () => [tensor([1], { requiresGrad: true })];
  const settings = (optimizer: { paramGroups: object[] }) => {
    const {
      params: _,
      maximize,
      ...own
    } = optimizer.paramGroups[0] as { params: unknown; maximize: boolean };
    expect(maximize).toBe(false);
    return own;
  };
  const adam = { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 };
  expect(settings(new RMSprop(p()))).toEqual({
    lr: 1e-2,
    alpha: 0.99,
    eps: 1e-8,
    weightDecay: 0,
    momentum: 0,
    centered: false,
  });
  expect(settings(new Adagrad(p()))).toEqual({
    lr: 1e-2,
    lrDecay: 0,
    weightDecay: 0,
    initialAccumulatorValue: 0,
    eps: 1e-10,
  });
  expect(settings(new Adadelta(p()))).toEqual({ lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0 });
  expect(settings(new Adamax(p()))).toEqual({ lr: 2e-3, ...adam });
  expect(settings(new NAdam(p()))).toEqual({ lr: 2e-3, ...adam, momentumDecay: 4e-3 });
  expect(settings(new RAdam(p()))).toEqual({ lr: 1e-3, ...adam });
  expect(() => new RMSprop(p(), { alpha: -1 })).toThrow("RMSprop: alpha is a number ≥ 0, got -1");
  expect(() => new Adagrad(p(), { lrDecay: -1 })).toThrow("Adagrad: lrDecay is a number ≥ 0");
  expect(() => new Adadelta(p(), { rho: 1.5 })).toThrow("Adadelta: rho is a number from 0 to 1");
  expect(() => new NAdam(p(), { momentumDecay: -1 })).toThrow("NAdam: momentumDecay is a number ≥ 0");
  expect(() => new RAdam(p(), { betas: [1, 0] })).toThrow("RAdam: betas are two numbers from 0 up");
  expect(() => new Adamax(p(), { betas: [0, -1] })).toThrow("Adamax: betas are two numbers from 0");
});
