// Launches conv2dGroups.wgsl: convolutions in groups and their gradients, by the programs of conv2dGroupsProgram.ts; those that read
// one channel a result by depthwise.ts where it suits.

import { type DeviceArray, empty } from "../../gpu/array.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { gcd } from "../../gpu/shape.ts";
import { reduceArray } from "../reductions/reduce.ts";
import finishing from "../shared/finish.wgsl" with { type: "text" };
import nan from "../shared/nan.wgsl" with { type: "text" };
import texel from "../shared/texel.wgsl" with { type: "text" };
import { AS_IT_IS, type Finish, finishParams } from "../shared/unfinished.ts";
import { unroll } from "../shared/unroll.ts";
import type { Conv2dAttrs, Geometry, Pair } from "./conv2dGeometry.ts";
import source from "./conv2dGroups.wgsl" with { type: "text" };
import { lanes, program, programOf, type Task } from "./conv2dGroupsProgram.ts";
import { walk, walkBack, walkForward } from "./depthwise.ts";

const kernel = defineKernel({
  name: "conv2dGroups",
  code: (sizes) => [unroll(source, sizes), finishing, nan, texel].join("\n"),
  entries: {
    convolve: ({ TEXTURES }) => [TEXTURES === 1 ? "texture" : "read", "read", "write", "read", "read"],
    weigh: ["read", "read", "write"],
  },
});

/** Invocations that keep an adapter busy: weights are summed up in so many pieces. */
const BUSY = { software: 256, gpu: 2 ** 15 };

function multiplyAdds(g: Geometry): number {
  return g.batch * g.positions * g.outChannels * g.patchSize;
}

const ones: Pair = [1, 1];
const NOTHING = { ...finishParams(AS_IT_IS), hasBias: 0, slices: 0 };
const NO_WEIGHTS = {
  weightFirst: 0,
  weightGroup: 0,
  weightOut: 0,
  weightIn: 0,
  weightRow: 0,
  weightColumn: 0,
};
const NO_RESULT = { resultFirst: 0, resultPlane: 0, resultRow: 0, resultColumn: 0 };

/** The source, the kernel over it and the result of a convolution as it is defined. */
function paramsOf(g: Geometry, { padding, dilation }: Conv2dAttrs) {
  return {
    ...NOTHING,
    samples: g.batch,
    channels: g.channels,
    height: g.height,
    width: g.width,
    outChannels: g.outChannels,
    outHeight: g.outHeight,
    outWidth: g.outWidth,
    outPerGroup: g.outChannels / g.groups,
    inPerGroup: g.channels / g.groups,
    kernelHeight: g.kernelHeight,
    kernelWidth: g.kernelWidth,
    dilationHeight: dilation[0],
    dilationWidth: dilation[1],
    offsetHeight: -padding[0],
    offsetWidth: -padding[1],
  };
}

/** y = w ∗ x + b, and what follows. */
export function groupsForward(
  x: DeviceArray,
  w: DeviceArray,
  bias: DeviceArray | undefined,
  y: DeviceArray,
  g: Geometry,
  attrs: Conv2dAttrs,
  finish: Finish,
): void {
  const walked = walkForward(g, attrs);
  if (walked !== null) {
    walk(x, w, bias, y, walked, finish);
    return;
  }
  const taps = g.kernelHeight * g.kernelWidth;
  const sizes = programOf(g, attrs, "texture");
  kernel.launch("convolve", {
    arrays: [x, w, y, bias ?? w, finish.other ?? w], // something must be bound
    params: {
      ...paramsOf(g, attrs),
      ...finishParams(finish),
      weightFirst: 0,
      weightGroup: (g.outChannels / g.groups) * g.patchSize,
      weightOut: g.patchSize,
      weightIn: taps,
      weightRow: g.kernelWidth,
      weightColumn: 1,
      resultFirst: 0,
      resultPlane: g.positions,
      resultRow: g.outWidth,
      resultColumn: 1,
      hasBias: bias === undefined ? 0 : 1,
    },
    sizes,
    operations: 2 * multiplyAdds(g),
    groups: linearGroups(lanes(g.batch * g.outChannels, g.outHeight, g.outWidth, sizes), sizes.WORKGROUP),
  });
}

/** One phase of an axis of the input's gradient: rows first + i · stride, and the convolution that makes them. */
interface Phase {
  first: number;
  count: number;
  /** Elements of the kernel that take part, from the last one, `from`, back in steps of `period`. */
  taps: number;
  from: number;
  period: number;
  dilation: number;
  offset: number;
}

/**
 * Row h of the input was read by output row p through element k where h + padding = p · stride + k · dilation. For the
 * rows with (h + padding) mod stride = phase these are k = k₀ + period · j, and p falls by dilation / gcd from j to j + 1.
 */
