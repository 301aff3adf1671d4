// Clipping: numbers against the float64 reference over several gradients at once, and what is not finite; vectors of
// parameters.
import { expect, test } from "bun:test";
import { device } from "../../src/gpu/device.ts";
import { kernels } from "../../src/gpu/kernel.ts";
import { nn, optim } from "../../src/index.ts";
import {
  clipGradNorm_,
  clipGradValue_,
  deepcopy,
  parametersToVector,
  skipInit,
  vectorToParameters,
} from "../../src/nn/utils.ts";
import { cat, noGrad, ones, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";
import { check } from "../harness.ts";
import * as reference from "../reference/optim/clip.ts";
import { Random } from "../reference/random.ts";
import { type Arr, arr } from "../reference/reference.ts";

const random = new Random(11);
const draw = (shapes: number[][]) => shapes.map((shape) => random.array(shape));
/** More than one launch takes, sizes that are no multiples of 4, and a large one. */
const MANY = draw(Array.from({ length: 19 }, (_, i) => (i === 3 ? [131, 257] : [i + 1, 3])));
const FEW = draw([[7], [2, 3, 5]]);

const joined = (arrays: Arr[]) => {
  const all = arrays.flatMap(({ data }) => [...data]);
  return arr([all.length], all);
};

function parametersWith(gradients: Tensor[]): Tensor[] {
  return gradients.map((gradient) => {
    const parameter = zeros(gradient.shape, { requiresGrad: true });
    parameter.grad = gradient.clone();
    return parameter;
  });
}
const gradientsOf = (parameters: Tensor[]) => parameters.map((parameter) => parameter.grad!.flatten());

check<{ maxNorm: number; normType: number }>({
  name: "clipGradNorm_",
  covers: ["clip.sums", "clip.total", "clip.scale"],
  run: (gradients, { maxNorm, normType }) => {
    const parameters = parametersWith(gradients);
    const norm = clipGradNorm_(parameters, maxNorm, { normType });
    return cat([norm.reshape([1]), ...gradientsOf(parameters)]);
  },
  reference: {
    forward: (gradients, { maxNorm, normType }) =>
      joined([
        arr([1], [reference.norm(gradients, normType)]),
        ...reference.clipNorm(gradients, maxNorm, normType),
      ]),
    backward: () => [],
  },
  cases: [
    { inputs: MANY, attrs: { maxNorm: 1, normType: 2 } },
    { inputs: MANY, attrs: { maxNorm: 1e6, normType: 2 } },
    { inputs: FEW, attrs: { maxNorm: 0.3, normType: Infinity } },
    { inputs: FEW, attrs: { maxNorm: 2, normType: 1 } },
    { inputs: FEW, attrs: { maxNorm: 2, normType: 3 } },
    // As small as what is added to the norm.
    { inputs: FEW.map(({ shape, data }) => arr(shape, data.map((g) => g * 1e-7))), attrs: { maxNorm: 1e-6, normType: 2 } }, // biome-ignore format: a line each
  ],
  terms: ({ inputs }) => inputs.reduce((sum, { data }) => sum + data.length, 0) / 64,
  ulps: 24, // pow
  differentiable: false,
});

check<{ most: number }>({
  name: "clipGradValue_",
  covers: ["clip.clamp"],
  run: (gradients, { most }) => {
    const parameters = parametersWith(gradients);
    clipGradValue_(parameters, most);
    return cat(gradientsOf(parameters));
  },
  reference: {
    forward: (gradients, { most }) => joined(reference.clipValue(gradients, most)),
    backward: () => [],
  },
  cases: [MANY, FEW].map((inputs) => ({ inputs, attrs: { most: 0.4 } })),
  differentiable: false,
});

test("what is not finite is told by the norm, and makes of no gradient a healthy one", async () => {
  for (const normType of [1, 2, 3, Infinity]) {
    const parameters = parametersWith([tensor([1, Number.NaN, 2]), tensor([3])]);
    expect(await clipGradNorm_(parameters, 1, { normType }).item()).toBeNaN();
    expect(await parameters[1]!.grad!.item()).toBeNaN();
  }
  const infinite = parametersWith([tensor([1, Infinity])]);
  expect(await clipGradNorm_(infinite, 1).item()).toBe(Infinity);
  expect(await infinite[0]!.grad!.tolist()).toEqual([0, Number.NaN]); // as in PyTorch
  const clamped = parametersWith([tensor([Number.NaN, -Infinity, 0.5])]);
  clipGradValue_(clamped, 1);
  expect(await clamped[0]!.grad!.tolist()).toEqual([Number.NaN, -1, 0.5]);
});

test("errorIfNonfinite: a promise of the norm, rejected where it is not finite", async () => {
  const clip = (grad: Tensor) => clipGradNorm_(parametersWith([grad]), 1, { errorIfNonfinite: true });
  expect(await (await clip(tensor([3, 4]))).item()).toBe(5);
  expect(clip(tensor([1, Infinity]))).rejects.toThrow(
    "clipGradNorm_: the norm of the gradients is Infinity: ",
  );
  expect(clip(tensor([1, Number.NaN]))).rejects.toThrow("the norm of the gradients is NaN");
  expect(await clipGradNorm_(parametersWith([tensor([3, 4])]), 1, { errorIfNonfinite: false }).item()).toBe(
    5,
  );
});

test("parameters without a gradient are passed over; none at all have the norm 0", async () => {
  const without = zeros([3], { requiresGrad: true });
  expect(await clipGradNorm_([without], 1).item()).toBe(0);
  const [withOne] = parametersWith([tensor([3, 4])]);
  expect(await clipGradNorm_([without, withOne!], 10).item()).toBe(5);
  expect(await clipGradNorm_(withOne!, 2.5).item()).toBe(5);
  expect(await clipGradNorm_(withOne!, 2.5, { normType: 2 }).item()).toBeCloseTo(2.5, 5);
  expect(() => clipGradNorm_(withOne!, 1, { normType: 0 })).toThrow("normType is a number > 0 or Infinity");
});

test("two parameters whose gradient is one tensor are both clipped, and both stepped", async () => {
  const shared = tensor([8]);
  const [a, b] = [tensor([0], { requiresGrad: true }), tensor([1], { requiresGrad: true })];
  a.grad = shared;
  b.grad = shared;
  clipGradValue_([a, b], 4);
  new optim.SGD([a, b], { lr: 1 }).step();
  expect(await cat([a, b]).tolist()).toEqual([-4, -3]);
});

test("a network made by skipInit draws nothing, and computes what the one does whose weights it loads", async () => {
  const make = () => new nn.MN({ width: 0.1, classes: 2 }).eval();
  const drawn = make();
  const before = kernels.get("random")!.launches.get("main")!;
  const loaded = skipInit(make);
  expect(kernels.get("random")!.launches.get("main")).toBe(before);
  expect(await loaded.classifier.layers.at(-1)!.parameters()[0]!.abs().sum().item()).toBe(0);
  loaded.loadStateDict(drawn.stateDict());
  const picture = zeros([1, 1, 32, 32]).add(1);
  expect(await loaded.forward(picture).tolist()).toEqual(await drawn.forward(picture).tolist());
  const fails = () => {
    throw new Error("no network");
  };
  expect(() => skipInit(fails)).toThrow("no network");
  expect(await new nn.Embedding(4, 4).weight.abs().sum().item()).toBeGreaterThan(0); // drawn again
});

test("a copy computes the same, and learns without the other", async () => {
  const net = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3), new nn.ReLU());
  (net.layers[0] as nn.Linear).bias!.requiresGrad = false;
  const copy = deepcopy(net);
  expect(copy).toBeInstanceOf(nn.Sequential);
  expect(copy.parameters().map(({ requiresGrad }) => requiresGrad)).toEqual([true, false, true, true]);
  const x = tensor([[1, 2], [3, -4]]); // biome-ignore format: as it looks
  const before = await copy.forward(x).tolist();
  expect(before).toEqual(await net.forward(x).tolist());
  net.forward(x).sum().backward();
  expect(copy.parameters().map(({ grad }) => grad)).toEqual([null, null, null, null]);
  new optim.SGD(net.parameters(), { lr: 1 }).step();
  expect(await copy.forward(x).tolist()).toEqual(before);
  expect(Object.keys(copy.stateDict())).toEqual(Object.keys(net.stateDict()));
});

