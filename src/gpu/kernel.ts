// A kernel: a WGSL program, what it binds, and how it is launched. Pipelines are compiled once a set of
// `override` constants and bind groups made once a set of buffers, so that a training loop's later
// steps make neither.
//
// Every program binds its arrays in group 0, in order, and its uniforms, `var<uniform> params: Params`, at group 1,
// binding 0. The members of `Params` are read from the program itself.
import { DeviceArray } from "./array.ts";
import { type Access, type Bound, bindGroupFor, isTexture, type Layout, layoutFor } from "./bindings.ts";
import { type Device, device, MOST_GROUPS } from "./device.ts";
import { DeviceError, firstLine } from "./errors.ts";
import type { Words } from "./stream/arena.ts";
import { describe, type PendingPipeline } from "./stream/commands.ts";
import type { Recorder } from "./stream/recorder.ts";
import { UNIFORM_SIZE } from "./stream/uniforms.ts";
import type { Texture } from "./texture.ts";
import {
  checkProgram,
  compileError,
  constantOf,
  type Param,
  paramsOf,
  sizeOfParams,
  sizeOfType,
} from "./wgsl.ts";

type Bindings = readonly Access[] | ((sizes: Record<string, number>) => readonly Access[]);

/** What a kernel is: its name, entry points and WGSL. */
export interface KernelDefinition<E extends string> {
  /** The `.wgsl` file's base name. */
  name: string;
  /** WGSL source; a list is joined, shared functions first. A function writes the program for a launch's `sizes`. */
  code: string | readonly string[] | ((sizes: Record<string, number>) => string);
  /** For each entry point, what it binds: a list, or one for a launch's `sizes`. */
  entries: Record<E, Bindings>;
}

/** What a launch takes: arrays in the order of their bindings, a value for each of the program's Params, and the groups. */
export interface Launch {
  arrays: readonly DeviceArray[];
  /** A value for every member of the program's `struct Params`: a number, or a list of up to eight for `array<vec4u, 2>`, sixteen for `array<vec4u, 4>`. */
  params: Readonly<Record<string, number | readonly number[]>>;
  /** The program's override constants. */
  constants?: Record<string, number>;
  /** What `code` is written for, where it is a function. */
  sizes?: Record<string, number>;
  /** Arithmetic that it takes at least, a multiply-add being two operations: profiles show it against the ceiling. */
  operations?: number;
  /** Workgroups along x, y and z. Nothing is launched where one of them is 0. */
  groups: readonly [number, number, number];
}

/** Every kernel that was defined, by name. The coverage test walks it. */
export const kernels = new Map<string, Kernel>();

/** A WGSL program that was defined: compiled at its first launch, once a set of constants. */
export class Kernel<E extends string = string> {
  readonly name: string;
  /** Launches of each entry point since the program began. */
  readonly launches = new Map<string, number>();
  private params: Param[] | null = null;
  private readonly compiled = new WeakMap<Device, Map<string, Compiled>>();

  constructor(private readonly definition: KernelDefinition<E>) {
    this.name = definition.name;
    for (const entry in definition.entries) this.launches.set(entry, 0);
    if (typeof definition.code === "function") return;
    const source = this.source({}).join("\n");
    checkProgram(source, this.name, Object.keys(definition.entries));
    this.readParams(source);
  }

  private readParams(source: string): void {
    this.params = paramsOf(source, this.name);
    if (sizeOfParams(this.params) > UNIFORM_SIZE)
      throw new Error(`kernel ${this.name}: its Params take more than ${UNIFORM_SIZE} bytes`);
  }

  /** The number of one of the program's constants: "leakyRelu" is that of `const LEAKY_RELU = 12u;`. */
  constant(camelCase: string): number {
    return constantOf(this.source({}).join("\n"), camelCase, this.name);
  }

