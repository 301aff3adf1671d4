// F: Pooling over windows of a given size.
import { formatShape, sameShape, sizeOf } from "../../gpu/shape.ts";
import {
  avgPool2d as avgPool2dOp,
  maxPool2dIndices,
  maxPool2d as maxPool2dOp,
  type PoolAttrs,
  type PoolSizes,
  pooledShape,
} from "../../kernels/pooling/pool2d.ts";
import { requireFloat, requireIndex } from "../../kernels/shared/require.ts";
import { derive, linear } from "../../tensor/autograd/derive.ts";
import { show, wantPositive, wantTensor, wantWhole } from "../../tensor/check.ts";
import { zeros } from "../../tensor/creation.ts";
import { arrayOf } from "../../tensor/handle.ts";
import { besideZeros } from "../../tensor/methods/statistics.ts";
import { BOOLEAN, type Kind, LIST, NUMBER, orNull, PAIR, takes } from "../../tensor/options.ts";
import { scope } from "../../tensor/scope.ts";
import { apply, Tensor } from "../../tensor/tensor.ts";
import { type NumberOrPair, pair } from "./pair.ts";
import { placed } from "./shared/placed.ts";
import { alone, alongRows, type Pooled } from "./shared/rows.ts";

/** What all poolings over windows take; T is one size, or of images one a side. */
export interface PoolOptions<T = NumberOrPair> {
  /** Distance between windows; the kernel's size if left out. */
  stride?: T | null;
  /** On each side, at most half of the kernel. */
  padding?: T;
  /** Whether windows may reach beyond the padded input behind, so that nothing is left out. */
  ceilMode?: boolean;
}

/** What max pooling takes beside the kernel's size. */
export interface MaxPoolOptions<T = NumberOrPair> extends PoolOptions<T> {
  /** Distance between the elements of a window. */
  dilation?: T;
  /** Whether to tell where the largest elements are, too: [values, indices], row · width + column in each image. */
  returnIndices?: boolean;
}

/** What average pooling takes beside the kernel's size. */
export interface AvgPoolOptions<T = NumberOrPair> extends PoolOptions<T> {
  /** Whether padding counts as zeros (the default), or means are of the input's own elements. */
  countIncludePad?: boolean;
}

/** What avgPool2d takes beside the kernel's size. */
export interface AvgPool2dOptions extends AvgPoolOptions {
  /** What sums are divided by, in place of the number of elements. */
  divisorOverride?: number | null;
}

type WithIndices = { returnIndices: true };

derive(avgPool2dOp, linear);
derive(maxPool2dOp, (dy, of) => [placed(dy, of.kept()[0]!, of.shapes[0]!)]);

const windows = (kind: Kind) => ({ stride: orNull(kind), padding: kind });
const maxOptions = (name: string, kind: Kind) =>
  takes(name, 3, { ...windows(kind), dilation: kind, ceilMode: BOOLEAN, returnIndices: BOOLEAN });
const averages = (kind: Kind) => ({ ...windows(kind), ceilMode: BOOLEAN, countIncludePad: BOOLEAN });
const maxPool2dOptions = maxOptions("maxPool2d", PAIR);
const maxPool1dOptions = maxOptions("maxPool1d", NUMBER);
const avgPool2dOptions = takes("avgPool2d", 3, { ...averages(PAIR), divisorOverride: orNull(NUMBER) });
const avgPool1dOptions = takes("avgPool1d", 3, averages(NUMBER));
const maxUnpool2dOptions = takes("maxUnpool2d", 4, { ...windows(PAIR), outputSize: orNull(LIST) });
const maxUnpool1dOptions = takes("maxUnpool1d", 4, { ...windows(NUMBER), outputSize: orNull(LIST) });
const lpPool1dOptions = takes("lpPool1d", 4, { stride: orNull(NUMBER), ceilMode: BOOLEAN });
const lpPool2dOptions = takes("lpPool2d", 4, { stride: orNull(PAIR), ceilMode: BOOLEAN });

function poolAttrs(name: string, kernelSize: NumberOrPair, options: PoolOptions = {}) {
  const { stride, padding = 0, ceilMode = false } = options;
  const kernel = pair(kernelSize, `${name}: kernelSize`);
  return {
    kernel,
    stride: (stride ?? null) === null ? kernel : pair(stride!, `${name}: stride`),
    padding: pair(padding, `${name}: padding`, 0),
    ceilMode,
  };
}

