// What modules hold goes on being held: buffers and parameters whose fields are assigned anew, by what forward passes do and outside.
import { expect, test } from "bun:test";
import * as nn from "../../src/nn/index.ts";
import * as optim from "../../src/nn/optim/index.ts";
import { memory, noGrad, ones, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";

/** A running mean by hand. */
class Norm extends nn.Module<[Tensor], Tensor> {
  mean: Tensor = new nn.Buffer(zeros([2]));
  latest: Tensor | null = null;
  readonly nested = { seen: new nn.Buffer(zeros([])) as Tensor };
  override forward(x: Tensor): Tensor {
    noGrad(() => {
      this.mean = this.mean.mul(0.5).add(x.mean(0).mul(0.5));
      this.latest = x.mean(0);
      this.nested.seen = this.nested.seen.add(1);
    });
    return x.sub(this.mean);
  }
}
const x = () => tensor([[2, 4]]); // biome-ignore format: as it looks

test("a buffer that a forward pass assigns anew stays one: in the state dict, copies, averages and what is loaded", async () => {
  const norm = new Norm();
  for (let i = 0; i < 3; i++) norm.forward(x());
  expect(Object.keys(norm.stateDict())).toEqual(["mean", "nested.seen"]);
  expect(await norm.stateDict().mean!.tolist()).toEqual([1.75, 3.5]);
  expect(await norm.stateDict()["nested.seen"]!.item()).toBe(3);
  expect([norm.mean instanceof nn.Buffer, norm.latest instanceof nn.Buffer]).toEqual([true, false]);
  norm.forward(x());
  const copy = nn.utils.deepcopy(norm);
  expect(await copy.stateDict().mean!.tolist()).toEqual([1.875, 3.75]);
  norm.forward(x());
  norm.loadStateDict(copy.stateDict());
  expect(await norm.mean.tolist()).toEqual([1.875, 3.75]);
  const averaged = new optim.AveragedModel(norm, { useBuffers: true });
  norm.forward(x());
  averaged.updateParameters(norm);
  expect(await averaged.module.mean.tolist()).toEqual([1.9375, 3.875]);
  expect(await norm.latest!.tolist()).toEqual([2, 4]);
});

test("one that is assigned from outside, or computed on the tape, is a buffer too, and on the tape", async () => {
  class Loss extends nn.Module<[Tensor], Tensor> {
    penalty: Tensor = new nn.Buffer(zeros([]));
    override forward(given: Tensor): Tensor {
      this.penalty = given.square().sum();
      return given;
    }
  }
  const [loss, given] = [new Loss(), tensor([3], { requiresGrad: true })];
  loss.forward(given);
  expect(Object.keys(loss.stateDict())).toEqual(["penalty"]);
  loss.penalty.backward();
  expect(await given.grad!.tolist()).toEqual([6]);
  const norm = new nn.BatchNorm1d(2);
  norm.stateDict();
  (norm as { runningMean: Tensor | null }).runningMean = tensor([1, 2]).expand([2]);
  norm.loadStateDict(new nn.BatchNorm1d(2).stateDict());
  expect(await norm.runningMean!.tolist()).toEqual([0, 0]);
});

test("a tensor in a parameter's place is refused where it is next looked for, and by forward", () => {
  class Net extends nn.Module<[Tensor], Tensor> {
    w: Tensor = new nn.Parameter(ones([1]));
    step: (() => void) | null = null;
    override forward(given: Tensor): Tensor {
      const y = given.mul(this.w);
      this.step?.();
      return y;
    }
  }
  const refused =
    /^Net\.w was a parameter and is a tensor now, which nobody trains: change its values in place/;
  const net = new Net();
  net
    .forward(ones([1]))
    .sum()
    .backward();
  net.w = net.w.sub(net.w.grad!.mul(0.1));
  for (const look of [() => net.parameters(), () => net.stateDict(), () => net.forward(ones([1])), () => nn.utils.deepcopy(net)])
    expect(look).toThrow(refused); // biome-ignore format: a line
  const other = new Net();
  other.step = () => {
    noGrad(() => {
      other.w = other.w.mul(2);
    });
  };
  expect(() => noGrad(() => other.forward(ones([1])))).toThrow(refused);
  net.w = new nn.Parameter(ones([1]));
  expect(net.forward(ones([1])).requiresGrad).toBe(true);
  net.requiresGrad_(false).w = new nn.Parameter(zeros([1]));
  expect(net.parameters()).toEqual([net.w as nn.Parameter]);
});

test("a tensor in the place of a new layer's parameter is refused though nobody looked before, and one with a history is not", async () => {
  type Weighed = nn.Module & { weight: Tensor };
  const layers: [field: string, make: () => nn.Module][] = [
    ["weight", () => new nn.Linear(2, 2)],
    ["weight", () => new nn.Embedding(2, 2)],
    ["weight", () => new nn.Conv1d(1, 1, 2)],
    ["bias", () => new nn.Conv2d(1, 1, 2)],
    ["bias", () => new nn.ConvTranspose1d(1, 1, 2)],
    ["bias", () => new nn.ConvTranspose2d(1, 1, 2)],
    ["weight", () => new nn.PReLU()],
    ["bias", () => new nn.BatchNorm1d(2)],
    ["weight", () => new nn.LayerNorm(2)],
    ["weight", () => new nn.RMSNorm(2)],
    ["bias", () => new nn.GroupNorm(1, 2)],
    ["inProjBias", () => new nn.MultiheadAttention(2, 1)],
    ["weightHhL0", () => new nn.LSTM(2, 2)],
    ["biasIh", () => new nn.GRUCell(2, 2)],
    ["bias", () => nn.utils.deepcopy(new nn.Linear(2, 2))],
  ];
  for (const [field, make] of layers) {
    for (const look of [
      (m: nn.Module) => m.parameters(),
      (m: nn.Module) => m.stateDict(),
      (m: nn.Module) => m.loadStateDict({}, { strict: false }),
    ]) {
      const layer = make();
      Object.assign(layer, { [field]: zeros([2, 2]) });
      const refused = `${layer.constructor.name}.${field} was a parameter and is a tensor now, which nobody trains`;
      expect(() => look(layer)).toThrow(refused);
      expect(() => look(new nn.Sequential(layer))).toThrow(refused);
    }
  }
  const linear = new nn.Linear(2, 1, { bias: false });
  const step = new nn.Linear(2, 1, { bias: false }) as nn.Module as Weighed;
  step.weight = linear.weight.mul(2); // learning to learn
  step.forward(x()).sum().backward();
  expect(await linear.weight.grad!.tolist()).toEqual([[4, 8]]); // biome-ignore format: as it looks
  step.weight = new nn.Parameter(ones([1, 2]));
  expect(step.parameters().length).toBe(1);
});

test("fields may hold null, a buffer, another's parameter or what a getter computes in a parameter's place", async () => {
  const [a, b] = [new nn.Linear(2, 2), new nn.Linear(2, 2)] as {
    weight: Tensor;
    bias: Tensor | null;
    forward(x: Tensor): Tensor;
  }[];
  for (const each of [a!, b!]) each.forward(x());
  a!.weight = b!.weight; // tied
  a!.bias = null;
  a!.forward(x()).sum().backward();
  expect(b!.weight.grad!.shape).toEqual([2, 2]);
  a!.weight = new nn.Buffer(ones([2, 2]));
  expect(await a!.forward(x()).tolist()).toEqual([[6, 6]]); // biome-ignore format: as it looks
  expect((a as unknown as nn.Module).namedBuffers().map(([name]) => name)).toEqual(["weight"]);
  const [g, v] = [new nn.Parameter(tensor(2)), new nn.Parameter(ones([2, 2]))];
  Object.defineProperty(b, "weight", { get: () => v.mul(g), enumerable: true }); // a parametrization
  b!.bias = null;
  expect(await b!.forward(x()).tolist()).toEqual([[12, 12]]); // biome-ignore format: as it looks
});

test("memory stays flat where a buffer is assigned anew at every step", async () => {
  const norm = new Norm();
  const held: number[] = [];
  for (let i = 0; i < 40; i++) {
    norm.forward(x());
    await norm.mean.data();
    if (i % 10 !== 9) continue;
    Bun.gc(true);
    await Bun.sleep(20); // finalizers run between turns
    held.push(memory().tensors);
  }
  expect(held[3]! - held[0]!).toBeLessThan(20); // 30 steps leave no tensor each
});

test("fields of a subclass may have the names that modules once used for themselves", () => {
  class Machine extends nn.Module<[Tensor], Tensor> {
    fields = [3, 4];
    describe = "of two factors";
    ignoredKeys = null;
    linear = new nn.Linear(2, 1);
    override forward(given: Tensor): Tensor {
      return this.linear.forward(given);
    }
  }
  const [machine, state] = [new Machine(), new Machine().stateDict()];
  expect(Object.keys(state)).toEqual(["linear.weight", "linear.bias"]);
  expect(machine.loadStateDict(state)).toEqual({ missing: [], unexpected: [] });
  class Leaf extends nn.Module<[Tensor], Tensor> {
    describe = "of two factors";
    override forward = (given: Tensor) => given;
  }
  expect(new Leaf().toString()).toBe("Leaf()");
});

test("a module may refer to the one that it stands in", () => {
  class Child extends nn.Module<[Tensor], Tensor> {
    linear = new nn.Linear(2, 1);
    parent: nn.Module | null = null;
    override forward(given: Tensor): Tensor {
      return this.linear.forward(given);
    }
  }
  class Parent extends nn.Module<[Tensor], Tensor> {
    child = new Child();
    same = this.child;
    override forward(given: Tensor): Tensor {
      return this.child.forward(given);
    }
  }
  const parent = new Parent();
  parent.child.parent = parent;
  expect(parent.namedModules().map(([name]) => name)).toEqual(["", "child", "child.linear"]);
  expect(parent.namedParameters().map(([name]) => name)).toEqual([
    "child.linear.weight",
    "child.linear.bias",
  ]);
  expect(Object.keys(parent.stateDict())).toEqual([
    "child.linear.weight",
    "child.linear.bias",
    "same.linear.weight",
    "same.linear.bias",
  ]);
  parent.eval();
  expect([parent.training, parent.child.linear.training]).toEqual([false, false]);
  let applied = 0;
  parent.apply(() => void applied++);
  expect(applied).toBe(3);
  expect(parent.toString()).toInclude("(linear): Linear");
  expect(parent.forward(ones([1, 2])).requiresGrad).toBe(true);
  const copy = nn.utils.deepcopy(parent);
  expect(copy.child.parent).toBe(copy);
});
