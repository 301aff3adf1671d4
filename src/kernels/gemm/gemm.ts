// The matrix product underneath matmul, linear and conv2d: which family of programs runs it.
//
//   plain      matmul.wgsl            any adapter, any size: nothing to set up
//   tiled      matmulTiled.wgsl       GPUs: tiles in workgroup memory
//   subgroup   matmulSubgroup.wgsl    CPUs (lavapipe): large register tiles straight from storage
//   texture    matmulTexture.wgsl     the same from textures, where operands are worth copying to them
//   packed     pack.wgsl              the same, of panels of the operands, where those are large
//
// Products of one to four rows, such as a dense layer of one sample, have a program of their own on CPUs (matmulRows.wgsl).
//
// A convolution is a product over patches, and may also run on a program of its own, as one more family:
//
//   rows       conv2dRows.wgsl        CPUs, again: kernels of a few columns that step by one
import type { DeviceArray } from "../../gpu/array.ts";
import { readsTextures, useTextures } from "../../gpu/bindings.ts";
import { device } from "../../gpu/device.ts";
import { sizeOf } from "../../gpu/shape.ts";
import { hasEightLanes } from "../shared/lanes.ts";
import { launchPlain } from "./matmulPlain.ts";
import { launchRows } from "./matmulRows.ts";
import {
  launchSubgroup,
  panelsFit,
  panelsPay,
  type ReadFrom,
  type SubgroupForm,
  subgroupForm,
  texturesFit,
  texturesPay,
  withLeftCopied,
} from "./matmulSubgroup.ts";
import { launchTiled } from "./matmulTiled.ts";
import { arraysOf, isGathered, operationsOf, type Product } from "./product.ts";

export const FAMILIES = ["plain", "tiled", "subgroup", "texture", "packed", "rows"] as const;
export type Family = (typeof FAMILIES)[number];
/** What a product runs on. */
export type ProductFamily = Exclude<Family, "rows">;
let forced: Family | null = null;
/** Small products so far that a program would have been compiled for. */
let small = 0;

/** Has every product run by one family of programs, or by what suits the adapter again. For tests and benchmarks. */
export function useFamily(family: Family | null): void {
  forced = family;
  useTextures(family === null ? null : family === "texture" || family === "packed");
  small = 0;
}

/** Families that run products on this adapter; the last one is usually the quickest for large products. */
export function families(): ProductFamily[] {
  const { software, readsStorageTextures } = device().adapter;
  if (hasEightLanes())
    return ["plain", "tiled", ...(readsStorageTextures ? (["texture", "packed"] as const) : []), "subgroup"];
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
  if (isGathered(b)) return patchesClass(m, n, k, sizeOf(batchShape));
  return `${roundedSizes(sizeOf(batchShape), m, n, k)}${b.column === 1 ? "" : " transposed"}`;
}

/** The class of a product whose right operand is a convolution's patches. */
export function patchesClass(m: number, n: number, k: number, batch = 1): string {
  return `${roundedSizes(batch, m, n, k)} patches`;
}

function roundedSizes(...sizes: number[]): string {
  return sizes.map((size) => 2 ** Math.round(Math.log2(size))).join("x");
}

/** Multiply-adds from which on a program that takes the driver half a second to compile is worth it … */
const LARGE = 2 ** 20;
/** … one that few products use: of convolutions, or of matrices whose rows are no vec4s … */
const LARGE_RARE = 2 ** 24;
/** … and one of conv2dRows.wgsl, which saves most of the time. */
const LARGE_ROWS = 2 ** 22;

/**
 * The first few products of fewer multiply-adds than this are plain ones, which gives the same bits a millisecond later: what does
 * no more of them, to hear one sound, would never get the half second back. A training's first steps have done so many, and what
 * is recorded is done again and again.
 */
const SMALL = 5 * LARGE;
const FEW = 64;
/** Works of programs for small ones, likewise: those of some three clips that a small network hears; and between two of those programs. */
const FIRST = 128;
const APART = 8;

/** Which family is to do so many multiply-adds of a product where nothing was measured. */
function familyFor(operations: number, least = LARGE): ProductFamily {
  if (forced !== null && forced !== "rows") return forced;
  return operations >= least ? families().at(-1)! : "plain";
}

const READ_FOURS: ReadonlySet<Family> = new Set<Family>(["subgroup", "texture", "packed"]);

/** Whether products of so many multiply-adds run on programs that read vec4s: rows that are none are worth copying to some. */
export function readsFours(operations: number): boolean {
  return READ_FOURS.has(familyFor(operations));
}

