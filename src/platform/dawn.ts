// WebGPU outside a browser: opens Dawn (npm `webgpu`), keeps it alive, and keeps its chatter off the screen.
import { closeSync, fstatSync, openSync, readSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Naps } from "./naps.ts";
import type { Platform } from "./platform.ts";
import { builtInGpu } from "./web.ts";

// JavaScriptCore collects an object that nothing reachable refers to, though native code still uses it, and a
// module-level `const` that nothing captures does not count: the next `mapAsync` is a segmentation fault.
const PIN = Symbol.for("otograd.dawn");
const pinned = globalThis as { [PIN]?: { gpu?: GPU; keep: unknown[]; polls?: Polls } };

/** What Dawn and the driver say on any machine, and no user needs to read. */
const CHATTER = [
  /^Warning: max\w+ artificially reduced from /,
  /^error: XDG_RUNTIME_DIR is invalid or not set/,
  /^(Cannot use|Failed to create) .* for shader cache \(/, // Mesa's, where the home folder cannot be written
];

/** What the requests that found no adapter had to say about it. */
const complaints = new Set<string>();

/**
 * Opens Dawn, once a process, and returns its `GPU`, the object that a browser calls `navigator.gpu`. WebGPU's
 * names (`GPUBufferUsage`, `GPUMapMode`, …) become globals. `OTOGRAD_ADAPTER=llvmpipe` restricts the choice to
 * adapters whose name contains that; `OTOGRAD_DAWN_LOG=1` lets everything through that native code prints.
 * @throws Error where Dawn's native library cannot be loaded
 */
export async function openGpu(): Promise<GPU> {
  pinned[PIN] ??= { keep: [] };
  pinned[PIN].polls ??= watchPolls();
  pinned[PIN].gpu ??= quiet(await createGpu(process.env.OTOGRAD_ADAPTER), await openDescriptors());
  return pinned[PIN].gpu;
}

/** What is built in where a Bun or Node has it, else Dawn. */
export async function openPlatform(): Promise<Platform> {
  const gpu = builtInGpu();
  if (gpu !== undefined) return { gpu };
  const opened = ({ software }: { readonly software: boolean }) => {
    if (software) pollPatiently();
  };
  return { gpu: await openGpu(), requestAdapter, explainNoAdapter, opened, collect: await collector(), poll };
}

/** How Bun and Node collect garbage on demand. */
async function collector(): Promise<NonNullable<Platform["collect"]>> {
  if (typeof Bun !== "undefined") return (when) => Bun.gc(when === "at once");
  const [{ setFlagsFromString }, vm] = await Promise.all([import("node:v8"), import("node:vm")]);
  setFlagsFromString("--expose-gc");
  const gc = vm.runInNewContext("gc") as () => void;
  // V8 keeps what a WeakRef was made of or asked for until microtasks are through: those of a context of its own count.
  const apart = vm.createContext({}, { microtaskMode: "afterEvaluate" });
  return () => {
    vm.runInContext("Promise.resolve().then(() => {})", apart);
    gc();
  };
}

/** Asks for the fastest adapter, then for any, then for a software one. Null where there is none: `explainNoAdapter`. */
export async function requestAdapter(gpu: GPU): Promise<GPUAdapter | null> {
  const wishes: GPURequestAdapterOptions[] = [
    { powerPreference: "high-performance" },
    {},
    { forceFallbackAdapter: true },
  ];
  for (const wish of wishes) {
    const adapter = await gpu.requestAdapter(wish);
    if (adapter !== null) return adapter;
  }
  return null;
}

/** Why there is no adapter, as far as Dawn and the Vulkan loader told: one line. */
export function whyNoAdapter(): string {
  return `no usable GPU adapter was found${complaints.size === 0 ? "" : ` (${[...complaints].join("; ")})`}`;
}

/** The same, and what to do about it: two lines. */
export function explainNoAdapter(): string {
  return (
    `${whyNoAdapter()}\n` +
    "install a Vulkan driver; where there is no GPU, one that computes on the CPU will do: in a checkout ./setup.sh, " +
    "on Debian 13 or Ubuntu apt-get install mesa-vulkan-drivers"
  );
}

/** All adapters that Dawn sees, as `{ backend: "vulkan", name: "llvmpipe (LLVM 15.0.6, 256 bits)" }`. */
export async function listAdapters(): Promise<{ backend: string; name: string }[]> {
  // dawn.node has no call that lists the adapters, but does so in its error for a name that none of them has.
  const gpu = quiet(await createGpu("\u0001no adapter has this name"), await openDescriptors());
  const list = await gpu.requestAdapter().then(() => "", String);
  return [...list.matchAll(/backend: '([^']*)', name: '([^']*)'/g)].map(([, backend, name]) => ({
    backend: backend!,
    name: name!,
  }));
}

/**
 * Imports what is named where this is called, so that bundlers leave it where it is: in a bundle Dawn would not find its
 * native library, which lies beside it, and some bundlers stop at a module of Bun's.
 */
function importByName(name: string): Promise<unknown> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ name);
}

