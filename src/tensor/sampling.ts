// Random tensors beyond rand and randn: whole numbers, permutations, normal ones with means and deviations of their own.

import type { DType } from "../gpu/array.ts";
import { DTYPES } from "../gpu/array.ts";
import type { Shape } from "../gpu/shape.ts";
import { castArray } from "../kernels/elementwise/cast.ts";
import { normalArray, wholeArray, wordArray } from "../kernels/random/random.ts";
import { sortedPositions } from "../kernels/sorting/sort.ts";
import { isTensor, show, wantNumber, wantOperand, wantShape, wantTensor, wantWhole } from "./check.ts";
import { randn, type TensorOptions } from "./creation.ts";
import { BOOLEAN, type Kind, oneOf, takes } from "./options.ts";
import { scope } from "./scope.ts";
import { Tensor, type TensorLike } from "./tensor.ts";

const DTYPE: Kind = oneOf(...DTYPES);
const randintOptions = takes("randint", 4, { dtype: DTYPE }, []);
const likeOptions = takes("randintLike", 4, { dtype: DTYPE }, []);

/**
 * Whole numbers from 0, or `low`, to high − 1, all as likely; int32 unless `dtype` says otherwise; repeatable after
 * manualSeed.
 * @shape → [...shape]
 * @example randint(0, 10, [5]).lt(10).all(); // → true
 */
export function randint(high: number, shape: Shape, options?: { dtype?: DType }): Tensor;
export function randint(low: number, high: number, shape: Shape, options?: { dtype?: DType }): Tensor;
export function randint(...given: unknown[]): Tensor {
  const [low, high, shape, options, ...more] = (typeof given[1] === "number" ? given : [0, ...given]) as [
    number,
    number,
    Shape,
    { dtype?: DType }?,
    ...unknown[],
  ];
  wantShape("randint", shape);
  randintOptions(options, more);
  return whole("randint", low, high, shape, options?.dtype ?? "int32");
}

/**
 * The same of a tensor's shape, and of its type unless `dtype` says otherwise.
 * @shape any → the same
 * @example randintLike(zeros([2, 3]), 0, 10).shape; // → [2, 3]
 */
export function randintLike(x: Tensor, high: number, options?: { dtype?: DType }): Tensor;
export function randintLike(x: Tensor, low: number, high: number, options?: { dtype?: DType }): Tensor;
export function randintLike(x: Tensor, ...given: unknown[]): Tensor {
  wantTensor("randintLike", "the input", x);
  const [low, high, options, ...more] = (typeof given[1] === "number" ? given : [0, ...given]) as [
    number,
    number,
    { dtype?: DType }?,
    ...unknown[],
  ];
  likeOptions(options, more);
  return whole("randintLike", low, high, x.shape, options?.dtype ?? x.dtype);
}

function whole(who: string, low: number, high: number, shape: Shape, dtype: DType): Tensor {
  wantNumber(who, "low", low);
  wantNumber(who, "high", high);
  const held = [low, high].every((n) => Number.isInteger(n) && n >= -(2 ** 31) && n <= 2 ** 31);
  if (!held || low >= high)
    throw new RangeError(`${who}: wants whole numbers of 32 bits, low below high, got ${low} and ${high}`);
  const drawn = wholeArray(shape, low, high);
  const result = castArray(drawn, dtype);
  drawn.release();
  return new Tensor(result, who);
}

const randpermOptions = takes("randperm", 2, { dtype: DTYPE }, []);

/**
 * 0 … n − 1 in any order, all as likely, as int32; repeatable after manualSeed.
 * @shape → [n]
 * @example randperm(5).float().sum(); // → 10
 */
export function randperm(n: number, options?: { dtype?: DType }, ...more: never[]): Tensor {
  wantWhole("randperm", { n }, 0);
  randpermOptions(options, more);
  const keys = wordArray([n]);
  const order = sortedPositions(keys, 0, n, false);
  const result = castArray(order, options?.dtype ?? "int32");
  for (const each of [keys, order]) each.release();
  return new Tensor(result, "randperm");
}

const normalOptions = takes("normal", 4, { requiresGrad: BOOLEAN }, []);

/**
 * Normal numbers with a mean and a deviation each, which are tensors that broadcast, or numbers; two numbers want a shape:
 * normal(0, 1, [2, 3]). Repeatable after manualSeed.
 * @shape any, any → broadcast
 * @shape → [...shape]
 * @example normal(0, 0.1, [2, 3]).shape; // → [2, 3]
 */
export function normal(
  mean: TensorLike,
  std: TensorLike,
  shape?: Shape,
  options?: TensorOptions,
  ...more: never[]
): Tensor {
  wantOperand("normal", "the mean", mean);
  wantOperand("normal", "the deviation", std);
  normalOptions(options, more);
  if (!isTensor(mean) && !isTensor(std)) {
    wantShape("normal", shape);
    const drawn = new Tensor(normalArray(shape, mean, std), "normal");
    if (options?.requiresGrad) drawn.requiresGrad = true;
    return drawn;
  }
  if (shape !== undefined)
    throw new TypeError(`normal: tensors have a shape already, got ${show(shape)} besides`);
  return scope(() => {
    const centre = isTensor(mean) ? mean : (std as Tensor).mul(0).add(mean);
    const spread = isTensor(std) ? std : centre.mul(0).add(std);
    const noise = randn(centre.add(spread).shape);
    return spread.mul(noise).add(centre).detach();
  }, "normal");
}
