// Lists, of which Sequential is one, and dictionaries of modules and of parameters, for what a module's fields, lists, maps and
// plain objects do as well: by PyTorch's names.
import { isTensor, show, wantNoMore } from "../../tensor/check.ts";
import { FIELDS } from "../held.ts";
import { type AnyModule, Module, Parameter } from "../module.ts";

function notOne(who: string, what: string, kind: string, value: unknown): TypeError {
  return new TypeError(`${who}: ${what} is a ${kind}, got ${show(value)}`);
}

export const isModule = (value: unknown): value is AnyModule => value instanceof Module;
const isParameter = (value: unknown): value is Parameter => value instanceof Parameter;

/** What the forward pass of those says that have none. */
function notRun(container: AnyModule): never {
  throw new TypeError(`${container.constructor.name} has no forward pass: call those of what it holds`);
}

/** Numbered items: fields 0, 1, …, which is how parameters are named. */
export abstract class List<T extends object> extends Module {
  [index: number]: T;

  constructor(items: Iterable<T>, more: readonly unknown[]) {
    super();
    const who = this.constructor.name;
    if (typeof items !== "object" || items === null || !(Symbol.iterator in items) || isTensor(items))
      throw new TypeError(`${who}: wants a list of ${this.kind()}s, got ${show(items)}`);
    wantNoMore(who, more, `they are one list: new ${who}([…])`);
    for (const item of items) this.append(item);
  }

  protected abstract kind(): "module" | "parameter";
  protected abstract accepts(item: unknown): boolean;

  get length(): number {
    let n = 0;
    while (n in this) n++;
    return n;
  }

  /** Adds one at the end. */
  append(item: T, ...more: never[]): this {
    const who = `${this.constructor.name}.append`;
    if (!this.accepts(item)) throw notOne(who, `item ${this.length}`, this.kind(), item);
    wantNoMore(who, more);
    this[this.length] = item;
    return this;
  }

  /** Adds several at the end. */
  extend(items: Iterable<T>, ...more: never[]): this {
    const who = `${this.constructor.name}.extend`;
    if (typeof items !== "object" || items === null || !(Symbol.iterator in items) || isTensor(items))
      throw new TypeError(`${who}: wants a list of ${this.kind()}s, got ${show(items)}`);
    wantNoMore(who, more);
    for (const item of [...items]) this.append(item);
    return this;
  }

  /** The item at a position; from the end on where it is below 0. */
  at(index: number, ...more: never[]): T | undefined {
    const who = `${this.constructor.name}.at`;
    if (typeof index !== "number") throw new TypeError(`${who}: the index is a number, got ${show(index)}`);
    wantNoMore(who, more);
    return this[index < 0 ? this.length + index : index];
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i in this; i++) yield this[i]!;
  }
}

/**
 * Modules in a list: `for (const layer of layers) x = layer.forward(x)`, `layers[0]`.
 * @example
 * const layers = new nn.ModuleList([new nn.Linear(4, 8), new nn.Linear(8, 2)]);
 * let x = ones([3, 4]);
 * for (const layer of layers) x = layer.forward(x);
 * x.shape; // → [3, 2]
 */
export class ModuleList<M extends AnyModule = AnyModule> extends List<M> {
  constructor(modules: Iterable<M> = [], ...more: never[]) {
    super(modules, more);
  }
  override forward(): never {
    return notRun(this);
  }
  protected kind() {
    return "module" as const;
  }
  protected accepts(item: unknown): boolean {
    return isModule(item);
  }
}

/**
 * Parameters in a list.
 * @example
 * const scales = new nn.ParameterList([new nn.Parameter(ones([2])), new nn.Parameter(zeros([3]))]);
 * scales.length; // → 2
 */
export class ParameterList extends List<Parameter> {
  constructor(parameters: Iterable<Parameter> = [], ...more: never[]) {
    super(parameters, more);
  }
  override forward(): never {
    return notRun(this);
  }
  protected kind() {
    return "parameter" as const;
  }
  protected accepts(item: unknown): boolean {
    return isParameter(item);
  }
}