function phaseOf(phase: number, axis: 0 | 1, g: Geometry, attrs: Conv2dAttrs): Phase {
  const [stride, padding, dilation] = [attrs.stride[axis], attrs.padding[axis], attrs.dilation[axis]];
  const [size, kernelSize] = [[g.height, g.width][axis]!, [g.kernelHeight, g.kernelWidth][axis]!];
  const common = gcd(stride, dilation);
  const period = stride / common;
  const first = (((phase - padding) % stride) + stride) % stride;
  let k0 = 0;
  while (k0 < kernelSize && (k0 * dilation) % stride !== phase) k0++;
  const taps = Math.ceil((kernelSize - k0) / period);
  const step = dilation / common;
  return {
    first,
    count: Math.max(0, Math.ceil((size - first) / stride)),
    taps,
    from: k0 + period * (taps - 1),
    period,
    dilation: step,
    offset: taps === 0 ? 0 : (first + padding - k0 * dilation) / stride - (taps - 1) * step,
  };
}

/** dx, every element of it. */
export function groupsInputGradient(
  dy: DeviceArray,
  w: DeviceArray,
  dx: DeviceArray,
  g: Geometry,
  attrs: Conv2dAttrs,
): void {
  const walked = walkBack(g, attrs);
  if (walked !== null) {
    walk(dy, w, undefined, dx, walked);
    return;
  }
  const { stride } = attrs;
  for (let row = 0; row < stride[0]; row++)
    for (let column = 0; column < stride[1]; column++)
      launchPhase(dy, w, dx, g, attrs, phaseOf(row, 0, g, attrs), phaseOf(column, 1, g, attrs));
}

function launchPhase(
  dy: DeviceArray,
  w: DeviceArray,
  dx: DeviceArray,
  g: Geometry,
  { stride }: Conv2dAttrs,
  rows: Phase,
  columns: Phase,
): void {
  const taps = g.kernelHeight * g.kernelWidth;
  const [outPerGroup, inPerGroup] = [g.outChannels / g.groups, g.channels / g.groups];
  const task: Task = {
    planes: g.batch * g.channels,
    height: rows.count,
    width: columns.count,
    stride: ones,
    dilation: [rows.dilation, columns.dilation],
    kernel: [rows.taps, columns.taps],
    rows: { width: g.outWidth, offset: columns.offset },
    channels: outPerGroup,
    copied: stride[0] === 1 && stride[1] === 1 ? dy.size : 0,
    dense: stride[0] === 1 && stride[1] === 1,
  };
  // With a stride each phase has a kernel of its own. Without vec4s one program that unrolls nothing ([0, 0]) does them all.
  const own = program(task);
  const sizes =
    own.VECTORS === 1 || (stride[0] === 1 && stride[1] === 1)
      ? own
      : program({ ...task, kernel: [0, 0], rows: null });
  kernel.launch("convolve", {
    arrays: [dy, w, dx, w, w], // something must be bound
    params: {
      ...NOTHING,
      samples: g.batch,
      channels: g.outChannels,
      height: g.outHeight,
      width: g.outWidth,
      outChannels: g.channels,
      outHeight: rows.count,
      outWidth: columns.count,
      outPerGroup: inPerGroup,
      inPerGroup: outPerGroup,
      kernelHeight: rows.taps,
      kernelWidth: columns.taps,
      dilationHeight: rows.dilation,
      dilationWidth: columns.dilation,
      offsetHeight: rows.offset,
      offsetWidth: columns.offset,
      weightFirst: rows.from * g.kernelWidth + columns.from,
      weightGroup: outPerGroup * inPerGroup * taps,
      weightOut: taps,
      weightIn: inPerGroup * taps,
      weightRow: -rows.period * g.kernelWidth,
      weightColumn: -columns.period,
      resultFirst: rows.first * g.width + columns.first,
      resultPlane: g.height * g.width,
      resultRow: stride[0] * g.width,
      resultColumn: stride[1],
    },
    sizes,
    operations: (2 * multiplyAdds(g)) / (stride[0] * stride[1]),
    groups: linearGroups(lanes(g.batch * g.channels, rows.count, columns.count, sizes), sizes.WORKGROUP),
  });
}

/** dw, summed up in slices where there are too few weights to keep the adapter busy. Owned by the caller. */
export function groupsWeightGradient(
  x: DeviceArray,
  dy: DeviceArray,
  shape: readonly number[],
  g: Geometry,
  attrs: Conv2dAttrs,
): DeviceArray {
  const sizes = programOf(g, attrs, g.outWidth % 4 === 0);
  const parts = (g.outChannels * g.patchSize) / (sizes.TAPS_HIGH * sizes.TAPS);
  const tiles = lanes(g.batch, g.outHeight, g.outWidth, sizes);
  const busy = device().adapter.software ? BUSY.software : BUSY.gpu;
  const slices = Math.max(1, Math.min(tiles, Math.ceil(busy / parts)));
  const sums = empty([slices, ...shape], "float32", "conv2d's weight gradient");
  kernel.launch("weigh", {
    arrays: [x, dy, sums],
    params: { ...NO_WEIGHTS, ...NO_RESULT, ...paramsOf(g, attrs), slices },
    sizes,
    operations: 2 * multiplyAdds(g),
    groups: linearGroups(parts * slices, sizes.WORKGROUP),
  });
  const dw = slices === 1 ? sums.view(shape) : reduceArray("sum", sums, [0]);
  sums.release();
  return dw;
}
