// The matrix product underneath matmul, linear and conv2d: which family of programs runs it.
//
//   plain      matmul.wgsl            any adapter, any size: nothing to set up
//   tiled      matmulTiled.wgsl       GPUs: tiles in workgroup memory
//   subgroup   matmulSubgroup.wgsl    CPUs (lavapipe): large register tiles straight from storage
//   texture    matmulTexture.wgsl     the same from textures, where operands are worth copying to them
import { device } from "../../gpu/device.ts";
import { sizeOf } from "../../gpu/shape.ts";
import { launchPlain } from "./matmulPlain.ts";
import { launchSubgroup, subgroupForm, texturesFit, texturesPay } from "./matmulSubgroup.ts";
import { launchTiled } from "./matmulTiled.ts";
import { isGathered, operationsOf, type Product } from "./product.ts";

export type Family = "plain" | "tiled" | "subgroup" | "texture";
let forced: Family | null = null;

/** Has every product run by one family of programs, or by what suits the adapter again. For tests and benchmarks. */
export function useFamily(family: Family | null): void {
  forced = family;
}

/** Families that run on this adapter; the last one is usually the quickest for large products. */
export function families(): Family[] {
  const { features, subgroupSize, software, readsStorageTextures } = device().adapter;
  if (features.includes("subgroups") && subgroupSize === 8)
    return ["plain", "tiled", ...(readsStorageTextures ? ["texture" as const] : []), "subgroup"];
  return software ? ["tiled", "plain"] : ["plain", "tiled"];
}

/** The quickest family of each class of products, as measured on this adapter (see tune.ts). */
export type Choices = Record<string, Family>;
let choices: Choices = {};

/** Has products run by the families that were measured to be the quickest; classes not named, as usual. */
export function useChoices(measured: Choices): void {
  choices = measured;
}

/** What products of about the same cost have in common: their sizes to the next power of two, and how B lies. */
export function classOf({ m, n, k, b, batchShape = [] }: Product): string {
  const sizes = [sizeOf(batchShape), m, n, k].map((size) => 2 ** Math.round(Math.log2(size)));
  return `${sizes.join("x")}${isGathered(b) ? " patches" : b.column === 1 ? "" : " transposed"}`;
}

/** Multiply-adds from which on a program that takes the driver half a second to compile is worth it … */
const LARGE = 2 ** 20;
/** … and one that few products use: of convolutions, or of matrices whose rows are no vec4s. */
export const LARGE_RARE = 2 ** 24;

/** Which family is to do so many multiply-adds where nothing was measured. */
export function familyFor(operations: number, least = LARGE): Family {
  return forced ?? (operations >= least ? families().at(-1)! : "plain");
}

let watcher: ((product: Product) => void) | null = null;

/** Tells `watch` of every product, until it is null. For tune.ts. */
export function watchProducts(watch: typeof watcher): void {
  watcher = watch;
}

/** Launches the product. Shapes have been checked by the caller. */
export function gemm(product: Product): void {
  watcher?.(product);
  const operations = operationsOf(product) / 2;
  const measured = forced === null ? choices[classOf(product)] : undefined;
  const family = measured ?? familyFor(operations);
  if (family === "tiled" && launchTiled(product)) return;
  const form = family === "subgroup" || family === "texture" ? subgroupForm(product) : null;
  const worthIt = form?.b != null || measured !== undefined || familyFor(operations, LARGE_RARE) === family;
  if (form === null || !worthIt) {
    launchPlain(product);
    return;
  }
  const unmeasured = forced === null && measured === undefined && device().adapter.readsStorageTextures;
  const textures = family === "texture" || (unmeasured && texturesPay(form));
  launchSubgroup(form, { textures: textures && texturesFit(form) });
}
