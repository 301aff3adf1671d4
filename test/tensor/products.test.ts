// Einstein's sums against their definition, and products, distances and searches of two tensors.
import { expect, test } from "bun:test";
import { F, type Tensor } from "otograd";
import { arange, ones, tensor, zeros } from "../../src/tensor/creation.ts";
import { einsum } from "../../src/tensor/einsum.ts";
import { dstack, hstack, vstack } from "../../src/tensor/functions.ts";
import { blockDiag, broadcastTensors, cartesianProd, columnStack } from "../../src/tensor/grids.ts";
import { arrayOf } from "../../src/tensor/handle.ts";
import { bucketize, cdist, kron, searchsorted, tensordot } from "../../src/tensor/products.ts";
import { check, compare, proof } from "../harness.ts";
import { casesOf } from "../kernels/drawn.ts";
import { einsum as reference } from "../reference/einsum.ts";
import { expectRefused } from "../refuses.ts";

check<{ equation: string }>({
  name: "einsum",
  covers: ["matmul"],
  run: (inputs, { equation }) => einsum(equation, ...inputs),
  reference,
  cases: casesOf<{ equation: string }>("einsum"),
  terms: () => 32,
});

const is = async (x: Tensor, wanted: unknown) => expect(await x.tolist()).toEqual(wanted as never);
const grid = () => arange(6).reshape([2, 3]);

test("einsum: results that are implied, dimensions that broadcast, sizes of 1", async () => {
  await is(einsum("ij,jk", grid(), grid().t()), await grid().matmul(grid().t()).tolist());
  await is(einsum("ba", grid()), [[0, 3], [1, 4], [2, 5]]); // biome-ignore format: as it looks
  await is(einsum("ii", ones([3, 3])), 3);
  expect(einsum("...ij,...jk->...ik", zeros([4, 1, 2, 3]), zeros([5, 3, 6])).shape).toEqual([4, 5, 2, 6]);
  expect(einsum("...i,i...->...", zeros([4, 3]), zeros([3, 4])).shape).toEqual([4]);
  await is(einsum("ij,ij->ij", grid(), tensor([[2], [3]])), [[0, 2, 4], [9, 12, 15]]); // biome-ignore format: as it looks
  await is(einsum("ij,ij->j", tensor([[1, 2, 3]]), grid()), [3, 10, 21]);
  expect(einsum("ij,kj->ik", zeros([1, 2]), zeros([1, 2])).shape).toEqual([1, 1]);
});

test("einsum: types meet in one, and whole numbers are multiplied as such", async () => {
  const [codes, book] = [F.oneHot([1, 0], 2), tensor([[1.5, 2], [3, 4]])]; // biome-ignore format: as it looks
  await is(einsum("bk,kd->bd", codes, book), [[3, 4], [1.5, 2]]); // biome-ignore format: as it looks
  await is(einsum("bk,kd->bd", codes.gt(0), book), [[3, 4], [1.5, 2]]); // biome-ignore format: as it looks
  for (const dtype of ["int32", "uint32"] as const) {
    const whole = grid().to(dtype);
    const product = einsum("ij,kj->ik", whole, whole);
    expect(product.dtype).toBe(dtype);
    await is(product, [[5, 14], [14, 50]]); // biome-ignore format: as it looks
    await is(einsum("ij,jk,kl->il", whole, whole.t(), whole), [[42, 61, 80], [150, 214, 278]]); // biome-ignore format: as it looks
  }
  const large = einsum(
    "i,i->",
    tensor([16777217, 1], { dtype: "int32" }),
    tensor([1, 2], { dtype: "int32" }),
  );
  await is(large, 16777219); // which no float32 is
  const bools = tensor([[true, true], [false, true]]); // biome-ignore format: as it looks
  await is(einsum("ij,kj->ik", bools, bools), [[2, 1], [1, 1]]); // biome-ignore format: as it looks
  const weights = tensor([[1, 2], [3, 4]], { requiresGrad: true }); // biome-ignore format: as it looks
  einsum("bk,kd->", codes, weights).backward();
  await is(weights.grad!, [[1, 1], [1, 1]]); // biome-ignore format: as it looks
});

test("einsum says what does not fit", () => {
  expectRefused([
    [() => einsum("ij,jk->ik", grid()), 'einsum: "ij,jk->ik" names 2 operands, got 1'],
    [() => einsum("ij->ik", grid()), 'einsum: the result\'s k is in no operand of "ij->ik"'],
    [() => einsum("ij->ii", grid()), 'einsum: the result names a dimension twice in "ij->ii"'],
    [() => einsum("ijk->i", grid()), 'einsum: "ijk" names 3 dimensions of an operand [2, 3]'],
    [() => einsum("ij,jk->ik", grid(), grid()), "einsum: j is 3 in one operand and 2 in another"],
    [() => einsum("i,->->", grid()), 'einsum: "i,->->" is no equation of letters'],
    [() => einsum("ii->i", grid()), "einsum: i is 2 and 3 in [2, 3]"],
  ]);
});

