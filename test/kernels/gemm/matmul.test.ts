// Matrix products: every transposition, batching and broadcasting, sizes around the tiles.
import { afterAll, expect, test } from "bun:test";
import { device } from "../../../src/gpu/device.ts";
import { kernels } from "../../../src/gpu/kernel.ts";
import { compile, F, noGrad } from "../../../src/index.ts";
import { families, firstFew, type ProductFamily, useFamily } from "../../../src/kernels/gemm/gemm.ts";
import { matmul as matmulOp } from "../../../src/kernels/gemm/matmul.ts";
import { ones, randn } from "../../../src/tensor/creation.ts";
import { apply, type Tensor } from "../../../src/tensor/tensor.ts";
import { check } from "../../harness.ts";
import { type MatmulAttrs, matmul } from "../../reference/matmul.ts";
import { Random } from "../../reference/random.ts";

const random = new Random(1);
const sizes = [
  [1, 1, 1],
  [1, 7, 5],
  [4, 4, 4],
  [5, 3, 2],
  [17, 9, 33],
  [31, 64, 8],
  [8, 130, 65],
  [32, 12, 36],
  [60, 8, 4],
  [36, 10, 9], // k is no multiple of 4: read across
  [6, 50, 64],
  [100, 10, 7],
  [9, 700, 10], // tiled: k is split
  [40, 132, 68], // texture: several rows of texels
  [60, 772, 36], // packed: two panels, of which one ends within a tile …
  [60, 770, 36], // … with an end of k within a turn
] as const;

const cases = sizes.flatMap(([m, k, n]) =>
  [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => ({
      inputs: [random.array(transposeA ? [k, m] : [m, k]), random.array(transposeB ? [n, k] : [k, n])],
      attrs: { transposeA, transposeB },
    })),
  ),
);
const batched = [
  [
    [2, 3, 4],
    [4, 5],
  ],
  [
    [4, 5],
    [3, 1, 5, 2],
  ],
  [
    [2, 1, 3, 4],
    [3, 4, 2],
  ],
  [
    [2, 1, 2, 1, 4, 2, 3], // batched along five dimensions, of which no two can be walked as one
    [3, 1, 3, 1, 3, 2],
  ],
  [
    [70, 4, 2], // more tiles than a workgroup has, of which no two lie in one matrix
    [70, 2, 4],
  ],
  [
    [3, 2, 520], // split, and batched
    [520, 3],
  ],
].map(([a, b]) => ({
  inputs: [random.array(a!), random.array(b!)],
  attrs: { transposeA: false, transposeB: false },
}));

/** Enough work for tiles of 128 × 128. */
const manyTiles = {
  inputs: [random.array([64, 70, 9]), random.array([64, 9, 130])],
  attrs: { transposeA: false, transposeB: false },
};

const kernelsOf: Record<ProductFamily, string[]> = {
  plain: ["matmul"],
  tiled: ["matmulTiled"],
  subgroup: ["matmulSubgroup"],
  texture: ["matmulTexture"],
  packed: ["pack", "matmulTexture"],
};
afterAll(() => useFamily(null));

// Each family of programs that this adapter can run, on the same cases.
for (const family of families()) {
  check<MatmulAttrs>({
    name: `matmul (${family})`,
    covers: kernelsOf[family], // covers: ["matmul", "matmulTiled", "matmulSubgroup", "matmulTexture", "pack"]
    run: ([a, b], attrs) => {
      useFamily(family);
      return apply(matmulOp, [a!, b!], attrs);
    },
    reference: matmul,
    cases: [...cases, ...batched, ...(family === "tiled" ? [manyTiles] : [])],
    terms: ({ inputs }) => Math.max(...inputs.flatMap((input) => input.shape)),
  });
}