/**
 * The largest value of each window of [samples, channels, height, width]; the first of equals gets the gradient. With
 * `returnIndices`: [values, indices].
 * @shape [samples, channels, height, width] → [samples, channels, rows, columns], [samples, channels, rows, columns]
 * @example F.maxPool2d(arange(16).reshape([1, 1, 4, 4]), 2); // → [[[[5, 7], [13, 15]]]]
 */
export function maxPool2d(
  x: Tensor,
  kernelSize: NumberOrPair,
  options: MaxPoolOptions & { returnIndices: true },
  ...more: never[]
): [values: Tensor, indices: Tensor];
export function maxPool2d(
  x: Tensor,
  kernelSize: NumberOrPair,
  options?: MaxPoolOptions & { returnIndices?: false },
  ...more: never[]
): Tensor;
export function maxPool2d(
  x: Tensor,
  kernelSize: NumberOrPair,
  options?: MaxPoolOptions,
  ...more: never[]
): Tensor | [Tensor, Tensor] {
  wantTensor("maxPool2d", "the input", x);
  maxPool2dOptions(options, more);
  if (x.ndim === 3)
    return alone<Pooled>("maxPool2d", x, (batch) => maxPool2d(batch, kernelSize, options as WithIndices));
  const attrs = {
    ...poolAttrs("maxPool2d", kernelSize, options),
    dilation: pair(options?.dilation ?? 1, "maxPool2d: dilation"),
  };
  const values = apply(maxPool2dOp, [x], attrs);
  if (options?.returnIndices !== true) return values;
  return [values, new Tensor(maxPool2dIndices(arrayOf(x), attrs), "maxPool2d's indices")];
}

/**
 * The mean of each window of [samples, channels, height, width].
 * @shape [samples, channels, height, width] → [samples, channels, rows, columns]
 * @example F.avgPool2d(arange(16).reshape([1, 1, 4, 4]), 2); // → [[[[2.5, 4.5], [10.5, 12.5]]]]
 */
export function avgPool2d(
  x: Tensor,
  kernelSize: NumberOrPair,
  options?: AvgPool2dOptions,
  ...more: never[]
): Tensor {
  wantTensor("avgPool2d", "the input", x);
  avgPool2dOptions(options, more);
  if (x.ndim === 3) return alone("avgPool2d", x, (batch) => avgPool2d(batch, kernelSize, options));
  const { countIncludePad = true, divisorOverride = null } = options ?? {};
  if (divisorOverride === 0) throw new RangeError("avgPool2d: divisorOverride is another number than 0");
  const attrs: PoolAttrs = {
    ...poolAttrs("avgPool2d", kernelSize, options),
    countIncludePad,
    divisorOverride,
  };
  return apply(avgPool2dOp, [x], attrs);
}

/** The sizes of 1-D windows, checked. */
function sizesInRow(
  name: string,
  kernelSize: number,
  { stride, padding = 0, dilation = 1, ceilMode = false }: MaxPoolOptions<number>,
) {
  wantWhole(name, { kernelSize, stride: stride ?? 1, dilation }, 1);
  wantWhole(name, { padding }, 0);
  const sizes = { kernel: [kernelSize], stride: [stride ?? kernelSize], padding: [padding] };
  return { ...sizes, dilation: [dilation], ceilMode };
}

/** As those of images of one row; throws where they do not fit x. */
function inRows(name: string, x: Tensor, kernelSize: number, options: MaxPoolOptions<number>) {
  const sizes = sizesInRow(name, kernelSize, options);
  requireFloat(name, arrayOf(x));
  pooledShape(name, x.shape, sizes);
  const [kernel, stride, padding, dilation] = [sizes.kernel, sizes.stride, sizes.padding, sizes.dilation].map(
    ([n], i) => [i === 2 ? 0 : 1, n!] as const,
  );
  return { kernel: kernel!, windows: { stride, padding, ceilMode: sizes.ceilMode }, dilation };
}

/**
 * The largest value of each window of [samples, channels, length]; with `returnIndices`: [values, indices].
 * @shape [samples, channels, length] → [samples, channels, steps], [samples, channels, steps]
 * @example F.maxPool1d(tensor([[[1, 4, 2, 3]]]), 2); // → [[[4, 3]]]
 */
