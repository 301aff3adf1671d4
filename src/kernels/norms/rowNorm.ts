// Layer, group and root mean square normalisation: rows of an array, each by its own statistics, and their gradients.

import { type DeviceArray, empty } from "../../gpu/array.ts";
import { type Access, copiesToTextures } from "../../gpu/bindings.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Context, Op } from "../../gpu/op.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "../../gpu/shape.ts";
import { hasEightLanes } from "../shared/lanes.ts";
import lanes from "../shared/lanes.wgsl" with { type: "text" };
import { requireFloat } from "../shared/require.ts";
import { MANY_ROWS, rowsAreAlone } from "../shared/rows.ts";
import texel from "../shared/texel.wgsl" with { type: "text" };
import { unroll } from "../shared/unroll.ts";
import source from "./rowNorm.wgsl" with { type: "text" };
import tilesSource from "./rowNormTiles.wgsl" with { type: "text" };

const reads = ({ TEXTURES }: Record<string, number>): Access => (TEXTURES === 1 ? "texture" : "read");

const kernel = defineKernel({
  name: "rowNorm",
  code: (sizes) => [unroll(source, sizes), texel].join("\n"),
  entries: {
    forward: ["read", "write", "write", "read", "read"],
    gradient: ["read", "read", "read", "read", "write"],
    total: ["read", "read", "read", "write", "write"],
    partial: ["read", "read", "read", "write"],
    merge: ["read", "write", "write"],
    forwardFours: (sizes) => [reads(sizes), "write", "write", reads(sizes), reads(sizes)],
    gradientFours: (sizes) => [reads(sizes), reads(sizes), "read", reads(sizes), "write"],
    totalFours: (sizes) => [reads(sizes), reads(sizes), "read", reads(sizes), "read", "write", "write"],
    allFours: (sizes) => [reads(sizes), reads(sizes), "read", reads(sizes), "write", "write", "write"],
  },
});

const tiles = defineKernel({
  name: "rowNormTiles",
  code: (sizes) =>
    ["enable subgroups;", unroll(source, sizes), unroll(tilesSource, sizes), lanes, texel].join("\n"),
  entries: {
    forwardTile: (sizes) => [reads(sizes), "write", "write", reads(sizes), reads(sizes)],
    gradientTile: (sizes) => [reads(sizes), reads(sizes), "read", reads(sizes), "write"],
    allTile: (sizes) => [reads(sizes), reads(sizes), "read", reads(sizes), "write", "write", "write"],
  },
});

export interface RowNormAttrs {
  /** Layer and RMS norm: how many of the last dimensions are a row. Group norm: how many groups the channels make. */
  dims?: number;
  groups?: number;
  eps: number;
  /** Whether a weight, and a bias, is among the inputs. */
  weight: boolean;
  bias: boolean;
}

/** x as [samples, groups, n], the n elements of a row being those of n / inner channels. */
interface Rows {
  samples: number;
  groups: number;
  n: number;
  inner: number;
}

function rowsOf(shape: Shape, { dims, groups = 1 }: RowNormAttrs): Rows {
  if (dims !== undefined) {
    const at = shape.length - dims;
    return { samples: sizeOf(shape.slice(0, at)), groups: 1, n: sizeOf(shape.slice(at)), inner: 1 };
  }
  const inner = sizeOf(shape.slice(2));
  return { samples: shape[0]!, groups, n: (shape[1]! / groups) * inner, inner };
}

const channelsOf = ({ groups, n, inner }: Rows) => (inner === 0 ? 0 : (groups * n) / inner);

/** How many invocations share a row, in workgroups of how many. */
function sharing({ samples, groups, n }: Rows) {
  const { software } = device().adapter;
  const alone = rowsAreAlone(samples * groups, n);
  return { LANES: alone ? 1 : 64, WORKGROUP: alone && software ? 8 : 64 };
}

/** Whether a CPU adapter takes four elements of a row at a time. */
function suitFours({ groups, n, inner }: Rows): boolean {
  return device().adapter.software && groups === 1 && inner === 1 && n % 4 === 0;
}

/** Vec4s of a row that a lane of rowNormTiles.wgsl keeps at most, and rows that a workgroup has. */
const MOST_IN_TILE = 8;
const ROWS_OF_TILE = 16;

/** Vec4s of a row that each of 8 lanes keeps where a subgroup has a row; 0 where none has, as rows are too short, too long or too few. */
function tileOf(rows: Rows): number {
  if (!hasEightLanes() || !suitFours(rows) || rows.n < 32 || rows.samples < MANY_ROWS) return 0;
  const each = Math.ceil(rows.n / 32);
  return each <= MOST_IN_TILE ? each : 0;
}

/** Elements that are worth copying to textures. */
const WORTH_COPYING = 2 ** 15;

