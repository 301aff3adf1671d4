// Launches depthwise.wgsl: convolutions in which a result reads one channel, and the gradients by their input, on adapters that
// read textures cheaply.

import type { DeviceArray } from "../../gpu/array.ts";
import { copiesToTextures } from "../../gpu/bindings.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { isAmongFirst } from "../gemm/gemm.ts";
import finishing from "../shared/finish.wgsl" with { type: "text" };
import nan from "../shared/nan.wgsl" with { type: "text" };
import texel from "../shared/texel.wgsl" with { type: "text" };
import { AS_IT_IS, type Finish, finishedBy, finishParams } from "../shared/unfinished.ts";
import { unroll } from "../shared/unroll.ts";
import type { Conv2dAttrs, Geometry, Pair } from "./conv2dGeometry.ts";
import program from "./depthwise.wgsl" with { type: "text" };
import plainProgram from "./depthwisePlain.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "depthwise",
  code: (sizes) => [unroll(program, sizes), finishedBy(sizes.FINISH!), nan, texel].join("\n"),
  entries: { walk: ["texture", "read", "write", "read", "read"] },
});

const plainly = defineKernel({
  name: "depthwisePlain",
  code: [plainProgram, finishing, nan],
  entries: { main: ["read", "read", "write", "read", "read"] },
});

/** The most weights of a channel that a program writes out. */
const MOST_TAPS = 49;
/** Columns that a lane walks down: 16 compile for twice as long, and are no faster. */
const SPAN = 8;
/** Lanes that keep a CPU's threads busy to the end: few planes are walked down in parts, of four rows at least. */
const BUSY = 512;

/** What is convolved: sizes of the source, the kernel over it, and the result, each channel of the source having as many of that. */
export interface Walk
  extends Pick<
    Geometry,
    | "batch"
    | "channels"
    | "height"
    | "width"
    | "outChannels"
    | "outHeight"
    | "outWidth"
    | "kernelHeight"
    | "kernelWidth"
  > {
  stride: Pair;
  /** Where the first window begins. */
  offset: Pair;
  /** Whether the kernel lies the other way round. */
  turned: boolean;
}

/** A convolution as it is defined, if each result reads one channel of x and it may be walked. */
export function walkForward(g: Geometry, { stride, padding, dilation }: Conv2dAttrs): Walk | null {
  if (g.channels !== g.groups) return null;
  return suited(dilation, { ...g, stride, offset: [-padding[0], -padding[1]], turned: false });
}

/** The gradient by its input, of dy, if each element of it reads one channel of dy and it may be walked. */
export function walkBack(g: Geometry, { stride, padding, dilation }: Conv2dAttrs): Walk | null {
  if (g.outChannels !== g.groups || stride[0] !== 1 || stride[1] !== 1) return null;
  return suited(dilation, {
    ...g,
    ...{ channels: g.outChannels, height: g.outHeight, width: g.outWidth },
    ...{ outChannels: g.channels, outHeight: g.height, outWidth: g.width },
    stride,
    offset: [padding[0] - g.kernelHeight + 1, padding[1] - g.kernelWidth + 1],
    turned: true,
  });
}

function suited(dilation: Pair, walk: Walk): Walk | null {
  const { batch, channels, height, width, kernelHeight, kernelWidth, stride, outWidth } = walk;
  const plain = dilation[0] === 1 && dilation[1] === 1 && stride[1] <= 4;
  const short = kernelHeight >= stride[0] && kernelHeight * kernelWidth <= MOST_TAPS;
  const suits = plain && short && outWidth > 1 && copiesToTextures(4 * batch * channels * height * width);
  return suits ? walk : null;
}

/** The result: w ∗ source + b, and what follows. */
export function walk(
  source: DeviceArray,
  w: DeviceArray,
  bias: DeviceArray | undefined,
  result: DeviceArray,
  of: Walk,
  finish: Finish = AS_IT_IS,
): void {
  const { kernelHeight: high, kernelWidth: wide, stride, offset, outWidth, outHeight } = of;
  const planes = of.batch * of.outChannels;
  const multiplyAdds = planes * outHeight * outWidth * high * wide;
  const arrays = [source, w, result, bias ?? w, finish.other ?? w]; // something must be bound
  const both = {
    ...{ channels: of.channels, height: of.height, width: of.width },
    ...{ outChannels: of.outChannels, outHeight, outWidth },
    ...{ planes, perChannel: of.outChannels / of.channels },
    ...{ offsetHeight: offset[0], offsetWidth: offset[1] },
    weightFirst: of.turned ? high * wide - 1 : 0,
    weightRow: of.turned ? -wide : wide,
    weightColumn: of.turned ? -1 : 1,
    ...finishParams(finish),
    hasBias: bias === undefined ? 0 : 1,
    tapsHigh: high,
  };
  const span = outWidth <= 4 ? 4 : SPAN;
  const STEP = [4, 2].find((step) => of.width % step === 0 && (span * stride[1]) % step === 0) ?? 1;
  const across = Math.ceil(outWidth / span);
  const strips = Math.min(Math.ceil(BUSY / (planes * across)), Math.ceil(outHeight / 4));
  const rows = Math.ceil(outHeight / strips);
  const sizes = {
    SPAN: span,
    TAPS_HIGH: high,
    TAPS: wide,
    STRIDE_HEIGHT: stride[0],
    STRIDE_WIDTH: stride[1],
    AHEAD: Math.ceil(high / stride[0]) - 1,
    STEP,
    SHIFT: ((offset[1] % STEP) + STEP) % STEP,
    FINISH: finish.f,
    ADDS: finish.other === null ? 0 : 1,
    STORE_VECTORS: outWidth % 4 === 0 ? 1 : 0,
  };
  if (isAmongFirst(multiplyAdds, `walk ${Object.values(sizes)}`)) {
    plainly.launch("main", {
      arrays,
      params: { ...both, taps: wide, strideHeight: stride[0], strideWidth: stride[1] },
      operations: 2 * multiplyAdds,
      groups: linearGroups(planes * outHeight * Math.ceil(outWidth / 4), 64),
    });
    return;
  }
  kernel.launch("walk", {
    arrays,
    params: { ...both, rows, span },
    sizes,
    operations: 2 * multiplyAdds,
    groups: linearGroups(planes * across * Math.ceil(outHeight / rows), 8),
  });
}
