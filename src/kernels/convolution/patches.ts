// Images to the patches that a convolution reads, and back (PyTorch's unfold and fold).
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { requireFloat } from "../shared/require.ts";
import type { Pair } from "./conv2dGeometry.ts";
import source from "./patches.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "patches",
  code: source,
  entries: { unfold: ["read", "write"], fold: ["read", "write"] },
});

export interface UnfoldAttrs {
  /** The images' height and width. */
  image: Pair;
  kernel: Pair;
  stride: Pair;
  padding: Pair;
  dilation: Pair;
}

/** How many patches lie one below the other, and side by side. */
export function patchesOf({ image, kernel, stride, padding, dilation }: UnfoldAttrs): [number, number] {
  const along = (axis: 0 | 1) =>
    Math.floor((image[axis] + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis]) +
    1;
  return [along(0), along(1)];
}

function launch(entry: "unfold" | "fold", x: DeviceArray, shape: number[], attrs: UnfoldAttrs): DeviceArray {
  const result = empty(shape, "float32", entry);
  const [outHeight, outWidth] = patchesOf(attrs);
  const { image, kernel: size, stride, padding, dilation } = attrs;
  kernel.launch(entry, {
    arrays: [x, result],
    params: {
      n: result.size,
      height: image[0],
      width: image[1],
      outHeight,
      outWidth,
      paddingHeight: padding[0],
      paddingWidth: padding[1],
      dilationHeight: dilation[0],
      dilationWidth: dilation[1],
    },
    constants: {
      KERNEL_HEIGHT: size[0],
      KERNEL_WIDTH: size[1],
      STRIDE_HEIGHT: stride[0],
      STRIDE_WIDTH: stride[1],
    },
    groups: linearGroups(result.size, 64),
  });
  return result;
}

function columnsOf(x: DeviceArray, attrs: UnfoldAttrs): DeviceArray {
  const [samples, channels] = x.shape as [number, number];
  const [down, across] = patchesOf(attrs);
  const rows = channels * attrs.kernel[0] * attrs.kernel[1];
  return launch("unfold", x, [samples, rows, down * across], attrs);
}

function imageOf(columns: DeviceArray, attrs: UnfoldAttrs): DeviceArray {
  const [samples, rows] = columns.shape as [number, number];
  const channels = rows / (attrs.kernel[0] * attrs.kernel[1]);
  return launch("fold", columns, [samples, channels, ...attrs.image], attrs);
}

/** [samples, channels, height, width] → [samples, channels · kernel, patches]. */
export const unfold: Op<UnfoldAttrs> = {
  name: "F.unfold",
  forward(_, [x], attrs) {
    requireFloat("unfold", x!);
    return columnsOf(x!, attrs);
  },
  backward: (ctx, dy) => [imageOf(dy, ctx.attrs)],
};

/** And back, where patches are added up. */
export const fold: Op<UnfoldAttrs> = {
  name: "fold",
  forward(_, [columns], attrs) {
    requireFloat("fold", columns!);
    return imageOf(columns!, attrs);
  },
  backward: (ctx, dy) => [columnsOf(dy, ctx.attrs)],
};
