// Launches conv2dGroups.wgsl: convolutions in groups and their gradients.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { sizeOf } from "../../gpu/shape.ts";
import { copiesToTextures } from "../gemm/gemm.ts";
import { reduceArray } from "../reductions/reduce.ts";
import finishing from "../shared/finish.wgsl" with { type: "text" };
import nan from "../shared/nan.wgsl" with { type: "text" };
import { AS_IT_IS, type Finish, finishParams } from "../shared/unfinished.ts";
import { unroll } from "../shared/unroll.ts";
import type { Conv2dAttrs, Geometry, Pair } from "./conv2dGeometry.ts";
import source from "./conv2dGroups.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "conv2dGroups",
  code: (sizes) => [unroll(source, sizes), finishing, nan].join("\n"),
  entries: {
    convolve: ({ TEXTURES }) => [TEXTURES === 1 ? "texture" : "read", "read", "write", "read", "read"],
    weigh: ["read", "read", "write"],
  },
});

/** Kernels of at most so many elements are unrolled whole, of others at most so many in a row. */
const UNROLLED = { whole: 25, inRow: 8 };
/**
 * Elements of a result from which on a program that takes long to compile is worth it. Below it a CPU runs loops over the
 * kernel's rows: those of one sound's MobileNet compile in a seventh of the time and take a tenth longer.
 */
const LARGE = 2 ** 17;
let unrolledFrom = LARGE;
/** Elements of a kernel that are soon compiled all the same where a load is little code: from a texture. */
const QUICK = 9;

/** Has results of so many elements or more computed by unrolled programs, or, by null, those where it pays. For tests. */
export function unrollFrom(elements: number | null): void {
  unrolledFrom = elements ?? LARGE;
}

/** Invocations that keep an adapter busy: weights are summed up in so many pieces. */
const BUSY = { software: 256, gpu: 2 ** 15 };

/** The convolution that a program is written for. */
interface Task {
  /** Of the result, or of dy: samples times channels, rows and columns. */
  planes: number;
  height: number;
  width: number;
  stride: Pair;
  dilation: Pair;
  /** The part of the kernel that may be unrolled. */
  kernel: Pair;
  /** Of the source, and where its first window begins. Null where windows begin at more places than one. */
  rows: { width: number; offset: number } | null;
  /** Channels that a result reads. */
  channels: number;
  /** Whether rows of the result lie one behind the other. */
  dense: boolean;
  /** Elements of the source, if it may be copied to a texture. */
  copied: number;
}

/** What a lane holds, and what of the kernel is unrolled. */
function program(task: Task) {
  const { height, width, stride, dilation, kernel, rows } = task;
  const [high, wide] = kernel;
  const { software } = device().adapter;
  const elements = task.planes * height * width;
  // A GPU's neighbouring lanes read neighbouring elements; on a CPU what a lane has read itself costs nothing.
  const single = !software || stride[1] > 4 || width === 1;
  const textures = !single && task.copied > 0 && copiesToTextures(4 * task.copied);
  const quick = textures && high * wide <= QUICK; // to compile
  const small = software && elements < unrolledFrom && !quick;
  const whole = high * wide <= UNROLLED.whole && !small;
  const TAPS_HIGH = dilation[0] === 1 && whole ? Math.max(high, 1) : 1;
  const columns = Math.max(wide, 1);
  const TAPS = dilation[1] !== 1 ? 1 : whole ? columns : divisor(columns, UNROLLED.inRow);
  const loops = task.channels > 1 || TAPS_HIGH !== high || TAPS !== wide;
  const tile = { elements, taps: TAPS_HIGH * TAPS, loops, stride: stride[0] };
  const [most, span] = textures ? tileFromTextures(tile) : [small ? 1 : tileFromBuffers(tile), 8];
  const SPAN = single ? 1 : width <= 4 ? 4 : width <= 8 ? 8 : span;
  const vectors = !textures && rows !== null && !small && SPAN > 1 && TAPS >= wide && rows.width % 4 === 0;
  return {
    ROWS: stride[0] > 2 ? 1 : Math.min(most, 2 ** Math.ceil(Math.log2(Math.max(height, 1)))),
    SPAN,
    TAPS_HIGH,
    TAPS,
    STRIDE_HEIGHT: stride[0],
    STRIDE_WIDTH: stride[1],
    LOOPS: loops ? 1 : 0,
    VECTORS: vectors ? 1 : 0,
    TEXTURES: textures ? 1 : 0,
    STORE_VECTORS: SPAN > 1 && !small && !textures && task.dense && width % 4 === 0 ? 1 : 0,
    SHIFT: vectors ? ((rows.offset % 4) + 4) % 4 : 0,
    WORKGROUP: software ? 8 : 64,
  };
}

interface Tile {
  elements: number;
  taps: number;
  loops: boolean;
  stride: number;
}

// A tile of many rows and columns reads least and takes the driver longest to compile, a second on a CPU.
function tileFromTextures({ elements, taps }: Tile): [rows: number, span: number] {
  if (elements >= LARGE) return taps <= QUICK ? [4, 16] : [4, 8];
  return taps <= 5 ? [1, 16] : [2, 8];
}

function tileFromBuffers({ elements, taps, loops, stride }: Tile): number {
  if (elements < LARGE) return 2;
  if (taps > 9) return loops ? 2 : 4;
  return loops || stride > 1 ? 4 : 8;
}

/** The program of a convolution as it is defined; on vec4s where its rows are, and may be read so. */
function programOf(g: Geometry, { stride, dilation, padding }: Conv2dAttrs, vectors: boolean | "texture") {
  return program({
    planes: g.batch * g.outChannels,
    height: g.outHeight,
    width: g.outWidth,
    stride,
    dilation,
    kernel: [g.kernelHeight, g.kernelWidth],
    rows: vectors ? { width: g.width, offset: -padding[1] } : null,
    channels: g.channels / g.groups,
    dense: true,
    copied: vectors === "texture" ? sizeOf(g.inShape) : 0,
  });
}

/** The largest divisor of n that is no larger than `most`. */
function divisor(n: number, most: number): number {
  let d = Math.min(n, most);
  while (n % d !== 0) d--;
  return d;
}

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

/** Invocations of convolve. */
function lanes(
  planes: number,
  height: number,
  width: number,
  { ROWS, SPAN }: { ROWS: number; SPAN: number },
) {
  return planes * Math.ceil(height / ROWS) * Math.ceil(width / SPAN);
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

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** dx, every element of it. */
export function groupsInputGradient(
  dy: DeviceArray,
  w: DeviceArray,
  dx: DeviceArray,
  g: Geometry,
  attrs: Conv2dAttrs,
): void {
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