test.if(families().includes("texture"))(
  "operands are copied to textures where each element is used often, and nothing was said of the family",
  () => {
    useFamily(null);
    const launches = () => {
      const of = (name: string) =>
        [...kernels.get(name)!.launches.values()].reduce((sum, each) => sum + each, 0);
      return { texture: of("matmulTexture"), subgroup: of("matmulSubgroup") };
    };
    const launched = (m: number, k: number, n: number) => {
      const before = launches();
      randn([m, k]).matmul(randn([k, n]));
      const after = launches();
      return { texture: after.texture - before.texture, subgroup: after.subgroup - before.subgroup };
    };
    expect(launched(256, 256, 256)).toEqual({ texture: 1, subgroup: 0 }); // 128 times
    expect(launched(16, 512, 1024)).toEqual({ texture: 0, subgroup: 1 }); // 16 times
    expect(launched(255, 255, 257)).toEqual({ texture: 0, subgroup: 0 }); // no vec4s: the plain program
    const few = Array.from({ length: 64 }, () => launched(16, 256, 1024).subgroup);
    expect(few).toEqual(Array(64).fill(0)); // small ones: no program is compiled for the first 64
    expect(launched(16, 256, 1024)).toEqual({ texture: 0, subgroup: 1 });
  },
);

test.if(families().includes("packed"))(
  "large products read panels of both operands, however those lie, and give the same bits",
  async () => {
    const launched = () => kernels.get("pack")!.launches.get("pack")!;
    for (const [transposeA, transposeB] of [
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ] as const) {
      // The last panel of each is no full one; where both lie across k, its last turn is none either.
      const [m, k, n] = [124, transposeA && !transposeB ? 5002 : 5000, 132];
      const a = randn(transposeA ? [k, m] : [m, k]);
      const b = randn(transposeB ? [n, k] : [k, n]);
      const product = async (family: ProductFamily | null) => {
        useFamily(family);
        return await apply(matmulOp, [a, b], { transposeA, transposeB }).data();
      };
      const before = launched();
      const packed = await product(null);
      expect(launched() - before).toBe(2);
      expect(packed).toEqual(await product("plain"));
    }
    const before = launched();
    useFamily(null);
    randn([124, 256]).matmul(randn([256, 132]));
    expect(launched()).toBe(before); // not worth it
  },
);

test.if(families().includes("texture"))(
  "programs for small works are compiled once the first few are done plainly, with the same bits, and at once where it is recorded",
  async () => {
    useFamily(null);
    const count = (name: string) =>
      [...kernels.get(name)!.launches.values()].reduce((sum, each) => sum + each, 0);
    const special = () => count("matmulRows") + count("conv2dPointwise");
    const [row, square] = [randn([1, 64]), randn([64, 64])];
    const [image, weight] = [randn([1, 8, 8, 8]), randn([8, 8, 1, 1])];
    const both = () => {
      const before = special();
      const results = [F.linear(row, square), F.conv2d(image, weight)];
      return Promise.all(results.map((each) => each.data())).then(
        (found) => [special() - before, found] as const,
      );
    };
    firstFew(4);
    const [some, first] = await both();
    expect([some, (await both())[0]]).toEqual([0, 0]);
    const [all, later] = await both();
    expect(all).toBe(2);
    expect(later).toEqual(first);
    firstFew(null);
    const each: number[] = [];
    for (let i = 0; i < 80; i++) each.push((await both())[0]);
    console.log(`  small works on programs of their own, of 2 each: ${each.join("")}`);
    const from = (launches: number) => each.indexOf(launches);
    expect(from(1)).toBe(64); // the first 128 have none, then there is one …
    expect(from(2)).toBeGreaterThan(from(1) + 1); // … and the other one some works later
    expect(each.at(-1)).toBe(2);
    firstFew(null);
    const again = compile((x: Tensor) => F.linear(x, square));
    const before = special();
    for (let i = 0; i < 3; i++) await noGrad(() => again(row)).data();
    expect(special()).toBeGreaterThan(before);
    firstFew(0);
  },
);

test.if(families().includes("texture"))(
  "an operand that stands in its texture from the launch before is not copied again, unless it was written",
  async () => {
    useFamily("texture");
    const { stream } = device();
    const copy = stream.copyToTexture;
    let copies = 0;
    stream.copyToTexture = (...given) => {
      copies++;
      copy.apply(stream, given);
    };
    const [a, b] = [ones([64, 64]), randn([64, 64])];
    const first = a.matmul(b);
    const same = a.matmul(b.add(0));
    const [before, other] = [copies, a.add_(1).matmul(b)];
    stream.copyToTexture = copy;
    useFamily(null);
    expect([before, copies]).toEqual([3, 5]);
    expect(await same.data()).toEqual(await first.data());
    const [one, two] = [await first.data(), await other.data()];
    for (const [i, value] of one.entries()) expect(Math.abs(two[i]! - 2 * value)).toBeLessThan(1e-4);
  },
);
