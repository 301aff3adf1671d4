// Types: each made each other, arithmetic of whole numbers with all of their bits, and in which type two meet.
import { expect, test } from "bun:test";
import { DTYPES } from "../../../src/gpu/array.ts";
import { tensor } from "../../../src/tensor/creation.ts";
import { arrayOf } from "../../../src/tensor/handle.ts";
import { check, compare, proof, report, toTensor } from "../../harness.ts";
import { cast, integers } from "../../reference/integers.ts";
import { Random } from "../../reference/random.ts";
import { type Arr, arr, type NoAttrs } from "../../reference/reference.ts";
import { BROADCASTS } from "../drawn.ts";

const random = new Random(41);

const casts = { name: "to", covers: ["cast"] };
proof("to: every type is made every other", casts, async () => {
  let cases = 0;
  const given = {
    float32: [0, -0, 0.9, -0.9, 1, -1.5, 2 ** 30, 1e-40],
    int32: [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 16777217],
    uint32: [0, 1, 2 ** 32 - 1, 2 ** 31, 16777217],
    bool: [0, 1, 1, 0],
  };
  for (const from of DTYPES) {
    for (const to of DTYPES) {
      // What is not held is anybody's guess: a negative float as a uint32 is an int32's bits.
      const values = Array.from({ length: 100 }, () => given[from]).flat(); // over several workgroups
      const x = arr([values.length], values);
      const y = toTensor(x, from).to(to);
      expect(y.dtype).toBe(to);
      await compare(
        arrayOf(y),
        cast(arr(x.shape, x.data.map(from === "float32" ? Math.fround : (v) => v)), to),
        `${from} to ${to}`,
        0,
      );
      cases++;
    }
  }
  report("to", cases, { forward: 0, allowed: 0 }, false);
});

const shapes = BROADCASTS.filter((_, i) => i % 3 === 0);
const NAMES = ["add", "sub", "mul", "div", "maximum", "minimum", "pow", "eq", "lt"] as const;
for (const dtype of ["int32", "uint32"] as const) {
  const edges = dtype === "int32" ? [-(2 ** 31), -1, 0, 1, 2 ** 31 - 1] : [0, 1, 2 ** 31, 2 ** 32 - 1];
  const plain = integers(dtype);
  for (const name of NAMES) {
    const [low, high] = name === "pow" ? [dtype === "int32" ? -3 : 0, 5] : [dtype === "int32" ? -7 : 0, 9];
    const every = edges
      .flatMap((a) => edges.map((b) => [a, b] as const))
      .filter(([, b]) => name !== "pow" || Math.abs(b) < 9);
    const cases: Arr[][] = [
      ...shapes.map(([a, b]) => [
        random.integers(a, low, high),
        random.integers(b, name === "div" ? 1 : low, high),
      ]),
      ...(name === "div"
        ? []
        : [
            [
              arr(
                [every.length],
                every.map(([a]) => a),
              ),
              arr(
                [every.length],
                every.map(([, b]) => b),
              ),
            ],
          ]),
    ];
    check<NoAttrs>({
      name: `${name} (${dtype})`,
      covers: ["binary.forward"],
      run: ([a, b]) => a![name](b!),
      reference: plain[name]!,
      cases: cases.map((inputs) => ({ inputs, attrs: {} })),
      dtypes: [dtype, dtype],
      differentiable: false,
    });
  }
}

test("two types meet in the later of bool, uint32, int32, float32; a whole number leaves whole numbers what they are", async () => {
  const [b, u, i, f] = [
    tensor([true, false]),
    tensor(new Uint32Array([3, 5])),
    tensor(new Int32Array([-3, 4])),
    tensor([0.5, -2]),
  ];
  for (const [x, dtype, wanted] of [
    [f.mul(b), "float32", [0.5, -0]],
    [b.mul(f), "float32", [0.5, -0]],
    [i.add(b), "int32", [-2, 4]],
    [u.add(i), "int32", [0, 9]],
    [u.mul(b), "uint32", [3, 0]],
    [i.sub(f), "float32", [-3.5, 6]],
    [i.add(2), "int32", [-1, 6]],
    [i.add(0.5), "float32", [-2.5, 4.5]],
    [u.add(-1), "int32", [2, 4]],
    [b.add(1), "int32", [2, 1]],
    [i.div(2), "float32", [-1.5, 2]],
    [b.add(b), "bool", [true, false]],
    [b.mul(tensor([false, true])), "bool", [false, false]],
    [b.maximum(tensor([false, true])), "bool", [true, true]],
    [b.eq(1), "bool", [true, false]],
    [i.lt(f), "bool", [true, false]],
    [i.gt(-3.5), "bool", [true, true]],
    [b.sum(), "int32", 1],
  ] as const)
    expect([String(x), x.dtype, await x.tolist()]).toEqual([
      String(x),
      dtype,
      typeof wanted === "number" ? wanted : [...wanted],
    ]);
  expect(await b.data()).toEqual(Uint8Array.of(1, 0));
  expect(await i.data()).toEqual(Int32Array.of(-3, 4));
  expect(await b.slice([[0, 1]]).item()).toBe(1);
});

test("a gradient passes by a mask of bools, and by whole numbers", async () => {
  const x = tensor([1, -2, 3], { requiresGrad: true });
  x.mul(x.gt(0))
    .mul(tensor(new Int32Array([2, 3, 4])))
    .sum()
    .backward();
  expect(await x.grad!.tolist()).toEqual([2, 0, 4]);
});