  /** Notes a run of an entry point; it is sent with others, and what the GPU refuses is thrown at the next read. */
  launch(entry: E, { arrays, params, constants = {}, sizes = {}, operations = 0, groups }: Launch): void {
    if (groups.length !== 3 || !groups.every((n) => Number.isInteger(n) && n >= 0 && n <= MOST_GROUPS))
      throw new RangeError(
        `kernel ${this.name}.${entry}: groups are three whole numbers up to ${MOST_GROUPS}, got [${groups.join(", ")}]: linearGroups(n, workgroupSize) makes them`,
      );
    if (groups[0] === 0 || groups[1] === 0 || groups[2] === 0) return;
    this.launches.set(entry, this.launches.get(entry)! + 1);
    const dev = device();
    const { pipeline, layout } = this.on(dev, sizes).program(entry, constants);
    const { access } = layout;
    if (arrays.length !== access.length) {
      throw new Error(`kernel ${this.name}.${entry} binds ${access.length} arrays, got ${arrays.length}`);
    }
    for (let i = 0; i < arrays.length; i++) {
      if (!(arrays[i] instanceof DeviceArray))
        throw new TypeError(
          `kernel ${this.name}.${entry}: array ${i} is none that an operation's forward or backward is given, or that empty() makes`,
        );
      if (access[i] === "write") arrays[i]!.noteWrite();
    }
    for (const { storage } of arrays) if (!storage.isIn(dev.pool)) throw this.ofAnotherDevice(entry, arrays);
    dev.stream.recorder?.bind(arrays, access);
    const bound = bindingsOf(dev, arrays, access);
    const bindGroup = bindGroupFor(dev, layout, bound, () => describe(pipeline.label, arrays));
    const offset = dev.stream.uniforms();
    this.writeParams(dev.stream.slots.arena.words, offset / 4, params);
    if (dev.stream.recorder !== null) this.tellOfDraws(dev.stream.recorder);
    const work = dev.stream.profiler === null ? undefined : { operations, bytes: bytesOf(arrays) };
    dev.stream.dispatch(pipeline, bindGroup, offset, groups, arrays, work);
  }

  /** Which of its uniforms are random numbers' (see random.ts): by the names that all programs have for them. */
  private tellOfDraws(recorder: Recorder): void {
    const wordOf = (wanted: string) => this.params!.find(({ name }) => name === wanted)?.offset;
    const [seed, draw] = [wordOf("seed"), wordOf("draw")];
    if (seed !== undefined && draw !== undefined) recorder.draws(seed / 4, draw / 4);
  }

  private ofAnotherDevice(entry: E, arrays: readonly DeviceArray[]): DeviceError {
    return new DeviceError(
      `${describe(`${this.name}.${entry}`, arrays)}: a tensor is on a device that is gone; make it anew, and what was computed from it`,
    );
  }

  private on(dev: Device, sizes: Record<string, number>): Compiled {
    let programs = this.compiled.get(dev);
    if (programs === undefined) {
      programs = new Map();
      this.compiled.set(dev, programs);
    }
    const key = keyOf(sizes);
    let compiled = programs.get(key);
    if (compiled === undefined) {
      const parts = this.source(sizes);
      if (this.params === null) this.readParams(parts.join("\n"));
      compiled = new Compiled(dev, this.name, parts, (entry) => {
        const bindings: Bindings = this.definition.entries[entry as E];
        return typeof bindings === "function" ? bindings(sizes) : bindings;
      });
      programs.set(key, compiled);
    }
    return compiled;
  }

  /** The program's parts, which are joined. */
  private source(sizes: Record<string, number>): readonly string[] {
    const { code } = this.definition;
    if (typeof code !== "function") return typeof code === "string" ? [code] : code;
    try {
      return [code(sizes)];
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new SyntaxError(`kernel ${this.name}: ${error.message}`, { cause: error }); // a loop that is not closed, say
    }
  }

  /** Writes the uniforms, which begin at word `start`. */
  private writeParams({ u32, i32, f32 }: Words, start: number, params: Launch["params"]): void {
    for (const { name, type, offset } of this.params!) {
      const at = start + offset / 4;
      const value = params[name];
      if (value === undefined)
        throw new Error(
          `kernel ${this.name}: launch() is not given Params.${name}, only ${Object.keys(params).join(", ") || "nothing"}`,
        );
      if ((typeof value === "number") !== (type.length === 3)) throw this.misfit(name, type, value);
      if (typeof value !== "number") {
        for (let i = 0; i < sizeOfType(type) / 4; i++) u32[at + i] = value[i] ?? 0;
      } else if (type === "f32") f32[at] = value;
      else if (type === "i32") i32[at] = value;
      else u32[at] = value;
    }
  }

  private misfit(name: string, type: string, value: unknown): TypeError {
    const wanted = type.length === 3 ? "a number" : "a list of numbers";
    return new TypeError(
      `kernel ${this.name}: Params.${name} is ${type}, which takes ${wanted}, got ${value}`,
    );
  }
}

/** Declares a kernel and enters it in the list of kernels. */
export function defineKernel<E extends string>(definition: KernelDefinition<E>): Kernel<E> {
  const kernel = new Kernel(definition);
  kernels.set(kernel.name, kernel as unknown as Kernel);
  return kernel;
}

