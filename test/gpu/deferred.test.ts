// Copies that are made when somebody needs them (Deferred in gpu/array.ts): values are those of the moment at which they were asked
// for, and what attention reads as it lies is never copied.
import { expect, test } from "bun:test";
import { kernels } from "../../src/gpu/kernel.ts";
import { viewStrides } from "../../src/gpu/shape.ts";
import { F, grad, manualSeed, noGrad, randn, type Tensor, tensor } from "../../src/index.ts";

const copies = () => [...kernels.get("copy")!.launches.values()].reduce((sum, n) => sum + n, 0);
const framings = () => kernels.get("frame")!.launches.get("frame")!;

test("strides under another shape are those that reach the same elements in the same order, or there are none", () => {
  expect(viewStrides([2, 3, 4], [1, 8, 2], [2, 12])).toEqual([1, 2]);
  expect(viewStrides([2, 3, 4], [1, 8, 2], [2, 3, 2, 2])).toEqual([1, 8, 4, 2]);
  expect(viewStrides([2, 3, 4], [12, 4, 1], [1, 6, 1, 4])).toEqual([0, 4, 0, 1]);
  expect(viewStrides([2, 3], [1, 2], [6])).toBeNull();
  expect(viewStrides([2, 3], [1, 2], [3, 2])).toBeNull();
});

test("a permutation and a slice are what they were of, whatever is written there before they are read", async () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const [turned, part, back, same] = [
    x.transpose(0, 1),
    x.slice([null, [1, 3]]),
    x.transpose(0, 1).transpose(0, 1).reshape([6]),
    x.permute([0, 1]),
  ];
  expect(await same.tolist()).toEqual(await x.tolist()); // it is x itself, until x is written
  x.add_(10);
  expect(await turned.tolist()).toEqual([
    [1, 4],
    [2, 5],
    [3, 6],
  ]);
  expect(await part.tolist()).toEqual([
    [2, 3],
    [5, 6],
  ]);
  expect(await back.tolist()).toEqual([1, 2, 3, 4, 5, 6]);
  expect(await same.tolist()).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const z = x.transpose(0, 1).clone();
  z.zero_();
  expect(await x.tolist()).toEqual([
    [11, 12, 13],
    [14, 15, 16],
  ]);
});

const [N, T, H, E] = [2, 5, 3, 4];
const heads = (part: Tensor) => part.reshape([N, T, H, E]).transpose(1, 2);

function attended(qkv: Tensor, change: (part: Tensor) => Tensor): Tensor {
  const [q, k, v] = qkv.split(H * E, 2).map((part) => change(heads(part))) as [Tensor, Tensor, Tensor];
  return F.scaledDotProductAttention(q, k, v, { isCausal: true })
    .transpose(1, 2)
    .reshape([N, T, H * E]);
}

test("attention reads queries, keys and values as they lie in one array, and leaves their gradients in one", async () => {
  manualSeed(3);
  const [x, dy] = [randn([N, T, 3 * H * E]), randn([N, T, H * E])];
  const run = async (change: (part: Tensor) => Tensor) => {
    const leaf = x.clone();
    leaf.requiresGrad = true;
    const qkv = leaf.mul(1);
    const before = copies() + framings();
    const y = attended(qkv, change);
    y.backward(dy);
    const made = copies() + framings() - before;
    return { y: await y.data(), grad: await leaf.grad!.data(), made };
  };
  const [lying, copied] = [await run((part) => part), await run((part) => part.clone())];
  expect([...lying.y]).toEqual([...copied.y]);
  expect([...lying.grad]).toEqual([...copied.grad]);
  expect(lying.made).toBe(0);
  expect(copied.made).toBeGreaterThan(6);
});

test("gradients of parts alone, of some of the parts, and of a part taken twice", async () => {
  manualSeed(4);
  const x = randn([N, T, 3 * H * E]);
  x.requiresGrad = true;
  // The queries' gradient alone is asked for.
  const qkv = x.mul(1);
  const [q, k, v] = qkv.split(H * E, 2).map(heads) as [Tensor, Tensor, Tensor];
  const o = F.scaledDotProductAttention(q, k, v);
  const [dq] = grad(o.square().sum(), [q]);
  const [own] = [q.detach().clone()];
  own.requiresGrad = true;
  const other = F.scaledDotProductAttention(own, k.detach(), v.detach());
  const [expected] = grad(other.square().sum(), [own]);
  expect(await dq!.data()).toEqual(await expected!.data());
  // Only the queries are learned; the rest of the array's gradient is 0.
  const y = x.mul(1);
  const [q2, k2, v2] = y.split(H * E, 2).map(heads) as [Tensor, Tensor, Tensor];
  F.scaledDotProductAttention(q2, k2.detach(), v2.detach()).square().sum().backward();
  const got = x.grad!.slice([null, null, [0, H * E]]);
  expect(await heads(got).data()).toEqual(await expected!.data());
  expect(
    await x
      .grad!.slice([null, null, [H * E, 3 * H * E]])
      .abs()
      .sum()
      .item(),
  ).toBe(0);
  // Keys that are the values too.
  x.grad = null;
  const z = x.mul(1);
  const [q3, k3] = z.split(H * E, 2).map(heads) as [Tensor, Tensor];
  F.scaledDotProductAttention(q3, k3, k3).square().sum().backward();
  const twice = await x.grad!.data();
  const parts = noGrad(() => x.split(H * E, 2).map((part) => heads(part).clone())) as [Tensor, Tensor];
  for (const part of parts) part.requiresGrad = true;
  F.scaledDotProductAttention(parts[0], parts[1], parts[1]).square().sum().backward();
  const wanted = await parts[1]
    .grad!.transpose(1, 2)
    .reshape([N, T, H * E])
    .data();
  const row = (i: number) => Math.floor(i / (H * E)) * 3 * H * E + H * E + (i % (H * E));
  for (const [i, value] of wanted.entries()) expect(Math.abs(twice[row(i)]! - value)).toBeLessThan(1e-5);
});
