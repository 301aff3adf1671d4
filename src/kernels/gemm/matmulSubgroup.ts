// The matrix product for adapters with subgroups of 8 lanes: launches matmulSubgroup.wgsl and matmulTexture.wgsl, on operands as
// they are or on panels of them.
import type { DeviceArray } from "../../gpu/array.ts";
import type { Access } from "../../gpu/bindings.ts";
import { MOST_GROUPS } from "../../gpu/device.ts";
import { defineKernel } from "../../gpu/kernel.ts";
import { sizeOf } from "../../gpu/shape.ts";
import { TEXTURE_BYTES } from "../../gpu/texture.ts";
import { pick } from "../shapes/copy.ts";
import finish from "../shared/finish.wgsl" with { type: "text" };
import nan from "../shared/nan.wgsl" with { type: "text" };
import texel from "../shared/texel.wgsl" with { type: "text" };
import { unroll } from "../shared/unroll.ts";
import operandsSource from "./gemmOperands.wgsl" with { type: "text" };
import buffersSource from "./matmulSubgroup.wgsl" with { type: "text" };
import texturesSource from "./matmulTexture.wgsl" with { type: "text" };
import tilesSource from "./matmulTiles.wgsl" with { type: "text" };
import { pack, panelSize } from "./pack.ts";
import {
  bindingsOf,
  isGathered,
  type Operand,
  operationsOf,
  type Product,
  paramsOf,
  toFours,
  transposed,
} from "./product.ts";

const code =
  (source: string, ...joined: string[]) =>
  (sizes: Record<string, number>) =>
    [unroll(source, sizes), unroll(tilesSource, sizes), operandsSource, finish, nan, ...joined].join("\n");

/** What is bound, and with SUMS 1 the array that A's rows are added up in. */
const withSums =
  (bound: readonly Access[]) =>
  ({ SUMS }: Record<string, number>) => [...bound, ...Array<Access>(SUMS!).fill("write")];

const BUFFERS = withSums(["read", "read", "write", "read", "read", "read"]);
const fromBuffers = defineKernel({
  name: "matmulSubgroup",
  code: code(buffersSource),
  entries: { rows8: BUFFERS, rows16: BUFFERS, rows32: BUFFERS },
});

const TEXTURES = withSums(["texture", "texture", "write", "read", "read"]);
const fromTextures = defineKernel({
  name: "matmulTexture",
  code: code(texturesSource, texel),
  entries: { rows8: TEXTURES, rows16: TEXTURES, rows32: TEXTURES },
});

/** How this program reads a product. */
export interface SubgroupForm {
  /** The product, or its transpose. */
  product: Product;
  /** Along which dimension A is read as vec4s. */
  a: "k" | "across";
  /** Likewise B; null where it is read element by element. */
  b: "k" | "across" | null;
}

/** Null where neither orientation has an A that this program can read, or the tiles are too many. */
export function subgroupForm(given: Product): SubgroupForm | null {
  for (const product of [oriented(given), given, transposed(given)]) {
    const a = product && leftForm(product);
    if (!product || !a) continue;
    const { b, m, n, k } = product;
    if (groupsOf(product, rowsOf(m, a)).some((count) => count > MOST_GROUPS)) return null;
    return { product, a, b: isGathered(b) ? null : contiguous(b, b.row, b.column, k, n, a === "across") };
  }
  return null;
}

/**
 * A product whose A this program cannot read, with a copy of it that it can: A (or B, of the transpose) has a dimension that is a
 * multiple of 4, along which the copy lies. Only where B can be read as vec4s, and there is one of each. Null where there is
 * none such; its A is owned by the caller.
 */
export function withLeftCopied(given: Product): Product | null {
  if (sizeOf(given.batchShape ?? []) !== 1) return null;
  for (const product of [given, transposed(given)]) {
    if (!product || isGathered(product.b)) continue;
    const { a, b, m, n, k } = product;
    if (contiguous(b, b.row, b.column, k, n) === null || (k % 4 !== 0 && m % 4 !== 0)) continue;
    const [shape, strides] =
      k % 4 === 0
        ? [
            [m, k],
            [a.row, a.column],
          ]
        : [
            [k, m],
            [a.column, a.row],
          ];
    const array = pick(a.array, shape!, strides!, a.offset, 1, "a product's left operand");
    return { ...product, a: { array, ...(k % 4 === 0 ? { row: k, column: 1 } : { row: 1, column: m }) } };
  }
  return null;
}

/** Whether A and B are small enough for textures. */
export function texturesFit({ product: { a, b } }: SubgroupForm): boolean {
  return [a, b].every(({ array }) => 4 * array.size <= TEXTURE_BYTES);
}

/** Whether reading A and B from textures saves more time, a little each multiply-add, than copying them takes. */
export function texturesPay({ product, b: bAlong }: SubgroupForm): boolean {
  const copied = product.a.array.size + product.b.array.size;
  return bAlong !== null && operationsOf(product) / 2 >= COPIES_PAY * copied;
}

