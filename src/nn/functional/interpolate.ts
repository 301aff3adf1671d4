// F: Images and sequences of another size.
import { formatShape } from "../../gpu/shape.ts";
import {
  type InterpolateAttrs,
  interpolate as interpolateOp,
} from "../../kernels/interpolation/interpolate.ts";
import { derive, linear } from "../../tensor/autograd/derive.ts";
import { show, wantPositive, wantTensor, wantWhole } from "../../tensor/check.ts";
import { takes } from "../../tensor/options.ts";
import { scope } from "../../tensor/scope.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import { adaptiveAvgPool1d, adaptiveAvgPool2d } from "./adaptivePooling.ts";
import { INTERPOLATE, type MODES } from "./shared/interpolateOptions.ts";

/** What interpolate takes beside the image: a size or a factor, and how. */
export interface InterpolateOptions {
  /** Of the result: one number for all sides, or a list. */
  size?: number | readonly number[] | null;
  /** Or how many times as large it is. */
  scaleFactor?: number | readonly number[] | null;
  mode?: (typeof MODES)[number];
  /** Corners of both images lie on each other, rather than the edges of their outermost pixels; of linear and cubic modes. */
  alignCorners?: boolean | null;
  /** Whether the result's places follow from its size where scaleFactor is given, rather than from the factor itself. */
  recomputeScaleFactor?: boolean | null;
}

derive(interpolateOp, linear);

const interpolateOptions = takes("interpolate", 2, INTERPOLATE);

/**
 * [samples, channels, length] or [samples, channels, height, width] at another size, by size or by factor (⌊n · factor⌋).
 * Modes: "nearest", "nearest-exact" (as PIL has it), "area" (means), "linear" for sequences, "bilinear" and "bicubic" for images.
 * @shape [samples, channels, length] → [samples, channels, steps]
 * @shape [samples, channels, height, width] → [samples, channels, rows, columns]
 * @example F.interpolate(tensor([[[1, 2]]]), { scaleFactor: 2 }); // → [[[1, 1, 2, 2]]]
 */
export function interpolate(x: Tensor, options?: InterpolateOptions, ...more: never[]): Tensor {
  wantTensor("interpolate", "the input", x);
  interpolateOptions(options, more);
  const { size = null, scaleFactor = null, mode = "nearest", alignCorners = null } = options ?? {};
  const from = x.shape.slice(2);
  const rank = from.length;
  if (rank !== 1 && rank !== 2) {
    throw new RangeError(
      `interpolate: wants an input [samples, channels, length] or [samples, channels, height, width], got ${formatShape(x.shape)}`,
    );
  }
  if (mode === (rank === 1 ? "bilinear" : "linear") || (mode === "bicubic" && rank === 1)) {
    const instead = rank === 1 ? '"linear"' : '"bilinear"';
    throw new RangeError(
      `interpolate: mode "${mode}" is not for an input ${formatShape(x.shape)}: ${instead} is`,
    );
  }
  if (alignCorners !== null && !["linear", "bilinear", "bicubic"].includes(mode)) {
    throw new RangeError(`interpolate: mode "${mode}" has no alignCorners`);
  }
  if ((size === null) === (scaleFactor === null)) {
    throw new RangeError("interpolate: wants one of size and scaleFactor");
  }
  const factors = scaleFactor === null ? null : sides(scaleFactor, "scaleFactor", rank);
  for (const factor of factors ?? []) wantPositive("interpolate", { scaleFactor: factor });
  const to =
    size !== null ? sides(size, "size", rank) : from.map((n, axis) => Math.floor(n * factors![axis]!));
  for (const n of to) {
    if (size !== null) wantWhole("interpolate", { size: n }, 1);
    else if (n < 1) throw new RangeError(`interpolate: scaleFactor ${show(scaleFactor)} leaves nothing`);
  }
  if (mode === "area") {
    return rank === 1 ? adaptiveAvgPool1d(x, to[0]!) : adaptiveAvgPool2d(x, [to[0]!, to[1]!]);
  }
  const byFactor = factors !== null && options?.recomputeScaleFactor !== true;
  const scale = to.map((n, axis) => (byFactor ? 1 / factors[axis]! : from[axis]! / n));
  const kernelMode = mode === "bicubic" ? "cubic" : mode === "bilinear" ? "linear" : mode;
  const two = (sizes: readonly number[]) => [rank === 1 ? 1 : sizes[0]!, sizes.at(-1)!] as const;
  const attrs: InterpolateAttrs = {
    mode: kernelMode as InterpolateAttrs["mode"],
    alignCorners: alignCorners ?? false,
    from: two(from),
    to: two(to),
    scale: two(scale),
  };
  if (rank === 2) return apply(interpolateOp, [x], attrs);
  return scope(() => apply(interpolateOp, [x.unsqueeze(2)], attrs).squeeze(2), "interpolate");
}

/** One number a side. */
function sides(value: number | readonly number[], what: string, rank: number): readonly number[] {
  const all = typeof value === "number" ? new Array<number>(rank).fill(value) : value;
  if (all.length === rank) return all;
  throw new RangeError(
    `interpolate: ${what} is a number or a list of ${rank} for such an input, got ${show(value)}`,
  );
}
