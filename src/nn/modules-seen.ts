// Modules as they were when a forward pass or a step of theirs was recorded (compile.ts): what they had in their fields, settings, weights
// and layers, and whether they learn.
import { isTensor } from "../tensor/check.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { isHooked } from "./hooks.ts";
import type { AnyModule } from "./module.ts";

/** Modules and those inside them, whose weights they may use without running them. */
export function withInner(modules: ReadonlySet<AnyModule>): AnyModule[] {
  return [...new Set([...modules].flatMap((each) => each.modules()))];
}

/** How deep lists and objects in a module's fields are looked into. */
const DEPTH = 3;

function fieldsOf(modules: readonly AnyModule[]): unknown[] {
  const found: unknown[] = [];
  const see = (value: unknown, depth: number) => {
    found.push(value);
    if (isTensor(value)) {
      found.push((value as Tensor).requiresGrad);
      return;
    }
    if (typeof value !== "object" || value === null || depth === 0) return;
    if (Array.isArray(value)) for (const each of value) see(each, depth - 1);
    else if (value instanceof Map || value instanceof Set)
      for (const each of value.values()) see(each, depth - 1);
    else if (Object.getPrototypeOf(value) === Object.prototype)
      for (const key in value) see((value as Record<string, unknown>)[key], depth - 1);
  };
  for (const module of modules) for (const value of Object.values(module)) see(value, DEPTH);
  return found;
}

/** Modules, and what they had in their fields. All weakly: a module may hold the compiled function. */
export class Seen {
  private readonly modules: readonly WeakRef<AnyModule>[];
  private readonly fields: readonly unknown[];

  constructor(modules: readonly AnyModule[], fields: readonly unknown[] = fieldsOf(modules)) {
    this.modules = modules.map((each) => new WeakRef(each));
    this.fields = fields.map((each) => (isObject(each) ? new WeakRef(each) : each));
  }

  /** Whether they are as they were, and nobody looks at what goes in and comes out. */
  get isAsBefore(): boolean {
    const there = this.modules.flatMap((each) => each.deref() ?? []);
    return there.length === this.modules.length && this.has(fieldsOf(there)) && !there.some(isHooked);
  }

  private has(fields: readonly unknown[]): boolean {
    const was = (at: unknown) => (at instanceof WeakRef ? at.deref() : at);
    return (
      fields.length === this.fields.length && fields.every((each, i) => Object.is(each, was(this.fields[i])))
    );
  }
}

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";
