// An await that is forgotten is told of, whatever is asked of the promise; one that is not forgotten is a promise as any other.
import { expect, test } from "bun:test";
import { init, loadSafetensors, nn, ones, saveSafetensors, type Tensor, tensor } from "otograd";

// biome-ignore lint/suspicious/noExplicitAny: what TypeScript would refuse
type Any = any;

await init();

const x: Any = tensor([[1, 0], [0, 4]]); // biome-ignore format: as it looks

test("what lists, typed arrays and numbers have is refused", () => {
  for (const use of [
    (list: Any) => list.flat(),
    (list: Any) => list.join(","),
    (list: Any) => list.slice(0, 1),
    (list: Any) => list.at(-1),
    (list: Any) => list.reduce((a: Any) => a),
    (list: Any) => [...list],
    (list: Any) => JSON.stringify({ list }),
  ])
    expect(() => use(x.tolist())).toThrow("tolist() gives a promise: write await tolist()");
  expect(() => x.data().subarray(0, 1)).toThrow("data() gives a promise: write await data()");
  expect(() => x.data().buffer).toThrow("data() gives a promise: write await data()");
  expect(() => x.sum().item() * 2).toThrow("item() gives a promise: write await item()");
  expect(() => (saveSafetensors({ x }) as Any).length).toThrow("write await saveSafetensors()");
});

test("what tensors have is refused of the promise of one", () => {
  expect(() => x.nonzero().shape).toThrow("nonzero() gives a promise: write await nonzero()");
  expect(() => x.nonzero().squeeze(1)).toThrow("nonzero() gives a promise: write await nonzero()");
  expect(() => x.maskedSelect(x.gt(0)).sum()).toThrow("write await maskedSelect()");
  const weight = new nn.Parameter(ones([2]));
  weight.sum().backward();
  const norm: Any = nn.utils.clipGradNorm_([weight], 1, { errorIfNonfinite: true });
  expect(() => norm.item()).toThrow("write await clipGradNorm_()");
});

test("awaited, chained and caught it is a promise", async () => {
  const promise: Promise<Tensor> = x.nonzero();
  expect(promise instanceof Promise).toBe(true);
  expect(Bun.inspect(promise)).toContain("Promise");
  expect(await (await promise).tolist()).toEqual([[0, 0], [1, 1]]); // biome-ignore format: as it looks
  expect(await x.maskedSelect(x.gt(0)).then((some: Tensor) => some.tolist())).toEqual([1, 4]);
  expect(await Promise.all([x.sum().item(), x.max().item()])).toEqual([5, 4]);
  expect(await x.item().catch((error: Error) => error.message)).toContain("wants a tensor of one element");
  expect(await x.nonzero(1).catch((error: Error) => error.message)).toContain(
    "nonzero: an argument is left over",
  );
  expect(`${x.sum().item()}`).toBe("[item() gives a promise: write await item()]");
  expect(Object.keys(loadSafetensors(await saveSafetensors({ x })))).toEqual(["x"]);
});