/** For a program of fours or tiles: whether x is read from a texture, and what is read beside it. */
function texturesFor(x: DeviceArray): { TEXTURES: number } {
  return { TEXTURES: x.size >= WORTH_COPYING && copiesToTextures(4 * x.size) ? 1 : 0 };
}
const PLAIN = { TEXTURES: 0 };

/** Invocations that keep an adapter busy, and elements that are worth one. */
const ENOUGH = { software: 128, gpu: 16_384 };
const CHUNK = 64;

/** How a channel's elements are split for the sums of the gradient: by places within a sample first, then by samples. */
function splits(rows: Rows) {
  const wanted = ENOUGH[device().adapter.software ? "software" : "gpu"] / Math.max(channelsOf(rows), 1);
  const worth = Math.floor((rows.samples * rows.inner) / CHUNK);
  const count = Math.max(1, Math.min(Math.ceil(wanted), worth));
  const splitsInner = Math.min(count, Math.max(1, Math.floor(rows.inner / CHUNK)));
  const splitsOuter = Math.max(1, Math.min(Math.floor(count / splitsInner), rows.samples));
  return { splitsOuter, splitsInner };
}

function paramsOf(rows: Rows, eps: number, lanes = 1) {
  const { inner } = rows;
  const stepInner = inner === 0 ? 0 : lanes % inner;
  return {
    ...rows,
    stepChannels: inner === 0 ? 0 : (lanes - stepInner) / inner,
    stepInner,
    splitsOuter: 1,
    splitsInner: 1,
    each: ROWS_OF_TILE,
    sumGroups: 0,
    every: 1,
    eps,
  };
}

function launchRows(
  entry: "forward" | "gradient",
  arrays: DeviceArray[],
  rows: Rows,
  { eps, weight, bias }: RowNormAttrs,
  centred: boolean,
  add = false,
): void {
  const { LANES, WORKGROUP } = sharing(rows);
  const constants: Record<string, number> = { CENTRED: Number(centred), WEIGHT: Number(weight) };
  if (entry === "forward") constants.BIAS = Number(bias);
  else constants.ADD = Number(add);
  const count = rows.n === 0 ? 0 : rows.samples * rows.groups;
  const params = paramsOf(rows, eps, LANES);
  const TILE = LANES === 1 ? tileOf(rows) : 0;
  if (TILE > 0) {
    const sizes = { ...texturesFor(arrays[0]!), TILE };
    const groups = linearGroups(count, ROWS_OF_TILE);
    tiles.launch(`${entry}Tile`, { arrays, params, constants, sizes, groups });
    return;
  }
  const fours = LANES === 1 && suitFours(rows);
  kernel.launch(fours ? `${entry}Fours` : entry, {
    arrays,
    params,
    constants: { ...constants, ...(fours ? {} : { LANES }), WORKGROUP },
    sizes: fours ? texturesFor(arrays[0]!) : PLAIN,
    groups: linearGroups(count, WORKGROUP / LANES),
  });
}

/** Whether dx, dweight and dbias come from one launch. */
function comeTogether(rows: Rows): boolean {
  const { splitsOuter, splitsInner } = splits(rows);
  return rows.n > 0 && suitFours(rows) && sharing(rows).LANES === 1 && splitsOuter * splitsInner === 1;
}

/** Writes dx, or adds it to what is there, where comeTogether says so; dweight and dbias. */
function allGradients(
  [x, dy, found, weight, dx]: [DeviceArray, DeviceArray, DeviceArray, DeviceArray, DeviceArray],
  rows: Rows,
  { weight: hasWeight }: RowNormAttrs,
  centred: boolean,
  add: boolean,
): [DeviceArray, DeviceArray] {
  const dWeight = empty([rows.n], "float32", "a norm's gradient");
  const dBias = empty([rows.n], "float32", "a norm's gradient");
  const { WORKGROUP } = sharing(rows);
  const TILE = tileOf(rows);
  const sumGroups = Math.ceil(rows.n / 4 / WORKGROUP);
  const all = sumGroups + Math.ceil(rows.samples / (TILE > 0 ? ROWS_OF_TILE : WORKGROUP));
  const launch = {
    arrays: [x, dy, found, weight, dx, dWeight, dBias],
    params: { ...paramsOf(rows, 0), sumGroups, every: Math.floor(all / sumGroups) },
    groups: linearGroups(all, 1),
  };
  const constants = { CENTRED: Number(centred), WEIGHT: Number(hasWeight), ADD: Number(add) };
  const sizes = texturesFor(x);
  if (TILE > 0) tiles.launch("allTile", { ...launch, constants, sizes: { ...sizes, TILE } });
  else kernel.launch("allFours", { ...launch, constants: { ...constants, WORKGROUP }, sizes });
  return [dWeight, dBias];
}

