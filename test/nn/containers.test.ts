// Lists and dictionaries of modules and parameters, hooks, and finding and changing what is below a module.
import { expect, test } from "bun:test";
import * as nn from "../../src/nn/index.ts";
import { noGrad, ones, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";

const parameter = (...values: number[]) => new nn.Parameter(tensor(values));

class Net extends nn.Module {
  blocks = new nn.ModuleList([new nn.Linear(2, 3), new nn.Linear(3, 2)]);
  heads = new nn.ModuleDict({ left: new nn.Linear(2, 1), rightHead: new nn.Linear(2, 1) });
  gains = new nn.ParameterList([parameter(1), parameter(2)]);
  shifts = new nn.ParameterDict({ a: parameter(3), bC: parameter(4) });

  forward(x: Tensor): Tensor {
    let y = x;
    for (const [i, block] of [...this.blocks].entries()) y = block.forward(y).mul(this.gains[i]!);
    const sum = this.heads.get("left")!.forward(y).add(this.heads.get("rightHead")!.forward(y));
    return sum.add(this.shifts.get("a")!).add(this.shifts.get("bC")!);
  }
}

test("what they hold is in the state dict under PyTorch's names, and learned", () => {
  const net = new Net();
  expect(Object.keys(net.stateDict())).toEqual([
    "blocks.0.weight",
    "blocks.0.bias",
    "blocks.1.weight",
    "blocks.1.bias",
    "heads.left.weight",
    "heads.left.bias",
    "heads.rightHead.weight",
    "heads.rightHead.bias",
    "gains.0",
    "gains.1",
    "shifts.a",
    "shifts.bC",
  ]);
  net
    .forward(ones([1, 2]))
    .sum()
    .backward();
  expect(net.parameters().every(({ grad }) => grad !== null)).toBe(true);
  net.eval();
  expect(net.modules().every(({ training }) => !training)).toBe(true);
  expect(String(new nn.ModuleList([new nn.ReLU()]))).toBe("ModuleList(\n  (0): ReLU()\n)");
});

test("dictionaries tell those who write brackets, as Python does, what is written instead", () => {
  const dict = new nn.ModuleDict<nn.Module>({ left: new nn.ReLU(), get: new nn.Tanh() });
  const python = dict as unknown as Record<string, unknown>;
  expect(() => python.left).toThrow('ModuleDict["left"]: write get("left")');
  expect(() => {
    python.left = new nn.ReLU();
  }).toThrow('ModuleDict["left"] = …: write set("left", …)');
  expect([dict.get("get"), dict.get("no"), python.no]).toEqual([expect.any(nn.Tanh), undefined, undefined]);
  python.right = new nn.Linear(1, 1);
  expect(() => dict.parameters()).toThrow('ModuleDict["right"] = …: write set("right", …)');
  delete python.right;
  expect([dict.delete("left"), python.left, dict.delete("left")]).toEqual([true, undefined, false]);
  expect([dict.delete("get"), dict.has("get")]).toEqual([true, false]);
  const weights = new nn.ParameterDict({ scale: parameter(2) }) as unknown as Record<string, unknown>;
  expect(() => weights.scale).toThrow('ParameterDict["scale"]: write get("scale")');
});

test("lists and dictionaries can be walked, indexed and added to", () => {
  const [a, b] = [new nn.ReLU(), new nn.Tanh()];
  const list = new nn.ModuleList<nn.Module>([a]).append(b);
  expect([list.length, list[1], list.at(-1), list.at(5)]).toEqual([2, b, b, undefined]);
  expect([...list]).toEqual([a, b]);
  const dict = new nn.ModuleDict<nn.Module>({ a }).set("b", b);
  expect([dict.length, dict.has("a"), dict.get("c"), dict.delete("a"), dict.has("a")]).toEqual([
    2,
    true,
    undefined,
    true,
    false,
  ]);
  expect([dict.keys(), dict.values(), dict.entries()]).toEqual([["b"], [b], [["b", b]]]);
  expect(() => list.forward()).toThrow("ModuleList has no forward pass: call those of what it holds");
  expect(() => dict.set("a.b", a)).toThrow('ModuleDict.set: the name is a word without dots, got "a.b"');
});

test("a Sequential is a list of its modules: indexed, counted, gone over, added to and changed", async () => {
  const [first, relu, last] = [new nn.Linear(2, 3), new nn.ReLU(), new nn.Linear(3, 1)];
  const net = new nn.Sequential(first, relu);
  expect(net.append(last)).toBe(net);
  expect([net[0], net.at(-1), net[3]]).toEqual([first, last, undefined]);
  expect(net.length).toBe(3);
  expect([...net]).toEqual([first, relu, last]);
  expect(net.layers).toEqual([first, relu, last]);
  expect(Object.keys(net.stateDict())).toEqual(["0.weight", "0.bias", "2.weight", "2.bias"]);
  expect(net.children()).toEqual([first, relu, last]);
  expect(() => net.append(ones([1]) as never)).toThrow(
    "Sequential.append: item 3 is a module, got a tensor [1]",
  );

  net[2] = new nn.Linear(3, 4);
  expect(net.forward(ones([5, 2])).shape).toEqual([5, 4]);
  expect(net.getParameter("2.weight").shape).toEqual([4, 3]);
  const copy = nn.utils.deepcopy(net);
  expect([copy.length, copy[0] === first]).toEqual([3, false]);
  expect(await copy.forward(ones([5, 2])).tolist()).toEqual(await net.forward(ones([5, 2])).tolist());
});

test("a class made from Sequential has further modules in its parameters", () => {
  class Headed extends nn.Sequential {
    head = new nn.Linear(3, 1);
    override forward(x: Tensor) {
      return this.head.forward(super.forward(x));
    }
  }
  const net = new Headed(new nn.Linear(2, 3));
  expect(Object.keys(net.stateDict())).toEqual(["0.weight", "0.bias", "head.weight", "head.bias"]);
  net
    .forward(ones([1, 2]))
    .sum()
    .backward();
  expect(net.parameters().every(({ grad }) => grad !== null)).toBe(true);
});

test("weights are put in the place of others: tied ones are one, listed once", () => {
  class Tied extends nn.Module {
    embedding = new nn.Embedding(5, 3);
    head = new nn.Linear(3, 5, { bias: false });
    constructor() {
      super();
      this.head.weight = this.embedding.weight;
    }
    override forward(index: number[]) {
      return this.head.forward(this.embedding.forward(index));
    }
  }
  const net = new Tied();
  net.forward([1, 2]).sum().backward();
  expect(net.namedParameters().map(([name]) => name)).toEqual(["embedding.weight"]);
  const [norm, conv] = [new nn.BatchNorm2d(3), new nn.Conv2d(1, 3, 1)];
  norm.bias = conv.bias;
  expect(norm.namedParameters().map(([, each]) => each === conv.bias)).toEqual([false, true]);
});

test("hooks see inputs and outputs, may replace them, and end when removed", async () => {
  const layer = new nn.Linear(2, 1, { bias: false });
  const seen: unknown[] = [];
  const before = layer.registerForwardPreHook((module, inputs) => {
    seen.push(module === layer, inputs.length);
    return [(inputs[0] as Tensor).mul(2)];
  });
  const after = layer.registerForwardHook((_, [x], y) => {
    seen.push((x as Tensor).shape, (y as Tensor).shape);
  });
  const third = layer.registerForwardHook((_, __, y) => (y as Tensor).neg());
  layer.weight.requiresGrad = false;
  layer.weight.copy_(ones([1, 2]));
  expect(await layer.forward(ones([1, 2])).item()).toBe(-4);
  expect(seen).toEqual([true, 1, [1, 2], [1, 1]]);
  third.remove();
  expect(await layer.forward(ones([1, 2])).item()).toBe(4);
  before.remove();
  after.remove();
  after.remove(); // again is nothing
  expect(await layer.forward(ones([1, 2])).item()).toBe(2);
  expect(seen).toHaveLength(8);
});

test("what a forward hook sees and makes can be kept, in nested passes and in noGrad, and is on the tape", async () => {
  const layer = new nn.Linear(1, 1, { bias: false });
  noGrad(() => layer.weight.fill_(2));
  const net = new nn.Sequential(new nn.Sequential(new nn.Identity(), layer), new nn.Flatten());
  const kept: Record<string, Tensor> = {};
  layer.registerForwardPreHook((_, [x]) => {
    kept.input = x as Tensor;
    kept.doubled = (x as Tensor).mul(2);
  });
  layer.registerForwardHook((_, __, y) => {
    kept.output = y;
    kept.detached = y.detach();
    kept.tripled = y.mul(3);
    return kept.tripled.add(1);
  });
  const values = async () =>
    Object.fromEntries(
      await Promise.all(Object.entries(kept).map(async ([name, each]) => [name, await each.item()])),
    );
  const expected = { input: 5, doubled: 10, output: 10, detached: 10, tripled: 30 };
  expect(await noGrad(() => net.forward(tensor([[5]]).mul(1))).item()).toBe(31);
  expect(await values()).toEqual(expected);

  const x = tensor([[5]], { requiresGrad: true });
  net.forward(x.mul(1)).add(kept.output!).sum().backward();
  expect(await values()).toEqual(expected);
  expect(await x.grad!.item()).toBe(2 * 3 + 2);
});

test("what is below is found by name, changed and frozen", async () => {
  const net = new Net();
  expect(net.getSubmodule("heads.left")).toBe(net.heads.get("left")!);
  expect(net.getSubmodule("")).toBe(net);
  expect(net.getParameter("blocks.1.weight")).toBe(net.blocks[1]!.weight);
  expect(() => net.getParameter("blocks.7.weight")).toThrow(
    'getParameter: there is no "blocks.7.weight": there are "blocks.0.weight", "blocks.0.bias"',
  );
  expect(() => net.getSubmodule("head")).toThrow('getSubmodule: there is no "head": there are "blocks"');
  const order: string[] = [];
  net.apply((module) => {
    order.push(module.constructor.name);
    if (module instanceof nn.Linear) nn.init.constant_(module.weight, 1);
  });
  expect(order.at(-1)).toBe("Net");
  expect(await net.blocks[0]!.weight.sum().item()).toBe(6);
  net.requiresGrad_(false);
  expect(net.parameters().some(({ requiresGrad }) => requiresGrad)).toBe(false);
  expect(net.forward(zeros([1, 2])).requiresGrad).toBe(false);
  net.requiresGrad_();
  expect(net.forward(zeros([1, 2])).requiresGrad).toBe(true);
});

test("a Sequential's errors say in which of its layers, and of those inside", () => {
  const inner = new nn.Sequential(new nn.ReLU(), new nn.Linear(3, 4));
  const net = new nn.Sequential(new nn.Linear(2, 3), inner, new nn.Linear(5, 1));
  expect(() => net.forward(ones([1, 2]))).toThrow(
    new RangeError("linear: weight [1, 5] wants inputs of 5 features, got [1, 4], in layer 2 (Linear)"),
  );
  expect(() => new nn.Sequential(inner).forward(ones([1, 2]))).toThrow(
    "linear: weight [4, 3] wants inputs of 3 features, got [1, 2], in layer 1 (Linear), in layer 0 (Sequential)",
  );
});
