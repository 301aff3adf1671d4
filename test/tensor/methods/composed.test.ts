// Methods that are a few others, and PyTorch's second names.
import { expect, test } from "bun:test";
import { format, inspect } from "node:util";
import { nn, optim, Tensor, tensor } from "otograd";

const { NaN: nan } = Number;
const inf = Infinity;

test("close, equal, and their whole", async () => {
  const x = tensor([1, 1, inf, inf, nan, 0]);
  const y = tensor([1 + 1e-6, 1.1, inf, -inf, nan, 1e-9]);
  expect(await x.isclose(y).tolist()).toEqual([true, false, true, false, false, true]);
  expect(await x.isclose(y, { rtol: 0.2, equalNan: true }).tolist()).toEqual([
    true,
    true,
    true,
    false,
    true,
    true,
  ]);
  expect(await tensor([1, 2]).allclose(tensor([1, 2.00001]))).toBe(true);
  expect(await tensor([1, 2]).allclose(tensor([1, 2.1]))).toBe(false);
  expect(await tensor([1, 2]).equal(tensor([1, 2], { dtype: "int32" }))).toBe(true);
  expect(await tensor([1, 2]).equal(tensor([[1, 2]]))).toBe(false);
  expect(await tensor([nan]).equal(tensor([nan]))).toBe(false);
});

test("of two: fmax, fmin, heaviside, ldexp, floatPower, logaddexp2, where, clamps", async () => {
  const [a, b] = [tensor([1, nan, 3, nan]), tensor([2, 2, nan, nan])];
  expect(await a.fmax(b).tolist()).toEqual([2, 2, 3, nan]);
  expect(await a.fmin(b).tolist()).toEqual([1, 2, 3, nan]);
  const x = tensor([-2, 0, 3]);
  expect(await x.heaviside(tensor([0.5])).tolist()).toEqual([0, 0.5, 1]);
  expect(await x.ldexp(tensor([1, 2, 3])).tolist()).toEqual([-4, 0, 24]);
  expect(await tensor([2, 4], { dtype: "int32" }).floatPower(-1).tolist()).toEqual([0.5, 0.25]);
  expect(
    await tensor([3, 200])
      .logaddexp2(tensor([3, 200]))
      .tolist(),
  ).toEqual([4, 201]);
  expect(await x.where(x.gt(-1), 9).tolist()).toEqual([9, 0, 3]);
  const taken = x.int().where(x.gt(-1), 0.5); // a number meets whole numbers as in arithmetic
  expect([taken.dtype, await taken.tolist()]).toEqual(["float32", [0.5, 0, 3]]);
  expect(x.int().where(x.gt(-1), 4).dtype).toBe("int32");
  expect(await x.clampMin(0).tolist()).toEqual([0, 0, 3]);
  expect(await x.clampMax(0).tolist()).toEqual([-2, 0, 0]);
  expect(x.typeAs(x.gt(0)).dtype).toBe("bool");
  expect([x.positive() === x, x.isFloatingPoint(), x.int().isSigned(), x.isSameSize(a)]).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

test("a gradient passes to the one that fmax chose", async () => {
  const [a, b] = [tensor([1, nan, 3], { requiresGrad: true }), tensor([2, 2, nan], { requiresGrad: true })];
  a.fmax(b).sum().backward();
  expect([await a.grad!.tolist(), await b.grad!.tolist()]).toEqual([[0, 0, 1], [1, 1, 0]]); // biome-ignore format: as it looks
});

test("second names are the same functions", () => {
  for (const [name, known] of [
    ["absolute", "abs"],
    ["arctan2", "atan2"],
    ["clip", "clamp"],
    ["multiply", "mul"],
    ["notEqual", "ne"],
    ["trueDivide", "div"],
  ] as const)
    expect(Tensor.prototype[name] as unknown).toBe(Tensor.prototype[known]);
});

test("a forgotten await is refused where JavaScript would add or compare the promise; all else of promises works", async () => {
  const x = tensor([2]);
  const promises: Record<string, Promise<unknown>> = {
    item: x.item(),
    data: x.data(),
    tolist: x.tolist(),
    allclose: x.allclose(x),
    equal: x.equal(x),
    step: new optim.LBFGS([new nn.Parameter(x.clone())]).step(() => x.sum()),
  };
  for (const [name, promise] of Object.entries(promises)) {
    const forgotten = promise as unknown as number;
    const refused = `${name}() gives a promise: write await ${name}()`;
    let total = 0;
    const uses = [() => (total += forgotten), () => forgotten * 2, () => forgotten < 0.1, () => Number(forgotten)]; // biome-ignore format: a line
    for (const use of uses) expect(use).toThrow(refused);
    expect(`${forgotten}`).toBe(`[${refused}]`);
    expect(promise).toBeInstanceOf(Promise);
    expect(() => JSON.stringify({ promise })).toThrow(refused); // {} would come of it
    expect(inspect(promise)).toMatch(/^Promise/);
    expect(format("%s %o", promise, promise)).toInclude("romise");
    expect(Object.keys(promise)).toEqual([]);
    await expect(promise.then((value) => value)).resolves.toEqual(await promise);
  }
  expect(await Promise.all([x.item(), x.tolist(), x.equal(x)])).toEqual([2, [2], true]);
  expect(await Promise.race([x.item()])).toBe(2);
  await expect(tensor([1, 2]).item()).rejects.toThrow(
    "item() wants a tensor of one element, this one is [2]",
  );
});
