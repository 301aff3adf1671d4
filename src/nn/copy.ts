// Copies of modules, with parameters and buffers of their own.
import { Tensor } from "../tensor/tensor.ts";
import { type AnyModule, Buffer, Module, Parameter, wrapForward } from "./module.ts";

/**
 * A module like this one: what is in its fields, lists, maps and plain objects is copied, tensors that are shared stay shared
 * among the copies; functions and objects of other classes are the same ones. #private fields are not copied.
 */
export function copyOf<M extends AnyModule>(module: M): M {
  const known = new Map<object, object>();
  const copy = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    const made = known.get(value) ?? emptied(value);
    if (known.has(value) || made === value) return made;
    known.set(value, made);
    if (value instanceof Tensor) return made;
    if (value instanceof Map) for (const [key, item] of value) (made as typeof value).set(key, copy(item));
    else for (const [key, item] of Object.entries(value)) (made as Record<string, unknown>)[key] = copy(item);
    if (made instanceof Module) wrapForward(made as AnyModule);
    return made;
  };
  return copy(module) as M;
}

/** What a copy begins as: a tensor's values, or nothing yet in a module, list, map or object; others are themselves. */
function emptied(value: object): object {
  if (value instanceof Tensor) {
    const values = value.detach().clone();
    if (value instanceof Buffer) return new Buffer(values);
    if (!(value instanceof Parameter)) return values;
    const parameter = new Parameter(values);
    parameter.requiresGrad = value.requiresGrad;
    return parameter;
  }
  if (Array.isArray(value)) return [];
  if (value instanceof Map) return new Map();
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (value instanceof Module || prototype === Object.prototype) return Object.create(prototype) as object;
  return value;
}
