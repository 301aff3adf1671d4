// Operations in place: what they write, who sees it, and what they refuse.
import { expect, test } from "bun:test";
import { manualSeed, noGrad, ones, type Tensor, tensor, zeros } from "otograd";
import { handleOf } from "../../../src/tensor/handle.ts";

const X = [-1.5, 0.25, 2];
const numbers = (x: Tensor) => x.tolist() as Promise<(number | boolean)[]>;

test("each writes what the operation beside it gives, and returns the tensor itself", async () => {
  const other = tensor([0.5, 2, -1]);
  const places = tensor([2, 0, 2], { dtype: "int32" });
  const pairs: Record<string, [inPlace: (x: Tensor) => Tensor, plain: (x: Tensor) => Tensor]> = {
    add_: [(x) => x.add_(other), (x) => x.add(other)],
    sub_: [(x) => x.sub_(2), (x) => x.sub(2)],
    mul_: [(x) => x.mul_(x), (x) => x.mul(x)],
    div_: [(x) => x.div_(other), (x) => x.div(other)],
    pow_: [(x) => x.pow_(2), (x) => x.pow(2)],
    clamp_: [(x) => x.clamp_({ max: 0.5 }), (x) => x.clamp({ max: 0.5 })],
    maskedFill_: [(x) => x.maskedFill_(other.gt(0), 9), (x) => x.maskedFill(other.gt(0), 9)],
    lerp_: [(x) => x.lerp_(other, 0.25), (x) => x.lerp(other, 0.25)],
    addcmul_: [(x) => x.addcmul_(other, x, { value: 3 }), (x) => x.addcmul(other, x, { value: 3 })],
    addcdiv_: [(x) => x.addcdiv_(other, x), (x) => x.addcdiv(other, x)],
    clampMin_: [(x) => x.clampMin_(0.5), (x) => x.clampMin(0.5)],
    clampMax_: [(x) => x.clampMax_(other), (x) => x.clampMax(other)],
    scatter_: [(x) => x.scatter_(0, places, other), (x) => x.scatter(0, places, other)],
    scatterAdd_: [(x) => x.scatterAdd_(0, places, other), (x) => x.scatterAdd(0, places, other)],
    indexAdd_: [
      (x) => x.indexAdd_(0, [1, 1, 0], other, { alpha: 2 }),
      (x) => x.indexAdd(0, [1, 1, 0], other, { alpha: 2 }),
    ],
    indexCopy_: [(x) => x.indexCopy_(0, places, other), (x) => x.indexCopy(0, places, other)],
    indexFill_: [(x) => x.indexFill_(0, [2], 7), (x) => x.indexFill(0, [2], 7)],
    copy_: [(x) => x.copy_(other), () => other],
    fill_: [(x) => x.fill_(-3), () => tensor([-3, -3, -3])],
    zero_: [(x) => x.zero_(), () => zeros([3])],
  };
  for (const name of [
    "abs",
    "neg",
    "exp",
    "sqrt",
    "square",
    "reciprocal",
    "sigmoid",
    "tanh",
    "relu",
    "sin",
    "cos",
    "rsqrt",
    "floor",
    "ceil",
    "round",
    "trunc",
  ] as const)
    pairs[`${name}_`] = [(x) => x[`${name}_`](), (x) => x[name]()];
  pairs.log_ = [(x) => x.abs_().log_(), (x) => x.abs().log()];
  for (const [name, [inPlace, plain]] of Object.entries(pairs)) {
    const x = tensor(X);
    expect(inPlace(x)).toBe(x);
    expect([name, await numbers(x)]).toEqual([name, await numbers(plain(tensor(X)))]);
  }
  console.log(`  ${Object.keys(pairs).join(", ")}`);
});