/** Whether there is one A and one B, whose panels can be made and are small enough for textures. */
export function panelsFit({ product: { m, n, k, batchShape = [] }, b: bAlong }: SubgroupForm): boolean {
  const most = 4 * Math.max(panelSize(m, k), panelSize(n, k));
  return bAlong !== null && sizeOf(batchShape) === 1 && most <= TEXTURE_BYTES;
}

/** Whether reading A and B as panels saves more time, a little each multiply-add and more where rows are long, than making them takes. */
export function panelsPay({ product: { m, n, k } }: SubgroupForm): boolean {
  return (k * m * n) / (m + n) >= PANELS_PAY;
}

/** What A and B are read from: where they are, textures that they are copied to, or panels of them in textures. */
export type ReadFrom = "buffers" | "textures" | "panels";

/** Whether it has added up A's rows, if they are wanted. */
export function launchSubgroup(form: SubgroupForm, from: ReadFrom): boolean {
  const { product, a: aAlong, b: bAlong } = form;
  const { m } = product;
  const sums = product.rowSums !== undefined && aAlong === "across" ? [product.rowSums] : [];
  const panels = from === "panels" ? panelsOf(form) : null;
  const [a, b, ...others] = bindingsOf(product);
  const operands = panels ?? [a!, b!];
  const rows = panels === null ? rowsOf(m, aAlong) : 32;
  const params = paramsOf(product);
  const launch = {
    sizes: { SUMS: sums.length },
    params: panels === null ? params : { ...params, k: toFours(product.k) },
    operations: operationsOf(product),
    constants: {
      A_ALONG_K: panels !== null || aAlong === "k" ? 1 : 0,
      B_FORM: panels !== null ? 0 : bAlong === "k" ? 1 : bAlong === "across" ? 2 : 0,
      PACKED: panels === null ? 0 : 1,
    },
    groups: groupsOf(product, rows),
  };
  if (from === "buffers") {
    fromBuffers.launch(`rows${rows}`, { ...launch, arrays: [...operands, ...others, b!, ...sums] });
  } else fromTextures.launch(`rows${rows}`, { ...launch, arrays: [...operands, ...others, ...sums] });
  for (const panel of panels ?? []) panel.release();
  return sums.length > 0;
}

/** A's and B's panels. Owned by the caller. */
function panelsOf({ product: { m, n, k, a, b }, a: aAlong, b: bAlong }: SubgroupForm): DeviceArray[] {
  return [pack("a", a, aAlong, m, k), pack("b", b as Operand, bAlong!, n, k)]; // see panelsFit
}

function rowsOf(m: number, aAlong: "k" | "across"): TileRows {
  return aAlong === "across" ? 32 : tileRows(m);
}

function groupsOf({ m, n, batchShape = [] }: Product, rows: number): [number, number, number] {
  return [Math.ceil(m / rows), Math.ceil(n / 32), sizeOf(batchShape)];
}

function leftForm({ a, k, m }: Product): "k" | "across" | null {
  return contiguous(a, a.column, a.row, k, m);
}

/**
 * Along which dimension an operand can be read as vec4s, given its strides along k and across it. The last vec4 may reach
 * past its end where the stride leaves room: across it, and along k where the program counts what is there as zeros.
 */
function contiguous(
  { offset = 0, batch = [] }: Operand,
  alongK: number,
  across: number,
  k: number,
  size: number,
  kMayEnd = false,
): "k" | "across" | null {
  if (![offset, ...batch].every((n) => n % 4 === 0)) return null;
  const fits = (n: number, stride: number) => n % 4 === 0 || toFours(n) <= stride;
  if (alongK === 1 && across % 4 === 0 && (kMayEnd ? fits(k, across) : k % 4 === 0)) return "k";
  return across === 1 && alongK % 4 === 0 && fits(size, alongK) ? "across" : null;
}

/** Multiply-adds an element copied from which on textures are quicker, as measured on lavapipe. */
const COPIES_PAY = 48;

/** Multiply-adds an element copied, times the steps of k, from which on panels are quicker, likewise. */
const PANELS_PAY = 300_000;

/** What one turn of k costs in a tile of so many rows, relative to each other, as measured on lavapipe. */
const TILE_COSTS = { 32: 1.07, 16: 0.62, 8: 0.44 } as const;
type TileRows = keyof typeof TILE_COSTS;
const TILES = [32, 16, 8] as const;

const columnCost = (m: number, rows: TileRows) => Math.ceil(m / rows) * TILE_COSTS[rows];

/** The tile height that does the m rows at the least cost. */
function tileRows(m: number): TileRows {
  return TILES.reduce((best, rows) => (columnCost(m, rows) < columnCost(m, best) ? rows : best));
}

/** C = A B, or the same as Cᵀ = Bᵀ Aᵀ where tiles of rows × 32 columns waste less that way. */
function oriented(product: Product): Product {
  const cost = (m: number, n: number) => columnCost(m, tileRows(m)) * Math.ceil(n / 32);
  const { m, n } = product;
  return cost(m, n) <= cost(n, m) ? product : (transposed(product) ?? product);
}
