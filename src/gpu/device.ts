// The GPU device: asked of WebGPU once, kept for the life of the process, and found by everyone below.
import { NoAdapterError } from "./errors.ts";
import { BufferPool } from "./pool.ts";
import { Stream } from "./stream/stream.ts";
import { Turns } from "./turns.ts";

/** What otograd knows of the adapter that it runs on. */
export interface AdapterFacts {
  vendor: string;
  architecture: string;
  description: string;
  /** True where a CPU does the work (lavapipe, SwiftShader, WARP): it wants other kernels than a GPU. */
  software: boolean;
  features: string[];
  /** Lanes of a subgroup, where that is one fixed number. */
  subgroupSize: number | null;
  /** Whether programs may read storage textures. */
  readsStorageTextures: boolean;
  limits: {
    maxBufferSize: number;
    maxStorageBufferBindingSize: number;
    maxComputeWorkgroupStorageSize: number;
    maxComputeInvocationsPerWorkgroup: number;
    maxStorageBuffersPerShaderStage: number;
  };
}

export interface DeviceOptions {
  /**
   * For tests: fill every new array with NaN, put a NaN guard behind it, which finds what nobody wrote, and let launches
   * go on along y after a few workgroups.
   */
  poison?: boolean;
  /** Asks for an adapter; null where there is none. Left out: for the fastest one. */
  requestAdapter?: (gpu: GPU) => Promise<GPUAdapter | null>;
  /** What to tell a user who has none. */
  explainNoAdapter?: () => string;
}

/** Workgroups that WebGPU allows everywhere along one dimension. */
export const MOST_GROUPS = 65535;

/** An open device with its command stream and its buffer pool. */
export class Device {
  readonly stream: Stream;
  readonly pool: BufferPool;
  /** Bind groups: the driver keeps what each takes until a turn of the event loop lets JavaScript's object go. */
  readonly bindGroups = new Turns();
  /** Workgroups along x before a launch goes on along y: what WebGPU allows everywhere, or few, so that tests get there. */
  readonly groupsInRow: number;
  /** Whether another was asked for in its place. */
  replaced = false;

  constructor(
    readonly gpu: GPUDevice,
    readonly adapter: AdapterFacts,
    options: DeviceOptions,
  ) {
    this.groupsInRow = options.poison ? 5 : MOST_GROUPS;
    this.stream = new Stream(gpu);
    this.pool = new BufferPool(this.stream, adapter.limits, options.poison ?? false);
  }
}

// Pinned on globalThis: JavaScriptCore would otherwise collect Dawn's instance, adapter and device while
// native code still uses them. Symbol.for, so that two copies of this module share one device.
const PIN = Symbol.for("otograd.device");
const pinned = globalThis as { [PIN]?: { device?: Device; opening?: Promise<Device>; keep: unknown[] } };

/** The open device. Throws where `init()` has not been awaited. */
export function device(): Device {
  const open = pinned[PIN]?.device;
  if (open === undefined) throw new Error("otograd has no device yet: call `await init()` first");
  return open;
}

/**
 * Opens the device on a `GPU` object (`navigator.gpu`, or Dawn's); a second call returns the first's device, unless that
 * was lost or refused something: nothing can be read of it any more, and what it holds is let go.
 */
export async function openDevice(gpu: GPU, options: DeviceOptions = {}): Promise<Device> {
  pinned[PIN] ??= { keep: [] };
  const slot = pinned[PIN];
  slot.keep.push(gpu);
  const old = slot.device;
  if (old?.stream.failed && !old.replaced) {
    old.replaced = true;
    old.gpu.destroy();
    slot.opening = undefined;
  }
  slot.opening ??= open(gpu, options, slot.keep).catch((error) => {
    slot.opening = undefined; // a driver may be installed and init() tried again
    throw error;
  });
  slot.device = await slot.opening;
  return slot.device;
}

/** Throws what was said where no adapter or device was given, as the error that programs wait for. */
export function noAdapter(error: Error): never {
  throw new NoAdapterError(error.message, { cause: error });
}

async function open(gpu: GPU, options: DeviceOptions, keep: unknown[]): Promise<Device> {
  const { requestAdapter = fastest, explainNoAdapter = () => "no usable GPU adapter was found" } = options;
  const adapter = await requestAdapter(gpu).catch(noAdapter);
  if (adapter === null) throw new NoAdapterError(explainNoAdapter());
  keep.push(adapter);
  const limits = {
    maxBufferSize: adapter.limits.maxBufferSize,
    maxStorageBufferBindingSize: adapter.limits.maxStorageBufferBindingSize,
    maxComputeWorkgroupStorageSize: adapter.limits.maxComputeWorkgroupStorageSize,
    maxComputeInvocationsPerWorkgroup: adapter.limits.maxComputeInvocationsPerWorkgroup,
    maxStorageBuffersPerShaderStage: adapter.limits.maxStorageBuffersPerShaderStage,
  };
  const wanted: GPUFeatureName[] = ["subgroups", "timestamp-query"];
  const gpuDevice = await adapter
    .requestDevice({
      requiredLimits: limits,
      requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
    })
    .catch(noAdapter);
  keep.push(gpuDevice);
  const { vendor, architecture, description, subgroupMinSize, subgroupMaxSize } = adapter.info;
  return new Device(
    gpuDevice,
    {
      vendor,
      architecture,
      description,
      software: isSoftware(adapter.info),
      features: [...gpuDevice.features],
      subgroupSize: subgroupMinSize === subgroupMaxSize ? (subgroupMinSize ?? null) : null,
      readsStorageTextures: gpu.wgslLanguageFeatures.has("readonly_and_readwrite_storage_textures"),
      limits,
    },
    options,
  );
}

function fastest(gpu: GPU): Promise<GPUAdapter | null> {
  return gpu.requestAdapter({ powerPreference: "high-performance" });
}

/** Whether an adapter computes on the CPU: Dawn says architecture "software" for lavapipe and SwiftShader. */
export function isSoftware(info: GPUAdapterInfo): boolean {
  const text = `${info.architecture} ${info.description} ${info.device}`.toLowerCase();
  return info.isFallbackAdapter || /software|llvmpipe|swiftshader|warp|basic render/.test(text);
}