test("a vector of parameters and back", async () => {
  const [a, b] = [
    tensor([[1, 2], [3, 4]], { requiresGrad: true }), // biome-ignore format: as it looks
    tensor([5], { requiresGrad: true }),
  ];
  const vector = parametersToVector([a, b]);
  expect(await vector.tolist()).toEqual([1, 2, 3, 4, 5]);
  vectorToParameters(vector.detach().mul(2), [a, b]);
  expect([await a.tolist(), await b.tolist()]).toEqual([[[2, 4], [6, 8]], [10]]); // biome-ignore format: as it looks
  expect(() => vectorToParameters(tensor([1]), [a, b])).toThrow("a vector [5] fills these parameters");
});

test("a char-GPT's AdamW step and its clipping take a few dozen launches at most", () => {
  const width = 128;
  const block = [
    [width],
    [width],
    [3 * width, width],
    [3 * width],
    [width, width],
    [width],
    [width],
    [width],
  ];
  const mlp = [[4 * width, width], [4 * width], [width, 4 * width], [width]];
  const shapes = [
    [65, width],
    [64, width],
    ...Array(4)
      .fill([...block, ...mlp])
      .flat(),
    [width],
    [width],
  ];
  const parameters = (shapes as number[][]).map((shape) => zeros(shape, { requiresGrad: true }));
  for (const parameter of parameters) parameter.grad = zeros(parameter.shape);
  const optimizer = new optim.AdamW(parameters);
  const count = () => [...kernels.values()].flatMap(({ launches }) => [...launches.values()]);
  const total = () => count().reduce((a, b) => a + b, 0);
  const before = total();
  clipGradNorm_(parameters, 1);
  const clipped = total() - before;
  optimizer.step();
  const stepped = total() - before - clipped;
  const { maxStorageBuffersPerShaderStage: bound } = device().adapter.limits;
  console.log(
    `  ${parameters.length} parameters, ${bound} buffers a launch: clipGradNorm_ ${clipped} launches, AdamW ${stepped}`,
  );
  const slots = (n: number) => Math.ceil(parameters.length / Math.min(n, 16));
  expect([clipped, stepped]).toEqual([2 * slots(bound - 1) + 1, slots(Math.floor(bound / 4))]);
});