async function createGpu(adapterName: string | undefined): Promise<GPU> {
  const dawn = await importByName("webgpu").catch((error) => {
    const reason = String(error instanceof Error ? error.message : error).split("\n")[0];
    throw new Error(`cannot load Dawn, the WebGPU library: ${reason}; install its npm package: npm i webgpu`);
  });
  const { create, globals } = dawn as typeof import("webgpu");
  Object.assign(globalThis, globals);
  const gpu = create(adapterName ? [`adapter=${adapterName}`] : []);
  pinned[PIN] ??= { keep: [] };
  pinned[PIN].keep.push(gpu);
  return gpu;
}

/**
 * Gives `gpu` a `requestAdapter` that holds back what native code prints meanwhile. Chatter is dropped. What is
 * left goes to stderr where an adapter was found, and into `explainNoAdapter` where none was.
 */
function quiet(gpu: GPU, descriptors: Descriptors | null): GPU {
  const request = gpu.requestAdapter.bind(gpu);
  gpu.requestAdapter = async (options) => {
    // All the printing happens in the call itself, before it returns its promise.
    const { result, lines } = unchatty(descriptors, async () => request(options));
    let adapter: GPUAdapter | null;
    try {
      adapter = await result;
    } catch (error) {
      echo(lines);
      const message = String(error instanceof Error ? error.message : error).trim();
      const none = `no adapter's name contains "${process.env.OTOGRAD_ADAPTER}" (OTOGRAD_ADAPTER); there are`;
      throw new Error(
        message.replace(/^no suitable.*\s+Available adapters/, none).replace(/\s*\n[\s*]*/g, " "),
      );
    }
    if (adapter !== null) {
      pinned[PIN]?.keep.push(adapter);
      echo(lines);
      quietDevices(adapter, descriptors);
    } else {
      // The lines that begin with a space say where in Dawn's own source it happened.
      for (const line of lines) if (/^\S/.test(line)) complaints.add(line.replace(/^Warning: |\.$/g, ""));
    }
    return adapter;
  };
  return gpu;
}

/** Drivers say more when a device is opened: that goes to stderr without the chatter. */
function quietDevices(adapter: GPUAdapter, descriptors: Descriptors | null): void {
  const request = adapter.requestDevice.bind(adapter);
  adapter.requestDevice = (descriptor) => {
    const { result, lines } = unchatty(descriptors, async () => request(descriptor));
    echo(lines);
    return result;
  };
}

/** Runs `call`; `lines` are what native code printed meanwhile, without chatter. */
function unchatty<T>(descriptors: Descriptors | null, call: () => T): { result: T; lines: string[] } {
  const { result, printed } = capture(descriptors, call);
  const lines = printed.split("\n");
  return {
    result,
    lines: lines.filter((line) => line.trim() !== "" && !CHATTER.some((c) => c.test(line))),
  };
}

function echo(lines: string[]): void {
  if (lines.length > 0) process.stderr.write(`${lines.join("\n")}\n`);
}

/** The two calls of libc that let file descriptor 2 point elsewhere for a moment. */
interface Descriptors {
  dup(descriptor: number): number;
  dup2(from: number, to: number): number;
}

