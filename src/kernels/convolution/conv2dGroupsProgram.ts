// Which program of conv2dGroups.wgsl suits a convolution in groups: what a lane holds, what of the kernel is
// unrolled, and whence it reads.
import { copiesToTextures } from "../../gpu/bindings.ts";
import { device } from "../../gpu/device.ts";
import { sizeOf } from "../../gpu/shape.ts";
import type { Conv2dAttrs, Geometry, Pair } from "./conv2dGeometry.ts";

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

/** The convolution that a program is written for. */
export interface Task {
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
export function program(task: Task) {
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
  const ROWS = stride[0] > 2 ? 1 : Math.min(most, 2 ** Math.ceil(Math.log2(Math.max(height, 1))));
  return {
    ROWS,
    ROLLED: textures && ROWS > 1 && elements < unrolledFrom ? 1 : 0,
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
function tileFromTextures({ elements, taps, stride }: Tile): [rows: number, span: number] {
  if (elements >= LARGE) return taps <= QUICK ? [4, 16] : [4, 8];
  if (taps <= 5) return [1, 16];
  return stride === 1 ? [8, 8] : [4, 8];
}

function tileFromBuffers({ elements, taps, loops, stride }: Tile): number {
  if (elements < LARGE) return 2;
  if (taps > 9) return loops ? 2 : 4;
  return loops || stride > 1 ? 4 : 8;
}

/** The program of a convolution as it is defined; on vec4s where its rows are, and may be read so. */
export function programOf(
  g: Geometry,
  { stride, dilation, padding }: Conv2dAttrs,
  vectors: boolean | "texture",
) {
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

/** Invocations of convolve. */
export function lanes(
  planes: number,
  height: number,
  width: number,
  { ROWS, SPAN }: { ROWS: number; SPAN: number },
) {
  return planes * Math.ceil(height / ROWS) * Math.ceil(width / SPAN);
}