/** Workgroups for n invocations in a line, folded over y past the 65,535 that one dimension allows. */
export function linearGroups(n: number, workgroupSize: number): [number, number, number] {
  const groups = Math.ceil(n / workgroupSize);
  const x = Math.min(groups, device().groupsInRow);
  return [x, x === 0 ? 0 : Math.ceil(groups / x), 1];
}

/** The slot of passing textures: no launch that has one has as many others. */
const PASSING = 3;

function bindingsOf(dev: Device, arrays: readonly DeviceArray[], access: readonly Access[]): Bound[] {
  if (!access.some(isTexture)) return arrays.map(({ storage }) => storage);
  const copies = new Map<Bound, Texture>(); // an array that is bound as several textures is copied once
  return arrays.map(({ storage, size }, i) => {
    if (!isTexture(access[i]!)) return storage;
    const known = copies.get(storage);
    if (known !== undefined) return known;
    const texels = Math.ceil(size / 4);
    const texture = dev.pool.texture(access[i] === "texture" ? copies.size : PASSING, 16 * texels);
    const { holds } = texture; // a gradient is read by two products in a row
    if (holds?.of !== storage || holds.version !== storage.version || holds.texels !== texels) {
      dev.stream.copyToTexture(storage.buffer, texture.texture, texels);
      texture.holds = { of: storage, version: storage.version, texels };
    }
    copies.set(storage, texture);
    return texture;
  });
}

/** Bytes of the arrays, those that are given twice counted once. */
function bytesOf(arrays: readonly DeviceArray[]): number {
  const sizes = new Map(arrays.map(({ storage, size }) => [storage.id, 4 * size]));
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function keyOf(numbers: Record<string, number>): string {
  let key = "";
  for (const name in numbers) key += `,${name}=${numbers[name]}`;
  return key;
}

/** Pipelines that were asked for since the program began. */
export let pipelinesCreated = 0;
/** A pipeline and what it binds. */
interface Program {
  readonly pipeline: PendingPipeline;
  readonly layout: Layout;
}

/** One kernel's shader module and pipelines on one device. */
class Compiled {
  private readonly module: GPUShaderModule;
  /** What its WGSL is refused for; null where it is none. */
  private readonly refused: Promise<Error | null>;
  private readonly programs = new Map<string, Program>();

  constructor(
    private readonly dev: Device,
    private readonly name: string,
    parts: readonly string[],
    /** What an entry point binds. */
    private readonly access: (entry: string) => readonly Access[],
  ) {
    dev.gpu.pushErrorScope("validation");
    this.module = dev.gpu.createShaderModule({ code: parts.join("\n"), label: name });
    this.refused = dev.gpu.popErrorScope().then(
      (error) => (error === null ? null : this.explained(error, parts)),
      () => null, // the device is lost, which is told by itself
    );
    this.refused.then((error) => error !== null && dev.stream.fail(error));
  }

  private async explained(error: GPUError, parts: readonly string[]): Promise<Error> {
    const info = this.module.getCompilationInfo().catch(() => ({ messages: [] })); // the device is lost meanwhile
    const messages: readonly GPUCompilationMessage[] = (await info).messages;
    const first = messages.find(({ type }) => type === "error") ?? { message: error.message, lineNum: 0 };
    return new DeviceError(compileError(this.name, parts, first));
  }

  program(entry: string, constants: Record<string, number>): Program {
    const key = entry + keyOf(constants);
    let program = this.programs.get(key);
    if (program === undefined) {
      const layout = layoutFor(this.dev, this.access(entry));
      program = { layout, pipeline: this.create(entry, layout, constants) };
      this.programs.set(key, program);
    }
    return program;
  }

  private create(entry: string, layout: Layout, constants: Record<string, number>): PendingPipeline {
    pipelinesCreated++;
    const label = `${this.name}.${entry}`;
    const descriptor: GPUComputePipelineDescriptor = {
      label,
      layout: layout.pipelines,
      compute: { module: this.module, entryPoint: entry, constants },
    };
    const creating = this.dev.gpu.createComputePipelineAsync(descriptor);
    const pending: PendingPipeline = {
      label,
      ready: creating.then(
        (pipeline) => {
          pending.pipeline = pipeline;
        },
        async (error) => {
          throw (
            (await this.refused) ??
            new DeviceError(`kernel ${label} does not compile: ${firstLine(error.message)}`)
          );
        },
      ),
      compileNow: () => {
        pending.pipeline = this.dev.stream.checkedCall(
          () => `to compile ${label}`,
          () => this.dev.gpu.createComputePipeline(descriptor),
        );
      },
    };
    pending.ready.catch((error) => this.dev.stream.fail(error)); // the next read throws it
    return pending;
  }
}
