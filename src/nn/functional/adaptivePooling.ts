// F: Pooling to a given size.
import { formatShape } from "../../gpu/shape.ts";
import {
  adaptiveAvgPool2d as adaptiveAvgPool2dOp,
  adaptiveMaxPool2dIndices,
  adaptiveMaxPool2d as adaptiveMaxPool2dOp,
} from "../../kernels/pooling/adaptivePool2d.ts";
import { requireFloat } from "../../kernels/shared/require.ts";
import { derive, linear } from "../../tensor/autograd/derive.ts";
import { show, wantNoMore, wantTensor, wantWhole } from "../../tensor/check.ts";
import { arrayOf } from "../../tensor/handle.ts";
import { BOOLEAN, takes } from "../../tensor/options.ts";
import { apply, Tensor } from "../../tensor/tensor.ts";
import { avgPool2d } from "./pooling.ts";
import { placed } from "./shared/placed.ts";
import { alone, alongRows, type Pooled } from "./shared/rows.ts";

/** One size for height and width, or both; null keeps the input's. */
export type AdaptiveSize = number | readonly [height: number | null, width: number | null];

type WithIndices = { returnIndices: true };

derive(adaptiveAvgPool2dOp, linear);
derive(adaptiveMaxPool2dOp, (dy, of) => [placed(dy, of.kept()[0]!, of.shapes[0]!)]);

const adaptiveMaxPool2dOptions = takes("adaptiveMaxPool2d", 3, { returnIndices: BOOLEAN });
const adaptiveMaxPool1dOptions = takes("adaptiveMaxPool1d", 3, { returnIndices: BOOLEAN });

function sizeOf(name: string, x: Tensor, outputSize: AdaptiveSize): [number, number] {
  const both = typeof outputSize === "number" ? [outputSize, outputSize] : outputSize;
  if (!Array.isArray(both) || both.length !== 2 || both.some((n) => n !== null && typeof n !== "number")) {
    throw new TypeError(
      `${name}: outputSize is a whole number ≥ 1 or a pair of them, or of null, got ${show(outputSize)}`,
    );
  }
  if (x.ndim !== 4) {
    throw new RangeError(
      `${name}: wants an input [samples, channels, height, width], got ${formatShape(x.shape)}`,
    );
  }
  const size = both.map((n: number | null, axis) => n ?? x.shape[axis + 2]!) as [number, number];
  for (const n of size) wantWhole(name, { outputSize: n }, 1);
  return size;
}

/**
 * The means of [samples, channels, height, width] over as many windows as `outputSize` says: rows ⌊i·n / size⌋ … ⌈(i + 1)·n / size⌉ − 1.
 * @shape [samples, channels, height, width] → [samples, channels, rows, columns]
 * @example F.adaptiveAvgPool2d(ones([1, 8, 5, 7]), 1).shape; // → [1, 8, 1, 1]
 */
export function adaptiveAvgPool2d(x: Tensor, outputSize: AdaptiveSize, ...more: never[]): Tensor {
  wantTensor("adaptiveAvgPool2d", "the input", x);
  wantNoMore("adaptiveAvgPool2d", more);
  if (x.ndim === 3) return alone("adaptiveAvgPool2d", x, (batch) => adaptiveAvgPool2d(batch, outputSize));
  const size = sizeOf("adaptiveAvgPool2d", x, outputSize);
  requireFloat("adaptiveAvgPool2d", arrayOf(x));
  const image = x.shape.slice(2);
  if (size.every((n) => n === 1) && image.every((n) => n > 0)) return x.mean([2, 3], { keepdim: true });
  const kernel = image.map((n, axis) => n / size[axis]!);
  if (kernel.every((n) => Number.isInteger(n) && n > 0)) return avgPool2d(x, kernel as [number, number]);
  return apply(adaptiveAvgPool2dOp, [x], { size });
}

/**
 * The largest values likewise; the first of equals gets the gradient. With `returnIndices`: [values, indices].
 * @shape [samples, channels, height, width] → [samples, channels, rows, columns], [samples, channels, rows, columns]
 * @example F.adaptiveMaxPool2d(arange(4).reshape([1, 1, 2, 2]), 1); // → [[[[3]]]]
 */
