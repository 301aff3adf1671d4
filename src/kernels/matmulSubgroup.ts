// The matrix product for adapters with subgroups of 8 lanes: launches matmulSubgroup.wgsl and matmulTexture.wgsl.
import { type Access, defineKernel } from "../tensor/kernel.ts";
import { TEXTURE_BYTES } from "../tensor/pool.ts";
import { sizeOf } from "../tensor/shape.ts";
import operandsSource from "./gemmOperands.wgsl" with { type: "text" };
import buffersSource from "./matmulSubgroup.wgsl" with { type: "text" };
import texturesSource from "./matmulTexture.wgsl" with { type: "text" };
import tilesSource from "./matmulTiles.wgsl" with { type: "text" };
import {
  isGathered,
  type Operand,
  operationsOf,
  PARAMS,
  type Product,
  paramsOf,
  transposed,
} from "./product.ts";
import { unroll } from "./unroll.ts";

function defineTiles<const B extends readonly Access[]>(name: string, source: string, bindings: B) {
  return defineKernel({
    name,
    code: [unroll(source), unroll(tilesSource), operandsSource],
    entries: { rows8: bindings, rows16: bindings, rows32: bindings },
    params: PARAMS,
  });
}

const fromBuffers = defineTiles("matmulSubgroup", buffersSource, ["read", "read", "write", "read", "read"]);
const fromTextures = defineTiles("matmulTexture", texturesSource, ["texture", "texture", "write", "read"]);

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
    if (groupsOf(product, a).some((count) => count > 65535)) return null;
    const { b, n, k } = product;
    return { product, a, b: isGathered(b) ? null : contiguous(b, b.row, b.column, k, n) };
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

/** With `textures`, A and B are copied to textures and read from there. */
export function launchSubgroup(
  { product, a: aAlong, b: bAlong }: SubgroupForm,
  { textures }: { textures: boolean },
): void {
  const { m, a, b, c, bias } = product;
  const arrays = [a.array, b.array, c.array, bias?.array ?? a.array]; // something must be bound
  const kernel = textures ? fromTextures : fromBuffers;
  kernel.launch(`rows${rowsOf(m, aAlong)}`, {
    arrays: textures ? arrays : [...arrays, b.array],
    params: paramsOf(product),
    operations: operationsOf(product),
    constants: {
      A_ALONG_K: aAlong === "k" ? 1 : 0,
      B_FORM: bAlong === "k" ? 1 : bAlong === "across" ? 2 : 0,
    },
    groups: groupsOf(product, aAlong),
  });
}

function rowsOf(m: number, aAlong: "k" | "across"): TileRows {
  return aAlong === "across" ? 32 : tileRows(m);
}

function groupsOf({ m, n, batchShape = [] }: Product, aAlong: "k" | "across"): [number, number, number] {
  return [Math.ceil(m / rowsOf(m, aAlong)), Math.ceil(n / 32), sizeOf(batchShape)];
}

function leftForm({ a, k, m }: Product): "k" | "across" | null {
  return contiguous(a, a.column, a.row, k, m);
}

/** Along which dimension an operand can be read as vec4s, given its strides along k and across it. */
function contiguous(
  { offset = 0, batch = [] }: Operand,
  alongK: number,
  across: number,
  k: number,
  size: number,
): "k" | "across" | null {
  if (![offset, ...batch].every((n) => n % 4 === 0)) return null;
  if (alongK === 1 && across % 4 === 0 && k % 4 === 0) return "k";
  return across === 1 && alongK % 4 === 0 && size % 4 === 0 ? "across" : null;
}

/** Multiply-adds an element copied from which on textures are quicker, as measured on lavapipe. */
const COPIES_PAY = 48;

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
