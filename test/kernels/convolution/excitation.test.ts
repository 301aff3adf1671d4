// Squeeze-and-excitation where no gradient is recorded: what each channel is weighed by, in one launch, and a 1 × 1 convolution
// that does the weighing as it reads (src/kernels/shared/weighed.ts), beside the float64 reference.
import { afterAll, expect, test } from "bun:test";
import { kernels } from "../../../src/gpu/kernel.ts";
import { manualSeed, noGrad, rand, randn } from "../../../src/index.ts";
import { excitation, excitesAtOnce } from "../../../src/kernels/convolution/excitation.ts";
import { families, useFamily } from "../../../src/kernels/gemm/gemm.ts";
import * as F from "../../../src/nn/functional/index.ts";
import { SqueezeExcitation } from "../../../src/nn/models/mn.ts";
import { apply, type Tensor } from "../../../src/tensor/tensor.ts";
import { type Case, check } from "../../harness.ts";
import { conv2d } from "../../reference/conv2d.ts";
import { Random } from "../../reference/random.ts";
import type { Arr, Reference } from "../../reference/reference.ts";

const random = new Random(89);
afterAll(() => useFamily(null));

const excite: Reference<object> = {
  forward([x, w1, b1, w2, b2]) {
    const [n, channels, height, width] = x!.shape as [number, number, number, number];
    const [squeezed, positions] = [w1!.shape[0]!, height * width];
    const data = Array.from({ length: n }, (_, sample) => {
      const means = Array.from({ length: channels }, (_, c) => {
        const from = (sample * channels + c) * positions;
        return x!.data.subarray(from, from + positions).reduce((sum, v) => sum + v, 0) / positions;
      });
      const hidden = Array.from({ length: squeezed }, (_, r) =>
        Math.max(
          0,
          means.reduce((sum, m, c) => sum + m * w1!.data[r * channels + c]!, b1!.data[r]!),
        ),
      );
      return means.map((_, c) => {
        const v = hidden.reduce((sum, h, r) => sum + h * w2!.data[c * squeezed + r]!, b2!.data[c]!);
        return 1 / (1 + Math.exp(-v));
      });
    });
    return { shape: [n, channels, 1, 1], data: Float64Array.from(data.flat()) };
  },
  backward: (inputs) => inputs.map(() => null),
};

const drawn = (shape: number[], squeezed: number, scale = 1): Case<object> => ({
  inputs: [
    random.array(shape, -2 * scale, 3 * scale),
    ...[[squeezed, shape[1]!], [squeezed], [shape[1]!, squeezed], [shape[1]!]].map((of) => random.array(of)),
  ],
  attrs: {},
});

check<object>({
  name: "excitation",
  covers: ["excitation"],
  differentiable: false,
  run: (inputs) => apply(excitation, inputs, undefined),
  reference: excite,
  cases: [drawn([1, 48, 4, 9], 16), drawn([3, 4, 2, 2], 4), drawn([2, 20, 1, 8], 12, 100)],
  terms: ({ inputs: [x] }) => x!.data.length / x!.shape[0]! + 64,
});

interface Attrs {
  bias: boolean;
}

/** x, s, w and a bias, if there is one. */
const weighed = (x: number[], out: number, bias = false): Case<Attrs> => ({
  inputs: [
    random.array(x),
    random.array([...x.slice(0, 2), 1, 1]),
    random.array([out, x[1]!, 1, 1]),
    ...(bias ? [random.array([out])] : []),
  ],
  attrs: { bias },
});

const GEOMETRY = { stride: [1, 1], padding: [0, 0], dilation: [1, 1] };
const products = () => kernels.get("binary")!.launches.get("fours")!;

