// Module: what layers and models derive from. Parameters, buffers and submodules are plain fields, or stand in lists, maps
// and plain objects that are; their names, joined with dots and in PyTorch's spelling, are those of the state dict
// ("conv1.0.weight", "running_mean").

import { formatShape, sameShape } from "../gpu/shape.ts";
import { isRecording, noGrad } from "../tensor/autograd/grad-mode.ts";
import { watcher } from "../tensor/autograd/step.ts";
import { counted, isList, isTensor, show, wantBoolean, wantFunction, wantNoMore } from "../tensor/check.ts";
import { arrayOf } from "../tensor/handle.ts";
import { instead, OF_MODULES, refuseInPython, refuseRequiresGrad } from "../tensor/instead.ts";
import { BOOLEAN, takes } from "../tensor/options.ts";
import { bodyScope, keepsBeyondScopes } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { watching } from "../tensor/watch.ts";
import {
  FIELDS,
  fieldsOf,
  type Held,
  held,
  heldTensors,
  IGNORED,
  parameterFields,
  search,
  type TensorKind,
} from "./held.ts";
import {
  asWritten,
  type ForwardHook,
  type ForwardPreHook,
  type HookHandle,
  hooked,
  register,
} from "./hooks.ts";
import { join, list, quote, unique } from "./names.ts";
import { Buffer, Parameter } from "./parameter.ts";
import { type ZeroGradOptions, zeroGrads } from "./zeroGrad.ts";

export { Buffer, Parameter };

/** Values by name, as PyTorch names them. */
export type StateDict = Readonly<Record<string, Tensor>>;

/** A module of any inputs and output. */
export type AnyModule = Module<never[], unknown>;

const loadOptions = takes("loadStateDict", 2, { strict: BOOLEAN });

/** Modules whose forward passes run now, the outermost first. */
const running: AnyModule[] = [];

/**
 * Derive from it, assign layers and parameters to (public) fields in the constructor, and write `forward`. Lists, maps and
 * plain objects of them do too, nested as they may be; sets and #private fields do not, and the first `forward` that
 * computes with parameters which the module does not know throws.
 *
 * Every call of `forward` frees, when it ends, the tensors made inside it that it neither returned nor stored in a field (or in
 * lists, maps and plain objects there); what backward() needs of them is kept by the tape.
 *
 * A subclass's `forward` takes and returns what it says. Where modules are exchanged for others, their type says so:
 * `nn.Module<[Tensor], Tensor>`.
 * @example
 * class Net extends nn.Module {
 *   hidden = new nn.Linear(2, 8); output = new nn.Linear(8, 1);
 *   override forward(x: Tensor) { return this.output.forward(this.hidden.forward(x).relu()); }
 * }
 * new Net().forward(ones([4, 2])).shape; // → [4, 1]
 */
// biome-ignore lint/suspicious/noExplicitAny: a subclass's forward may have any inputs and result, without naming them twice
export abstract class Module<Inputs extends readonly any[] = any[], Output = any> {
  /** Whether dropout drops and batch norm uses the batch's statistics; set by train() and eval(). */
  training = true;

  constructor(...more: never[]) {
    wantNoMore(this.constructor.name, more, "its constructor takes none");
    wrapForward(this as unknown as AnyModule);
  }

  abstract forward(...inputs: Inputs): Output;

  /** Direct submodules with their names: fields, and what is in fields that are lists, maps and plain objects ("blocks.0"). */
  namedChildren(): [name: string, child: AnyModule][] {
    return held(this, Module as Held<AnyModule>);
  }

  /** @internal Where submodules, parameters and buffers are looked for, by PyTorch's names: the fields. */
  [FIELDS](): [name: string, value: unknown][] {
    return fieldsOf(this);
  }

  /** The modules directly below. */
  children(): AnyModule[] {
    return this.namedChildren().map(([, child]) => child);
  }

  /** This module ("") and all below it, parents first; one that is found twice is listed once. */
  namedModules(): [name: string, module: AnyModule][] {
    return unique(walk(this, ""));
  }