export function adaptiveMaxPool2d(
  x: Tensor,
  outputSize: AdaptiveSize,
  options: { returnIndices: true },
  ...more: never[]
): [values: Tensor, indices: Tensor];
export function adaptiveMaxPool2d(
  x: Tensor,
  outputSize: AdaptiveSize,
  options?: { returnIndices?: false },
  ...more: never[]
): Tensor;
export function adaptiveMaxPool2d(
  x: Tensor,
  outputSize: AdaptiveSize,
  options?: { returnIndices?: boolean },
  ...more: never[]
): Tensor | [Tensor, Tensor] {
  wantTensor("adaptiveMaxPool2d", "the input", x);
  adaptiveMaxPool2dOptions(options, more);
  if (x.ndim === 3)
    return alone<Pooled>("adaptiveMaxPool2d", x, (batch) =>
      adaptiveMaxPool2d(batch, outputSize, options as WithIndices),
    );
  const attrs = { size: sizeOf("adaptiveMaxPool2d", x, outputSize) };
  const values = apply(adaptiveMaxPool2dOp, [x], attrs);
  if (options?.returnIndices !== true) return values;
  return [values, new Tensor(adaptiveMaxPool2dIndices(arrayOf(x), attrs), "adaptiveMaxPool2d's indices")];
}

/** Throws where sequences have no element to pool. */
function wantElements(name: string, x: Tensor): void {
  if (x.ndim !== 3 || x.shape[2] !== 0) return;
  throw new RangeError(
    `${name}: wants an input [samples, channels, length] with an element a sequence, got ${formatShape(x.shape)}`,
  );
}

/**
 * The means of [samples, channels, length] over `outputSize` windows.
 * @shape [samples, channels, length] → [samples, channels, outputSize]
 * @example F.adaptiveAvgPool1d(tensor([[[1, 3, 5, 7]]]), 2); // → [[[2, 6]]]
 */
export function adaptiveAvgPool1d(x: Tensor, outputSize: number, ...more: never[]): Tensor {
  wantTensor("adaptiveAvgPool1d", "the input", x);
  wantWhole("adaptiveAvgPool1d", { outputSize }, 1);
  wantNoMore("adaptiveAvgPool1d", more);
  if (x.ndim === 2) return alone("adaptiveAvgPool1d", x, (batch) => adaptiveAvgPool1d(batch, outputSize));
  wantElements("adaptiveAvgPool1d", x);
  return alongRows("adaptiveAvgPool1d", x, (image) => adaptiveAvgPool2d(image, [1, outputSize]));
}

/**
 * The largest values of [samples, channels, length] over `outputSize` windows; with `returnIndices`: [values, indices].
 * @shape [samples, channels, length] → [samples, channels, outputSize], [samples, channels, outputSize]
 * @example F.adaptiveMaxPool1d(tensor([[[1, 3, 5, 7]]]), 2); // → [[[3, 7]]]
 */
export function adaptiveMaxPool1d(
  x: Tensor,
  outputSize: number,
  options: { returnIndices: true },
  ...more: never[]
): [values: Tensor, indices: Tensor];
export function adaptiveMaxPool1d(
  x: Tensor,
  outputSize: number,
  options?: { returnIndices?: false },
  ...more: never[]
): Tensor;
export function adaptiveMaxPool1d(
  x: Tensor,
  outputSize: number,
  options?: { returnIndices?: boolean },
  ...more: never[]
): Tensor | [Tensor, Tensor] {
  wantTensor("adaptiveMaxPool1d", "the input", x);
  wantWhole("adaptiveMaxPool1d", { outputSize }, 1);
  adaptiveMaxPool1dOptions(options, more);
  if (x.ndim === 2)
    return alone<Pooled>("adaptiveMaxPool1d", x, (batch) =>
      adaptiveMaxPool1d(batch, outputSize, options as WithIndices),
    );
  wantElements("adaptiveMaxPool1d", x);
  const size = [1, outputSize] as const;
  return alongRows<Tensor | [Tensor, Tensor]>("adaptiveMaxPool1d", x, (image) =>
    options?.returnIndices === true
      ? adaptiveMaxPool2d(image, size, { returnIndices: true })
      : adaptiveMaxPool2d(image, size),
  );
}
