// The drawn cases of functions.ts, for gradientCases.ts, by what each function is defined on and where its kinks are.
import * as functions from "./functions.ts";
import { Random } from "./random.ts";
import type { Arr, NoAttrs, Reference } from "./reference.ts";

interface Drawn {
  name: string;
  reference: Reference<unknown>;
  withoutGradient: number[];
  cases: { inputs: Arr[]; attrs: unknown }[];
}

const r = new Random(731);
const drawn = (name: string, reference: unknown, cases: Drawn["cases"]): Drawn => ({
  name,
  reference: reference as Reference<unknown>,
  withoutGradient: [],
  cases,
});

const {
  log1p, log2, log10, expm1, exp2, rsqrt, erf, erfc, sinh, cosh, asinh, acosh, atanh, tan, asin, acos, atan, sinc, silu,
  logsigmoid, mish, gelu, hardswish, hardsigmoid, softsign, tanhshrink, sign, floor, ceil, trunc, round, frac,
} = functions; // biome-ignore format: a list

/** From low to high, away from kinks. */
const UNARY: readonly [
  name: string,
  reference: Reference<NoAttrs>,
  low: number,
  high: number,
  kinks?: number[],
][] = [
  ["log1p", log1p, -0.8, 3],
  ["log2", log2, 0.2, 3],
  ["log10", log10, 0.2, 3],
  ["expm1", expm1, -2, 2],
  ["exp2", exp2, -2, 2],
  ["rsqrt", rsqrt, 0.2, 3],
  ["erf", erf, -3.5, 3.5],
  ["erfc", erfc, -3.5, 3.5],
  ["sinh", sinh, -2, 2],
  ["cosh", cosh, -2, 2],
  ["asinh", asinh, -3, 3],
  ["acosh", acosh, 1.2, 4],
  ["atanh", atanh, -0.8, 0.8],
  ["tan", tan, -1.2, 1.2],
  ["asin", asin, -0.8, 0.8],
  ["acos", acos, -0.8, 0.8],
  ["atan", atan, -3, 3],
  ["sinc", sinc, -3, 3, [0]],
  ["silu", silu, -4, 4],
  ["logsigmoid", logsigmoid, -4, 4],
  ["mish", mish, -4, 4],
  ["gelu", gelu, -4, 4],
  ["hardswish", hardswish, -5, 5, [-3, 3]],
  ["hardsigmoid", hardsigmoid, -5, 5, [-3, 3]],
  ["softsign", softsign, -3, 3, [0]],
  ["tanhshrink", tanhshrink, -3, 3, [0]],
  ["sign", sign, -2, 2, [0]],
  ["floor", floor, -2, 2, [-2, -1, 0, 1, 2]],
  ["ceil", ceil, -2, 2, [-2, -1, 0, 1, 2]],
  ["trunc", trunc, -2, 2, [-2, -1, 0, 1, 2]],
  ["round", round, -2, 2, [-1.5, -0.5, 0.5, 1.5]],
  ["frac", frac, -2, 2, [-2, -1, 0, 1, 2]],
];

const shapes = [[], [7], [3, 5]];
const somewhere = (low: number, high: number, kinks: number[] = []) =>
  shapes.map((shape) => r.awayFrom(kinks, shape, low, high));

const withAttrs = (low: number, high: number, kinks: number[], attrs: unknown) =>
  somewhere(low, high, kinks).map((x) => ({ inputs: [x], attrs }));

const pairs: [number[], number[]][] = [
  [[], []],
  [[3, 2], [3, 2]],
  [[2, 3], [3]],
  [[2, 1], [1, 4]],
]; // biome-ignore format: pairs

/** No quotient near a whole number, where remainders jump. */
function quotients(a: number[], b: number[]): Arr[] {
  const [x, y] = [r.array(a, -4, 4), r.awayFrom([-0.3, 0, 0.3], b, -2, 2)];
  const near = x.data.some((p) => y.data.some((q) => Math.abs(p / q - Math.round(p / q)) < 0.02));
  return near ? quotients(a, b) : [x, y];
}

const ofTwo = (name: string, reference: Reference<NoAttrs>, draw: (a: number[], b: number[]) => Arr[]) =>
  drawn(
    name,
    reference,
    pairs.map(([a, b]) => ({ inputs: draw(a, b), attrs: {} })),
  );

export const functionCases: Drawn[] = [
  ...UNARY.map(([name, reference, low, high, kinks]) =>
    drawn(
      name,
      reference,
      somewhere(low, high, kinks).map((x) => ({ inputs: [x], attrs: {} })),
    ),
  ),
  drawn("nanToNum", functions.nanToNum, withAttrs(-2, 2, [], { nan: 0, posinf: 1, neginf: -1 })),
  drawn("elu", functions.elu, [
    ...withAttrs(-3, 3, [0], { alpha: 1, scale: 1, inner: 1 }),
    ...withAttrs(-3, 3, [0], { alpha: 0.5, scale: 1.5, inner: 2 }),
  ]),
  drawn("softplus", functions.softplus, withAttrs(-3, 3, [2.5], { beta: 2, threshold: 5 })),
  drawn("hardtanh", functions.hardtanh, withAttrs(-3, 3, [-1, 2], { min: -1, max: 2 })),
  drawn("softshrink", functions.softshrink, withAttrs(-2, 2, [-0.5, 0.5], { lambda: 0.5 })),
  drawn("hardshrink", functions.hardshrink, withAttrs(-2, 2, [-0.5, 0.5], { lambda: 0.5 })),
  drawn("threshold", functions.threshold, withAttrs(-2, 2, [0.3], { threshold: 0.3, value: 7 })),
  ofTwo("remainder", functions.remainder, quotients),
  ofTwo("fmod", functions.fmod, quotients),
  ofTwo("floorDivide", functions.floorDivide, quotients),
  ofTwo("truncDivide", functions.truncDivide, quotients),
  ofTwo("atan2", functions.atan2, (a, b) => [r.awayFrom([0], a, -2, 2), r.awayFrom([0], b, -2, 2)]),
  ofTwo("hypot", functions.hypot, (a, b) => [r.awayFrom([0], a, -2, 2), r.awayFrom([0], b, -2, 2)]),
  ofTwo("copysign", functions.copysign, (a, b) => [r.awayFrom([0], a, -2, 2), r.awayFrom([0], b, -2, 2)]),
  ofTwo("logaddexp", functions.logaddexp, (a, b) => [r.array(a, -3, 3), r.array(b, -3, 3)]),
  ofTwo("xlogy", functions.xlogy, (a, b) => [r.array(a, -3, 3), r.array(b, 0.3, 3)]),
  ofTwo("prelu", functions.prelu, (a, b) => [r.awayFrom([0], a, -2, 2), r.array(b, -1, 1)]),
];
