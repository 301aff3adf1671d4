// Copies of modules, with parameters and buffers of their own, and of tensors in lists and objects.
import { show, wantNoMore } from "../tensor/check.ts";
import { outliveScope } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import { heldTensors, noteParameters } from "./held.ts";
import { asWritten } from "./hooks.ts";
import { type AnyModule, Buffer, Module, Parameter, wrapForward } from "./module.ts";

/** Throws unless it is a module. */
export function wantModule(who: string, module: unknown): void {
  if (!(module instanceof Module)) throw new TypeError(`${who}: the model is a module, got ${show(module)}`);
}

/** Source text of an arrow function that uses `this`: only the text tells, and a function that has a `this` of its own does not match. */
const ARROW_WITH_THIS = /^(?:async\s*)?(?:\([^()]*\)|[\w$]+)\s*=>.*\bthis\s*(?:\.|\[)/s;

/**
 * A module like this one, with weights of its own, as Python's copy.deepcopy makes one: to keep the best so far, for a teacher or a
 * target network. What is in its fields, lists, maps and plain objects is copied, tensors that are shared stay shared among the
 * copies; functions and objects of other classes are the same ones. Gradients, hooks and #private fields are not copied. A method
 * that is written as an arrow function, `forward = (x) => this.hidden.forward(x)`, belongs to the original alone, and is refused.
 *
 * A tensor, and a list, map or plain object of them, is copied likewise: `deepcopy(model.stateDict())` keeps weights as they are.
 * @example
 * const net = new nn.Linear(2, 1);
 * const best = nn.utils.deepcopy(net);
 * net.requiresGrad_(false).weight.zero_();
 * best.forward(ones([4, 2])).shape; // → [4, 1]
 */
export function deepcopy<T extends object>(original: T, ...more: never[]): T {
  wantNoMore("deepcopy", more);
  const known = new Map<object, object>();
  const copy = (value: unknown, place = ""): unknown => {
    if (typeof value === "function" && ARROW_WITH_THIS.test(`${value}`))
      throw new TypeError(
        `deepcopy: ${place} is an arrow function, whose "this" would be the original's in the copy too: write a method`,
      );
    if (typeof value !== "object" || value === null) return value;
    const made = known.get(value) ?? emptied(value);
    if (known.has(value) || made === value) return made;
    if (value instanceof Module) heldTensors(value, Buffer); // those that were assigned anew are buffers in the copy, too
    known.set(value, made);
    if (value instanceof Tensor) return made;
    if (value instanceof Map)
      for (const [key, item] of value) (made as typeof value).set(key, copy(item, place));
    else
      for (const [key, item] of Object.entries(value)) {
        const at = value instanceof Module ? `${value.constructor.name}.${key}` : place;
        (made as Record<string, unknown>)[key] = copy(item, at);
      }
    if (made instanceof Module) {
      wrapForward(made as AnyModule);
      noteParameters(made);
      const { forward } = value as AnyModule;
      // One that was put in its class's place, as all functions are.
      if (!asWritten.has(forward))
        made.forward = copy(forward, `${made.constructor.name}.forward`) as typeof forward;
    }
    return made;
  };
  const made = copy(original) as T;
  if (made !== original) return made;
  throw new TypeError(
    `deepcopy: wants a module or a tensor, or lists, maps and plain objects of them, got ${show(original)}`,
  );
}

/** What a copy begins as: a tensor's values, or nothing yet in a module, list, map or object; others are themselves. */
function emptied(value: object): object {
  if (value instanceof Tensor) {
    const values = value.detach().clone();
    if (value instanceof Buffer) return new Buffer(values);
    outliveScope(values);
    const made = value instanceof Parameter ? new Parameter(values) : values;
    made.requiresGrad = value.isLeaf && value.requiresGrad;
    return made;
  }
  if (Array.isArray(value)) return [];
  if (value instanceof Map) return new Map();
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (value instanceof Module || prototype === Object.prototype) return Object.create(prototype) as object;
  return value;
}