if (families().includes("subgroup"))
  check<Attrs>({
    name: "x · s, then conv2d 1 × 1",
    covers: ["conv2dPointwise.pointwise"],
    differentiable: false,
    run([x, s, w, b]) {
      useFamily(null);
      const before = products();
      const y = F.conv2d(x!.mul(s!), w!, b ?? null)
        .transpose(0, 1)
        .transpose(0, 1); // reads it
      expect(products(), "products by themselves").toBe(before);
      return y;
    },
    reference: {
      forward([x, s, w, ...bias], attrs) {
        const positions = x!.shape[2]! * x!.shape[3]!;
        const data = x!.data.map((v, i) => v * s!.data[Math.floor(i / positions)]!);
        return conv2d.forward([{ ...x!, data } as Arr, w!, ...bias], { ...GEOMETRY, ...attrs } as never);
      },
      backward: (inputs) => inputs.map(() => null),
    },
    cases: [weighed([1, 8, 4, 12], 12), weighed([3, 4, 5, 8], 5, true)],
    terms: ({ inputs: [x] }) => 2 * x!.shape[1]!,
  });

test("x · s that is put off is the product to all else that reads it, and stays what it was when x or s is written", async () => {
  manualSeed(3);
  useFamily(null);
  const [x, s, w] = [randn([2, 4, 4, 8]), rand([2, 4, 1, 1]), randn([6, 4, 1, 1])];
  const wide = randn([3, 4, 3, 3]);
  const recorded = () => {
    const own = x.clone();
    own.requiresGrad = true;
    return own.mul(s);
  };
  const wanted = (await recorded().data()) as Float32Array;
  const reads: ((y: Tensor) => Tensor)[] = [
    (y) => y,
    (y) => y.reshape([2, 4, 32]),
    (y) => F.conv2d(y.reshape([4, 4, 4, 4]), w), // other channels than s has
    (y) => F.conv2d(y, wide),
    (y) => F.conv2d(y, w, null, { stride: 2 }),
    (y) => F.conv2d(y, w),
    (y) => y.transpose(0, 1),
  ];
  for (const read of reads) {
    const found = noGrad(() => read(s.mul(x)));
    const again = noGrad(() => read(x.mul(s)));
    const now = read(recorded());
    const [a, b, c] = (await Promise.all([found, again, now].map((y) => y.data()))) as Float32Array[];
    expect(Math.max(...a!.map((v, i) => Math.abs(v - c![i]!)))).toBeLessThan(2e-6);
    expect(a).toEqual(b!);
  }
  const kept = noGrad(() => {
    const product = x.mul(s);
    const after = F.conv2d(product, w);
    x.zero_();
    s.fill_(5);
    return [product, after];
  });
  expect(await kept[0]!.data()).toEqual(wanted);
  expect(((await kept[1]!.data()) as Float32Array).some((v) => v !== 0)).toBe(true);
});

test("squeeze-and-excitation at once is what it is when gradients are recorded; hooks on its layers are called, and what is no number stays", async () => {
  manualSeed(4);
  const net = new SqueezeExcitation(16, 8);
  for (const shape of [
    [2, 16, 3, 4],
    [1, 16, 3, 3], // no vec4s: layer by layer
  ]) {
    const x = randn(shape);
    const before = kernels.get("excitation")!.launches.get("excite")!;
    const recorded = (await net.forward(x).data()) as Float32Array;
    expect(kernels.get("excitation")!.launches.get("excite")!).toBe(before);
    const found = (await noGrad(() => net.forward(x)).data()) as Float32Array;
    expect(kernels.get("excitation")!.launches.get("excite")! - before).toBe(
      excitesAtOnce(x.shape, [8, 16]) ? 1 : 0,
    );
    expect(Math.max(...found.map((v, i) => Math.abs(v - recorded[i]!)))).toBeLessThan(2e-6);
  }
  let called = 0;
  net.fc1.registerForwardHook(() => {
    called++;
  });
  noGrad(() => net.forward(randn([1, 16, 2, 2])));
  expect(called).toBe(1);
  const spoilt = noGrad(() => new SqueezeExcitation(16, 8).forward(randn([1, 16, 2, 2]).fill_(Number.NaN)));
  expect(((await spoilt.data()) as Float32Array).every(Number.isNaN)).toBe(true);
});