/** dweight and dbias. */
function channelSums(arrays: DeviceArray[], rows: Rows, centred: boolean): [DeviceArray, DeviceArray] {
  const channels = channelsOf(rows);
  const dWeight = empty([channels], "float32", "a norm's gradient");
  const dBias = empty([channels], "float32", "a norm's gradient");
  const { splitsOuter, splitsInner } = splits(rows);
  const params = { ...paramsOf(rows, 0), splitsOuter, splitsInner };
  const WORKGROUP = device().adapter.software ? 8 : 64;
  const constants = { WORKGROUP, CENTRED: Number(centred) };
  const count = splitsOuter * splitsInner;
  const perChannel = linearGroups(channels, WORKGROUP);
  if (count === 1) {
    const fours = suitFours(rows);
    const [x] = arrays as [DeviceArray];
    kernel.launch(fours ? "totalFours" : "total", {
      arrays: [...arrays, ...(fours ? [x, x] : []), dWeight, dBias], // something must be bound
      params,
      constants,
      sizes: fours ? texturesFor(x) : PLAIN,
      groups: fours ? linearGroups(channels / 4, WORKGROUP) : perChannel,
    });
    return [dWeight, dBias];
  }
  const parts = empty([splitsOuter, channels, splitsInner, 2], "float32", "a norm's partial sums");
  const groups = linearGroups(channels * count, WORKGROUP);
  kernel.launch("partial", { arrays: [...arrays, parts], params, constants, sizes: PLAIN, groups });
  const merging = {
    arrays: [parts, dWeight, dBias],
    params,
    constants: { WORKGROUP },
    sizes: PLAIN,
    groups: perChannel,
  };
  kernel.launch("merge", merging);
  parts.release();
  return [dWeight, dBias];
}

function requireInputs(name: string, inputs: readonly DeviceArray[], attrs: RowNormAttrs): void {
  requireFloat(name, ...inputs);
  const { shape } = inputs[0]!;
  const wanted = attrs.dims === undefined ? [shape[1]!] : shape.slice(shape.length - attrs.dims);
  const names = [...(attrs.weight ? ["weight"] : []), ...(attrs.bias ? ["bias"] : [])];
  for (const [i, what] of names.entries()) {
    const array = inputs[i + 1]!;
    if (sameShape(array.shape, wanted)) continue;
    throw new RangeError(`${name}: the ${what} is ${formatShape(wanted)}, got ${formatShape(array.shape)}`);
  }
}

function define(name: string, centred: boolean): Op<RowNormAttrs> {
  return {
    name,
    forward(ctx, inputs, attrs) {
      requireInputs(name, inputs, attrs);
      const x = inputs[0]!;
      const weight = attrs.weight ? inputs[1]! : null;
      const bias = attrs.bias ? inputs[attrs.weight ? 2 : 1]! : null;
      const rows = rowsOf(x.shape, attrs);
      const y = empty(x.shape, "float32", name);
      const found = empty([rows.samples * rows.groups, 2], "float32", `${name}'s statistics`);
      launchRows("forward", [x, y, found, weight ?? x, bias ?? x], rows, attrs, centred);
      ctx.save(x, found, ...(weight === null ? [] : [weight]));
      found.release();
      return y;
    },
    backward(ctx, dy) {
      const dx = ctx.needsInputGrad[0] ? empty(ctx.inputShapes[0]!, "float32", `${name}'s gradient`) : null;
      return [dx, ...gradients(ctx, dy, dx, false)];
    },
    accumulate: (ctx, dy, into) => [null, ...gradients(ctx, dy, into, true)],
  };

  /** Writes dx, or adds it to what is there; returns those of weight and bias. */
  function gradients(ctx: Context<RowNormAttrs>, dy: DeviceArray, dx: DeviceArray | null, add: boolean) {
    const [x, found, weight] = ctx.saved as [DeviceArray, DeviceArray, DeviceArray?];
    const { attrs, needsInputGrad: needs } = ctx;
    const rows = rowsOf(x.shape, attrs);
    const needsSums = needs[1] || needs[2];
    const together = dx !== null && needsSums && comeTogether(rows);
    if (dx !== null && !together)
      launchRows("gradient", [x, dy, found, weight ?? x, dx], rows, attrs, centred, add);
    if (!needsSums) return [];
    const sums = together
      ? allGradients([x, dy, found, weight ?? x, dx], rows, attrs, centred, add)
      : channelSums([x, dy, found], rows, centred);
    const kept = [attrs.weight, attrs.bias];
    const views = sums.flatMap((sum, i) => (kept[i] ? [sum.view(ctx.inputShapes[1]!)] : []));
    for (const sum of sums) sum.release();
    return views;
  }
}

/** Inputs: x; then weight and bias, as far as `attrs` says that there are, of the shape of a row. */
export const layerNorm = define("layerNorm", true);
/** The same without the mean; there is no bias. */
export const rmsNorm = define("rmsNorm", false);
/** Inputs: x [samples, channels, …]; then weight and bias [channels]. */
export const groupNorm = define("groupNorm", true);