export function maxPool1d(
  x: Tensor,
  kernelSize: number,
  options: MaxPoolOptions<number> & { returnIndices: true },
  ...more: never[]
): [values: Tensor, indices: Tensor];
export function maxPool1d(
  x: Tensor,
  kernelSize: number,
  options?: MaxPoolOptions<number> & { returnIndices?: false },
  ...more: never[]
): Tensor;
export function maxPool1d(
  x: Tensor,
  kernelSize: number,
  options?: MaxPoolOptions<number>,
  ...more: never[]
): Tensor | [Tensor, Tensor] {
  wantTensor("maxPool1d", "the input", x);
  maxPool1dOptions(options, more);
  if (x.ndim === 2)
    return alone<Pooled>("maxPool1d", x, (batch) => maxPool1d(batch, kernelSize, options as WithIndices));
  const { kernel, windows, dilation } = inRows("maxPool1d", x, kernelSize, options ?? {});
  return alongRows<Tensor | [Tensor, Tensor]>("maxPool1d", x, (image) =>
    options?.returnIndices === true
      ? maxPool2d(image, kernel, { ...windows, dilation, returnIndices: true })
      : maxPool2d(image, kernel, { ...windows, dilation }),
  );
}

/**
 * The mean of each window of [samples, channels, length].
 * @shape [samples, channels, length] → [samples, channels, steps]
 * @example F.avgPool1d(tensor([[[1, 3, 5, 7]]]), 2); // → [[[2, 6]]]
 */
export function avgPool1d(
  x: Tensor,
  kernelSize: number,
  options?: AvgPoolOptions<number>,
  ...more: never[]
): Tensor {
  wantTensor("avgPool1d", "the input", x);
  avgPool1dOptions(options, more);
  if (x.ndim === 2) return alone("avgPool1d", x, (batch) => avgPool1d(batch, kernelSize, options));
  const { kernel, windows } = inRows("avgPool1d", x, kernelSize, options ?? {});
  const countIncludePad = options?.countIncludePad;
  return alongRows("avgPool1d", x, (image) => avgPool2d(image, kernel, { ...windows, countIncludePad }));
}

/**
 * (Σ xᵖ)^(1/p) over each window of [samples, channels, height, width]: NaN of a sum below 0. Where it is 0, so is its gradient.
 * @shape [samples, channels, height, width] → [samples, channels, rows, columns]
 * @example F.lpPool2d(ones([1, 1, 4, 4]), 2, 2); // → [[[[2, 2], [2, 2]]]]
 */
export function lpPool2d(
  x: Tensor,
  normType: number,
  kernelSize: NumberOrPair,
  options?: { stride?: NumberOrPair | null; ceilMode?: boolean },
  ...more: never[]
): Tensor {
  wantTensor("lpPool2d", "the input", x);
  wantPositive("lpPool2d", { normType });
  lpPool2dOptions(options, more);
  if (x.ndim === 3) return alone("lpPool2d", x, (batch) => lpPool2d(batch, normType, kernelSize, options));
  const sizes = poolAttrs("lpPool2d", kernelSize, options);
  requireFloat("lpPool2d", arrayOf(x));
  pooledShape("lpPool2d", x.shape, sizes);
  return scope(
    // As PyTorch has it: the mean of a window, times the elements of a whole one.
    () =>
      besideZeros(avgPool2d(x.pow(normType), kernelSize, options).mul(sizeOf(sizes.kernel)), (sums) =>
        sums.pow(1 / normType),
      ),
    "lpPool2d",
  );
}

/**
 * (Σ xᵖ)^(1/p) over each window of [samples, channels, length]: NaN of a sum below 0.
 * @shape [samples, channels, length] → [samples, channels, steps]
 * @example F.lpPool1d(tensor([[[3, 4]]]), 2, 2); // → [[[5]]]
 */
export function lpPool1d(
  x: Tensor,
  normType: number,
  kernelSize: number,
  options?: { stride?: number | null; ceilMode?: boolean },
  ...more: never[]
): Tensor {
  wantTensor("lpPool1d", "the input", x);
  wantPositive("lpPool1d", { normType });
  lpPool1dOptions(options, more);
  if (x.ndim === 2) return alone("lpPool1d", x, (batch) => lpPool1d(batch, normType, kernelSize, options));
  const { kernel, windows } = inRows("lpPool1d", x, kernelSize, options ?? {});
  const { stride, ceilMode } = windows;
  return alongRows("lpPool1d", x, (image) => lpPool2d(image, normType, kernel, { stride, ceilMode }));
}