/** Null where they cannot be had, or are not wanted: then Dawn's warnings are seen, and all else works. */
async function openDescriptors(): Promise<Descriptors | null> {
  const libc = { linux: "libc.so.6", darwin: "libSystem.B.dylib" }[process.platform as string];
  if (libc === undefined || process.env.OTOGRAD_DAWN_LOG) return null;
  try {
    const { dlopen } = (await importByName("bun:ffi")) as typeof import("bun:ffi");
    return dlopen(libc, {
      dup: { args: ["int"], returns: "int" },
      dup2: { args: ["int", "int"], returns: "int" },
    }).symbols;
  } catch {
    return null;
  }
}

/** Runs `call` with file descriptor 2 pointed at a scratch file; `printed` is what was written there. */
function capture<T>(descriptors: Descriptors | null, call: () => T): { result: T; printed: string } {
  const scratch = descriptors === null ? null : openScratch();
  if (descriptors === null || scratch === null) return { result: call(), printed: "" };
  const { dup, dup2 } = descriptors;
  const STDERR = 2;
  const saved = dup(STDERR);
  try {
    if (saved < 0 || dup2(scratch, STDERR) < 0) return { result: call(), printed: "" };
    let result: T;
    try {
      result = call();
    } finally {
      dup2(saved, STDERR);
    }
    const bytes = new Uint8Array(fstatSync(scratch).size);
    readSync(scratch, bytes, 0, bytes.length, 0);
    return { result, printed: new TextDecoder().decode(bytes) };
  } finally {
    closeSync(scratch);
    if (saved >= 0) closeSync(saved);
  }
}

/** A file without a name, readable and writable; null where the temporary folder takes none. */
function openScratch(): number | null {
  const path = join(tmpdir(), `otograd-${process.pid}-${crypto.randomUUID()}`);
  try {
    const descriptor = openSync(path, "wx+", 0o600); // "x": never through a link that someone else put there
    unlinkSync(path);
    return descriptor;
  } catch {
    return null;
  }
}

/**
 * Watches how Dawn's binding polls: with a `setImmediate` of a native function of its own, for as long as anything is
 * awaited. That is known by being native and no bound function; nobody else's calls are touched. Knowing it lets us
 * poll without a turn of the event loop (`poll`), and sleep between polls (`pollPatiently`).
 */
function watchPolls(): Polls {
  const immediately = globalThis.setImmediate;
  const polls: Polls = { next: null, patient: false, now: false };
  const naps = new Naps();
  const watched = (callback: (...args: unknown[]) => void, ...args: unknown[]) => {
    if (!isNative(callback)) return immediately(callback, ...args);
    polls.next = callback as () => void;
    if (polls.now) return; // the one before it is still to come, and goes on from there
    if (!polls.patient) return immediately(callback, ...args);
    const look = () => {
      polls.next = null;
      callback(...args);
      if (polls.next === null) naps.over(); // it asked for no further one
    };
    const sleep = naps.next(performance.now());
    return sleep === 0 ? immediately(look) : setTimeout(look, sleep);
  };
  globalThis.setImmediate = Object.assign(watched, immediately) as unknown as typeof setImmediate;
  return polls;
}

/** The binding's next poll, and how it is to be run. */
interface Polls {
  next: (() => void) | null;
  /** Sleeps between polls. */
  patient: boolean;
  /** One is being run without a turn. */
  now: boolean;
}

/**
 * Sleeps for so many milliseconds; then has Dawn look, at once, what of all that is awaited has come. What settles then
 * is seen at the next turn.
 */
export function poll(sleep: number): void {
  if (sleep > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, sleep);
  const polls = pinned[PIN]?.polls;
  if (!polls?.next) return;
  polls.now = true;
  try {
    polls.next();
  } finally {
    polls.now = false;
  }
}

/**
 * Has waits for Dawn sleep between polls. They would keep a core busy: where the CPU is the adapter, the kernels could
 * use that core (a matrix product on two cores is half as fast again without the polling).
 */
function pollPatiently(): void {
  const polls = pinned[PIN]?.polls;
  if (polls !== undefined) polls.patient = true;
}

/** Whether a function came from a native module: bound functions and JavaScript's own have no `prototype`. */
function isNative(callback: object): boolean {
  return (
    Object.hasOwn(callback, "prototype") &&
    Function.prototype.toString.call(callback).includes("[native code]")
  );
}
