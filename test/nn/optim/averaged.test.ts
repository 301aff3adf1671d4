// Averages of weights: the kernel by its formula, both averages and one of one's own, copies that stand alone, and batch norm's
// statistics anew.
import { expect, test } from "bun:test";
import { moveAverages } from "../../../src/kernels/optimizers/average.ts";
import { deepcopy } from "../../../src/nn/copy.ts";
import * as nn from "../../../src/nn/index.ts";
import { AveragedModel, updateBn } from "../../../src/nn/optim/index.ts";
import { arrayOf } from "../../../src/tensor/handle.ts";
import { cat, type Tensor, tensor } from "../../../src/tensor/index.ts";
import { check } from "../../harness.ts";
import { Random } from "../../reference/random.ts";
import { arr } from "../../reference/reference.ts";

const random = new Random(53);

check<{ weight: number }>({
  name: "moveAverages",
  covers: ["average"],
  run: ([a, b, x, y], { weight }) => {
    moveAverages([[a!, x!], [b!, y!]].map((slot) => slot.map(arrayOf)), weight); // biome-ignore format: as it looks
    return cat([a!.flatten(), b!.flatten()]);
  },
  reference: {
    forward([a, b, x, y], { weight }) {
      const all = [[a!, x!], [b!, y!]].flatMap(([m, p]) => [...m!.data].map((value, i) => value + weight * (p!.data[i]! - value))); // biome-ignore format: as it looks
      return arr([all.length], all);
    },
    backward: () => [],
  },
  cases: [0.25, 1].map((weight) => ({
    inputs: [[7], [33, 5], [7], [33, 5]].map((shape) => random.array(shape)),
    attrs: { weight },
  })),
  differentiable: false,
});

test("the first average is the weights themselves, whatever is there before", async () => {
  const [mean, x] = [tensor([1e20, Infinity, Number.NaN]), tensor([0.1, 0.2, 0.3])];
  moveAverages([[arrayOf(mean), arrayOf(x)]], 1);
  expect(await mean.tolist()).toEqual(await x.tolist());
});

class Net extends nn.Module {
  first = new nn.Linear(2, 2);
  norm = new nn.BatchNorm1d(2);
  blocks = [new nn.ReLU(), new nn.Linear(2, 2)];
  tied = this.first.weight;

  forward(x: Tensor): Tensor {
    return this.blocks.reduce(
      (y, block) => block.forward(y) as Tensor,
      this.norm.forward(this.first.forward(x)),
    );
  }
}

const setAll = (net: nn.Module, value: number) => {
  for (const parameter of net.parameters()) nn.init.constant_(parameter, value);
};
const weights = async (net: nn.Module) => [...new Set((await Promise.all(net.parameters().map((p) => p.data()))).flatMap((p) => [...p]))]; // biome-ignore format: as it looks

test("a copy has what the model has, and nothing in common with it", async () => {
  const net = new Net();
  net.eval();
  const copy = deepcopy(net);
  expect(Object.keys(copy.stateDict())).toEqual(Object.keys(net.stateDict()));
  expect([copy instanceof Net, copy.training, copy.norm.training]).toEqual([true, false, false]);
  expect([copy.tied === copy.first.weight, copy.first === net.first]).toEqual([true, false]);
  const x = tensor([[1, 2], [3, 5]]); // biome-ignore format: as it looks
  expect(await copy.forward(x).tolist()).toEqual(await net.forward(x).tolist());
  setAll(net, 3);
  expect(await weights(copy)).not.toEqual([3]);
  copy.forward(x).sum().backward();
  expect([copy.first.weight.grad !== null, net.first.weight.grad]).toEqual([true, null]);
});

test("the mean of all, an exponential average, and one of one's own", async () => {
  for (const [options, wanted] of [
    [{}, [2, 4, 6]],
    [{ decay: 0.75 }, [2, 3, 4.75]],
    [{ avgFn: (a: Tensor, p: Tensor, n: number) => a.mul(2).add(p).add(n) }, [2, 11, 34]],
  ] as const) {
    const net = new Net();
    const averaged = new AveragedModel(net, options);
    const seen: number[][] = [];
    for (const value of [2, 6, 10]) {
      setAll(net, value);
      averaged.updateParameters(net);
      seen.push(await weights(averaged));
    }
    expect(seen).toEqual(wanted.map((value) => [value]));
    expect(averaged.nAveraged).toBe(3);
  }
});