/** Whether a convolution of so many multiply-adds whose shape suits conv2dRows.wgsl is to run on it. */
export function prefersRows(name: string, operations: number): boolean {
  const chosen = forced ?? choices[name];
  if (chosen !== undefined) return chosen === "rows";
  return operations >= LARGE_ROWS && families().at(-1) === "subgroup";
}

/** Output channels up to which a convolution of one element stores more than it multiplies. */
const FEW_CHANNELS = 24;

/** Whether a convolution of one element with so many output channels and multiply-adds is to run on conv2dPointwise.wgsl. */
export function prefersPointwise(outChannels: number, multiplyAdds: number): boolean {
  const little = outChannels <= FEW_CHANNELS || multiplyAdds < SMALL;
  return forced === null && little && families().at(-1) === "subgroup";
}

/** Something that one of several families runs. */
export interface Work {
  class: string;
  families: readonly Family[];
  arrays: readonly DeviceArray[];
  /** Launches it, by the family that useFamily or useChoices says. */
  run(): void;
}

/** Small works so far, and that from which on the next program may be compiled. */
const first = { works: 0, next: FIRST, apart: APART, compiled: new Set<string>() };

/** Has so many small works count as the first few, or, by null, as many as usual. For tests. */
export function firstFew(most: number | null): void {
  first.works = 0;
  first.next = most ?? FIRST;
  first.apart = most === null ? APART : 0;
  first.compiled.clear();
}

/**
 * Whether a work of so many multiply-adds is one of the first few of which a plain program gives the same bits, at once but a little
 * later: what hears one sound, and ends, need not wait for a dozen others that the driver compiles for half a second each. Behind
 * those, what goes on hearing waits for one `program` now and then. What is recorded is done again and again, and none of them.
 */
export function isAmongFirst(multiplyAdds: number, program: string): boolean {
  const few = forced === null && multiplyAdds < SMALL && device().stream.recorder === null;
  if (few) first.works++;
  if (first.compiled.has(program)) return false;
  if (few && first.works <= first.next) return true;
  if (few) first.next = first.works + first.apart;
  first.compiled.add(program);
  return false;
}

let watcher: ((work: Work) => void) | null = null;

/** Tells `watch` of all such work, until it is null. For tune.ts. */
export function watchWork(watch: typeof watcher): void {
  watcher = watch;
}

/** Whoever launches such work says so before. */
export function announce(work: () => Work): void {
  watcher?.(work());
}

/** What a product's operands are read from: what its family says, or, where nothing was measured, what pays. */
function readFrom(form: SubgroupForm, family: Family, unmeasured: boolean): ReadFrom {
  const textures = family !== "subgroup" || (unmeasured && readsTextures() && texturesPay(form));
  if (!textures) return "buffers";
  const panels = family === "packed" || (unmeasured && panelsPay(form));
  if (panels && panelsFit(form)) return "panels";
  return texturesFit(form) ? "textures" : "buffers";
}

/** Launches the product. Shapes have been checked by the caller. Whether `rowSums` has been written, too. */
export function gemm(product: Product): boolean {
  announce(() => ({
    class: classOf(product),
    families: families(),
    arrays: arraysOf(product),
    run: () => void gemm(product),
  }));
  const operations = operationsOf(product) / 2;
  const choice = forced === null ? choices[classOf(product)] : undefined;
  const measured = choice === "rows" ? undefined : choice; // of a convolution whose shape rows do not suit
  const family = measured ?? familyFor(operations);
  const unmeasured = forced === null && measured === undefined;
  if (unmeasured && launchRows(product, () => !isAmongFirst(operations, `rows ${product.m}`))) return false;
  if (family === "tiled" && launchTiled(product)) return false;
  if (!READ_FOURS.has(family)) {
    launchPlain(product);
    return false;
  }
  const form = subgroupForm(product);
  // A matrix of few columns is soon copied; where the other one cannot be read as vec4s either, nothing is.
  const copied = form?.b == null && operations >= LARGE ? withLeftCopied(product) : null;
  const found = copied === null ? form : subgroupForm(copied);
  const worthIt = found?.b != null || measured !== undefined || familyFor(operations, LARGE_RARE) === family;
  const suits = found !== null && worthIt;
  let summed = false;
  const isFirst = unmeasured && operations < SMALL && device().stream.recorder === null && ++small <= FEW;
  if (suits && !isFirst) {
    summed = launchSubgroup(found, readFrom(found, family, unmeasured));
  } else launchPlain(product);
  copied?.a.array.release();
  return summed;
}