test("outer, dot, mv, mm, bmm, addmm, baddbmm, matrixPower, tensordot, kron", async () => {
  const [u, v] = [tensor([1, 2]), tensor([3, 4, 5])];
  await is(u.outer(v), [[3, 4, 5], [6, 8, 10]]); // biome-ignore format: as it looks
  await is(u.dot(tensor([3, 4])), 11);
  await is(grid().mv(v), [14, 50]);
  await is(grid().mm(ones([3, 1])), [[3], [12]]);
  await is(ones([2, 1, 2]).bmm(ones([2, 2, 1])), [[[2]], [[2]]]);
  await is(tensor([1]).addmm(grid(), ones([3, 1]), { beta: 10, alpha: 2 }), [[16], [34]]);
  await is(tensor([Number.NaN]).addmm(grid(), ones([3, 1]), { beta: 0 }), [[3], [12]]);
  await is(ones([1]).baddbmm(ones([2, 1, 2]), ones([2, 2, 1])), [[[3]], [[3]]]);
  await is(tensor([[1, 1], [0, 1]]).matrixPower(5), [[1, 5], [0, 1]]); // biome-ignore format: as it looks
  await is(tensordot(grid(), grid(), 2), 55);
  await is(tensordot(grid(), grid(), [[0], [0]]), [[9, 12, 15], [12, 17, 22], [15, 22, 29]]); // biome-ignore format: as it looks
  await is(kron(tensor([[1, 2]]), tensor([[1], [10]])), [[1, 2], [10, 20]]); // biome-ignore format: as it looks
  await is(kron(tensor([1, 2]), tensor([1, 10])), [1, 10, 2, 20]);
});

test("distances, similarities, unit vectors", async () => {
  const [a, b] = [tensor([[0, 0], [3, 4]]), tensor([[3, 4]])]; // biome-ignore format: as it looks
  await is(cdist(a, b), [[5], [0]]);
  await is(cdist(a, b, 1), [[7], [0]]);
  await is(F.pairwiseDistance(a, b, { eps: 0 }), [5, 0]);
  await is(F.normalize(tensor([[0, 4], [0, 0]])), [[0, 1], [0, 0]]); // biome-ignore format: as it looks
  expect(await F.cosineSimilarity(b, tensor([[4, -3]])).item()).toBeCloseTo(0, 6);
  expect(await F.cosineSimilarity(b, b.mul(7)).item()).toBeCloseTo(1, 6);
  expect(await F.cosineSimilarity(tensor([1, 2]), tensor([2, 4]), { dim: 0 }).item()).toBeCloseTo(1, 6);
  await is(F.pad(b, [1, 0], { mode: "replicate" }), [[3, 3, 4]]);
});

test("combinations, blocks, columns, common shapes", async () => {
  const [u, v] = [tensor([1, 2]), tensor([3, 4, 5])];
  await is(cartesianProd([u, tensor([3, 4])]), [[1, 3], [1, 4], [2, 3], [2, 4]]); // biome-ignore format: as it looks
  await is(columnStack([u, tensor([[3, 4], [5, 6]])]), [[1, 3, 4], [2, 5, 6]]); // biome-ignore format: as it looks
  await is(blockDiag([u, tensor([[3], [4]])]), [[1, 2, 0], [0, 0, 3], [0, 0, 4]]); // biome-ignore format: as it looks
  expect(broadcastTensors([zeros([2, 1]), v]).map(({ shape }) => shape)).toEqual([[2, 3], [2, 3]]); // biome-ignore format: as it looks
  await is(arange(5).quantile([0, 0.5, 0.9]).mul(10), [0, 20, 36]);
});

test("hstack, vstack, dstack", async () => {
  const [u, v] = [tensor([1, 2]), tensor([3, 4])];
  await is(hstack([u, v]), [1, 2, 3, 4]);
  await is(vstack([u, v]), [[1, 2], [3, 4]]); // biome-ignore format: as it looks
  await is(dstack([u, v]), [[[1, 3], [2, 4]]]); // biome-ignore format: as it looks
  expect(hstack([ones([2, 1]), ones([2, 3])]).shape).toEqual([2, 4]);
});

const search = { name: "searchsorted", covers: ["search"] };
proof("searchsorted and bucketize: before equals or behind them, NaN last, row by row", search, async () => {
  const sorted = tensor([1, 3, 3, 5, Number.NaN]);
  const x = tensor([0, 3, 4, 5, 9, Number.NaN]);
  await is(searchsorted(sorted, x), [0, 1, 3, 3, 4, 4]);
  await is(searchsorted(sorted, x, { right: true }), [0, 3, 3, 4, 4, 5]);
  await is(bucketize(x, tensor([1, 4])), [0, 1, 1, 2, 2, 2]);
  await is(searchsorted(tensor([[1, 2], [3, 4]]), tensor([[2], [2]])), [[1], [0]]); // biome-ignore format: as it looks
  await is(searchsorted(tensor([1, 2]), tensor([[0, 2], [1, 3]])), [[0, 1], [0, 2]]); // biome-ignore format: as it looks
  await is(searchsorted(tensor([[1, 2], [3, 4]]), tensor([[2, 9], [2, 9]])), [[1, 2], [0, 2]]); // biome-ignore format: as it looks
  const many = arange(400).div(100);
  const wanted = Float64Array.from(
    { length: 400 },
    (_, i) => [1, 3, 3, 5].filter((each) => each < i / 100).length,
  );
  await compare(arrayOf(searchsorted(sorted, many)), { shape: [400], data: wanted }, "many", 0);
  expect([await searchsorted(sorted, 2).item(), searchsorted(sorted, x).dtype]).toEqual([1, "int32"]);
});
