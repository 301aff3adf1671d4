// The matrix product underneath matmul, linear and conv2d: which family of programs runs it.
//
//   plain      matmul.wgsl            any adapter, any size: nothing to set up
//   tiled      matmulTiled.wgsl       GPUs: tiles in workgroup memory
//   subgroup   matmulSubgroup.wgsl    CPUs (lavapipe): large register tiles straight from storage
import { device } from "../tensor/device.ts";
import { sizeOf } from "../tensor/shape.ts";
import { launchPlain } from "./matmulPlain.ts";
import { launchSubgroup, subgroupForm } from "./matmulSubgroup.ts";
import { launchTiled } from "./matmulTiled.ts";
import type { Product } from "./product.ts";

export type Family = "plain" | "tiled" | "subgroup";
let forced: Family | null = null;

/** Has every product run by one family of programs, or by what suits the adapter again. For tests and benchmarks. */
export function useFamily(family: Family | null): void {
  forced = family;
}

/** Families that run on this adapter; the last one is the quickest for large products. */
export function families(): Family[] {
  const { features, subgroupSize, software } = device().adapter;
  if (features.includes("subgroups") && subgroupSize === 8) return ["plain", "tiled", "subgroup"];
  return software ? ["tiled", "plain"] : ["plain", "tiled"];
}

/** Multiply-adds from which on a program that takes the driver half a second to compile is worth it … */
const LARGE = 2 ** 20;
/** … and one that few products use: of convolutions, or of matrices whose rows are no vec4s. */
export const LARGE_RARE = 2 ** 24;

/** Which family is to do so many multiply-adds. */
export function familyFor(operations: number, least = LARGE): Family {
  return forced ?? (operations >= least ? families().at(-1)! : "plain");
}

/** Launches the product. Shapes have been checked by the caller. */
export function gemm(product: Product): void {
  const operations = product.m * product.n * product.k * sizeOf(product.batchShape ?? []);
  const family = familyFor(operations);
  if (family === "tiled" && launchTiled(product)) return;
  const form = family === "subgroup" ? subgroupForm(product) : null;
  if (form !== null && (form.b !== null || familyFor(operations, LARGE_RARE) === "subgroup"))
    launchSubgroup(form);
  else launchPlain(product);
}