/**
 * maxPool2d turned round: each value of x [samples, channels, …] goes where maxPool2d's `indices` say that it was, the rest is 0.
 * `outputSize` is [height, width], or the shape with samples and channels; (n − 1)·stride − 2·padding + kernel a side if left out.
 * @shape [samples, channels, rows, columns], [samples, channels, rows, columns] → [samples, channels, height, width]
 * @example
 * const [y, indices] = F.maxPool2d(tensor([[[[1, 2], [3, 4]]]]), 2, { returnIndices: true });
 * F.maxUnpool2d(y, indices, 2); // → [[[[0, 0], [0, 4]]]]
 */
export function maxUnpool2d(
  x: Tensor,
  indices: Tensor,
  kernelSize: NumberOrPair,
  options?: { stride?: NumberOrPair | null; padding?: NumberOrPair; outputSize?: readonly number[] | null },
  ...more: never[]
): Tensor {
  wantTensor("maxUnpool2d", "the input", x);
  wantTensor("maxUnpool2d", "the indices", indices);
  maxUnpool2dOptions(options, more);
  const { outputSize = null, ...windows } = options ?? {};
  return unpooled("maxUnpool2d", x, indices, poolAttrs("maxUnpool2d", kernelSize, windows), outputSize);
}

/** Of images, or of sequences where the sizes are of one side. */
function unpooled(
  name: string,
  x: Tensor,
  indices: Tensor,
  { kernel, stride, padding }: PoolSizes,
  outputSize: readonly number[] | null,
): Tensor {
  if (x.ndim === 1 + kernel.length && sameShape(x.shape, indices.shape)) {
    const sizes = { kernel, stride, padding };
    return alone(name, x, (batch) => unpooled(name, batch, indices.unsqueeze(0), sizes, outputSize));
  }
  const sides = kernel.length === 1 ? "length" : "height, width";
  if (x.ndim !== 2 + kernel.length || !sameShape(x.shape, indices.shape)) {
    throw new RangeError(
      `${name}: wants an input [samples, channels, ${sides}] and indices of its shape, got ${formatShape(x.shape)} and ${formatShape(indices.shape)}`,
    );
  }
  const natural = x.shape.slice(2).map((n, d) => (n - 1) * stride[d]! - 2 * padding[d]! + kernel[d]!);
  const isSize = (n: number) => Number.isInteger(n) && n >= 1;
  if (outputSize === null && !natural.every(isSize))
    throw new RangeError(`${name}: padding [${padding}] leaves nothing of the result`);
  const image = outputSize?.slice(-kernel.length) ?? natural;
  if (image.length !== kernel.length || !image.every(isSize))
    throw new RangeError(`${name}: outputSize is [${sides}], got ${show(outputSize)}`);
  requireFloat(name, arrayOf(x));
  requireIndex(name, arrayOf(indices));
  const [samples, channels, ...own] = x.shape as [number, number, ...number[]];
  const flat = [samples * channels, sizeOf(own)];
  return scope(() => {
    const empty = zeros([samples * channels, sizeOf(image)]);
    const spread = empty.scatter(1, indices.reshape(flat), x.reshape(flat));
    return spread.reshape([samples, channels, ...image]);
  }, name);
}

/**
 * maxPool1d turned round, likewise; `outputSize` is [length].
 * @shape [samples, channels, steps], [samples, channels, steps] → [samples, channels, length]
 * @example
 * const [y, indices] = F.maxPool1d(tensor([[[1, 4, 2, 3]]]), 2, { returnIndices: true });
 * F.maxUnpool1d(y, indices, 2); // → [[[0, 4, 0, 3]]]
 */
export function maxUnpool1d(
  x: Tensor,
  indices: Tensor,
  kernelSize: number,
  options?: { stride?: number | null; padding?: number; outputSize?: readonly number[] | null },
  ...more: never[]
): Tensor {
  wantTensor("maxUnpool1d", "the input", x);
  wantTensor("maxUnpool1d", "the indices", indices);
  maxUnpool1dOptions(options, more);
  const { outputSize = null, ...windows } = options ?? {};
  return unpooled("maxUnpool1d", x, indices, sizesInRow("maxUnpool1d", kernelSize, windows), outputSize);
}
