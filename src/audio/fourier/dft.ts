// The discrete Fourier transform along rows of complex numbers: the operation that fft, stft and their inverses are made of.

import { type DeviceArray, empty, fromHost } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { derive, linear } from "../../tensor/autograd/derive.ts";
import { table } from "../tables.ts";
import source from "./dft.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "dft",
  code: source,
  entries: { quarters: ["read", "read", "write"], factors: ["read", "read", "write"] },
});

const WORKGROUP = 64;

export interface DftAttributes {
  /** Of the exponent: −1 for the transform itself, 1 for its inverse. */
  readonly sign: 1 | -1;
  readonly scale: number;
}

/**
 * The transform of [..., n, 2], complex numbers as (re, im), n ≥ 1. Its matrix F[k, t] = scale e^(sign 2 pi i k t / n) is
 * symmetric, and what a gradient goes through is its conjugate: the transform of the other sign.
 */
export const dft: Op<DftAttributes> = {
  name: "dft",
  forward: (_, [x], attrs) => transformed(x!, attrs),
  backward: ({ attrs: { sign, scale } }, dy) => [transformed(dy, { sign: sign === 1 ? -1 : 1, scale })],
};
derive(dft, linear);

function transformed(x: DeviceArray, { sign, scale }: DftAttributes): DeviceArray {
  const n = x.shape.at(-2)!;
  const roots = rootTable(n);
  let from = x.retain();
  let product = 1;
  for (const factor of factorsOf(n)) {
    const to = empty(x.shape, "float32", "a Fourier transform");
    const rest = n / (product * factor);
    const count = x.size / 2 / (factor === 4 ? 4 : 1);
    const last = product * factor === n;
    kernel.launch(factor === 4 ? "quarters" : "factors", {
      arrays: [from, roots, to],
      params: { count, n, product, rest, factor, sign, scale: last ? scale : 1 },
      groups: linearGroups(count, WORKGROUP),
    });
    from.release();
    from = to;
    product *= factor;
  }
  return from;
}

/** Fours first, then the primes that are left; 1 for 1. */
function factorsOf(n: number): number[] {
  const factors: number[] = [];
  let left = n;
  for (; left % 4 === 0; left /= 4) factors.push(4);
  for (let prime = 2; left > 1; prime++) for (; left % prime === 0; left /= prime) factors.push(prime);
  return n === 1 ? [1] : factors;
}

/** e^(2 pi i j / n) for j < n, as (re, im). */
function rootTable(n: number): DeviceArray {
  return table(`roots ${n}`, () => {
    const values = new Float32Array(2 * n);
    for (let j = 0; j < n; j++) {
      const angle = (2 * Math.PI * j) / n;
      values.set([Math.cos(angle), Math.sin(angle)], 2 * j);
    }
    return [fromHost(values, [n, 2])];
  })[0]!;
}
