// Modules: what they register, how state is saved and loaded, and what a forward pass leaves behind.

import { expect, test } from "bun:test";
import * as nn from "../../src/nn/index.ts";
import { type AnyModule, Buffer, Module, Parameter } from "../../src/nn/module.ts";
import { arrayOf, handleOf } from "../../src/tensor/handle.ts";
import { memory, noGrad, ones, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";

/** Freed tensors count at once, unreachable ones when the collector has found them: this looks at both. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    Bun.gc(true);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

class Scale extends Module {
  readonly scale = new Parameter(ones([3]));
  readonly meanSeen = new Buffer(zeros([3]));
  readonly plain = zeros([3]); // neither learned nor saved

  forward(x: Tensor): Tensor {
    return x.mul(this.scale).add(1).relu();
  }
}

class Net extends Module {
  readonly inputScale = new Scale();
  readonly blocks: Module[] = [new Scale(), new Scale()];
  readonly outputBias = new Parameter(zeros([3]));

  forward(x: Tensor): Tensor {
    return this.blocks
      .reduce((value, block) => block.forward(value), this.inputScale.forward(x))
      .add(this.outputBias);
  }
}

test("fields register themselves, under the names that PyTorch would give them", () => {
  const net = new Net();
  expect(net.namedParameters().map(([name]) => name)).toEqual([
    "output_bias",
    "input_scale.scale",
    "blocks.0.scale",
    "blocks.1.scale",
  ]);
  expect(net.namedBuffers().map(([name]) => name)).toEqual([
    "input_scale.mean_seen",
    "blocks.0.mean_seen",
    "blocks.1.mean_seen",
  ]);
  expect(net.namedModules().map(([name]) => name)).toEqual(["", "input_scale", "blocks.0", "blocks.1"]);
  expect(net.children()).toEqual([net.inputScale, ...net.blocks]);
  expect(net.parameters().every((p) => p.requiresGrad)).toBe(true);
  expect(net.namedBuffers().some(([, b]) => b.requiresGrad)).toBe(false);
});

test("what is shared is learned once, and saved under each of its names", () => {
  const net = new Net();
  net.blocks[1] = net.blocks[0]!;
  expect(net.parameters().length).toBe(3);
  expect(net.modules().length).toBe(3);
  expect(Object.keys(net.stateDict())).toContain("blocks.1.scale");
});

test("train() and eval() reach every module", () => {
  const net = new Net();
  expect(net.modules().map((m) => m.training)).toEqual([true, true, true, true]);
  expect(net.eval()).toBe(net);
  expect(net.modules().map((m) => m.training)).toEqual([false, false, false, false]);
  expect(net.train().blocks[1]!.training).toBe(true);
});

test("a module's own train() and stateDict() are what the modules above it call", async () => {
  class Frozen extends nn.BatchNorm1d {
    override train(_ = true): this {
      return super.train(false);
    }
    override stateDict() {
      const { weight, bias } = super.stateDict();
      return { weight: weight!, bias: bias! };
    }
  }
  const frozen = new Frozen(2);
  const net = new nn.Sequential(new nn.Sequential(new nn.Linear(2, 2), frozen), frozen);
  expect(net.eval().train()).toBe(net);
  expect(net.modules().map(({ training }) => training)).toEqual([true, true, true, false]);
  net.forward(tensor([[1, 2], [3, 5]])); // biome-ignore format: as it looks
  expect(await frozen.runningMean!.tolist()).toEqual([0, 0]);
  expect(Object.keys(net.stateDict())).toEqual([
    "0.0.weight",
    "0.0.bias",
    "0.1.weight",
    "0.1.bias",
    "1.weight",
    "1.bias",
  ]);
  expect(net.loadStateDict(net.stateDict(), { strict: false }).missing).toHaveLength(4);
});

test("a state dict shares memory and is off the tape; loading one copies", async () => {
  const [a, b] = [new Net(), new Net()];
  noGrad(() => a.outputBias.copy_(tensor([1, 2, 3])));
  const state = a.stateDict();
  expect(Object.values(state).some((t) => t.requiresGrad)).toBe(false);
  expect(b.loadStateDict(state)).toEqual({ missing: [], unexpected: [] });
  expect(await b.outputBias.tolist()).toEqual([1, 2, 3]);
  noGrad(() => a.outputBias.copy_(tensor([9, 9, 9])));
  expect(await state.output_bias!.tolist()).toEqual([9, 9, 9]);
  expect(await b.outputBias.tolist()).toEqual([1, 2, 3]);
  a.loadStateDict(a.stateDict()); // its own: nothing to do
  expect(await a.outputBias.tolist()).toEqual([9, 9, 9]);
});

test("a state that does not fit is refused in one line, and changes nothing", async () => {
  const net = new Net();
  const { output_bias: _, ...others } = net.stateDict();
  const wrong = {
    ...others,
    "input_scale.scale": zeros([4]),
    "blocks.0.mean_seen": tensor([1, 2, 3], { dtype: "uint32" }),
    "fc.weight": zeros([1]),
  };
  expect(() => net.loadStateDict(wrong)).toThrow(
    'loadStateDict: Net: "output_bias" missing; "fc.weight" not known; "input_scale.scale" is float32 [3] in the module and float32 [4] in the state, "blocks.0.mean_seen" is float32 [3] in the module and uint32 [3] in the state',
  );
  expect(() => net.loadStateDict({})).toThrow(
    'loadStateDict: Net: "output_bias", "input_scale.scale", "input_scale.mean_seen" and 4 more missing',
  );
  const partial = { output_bias: ones([3]), "fc.weight": zeros([1]) };
  const { missing, unexpected } = net.loadStateDict(partial, { strict: false });
  expect([missing.length, unexpected]).toEqual([6, ["fc.weight"]]);
  expect(await net.outputBias.tolist()).toEqual([1, 1, 1]);
  expect(() => net.loadStateDict({ ...partial, output_bias: zeros([2]) }, { strict: false })).toThrow(
    '"output_bias" is float32 [3] in the module and float32 [2] in the state',
  );
  expect(await net.inputScale.scale.tolist()).toEqual([1, 1, 1]);
});

test("toString() is the tree, and what console.log shows", () => {
  expect(Bun.inspect(new Net())).toBe(String(new Net()));
  expect(String(new Net())).toBe(
    "Net(\n  (input_scale): Scale()\n  (blocks.0): Scale()\n  (blocks.1): Scale()\n)",
  );
});

test("forward frees what it made and did not return, and the gradients are right nevertheless", async () => {
  const net = new Net();
  const x = tensor([-2, 0, 2]);
  await settle();
  const before = memory().tensors;
  const y = net.forward(x); // 3 × (x + 1, cut at 0)
  expect(memory().tensors).toBe(before + 1);
  const loss = y.sum();
  loss.backward();
  expect(await y.tolist()).toEqual([2, 3, 5]);
  expect(await net.inputScale.scale.grad!.tolist()).toEqual([-0, 0, 2]);
});

test("nested modules: the outer call keeps only its own result", async () => {
  const kept: Tensor[] = [];
  class Spy extends Module {
    forward(x: Tensor): Tensor {
      const inner = x.add(1);
      kept.push(inner);
      return inner.mul(2);
    }
  }
  class Outer extends Module {
    readonly spy = new Spy();
    forward(x: Tensor): Tensor {
      const first = this.spy.forward(x);
      kept.push(first);
      expect(handleOf(first).freed).toBe(false);
      return this.spy.forward(first);
    }
  }
  const y = new Outer().forward(tensor([1]));
  expect(await y.tolist()).toEqual([10]);
  expect(() => arrayOf(kept[0]!)).toThrow(
    "the memory of this tensor [1] (a result of add) was given back: it was made inside Spy.forward, which did not return it",
  );
  expect(() => arrayOf(kept[1]!)).toThrow("it was made inside Outer.forward, which did not return it");
});

test("super.forward runs inside the subclass's call", async () => {
  class Base extends Module {
    forward(x: Tensor): Tensor {
      return x.add(1);
    }
  }
  class Derived extends Base {
    override forward(x: Tensor): Tensor {
      const below = super.forward(x);
      return below.mul(below.add(1)); // still readable
    }
  }
  expect(await new Derived().forward(tensor([2])).tolist()).toEqual([12]);
  expect(await new Base().forward(tensor([2])).tolist()).toEqual([3]);
});

test("a module may store a tensor on itself, deep inside other modules", async () => {
  class Recorder extends Module {
    last: Tensor | null = null;
    readonly history: Tensor[] = [];
    forward(x: Tensor): Tensor {
      this.last = x.mul(2);
      this.history.push(x.mul(3));
      return this.last.add(1);
    }
  }
  class Outer extends Module {
    readonly recorder = new Recorder();
    forward(x: Tensor): Tensor {
      return this.recorder.forward(this.recorder.forward(x));
    }
  }
  const net = new Outer();
  expect(await noGrad(() => net.forward(tensor([1]))).tolist()).toEqual([7]);
  await settle();
  expect(await net.recorder.last!.tolist()).toEqual([6]);
  expect(await Promise.all(net.recorder.history.map((t) => t.tolist()))).toEqual([[3], [9]]);
  expect(net.stateDict()).toEqual({}); // they are not its state
});

test("results may be arrays, maps and plain objects of tensors", async () => {
  type Result = { parts: Tensor[]; more: Map<string, { deep: Tensor }>; note: string };
  class Many extends Module<[Tensor, number], Result> {
    forward(x: Tensor, by: number): Result {
      x.mul(100);
      return {
        parts: [x.mul(by), x.add(by)],
        more: new Map([["square", { deep: x.square() }]]),
        note: "not a tensor",
      };
    }
  }
  const many: AnyModule & Many = new Many();
  const x = tensor([3]);
  const before = memory().tensors;
  const { parts, more, note } = many.forward(x, 2);
  expect(memory().tensors).toBe(before + 3);
  expect([
    await parts[0]!.item(),
    await parts[1]!.item(),
    await more.get("square")!.deep.item(),
    note,
  ]).toEqual([6, 5, 9, "not a tensor"]);
});

test("returning the input, or a view of it, frees neither", async () => {
  class View extends Module {
    forward(x: Tensor): Tensor {
      x.add(1);
      return x.reshape([2, 1]);
    }
  }
  class Same extends Module {
    forward(x: Tensor): Tensor {
      return x;
    }
  }
  const x = tensor([1, 2]);
  const view = new View().forward(x);
  expect(new Same().forward(x)).toBe(x);
  expect([await x.tolist(), await view.tolist()]).toEqual([
    [1, 2],
    [[1], [2]],
  ]);
});

test("an exception frees what the call had made, and the next call works", async () => {
  class Fails extends Module {
    forward(x: Tensor): Tensor {
      return x
        .add(1)
        .matmul(x.add(2).reshape([3, 1]))
        .add(zeros([2]));
    }
  }
  const fails = new Fails();
  const good = tensor([1, 2, 3]);
  await settle();
  const before = memory();
  expect(() => fails.forward(tensor([1, 2]))).toThrow("reshape: [2] has 2 elements, which do not fit [3, 1]");
  expect(memory().tensors - before.tensors).toBe(1); // the caller's own input
  expect(memory().bytesInUse - before.bytesInUse).toBe(256);
  expect((await fails.forward(good).tolist()) as number[]).toEqual([38, 38]);
});

test("an asynchronous forward may await in between", async () => {
  class Slow extends Module<[Tensor], Promise<Tensor>> {
    async forward(x: Tensor): Promise<Tensor> {
      const doubled = x.mul(2);
      const [first] = (await doubled.data()) as Float32Array;
      return doubled.add(first!);
    }
  }
  expect(await (await new Slow().forward(tensor([1, 2]))).tolist()).toEqual([4, 6]);
});

test("modules made inside noGrad keep their parameters", async () => {
  const net = noGrad(() => new Net());
  expect(await net.outputBias.tolist()).toEqual([0, 0, 0]);
  expect(net.outputBias.requiresGrad).toBe(true);
});

test("what stands in plain objects, maps and nested lists is found, under PyTorch's names", () => {
  class Held extends Module {
    readonly blocks = { a: new Scale(), secondOne: new Scale() };
    readonly layers = [[new Scale()], [new Scale(), new Scale()]];
    readonly byName = new Map<string, Module | Parameter>([["x", new Scale()], ["w", new Parameter(ones([2]))]]); // biome-ignore format: as it looks
    readonly weights = [new Parameter(ones([1])), new Parameter(ones([1]))];
    readonly stats = { mean: new Buffer(zeros([1])) };
    readonly notes = { when: new Date(), seen: [zeros([1])], parent: null };
    forward(x: Tensor): Tensor {
      return x.mul(this.weights[1]!);
    }
  }
  const held = new Held();
  expect(held.namedParameters().map(([name]) => name)).toEqual([
    "by_name.w",
    "weights.0",
    "weights.1",
    "blocks.a.scale",
    "blocks.secondOne.scale",
    "layers.0.0.scale",
    "layers.1.0.scale",
    "layers.1.1.scale",
    "by_name.x.scale",
  ]);
  expect(held.namedBuffers().map(([name]) => name)).toContain("stats.mean");
  expect(held.children().length).toBe(6);
  held.eval();
  expect(held.layers[1]![1]!.training).toBe(false);
  const other = new Held();
  expect(other.loadStateDict(held.stateDict())).toEqual({ missing: [], unexpected: [] });
  held.forward(ones([1])).backward();
  expect(held.weights[1]!.grad?.shape).toEqual([1]);
});

test("a module says at its first forward that it computes with parameters that it does not hold", () => {
  const says = (name: string, shape: string) =>
    `${name}.forward computes with a parameter ${shape} that ${name}.parameters() does not list: hold it, or the module that it belongs to, in a public field`;
  class InSet extends Module {
    readonly layers = new Set([new Scale()]);
    forward(x: Tensor): Tensor {
      return [...this.layers].reduce((value, layer) => layer.forward(value), x);
    }
  }
  class Private extends Module {
    readonly known = new Scale();
    readonly #weight = new Parameter(ones([3]));
    forward(x: Tensor): Tensor {
      return this.known.forward(x).mul(this.#weight);
    }
  }
  class Outer extends Module {
    readonly inner = new Private();
    forward(x: Tensor): Tensor {
      return this.inner.forward(x);
    }
  }
  const x = ones([3]);
  expect(() => new InSet().forward(x)).toThrow(says("InSet", "[3]"));
  expect(() => new Private().forward(x)).toThrow(says("Private", "[3]"));
  expect(() => new Outer().forward(x)).toThrow(says("Private", "[3]"));
  const net = new InSet();
  noGrad(() => net.forward(x)); // nothing is learned there
  expect(() => net.forward(x)).toThrow(says("InSet", "[3]"));
  expect(() => net.forward(x)).toThrow(says("InSet", "[3]")); // and again: it is still so
});

test("parameters that are passed to forward, frozen, or known to the module outside need no field", async () => {
  class Late extends Module<[Tensor, { by: Module[] }]> {
    first: Scale | null = null;
    forward(x: Tensor, { by }: { by: Module[] }): Tensor {
      this.first ??= new Scale();
      return by[0]!.forward(this.first.forward(x));
    }
  }
  expect(await new Late().forward(ones([3]), { by: [new Scale()] }).tolist()).toEqual([3, 3, 3]);
  const weight = new Parameter(ones([3]));
  const frozen = new Scale();
  frozen.scale.requiresGrad = false;
  class Borrows extends Module<[Tensor, Parameter, Scale]> {
    readonly #teacher = frozen;
    forward(x: Tensor, w: Parameter, layer: Scale): Tensor {
      return layer.forward(this.#teacher.forward(x)).mul(w);
    }
  }
  class Tied extends Module {
    readonly embedding = new Scale();
    readonly head = new (class Head extends Module {
      weightOf: () => Tensor = () => weight;
      forward(x: Tensor): Tensor {
        return x.mul(this.weightOf());
      }
    })();
    constructor() {
      super();
      this.head.weightOf = () => this.embedding.scale;
    }
    forward(x: Tensor): Tensor {
      return this.head.forward(this.embedding.forward(x));
    }
  }
  expect(await new Borrows().forward(ones([3]), weight, new Scale()).tolist()).toEqual([3, 3, 3]);
  expect(await new Tied().forward(ones([3])).tolist()).toEqual([2, 2, 2]);
});