test("sequences of different lengths in one tensor, batch first or not, whole numbers too", async () => {
  const { padSequence } = nn.utils.rnn;
  const words = [[1, 2, 3], [4]].map((ids) => tensor(ids, { dtype: "int32" }));
  const padded = padSequence(words, { batchFirst: true, paddingValue: -1 });
  expect([padded.dtype, await padded.tolist()]).toEqual(["int32", [[1, 2, 3], [4, -1, -1]]]); // biome-ignore format: as it looks
  const [a, b] = [zeros([1, 2], { requiresGrad: true }), zeros([3, 2], { requiresGrad: true })];
  const both = padSequence([a, b]);
  expect(both.shape).toEqual([3, 2, 2]);
  both.add(1).square().sum().backward();
  expect([a.grad!.shape, await b.grad!.sum().item()]).toEqual([[1, 2], 12]);
});

test("deepcopy refuses methods that are arrow functions, which would compute with the original's weights", () => {
  class Net extends nn.Module<[Tensor], Tensor> {
    linear = new nn.Linear(2, 1);
    activation = (x: Tensor) => x.relu();
    override forward = (x: Tensor) => this.activation(this.linear.forward(x));
  }
  const refused =
    /^deepcopy: Net\.forward is an arrow function, whose "this" would be the original's in the copy too: write a method$/;
  expect(() => deepcopy(new Net())).toThrow(refused);
  expect(() => deepcopy(new nn.Sequential(new Net()))).toThrow(refused);
  expect(() => new optim.AveragedModel(new Net())).toThrow(refused);
  class Others extends nn.Module<[Tensor], Tensor> {
    linear = new nn.Linear(2, 1);
    parts = [async (x: Tensor) => this.linear.forward(x)];
    override forward(x: Tensor): Tensor {
      return this.linear.forward(x);
    }
  }
  expect(() => deepcopy(new Others())).toThrow("deepcopy: Others.parts is an arrow function");
  class Plain extends nn.Module<[Tensor], Tensor> {
    linear = new nn.Linear(2, 1);
    activation = (x: Tensor) => x.relu();
    own = function (this: { scale: number }) {
      return this.scale;
    };
    override forward(x: Tensor): Tensor {
      return this.activation(this.linear.forward(x));
    }
  }
  expect(deepcopy(new Plain()).forward(ones([3, 2])).shape).toEqual([3, 1]);
});

test("deepcopy of a state dict keeps the weights of then, also out of noGrad; of tensors, that they are learned", async () => {
  const net = new nn.Linear(2, 1, { bias: false });
  let best: Record<string, Tensor> = {};
  noGrad(() => {
    net.weight.fill_(3);
    best = deepcopy(net.stateDict());
  });
  noGrad(() => net.weight.zero_());
  expect(await best.weight!.tolist()).toEqual([[3, 3]]);
  net.loadStateDict(best);
  expect(await net.weight.tolist()).toEqual([[3, 3]]);

  const x = tensor([1, 2], { requiresGrad: true });
  const made = deepcopy({ x, again: [x], more: new Map([["y", x.mul(2)]]), name: "x" });
  expect([made.x === x, made.again[0] === made.x, made.name]).toEqual([false, true, "x"]);
  expect([made.x.requiresGrad, made.more.get("y")!.requiresGrad]).toEqual([true, false]);
  expect(await made.more.get("y")!.tolist()).toEqual([2, 4]);
  expect(await deepcopy(x).tolist()).toEqual([1, 2]);
  for (const none of [5, null, "state", new Date()] as never[])
    expect(() => deepcopy(none)).toThrow(
      "deepcopy: wants a module or a tensor, or lists, maps and plain objects",
    );
});