/** What to throw of heads["left"], which Python writes: it would be undefined, and heads["left"] = layer one that nobody learns. */
function byName(dict: AnyModule, name: string, method: "get" | "set"): TypeError {
  const [key, who] = [show(name), dict.constructor.name];
  return new TypeError(
    method === "get" ? `${who}[${key}]: write get(${key})` : `${who}[${key}] = …: write set(${key}, …)`,
  );
}

/** Items by name, in the order in which they came. */
abstract class Dict<T extends object> extends Module<[], never> {
  protected readonly items = new Map<string, T>();

  forward(): never {
    return notRun(this);
  }

  constructor(items: Readonly<Record<string, T>>, more: readonly unknown[]) {
    super();
    const who = this.constructor.name;
    if (typeof items !== "object" || items === null || Array.isArray(items) || isTensor(items))
      throw new TypeError(`${who}: wants an object of ${this.kind()}s by name, got ${show(items)}`);
    wantNoMore(who, more);
    for (const [name, item] of Object.entries(items)) this.set(name, item);
  }

  protected abstract kind(): "module" | "parameter";
  protected abstract accepts(item: unknown): boolean;

  override [FIELDS](): [name: string, value: unknown][] {
    for (const [name, value] of Object.entries(this))
      if (this.accepts(value)) throw byName(this, name, "set");
    return [...this.items];
  }

  get length(): number {
    return this.items.size;
  }

  /** Puts one in the place of its name. */
  set(name: string, item: T, ...more: never[]): this {
    const who = `${this.constructor.name}.set`;
    if (typeof name !== "string" || name === "" || name.includes("."))
      throw new TypeError(`${who}: the name is a word without dots, got ${show(name)}`);
    if (!this.accepts(item)) throw notOne(who, show(name), this.kind(), item);
    wantNoMore(who, more);
    this.items.set(name, item);
    if (!(name in this))
      Object.defineProperty(this, name, {
        get: () => {
          throw byName(this, name, "get");
        },
        set: () => {
          throw byName(this, name, "set");
        },
        configurable: true,
      });
    return this;
  }

  /** The module of this name, or undefined. */
  get(name: string, ...more: never[]): T | undefined {
    wantNoMore(`${this.constructor.name}.get`, more);
    return this.items.get(name);
  }

  /** Whether there is a module of this name. */
  has(name: string, ...more: never[]): boolean {
    wantNoMore(`${this.constructor.name}.has`, more);
    return this.items.has(name);
  }

  /** Takes one out; tells whether it was there. */
  delete(name: string, ...more: never[]): boolean {
    wantNoMore(`${this.constructor.name}.delete`, more);
    if (!this.items.delete(name)) return false;
    delete (this as Record<string, unknown>)[name]; // what refuses it, which no method of this name has
    return true;
  }

  /** The names, in the order in which they were added. */
  keys(): string[] {
    return [...this.items.keys()];
  }
  /** The modules, in the order in which they were added. */
  values(): T[] {
    return [...this.items.values()];
  }
  /** Names and modules, in the order in which they were added. */
  entries(): [name: string, item: T][] {
    return [...this.items];
  }
}

/**
 * Modules by name: `heads.get("left").forward(x)`.
 * @example
 * const heads = new nn.ModuleDict({ sounds: new nn.Linear(8, 50), none: new nn.Linear(8, 1) });
 * heads.get("none")!.forward(ones([2, 8])).shape; // → [2, 1]
 */
export class ModuleDict<M extends AnyModule = AnyModule> extends Dict<M> {
  constructor(modules: Readonly<Record<string, M>> = {}, ...more: never[]) {
    super(modules, more);
  }
  protected kind() {
    return "module" as const;
  }
  protected accepts(item: unknown): boolean {
    return isModule(item);
  }
}

/**
 * Parameters by name.
 * @example
 * const weights = new nn.ParameterDict({ scale: new nn.Parameter(ones([2])) });
 * weights.get("scale"); // → [1, 1]
 */
export class ParameterDict extends Dict<Parameter> {
  constructor(parameters: Readonly<Record<string, Parameter>> = {}, ...more: never[]) {
    super(parameters, more);
  }
  protected kind() {
    return "parameter" as const;
  }
  protected accepts(item: unknown): boolean {
    return isParameter(item);
  }
}