  /** This module and all below it, each once. */
  modules(): AnyModule[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** All parameters, those of submodules included; one that is shared is listed once. */
  namedParameters(): [name: string, parameter: Parameter][] {
    return unique(walk(this, "").flatMap(([path, module]) => ownTensors(path, module, Parameter)));
  }

  /** The parameters of this module and of all below it, each once: what an optimizer takes. */
  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** Buffers by their names in stateDict. */
  namedBuffers(): [name: string, buffer: Buffer][] {
    return unique(walk(this, "").flatMap(([path, module]) => ownTensors(path, module, Buffer)));
  }

  /** The buffers of this module and of all below it, each once. */
  buffers(): Buffer[] {
    return this.namedBuffers().map(([, buffer]) => buffer);
  }

  /** Sets training mode here, and by their own train() in all submodules. */
  train(mode = true): this {
    wantBoolean("train", "the mode", mode);
    this.training = mode;
    below(this, (_, child) => child.train(mode), true);
    return this;
  }

  /** Sets evaluation mode: dropout passes everything, batch norm uses its running statistics. */
  eval(): this {
    return this.train(false);
  }

  /** Calls a function with every module from here down, children first: to set initial weights, say. */
  apply(change: (module: AnyModule) => void, ...more: never[]): this {
    wantFunction("apply", "what is called", change);
    wantNoMore("apply", more);
    below(this, (_, child) => child.apply(change), true);
    change(this as unknown as AnyModule);
    return this;
  }

  /** Whether all parameters are learned from now on: false freezes them. */
  requiresGrad_(requiresGrad = true, ...more: never[]): this {
    wantBoolean("requiresGrad_", "it", requiresGrad);
    wantNoMore("requiresGrad_", more);
    for (const parameter of this.parameters()) parameter.requiresGrad = requiresGrad;
    return this;
  }

  /** The module below by its name, "blocks.0.conv"; "" is this one. @throws RangeError where there is none */
  getSubmodule(name: string, ...more: never[]): AnyModule {
    wantNoMore("getSubmodule", more);
    return named("getSubmodule", name, walk(this, ""));
  }

  /** The parameter by its name, "blocks.0.weight". @throws RangeError where there is none */
  getParameter(name: string, ...more: never[]): Parameter {
    wantNoMore("getParameter", more);
    const all = walk(this, "").flatMap(([path, module]) => ownTensors(path, module, Parameter));
    return named("getParameter", name, all);
  }

  /** Has a function called before every forward pass: see ForwardPreHook. It may keep what it sees and makes. */
  registerForwardPreHook(hook: ForwardPreHook<this>, ...more: never[]): HookHandle {
    wantFunction("registerForwardPreHook", "the hook", hook);
    wantNoMore("registerForwardPreHook", more);
    return register(this, "before", hook as ForwardPreHook<never>);
  }

  /**
   * Has a function called after every forward pass: see ForwardHook. It may keep what it sees and makes.
   * @example
   * const [net, seen] = [new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU()), [] as Tensor[]];
   * net.layers[0]!.registerForwardHook((_, __, output) => void seen.push(output.detach()));
   * net.forward(ones([4, 2]));
   * seen[0]!.shape; // → [4, 3]
   */
  registerForwardHook(hook: ForwardHook<this>, ...more: never[]): HookHandle {
    wantFunction("registerForwardHook", "the hook", hook);
    wantNoMore("registerForwardHook", more);
    return register(this, "after", hook as ForwardHook<never>);
  }

  /** Forgets the gradients of all parameters; with `setToNone: false` they are zeros afterwards. */
  zeroGrad(options?: ZeroGradOptions, ...more: never[]): void {
    zeroGrads(this.parameters(), options, more);
  }

  /** Parameters and buffers by name. The tensors share memory with the module's and are off the tape. */
  stateDict(): Record<string, Tensor> {
    const own = ownState("", this).map(([name, tensor]) => [name, tensor.detach()] as const);
    const others = below(this, (path, child) =>
      Object.entries(child.stateDict()).map(([name, tensor]) => [join(path, name), tensor] as const),
    );
    return Object.fromEntries([...own, ...others.flat()]);
  }

  /**
   * Copies values into parameters and buffers by name: all of them, or none where it throws. With `strict: false`
   * names that only one side has are left alone, and returned.
   * @throws Error naming what is missing, unexpected, or of another shape
   */
  loadStateDict(
    source: StateDict,
    options?: { strict?: boolean },
    ...more: never[]
  ): { missing: string[]; unexpected: string[] } {
    loadOptions(options, more);
    const strict = options?.strict ?? true;
    if (
      typeof source !== "object" ||
      source === null ||
      isTensor(source) ||
      isList(source) ||
      source instanceof Map ||
      source instanceof Promise ||
      source instanceof Module
    )
      throw new TypeError(
        `loadStateDict: the state is an object of tensors by name, got ${show(source)}${source instanceof Module ? ": write model.stateDict()" : ""}`,
      );
    const wrong = Object.keys(source).find((name) => !isTensor(source[name]));
    if (wrong !== undefined)
      throw new TypeError(`loadStateDict: ${show(wrong)} is a tensor, got ${show(source[wrong])}`);
    const own = new Map(state(this));
    const ignored = new Set(
      walk(this, "").flatMap(([path, module]) => module[IGNORED]().map((key) => join(path, key))),
    );
    const missing = [...own.keys()].filter((name) => !Object.hasOwn(source, name));
    const unexpected = Object.keys(source).filter((name) => !own.has(name) && !ignored.has(name));
    const shared = [...own].filter(([name]) => Object.hasOwn(source, name));
    const misfits = shared.flatMap(([name, tensor]) => {
      const given = source[name]!;
      arrayOf(given); // throws where it was freed, before anything is copied
      if (sameShape(given.shape, tensor.shape) && given.dtype === tensor.dtype) return [];
      return [
        `"${name}" is ${tensor.dtype} ${formatShape(tensor.shape)} in the module and ${given.dtype} ${formatShape(given.shape)} in the state`,
      ];
    });
    const faults = [
      ...(strict && missing.length > 0 ? [`${list(missing.map(quote))} missing`] : []),
      ...(strict && unexpected.length > 0 ? [`${list(unexpected.map(quote))} not known`] : []),
      ...(misfits.length > 0 ? [list(misfits)] : []),
    ];
    if (faults.length > 0) throw new Error(`loadStateDict: ${this.constructor.name}: ${faults.join("; ")}`);
    noGrad(() => {
      for (const [name, tensor] of shared) tensor.copy_(source[name]!);
    });
    return { missing, unexpected };
  }

  /** @internal Names of this module's own that PyTorch's state dicts have and ours need not. */
  [IGNORED](): readonly string[] {
    return [];
  }

  /** What stands between the parentheses in toString(). */
  protected extraRepr(): string {
    return "";
  }

  /** What console.log shows. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** The tree of modules, as PyTorch prints it. */
  toString(): string {
    const lines = below(this, (name, child) => `(${name}): ${child}`);
    const inside = lines.length === 0 ? this.extraRepr() : `\n${lines.join("\n").replace(/^/gm, "  ")}\n`;
    return `${this.constructor.name}(${inside})`;
  }
}

counted(
  Module.prototype,
  "buffers children eval modules namedBuffers namedChildren namedModules namedParameters parameters stateDict",
);
counted(Module.prototype, "train", 1);
instead(Module.prototype, OF_MODULES);
refuseRequiresGrad(Module.prototype);
refuseInPython(Module.prototype);

/** Puts a module's forward pass, but not a `super.forward` in it, into a scope, between its hooks, and has it refuse parameters that nobody holds. */
export function wrapForward(module: AnyModule): void {
  const name = `${module.constructor.name}.forward`;
  const { forward = unwritten } = Object.getPrototypeOf(module) as Partial<AnyModule>;
  let known = false;
  let fields: readonly string[] | null = null;
  const scoped = (...inputs: unknown[]) => {
    running.push(module);
    watcher?.ran(module);
    try {
      fields ??= parameterFields(module, null); // as they are before forward may put something in their place
      const pass = () => bodyScope(() => hooked(module, name, inputs, forward), name, module);
      const isKnown = known || running.length > 1 || !isRecording();
      const output = isKnown ? pass() : watching(refuseUnknown(module, inputs), pass);
      known ||= !isKnown;
      fields = parameterFields(module, fields);
      return output;
    } finally {
      running.pop();
    }
  };
  asWritten.add(scoped);
  keepsBeyondScopes(module);
  Object.defineProperty(module, "forward", { value: scoped, writable: true, configurable: true });
}

function unwritten(this: AnyModule, ..._: never[]): never {
  const { name } = this.constructor;
  throw new TypeError(`${name} has no forward pass: write forward(x) { … }, which gives what it computes`);
}

/** What has this name. */
function named<T>(who: string, name: string, all: readonly [name: string, thing: T][]): T {
  const found = all.find(([each]) => each === name);
  if (found !== undefined) return found[1];
  const others = all.flatMap(([each]) => (each === "" ? [] : [quote(each)]));
  const names = list(others, 6);
  throw new (typeof name === "string" ? RangeError : TypeError)(
    `${who}: there is no ${show(name)}${names === "" ? "" : `: there are ${names}`}`,
  );
}

/** Every module from `root` down with its path, shared ones once for each of their paths. */
function walk(root: AnyModule, path: string): [path: string, module: AnyModule][] {
  return [[path, root], ...below(root, (name, child) => walk(child, join(path, name))).flat()];
}

/** Modules whose children are gone through now. */
const entered = new Set<AnyModule>();

/** Visits the modules directly below, each once or under each of its names, but none that this stands in: a child may know its parent. */
function below<T>(module: AnyModule, visit: (name: string, child: AnyModule) => T, once = false): T[] {
  const isOutermost = !entered.has(module);
  entered.add(module);
  try {
    const children = module.namedChildren().filter(([, child]) => !entered.has(child));
    return (once ? unique(children) : children).map(([name, child]) => visit(name, child));
  } finally {
    if (isOutermost) entered.delete(module);
  }
}

/** The parameters or buffers in a module's own fields. */
function ownTensors<T extends Tensor>(
  path: string,
  module: AnyModule,
  kind: TensorKind<T>,
): [name: string, tensor: T][] {
  return heldTensors(module, kind).map(([name, tensor]) => [join(path, name), tensor]);
}

/**
 * Throws where an operation of a module's forward pass computes with a parameter that is neither the module's own nor
 * among what it was called with: nobody would train it, and no state dict have it.
 */
function refuseUnknown(module: AnyModule, inputs: readonly unknown[]): (operands: readonly object[]) => void {
  const given: [string, Parameter | AnyModule][] = [];
  search(inputs, "", Parameter, given as [string, Parameter][]);
  search(inputs, "", Module as Held<AnyModule>, given as [string, AnyModule][]);
  const lent = given.flatMap(([, each]) => (each instanceof Module ? each.parameters() : [each]));
  let known = new Set<object>([...lent, ...module.parameters()]);
  return (operands) => {
    for (const operand of operands) {
      if (!(operand instanceof Parameter) || known.has(operand)) continue;
      known = new Set([...lent, ...module.parameters()]); // a layer may be made when it is first needed
      if (!known.has(operand) && operand.requiresGrad && isRecording()) throw unknownTo(operand);
    }
  };
}

/** Names the innermost of the running modules that lacks a parameter, unless one inside knows it: then what should hold that one. */
function unknownTo(parameter: Parameter): Error {
  const inside = running.findIndex((each) => each.parameters().includes(parameter));
  const { name } = running.at(inside === -1 ? -1 : inside - 1)!.constructor;
  return new Error(
    `${name}.forward computes with a parameter ${formatShape(parameter.shape)} that ${name}.parameters() does not list: hold it, or the module that it belongs to, in a public field, by itself or in lists, maps or plain objects (sets and #private fields are not searched), or pass it to forward`,
  );
}

/** Parameters and buffers in PyTorch's order: module by module, parameters first. */
function state(root: AnyModule): [name: string, tensor: Tensor][] {
  return walk(root, "").flatMap(([path, module]) => ownState(path, module));
}

/** A module's own. */
function ownState(path: string, module: AnyModule): [name: string, tensor: Tensor][] {
  return [...ownTensors(path, module, Parameter), ...ownTensors(path, module, Buffer)];
}