test("an average goes on from a state that is loaded, at once and after the count was read", async () => {
  for (const [options, wanted] of [
    [{}, [4, 6, 7]],
    [{ decay: 0.75 }, [3, 4.75, 6.0625]],
  ] as const) {
    const net = new Net();
    const before = new AveragedModel(net, options);
    for (const value of [2, 6]) {
      setAll(net, value);
      before.updateParameters(net);
    }
    const state = before.stateDict();
    expect([state.n_averaged!.shape, await state.n_averaged!.item()]).toEqual([[], 2]);
    const holder = new nn.ModuleList([new AveragedModel(net, options)]);
    const [after] = holder;
    holder.loadStateDict(
      Object.fromEntries(Object.entries(state).map(([name, each]) => [`0.${name}`, each])),
    );
    expect(after!.nAveraged).toBeNaN();
    const seen = [(await weights(after!))[0]];
    for (const value of [10, 10]) {
      setAll(net, value);
      after!.updateParameters(net);
      seen.push((await weights(after!))[0]);
    }
    expect(seen.map((each) => each!.toFixed(4))).toEqual(wanted.map((each) => each.toFixed(4)));
    expect(after!.nAveraged).toBe(4);
  }
  const net = new Net();
  const own = new AveragedModel(net, { avgFn: (a, p, n) => a.mul(n).add(p) });
  setAll(net, 3);
  own.updateParameters(net);
  own.loadStateDict(own.stateDict());
  const counted = own.stateDict();
  own.loadStateDict({ ...counted, n_averaged: tensor(5, { dtype: "int32" }) });
  expect(() => own.updateParameters(net)).toThrow("avgFn is told how often");
  own.nAveraged = (await own.stateDict().n_averaged!.item()) as number;
  own.updateParameters(net);
  expect(await weights(own)).toEqual([18]);
  const fresh = new AveragedModel(net);
  fresh.loadStateDict({ ...fresh.stateDict(), n_averaged: tensor(0, { dtype: "int32" }) });
  setAll(net, 7);
  fresh.updateParameters(net); // the first average is the weights themselves
  expect(await weights(fresh)).toEqual([7]);
});

test("buffers are the model's last ones, or averaged too", async () => {
  for (const [useBuffers, wanted] of [
    [false, [9, 9]],
    [true, [6, 6]],
  ] as const) {
    const net = new Net();
    const averaged = new AveragedModel(net, { useBuffers });
    for (const value of [3, 9]) {
      net.norm.runningMean!.copy_(tensor([value, value]));
      averaged.updateParameters(net);
    }
    expect(await averaged.module.norm.runningMean!.tolist()).toEqual([...wanted]);
  }
});

test("updateBn: the running statistics are the means of the batches', and all else stays", async () => {
  const net = new Net();
  net.first = new nn.Linear(2, 2, { bias: false });
  nn.init.eye_(net.first.weight);
  net.eval();
  const before = await net.first.weight.tolist();
  const batches = [[[0, 1], [2, 3]], [[10, 0], [20, 0]]]; // biome-ignore format: as it looks
  await updateBn(batches.map((batch) => [tensor(batch), tensor([0, 0])] as const), net); // biome-ignore format: as it looks
  expect(await net.norm.runningMean!.tolist()).toEqual([8, 1]);
  const [a, b] = (await net.norm.runningVar!.tolist()) as [number, number];
  expect([a, b].map((value) => value.toFixed(4))).toEqual(["26.0000", "1.0000"]); // (2 + 50) / 2, (2 + 0) / 2
  expect([net.training, net.norm.momentum]).toEqual([false, 0.1]);
  expect(await net.first.weight.tolist()).toEqual(before);
  await updateBn([], new nn.Linear(1, 1)); // has none
});

test("what makes no sense is refused", () => {
  expect(() => new AveragedModel(new Net(), { decay: 2 })).toThrow(
    "AveragedModel: decay is a number from 0 to 1",
  );
  expect(() => new AveragedModel(new Net(), { decay: 1, avgFn: (a) => a })).toThrow("give decay or avgFn");
  const other = new nn.Linear(1, 1) as unknown as Net;
  expect(() => new AveragedModel(new Net()).updateParameters(other)).toThrow(
    'AveragedModel.updateParameters: the model has no "norm.running_mean" of this size any more',
  );
});