test("triangles and diagonals in place, of tall matrices and cubes too", async () => {
  expect(await ones([2, 3]).tril_().tolist()).toEqual([[1, 0, 0], [1, 1, 0]]); // biome-ignore format: as it looks
  expect(await ones([2, 3]).triu_(1).tolist()).toEqual([[0, 1, 1], [0, 0, 1]]); // biome-ignore format: as it looks
  const tall = zeros([6, 2]);
  expect(tall.fillDiagonal_(5)).toBe(tall);
  expect(((await tall.tolist()) as number[][]).flat()).toEqual([5, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(Array.from(await zeros([6, 2]).fillDiagonal_(5, true).data())).toEqual([
    5, 0, 0, 5, 0, 0, 5, 0, 0, 5, 0, 0,
  ]);
  expect(Array.from(await zeros([2, 3], { dtype: "int32" }).fillDiagonal_(5).data())).toEqual([
    5, 0, 0, 0, 5, 0,
  ]);
  expect(Array.from(await zeros([2, 2, 2]).fillDiagonal_(5).data())).toEqual([5, 0, 0, 0, 0, 0, 0, 5]);
  expect((await zeros([0, 3]).fillDiagonal_(5)).shape).toEqual([0, 3]);
  expect(() => zeros([2, 2, 3]).fillDiagonal_(1)).toThrow(
    "fillDiagonal_: wants a matrix, or equal sides, got [2, 2, 3]",
  );
  expect(() => ones([2, 2]).t().fillDiagonal_(1)).toThrow(
    "fillDiagonal_: this tensor is a copy that permute made",
  );
});

test("copy_ broadcasts its source and takes it as its own type; what does not broadcast is refused", async () => {
  const x = zeros([2, 3]);
  expect(Array.from(await x.copy_(tensor([1, 2, 3], { dtype: "int32" })).data())).toEqual([1, 2, 3, 1, 2, 3]);
  const whole = zeros([2], { dtype: "int32" });
  expect([await numbers(whole.copy_(tensor([1.75, -1.75]))), whole.dtype]).toEqual([[1, -1], "int32"]);
  expect(() => x.copy_(ones([2]))).toThrow(/^copy_: .*\[2\]/);
  expect(() => zeros([3]).copy_(x)).toThrow("copy_: [2, 3] does not broadcast to [3]");
});

test("requiresGrad_ marks a leaf and gives it back; a result stays as it is, and cannot be unmarked", async () => {
  const x = tensor([1, 2]);
  expect(x.requiresGrad_()).toBe(x);
  x.square().sum().backward();
  expect(await numbers(x.grad!)).toEqual([2, 4]);
  expect(x.requiresGrad_(false).requiresGrad).toBe(false);
  const y = x.requiresGrad_().mul(2);
  expect(y.requiresGrad_()).toBe(y);
  expect(() => y.requiresGrad_(false)).toThrow("requiresGrad can be set on leaves only");
  expect(() => x.int().requiresGrad_()).toThrow("requiresGrad needs float32");
});

test("whole numbers stay whole numbers; a result of another type or shape is refused", async () => {
  const x = tensor([1, 2, 3], { dtype: "int32" });
  expect(await numbers(x.add_(2).mul_(x).fill_(7))).toEqual([7, 7, 7]);
  expect(() => x.div_(2)).toThrow('div_: the result is float32, and this tensor int32: to("float32") first');
  expect(() => x.add_(ones([2, 3]).int())).toThrow("add_: the result is [2, 3], and this tensor [3]");
  expect(await numbers(tensor([true, false]).fill_(2))).toEqual([true, true]);
});

test("random numbers in place are those of rand and randn", async () => {
  manualSeed(3);
  const [uniform, normal] = [zeros([500]).uniform_(2, 4), zeros([500]).normal_(-1, 0.5)];
  const [low, high] = [await uniform.amin().item(), await uniform.amax().item()];
  expect(low).toBeGreaterThanOrEqual(2);
  expect(high).toBeLessThan(4);
  expect(high - low).toBeGreaterThan(1.9);
  expect(await normal.mean().item()).toBeCloseTo(-1, 1);
  expect(await normal.std().item()).toBeCloseTo(0.5, 1);
});

test("views see the change; slices and transposed tensors, which are copies here, refuse", async () => {
  const x = ones([2, 3]);
  x.reshape([6]).detach().add_(1);
  expect(await x.sum().item()).toBe(12);
  for (const copy of [x.select(0, 1), x.narrow(1, 0, 2), x.t(), x.diagonal(), x.expand([4, 2, 3])])
    for (const name of ["zero_", "bernoulli_", "normal_"] as const)
      expect(() => copy[name]()).toThrow(
        `${name}: this tensor is a copy that ${handleOf(copy).origin} made, where PyTorch's is a view`,
      );
  expect(await x.t().clone().zero_().sum().item()).toBe(0);
  expect(await x.sum().item()).toBe(12);
});

test("the tape: leaves inside noGrad, operands without a gradient, and no later backward through a saved value", async () => {
  const w = tensor([1, 2], { requiresGrad: true });
  expect(() => w.mul_(2)).toThrow(
    "mul_: this tensor is on the tape, which cannot see it change: write x = x.mul(…), or do it inside noGrad(), on a leaf",
  );
  expect(() => w.zero_()).toThrow("which cannot see it change: do it inside noGrad(), on a leaf");
  expect(() => ones([2]).copy_(w)).toThrow("which would be lost: do it inside noGrad()"); // there is no copy()
  expect(() => w.mul(2).add_(1)).toThrow("add_: this tensor is on the tape");
  expect(() => w.bernoulli_(0)).toThrow("bernoulli_: this tensor is on the tape");
  expect(() => w.mul(2).bernoulli_()).toThrow("bernoulli_: this tensor is on the tape");
  expect(() => ones([2]).mul_(w)).toThrow(
    "mul_: an operand requires a gradient, which would be lost: write x = x.mul(…)",
  );
  expect(() => ones([2]).copy_(w)).toThrow("copy_: an operand requires a gradient");
  expect(() => ones([2]).clamp_(w)).toThrow("clamp_: an operand requires a gradient");
  expect(() => ones([2]).indexAdd_(0, [0, 1], w)).toThrow("indexAdd_: an operand requires a gradient");
  expect(() => w.scatter_(0, ones([1]).int(), 1)).toThrow("scatter_: this tensor is on the tape");
  noGrad(() => w.add_(w.mul(10)).sub_(1));
  expect(await numbers(w)).toEqual([10, 21]);
  expect(w.requiresGrad).toBe(true);

  const x = tensor([3, 4]);
  const y = w.mul(x).sum();
  x.zero_();
  expect(() => y.backward()).toThrow(
    "a value [2] that mul needs was changed in place after the forward pass",
  );
  w.add(x).sum().backward();
  expect(await numbers(w.grad!)).toEqual([1, 1]);
  w.grad!.mul_(0.5).clamp_(0, 0.25);
  expect(await numbers(w.grad!)).toEqual([0.25, 0.25]);
});
