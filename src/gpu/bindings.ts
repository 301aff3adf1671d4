// What a launch binds: whether arrays are read from textures; layouts, one for all entry points with the same kinds of bindings;
// and bind groups, one for a set of buffers, which the same step finds again.
import { wantCollection } from "./collector.ts";
import { type Device, device } from "./device.ts";
import { DeviceError } from "./errors.ts";
import type { Storage } from "./storage.ts";
import { TEXTURE_BYTES, type Texture } from "./texture.ts";

/**
 * How a program binds an array: as storage that it reads, or that it writes too; or as a texture of vec4s, which the
 * array is copied to right before the launch (see texture.ts). As a passing texture it is copied out of the way of others: what
 * one launch leaves to the next, while other operands are read again and again.
 */
export type Access = "read" | "write" | "texture" | "passingTexture";

export function isTexture(access: Access): boolean {
  return access === "texture" || access === "passingTexture";
}

/**
 * Whether arrays may be copied to textures. A copy ends a pass, whose object in the driver a turn of the event loop lets go:
 * without turns they stay in their buffers, which gives the same bits.
 */
export function readsTextures(): boolean {
  const { adapter, stream } = device();
  return adapter.readsStorageTextures && !stream.withoutTurn;
}

/** Whether all programs that could go either way are to read textures, or none; null where each is asked. */
let asked: boolean | null = null;

/** Has programs that could go either way read textures where they can, or never, or, by null, as suits. For tests and benchmarks. */
export function useTextures(textures: boolean | null): void {
  asked = textures;
}

/**
 * Whether a program that reads arrays of so many bytes again and again is to have them copied to textures first: on CPUs, whose
 * drivers load from those more cheaply.
 */
export function copiesToTextures(bytes: number): boolean {
  return asked !== false && device().adapter.software && readsTextures() && bytes <= TEXTURE_BYTES;
}

/** What is bound. */
export type Bound = Storage | Texture;

export interface Layout {
  /** Distinguishes layouts, in bind-group keys. */
  readonly id: number;
  readonly access: readonly Access[];
  readonly pipelines: GPUPipelineLayout;
  readonly bindGroups: GPUBindGroupLayout;
}

/** A device's layouts and bind groups. */
interface Known {
  readonly layouts: Map<string, Layout>;
  /**
   * By their layout and the numbers of their buffers and textures, which are never given to others. Those that were not
   * used for long go: after so many new ones, all that were not used since as many before.
   */
  recent: Map<string, GPUBindGroup>;
  older: Map<string, GPUBindGroup>;
}

/** More than a large model's step has. */
const KEPT = 8192;
/**
 * On lavapipe each bind group is a memory mapping, of which a process may have 65,530, until its JavaScript object is
 * collected and the event loop turns.
 */
const WORTH_COLLECTING = 4096;
const MOST_WITHOUT_TURN = 45_000;

const known = new WeakMap<Device, Known>();

function knownOn(dev: Device): Known {
  let own = known.get(dev);
  if (own === undefined) {
    own = { layouts: new Map(), recent: new Map(), older: new Map() };
    known.set(dev, own);
  }
  return own;
}

export function layoutFor(dev: Device, access: readonly Access[]): Layout {
  const { layouts } = knownOn(dev);
  const key = access.join();
  let layout = layouts.get(key);
  if (layout === undefined) {
    layout = createLayout(dev, access, layouts.size);
    layouts.set(key, layout);
  }
  return layout;
}

function createLayout({ gpu, stream }: Device, access: readonly Access[], id: number): Layout {
  const bindGroups = gpu.createBindGroupLayout({
    entries: access.map((kind, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      ...(isTexture(kind)
        ? { storageTexture: { access: "read-only", format: "rgba32float" } }
        : { buffer: { type: kind === "read" ? "read-only-storage" : "storage" } }),
    })),
  });
  const pipelines = gpu.createPipelineLayout({ bindGroupLayouts: [bindGroups, stream.slots.layout] });
  return { id, access, pipelines, bindGroups };
}

/** Bind groups that were made since the program began. */
export let bindGroupsCreated = 0;

/** @param what names the launch that wants it, in the error where the GPU refuses it */
export function bindGroupFor(
  dev: Device,
  layout: Layout,
  bound: readonly Bound[],
  what: () => string,
): GPUBindGroup {
  const own = knownOn(dev);
  let key = `${layout.id}:`;
  for (const { id } of bound) key += `${id},`;
  const found = own.recent.get(key);
  if (found !== undefined) return found;
  const group = own.older.get(key) ?? create(dev, layout, bound, what);
  if (own.recent.size >= KEPT) {
    own.older = own.recent;
    own.recent = new Map();
  }
  own.recent.set(key, group);
  return group;
}

function create(dev: Device, layout: Layout, bound: readonly Bound[], what: () => string): GPUBindGroup {
  bindGroupsCreated++;
  if (dev.adapter.software) keepWithinLimits(dev, what);
  return dev.stream.checkedCall(what, () =>
    dev.gpu.createBindGroup({
      layout: layout.bindGroups,
      entries: bound.map((each, binding) => ({
        binding,
        resource: "view" in each ? each.view : { buffer: each.buffer },
      })),
    }),
  );
}

/** Keeps the bind groups that wait to be let go below what the driver bears. */
function keepWithinLimits(dev: Device, what: () => string): void {
  if (bindGroupsCreated % WORTH_COLLECTING === 0) wantCollection();
  if (dev.bindGroups.note() < MOST_WITHOUT_TURN) return;
  throw new DeviceError(
    `${what()}: ${MOST_WITHOUT_TURN.toLocaleString("en")} different sets of buffers were bound without a turn of the event loop, and this driver keeps each until then: await something in the loop now and then (await loss.item())`,
  );
}
