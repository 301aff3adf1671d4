// What modules hold in their fields, by PyTorch's names. A field that held a parameter or buffer goes on doing so: a tensor that is
// put in a buffer's place becomes one, and one in a parameter's place is refused, both as in PyTorch.
import { handleOf } from "../tensor/handle.ts";
import { snakeCase } from "../tensor/instead.ts";
import { isPlain, outliveScope } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Buffer, Parameter } from "./parameter.ts";

/** The method of modules that gives where to look, by PyTorch's names: a symbol, so that no field of a subclass takes its place. */
export const FIELDS: unique symbol = Symbol("fields");

/** Likewise of names that PyTorch's state dicts have and ours need not. */
export const IGNORED: unique symbol = Symbol("ignored");

/** A module, as far as is asked here. */
export interface Holder {
  [FIELDS](): [name: string, value: unknown][];
}

/** A class of what is held. */
export type Held<T> = abstract new (...made: never[]) => T;

/** The fields of an object by PyTorch's names: runningMean is running_mean. */
export function fieldsOf(holder: object): [name: string, value: unknown][] {
  return Object.entries(holder).map(([field, value]) => [snakeCase(field), value]);
}

/** What is held of a class, in fields and inside lists, maps and plain objects there, with its names. */
export function held<T extends object>(holder: Holder, kind: Held<T>): [name: string, item: T][] {
  const found: [string, T][] = [];
  for (const [field, value] of holder[FIELDS]()) search(value, field, kind, found);
  return found;
}

export function search<T extends object>(
  value: unknown,
  name: string,
  kind: Held<T>,
  found: [name: string, item: T][],
  depth = 8,
): void {
  if (typeof value !== "object" || value === null) return;
  if (value instanceof kind) found.push([name, value]);
  else if (FIELDS in value || value instanceof Tensor || depth === 0) return;
  else if (Array.isArray(value) || value instanceof Map)
    for (const [key, item] of value.entries()) search(item, `${name}.${key}`, kind, found, depth - 1);
  else if (isPlain(value))
    for (const [key, item] of Object.entries(value)) search(item, `${name}.${key}`, kind, found, depth - 1);
}

type Kind = typeof Parameter | typeof Buffer;

/** One of the two. */
export type TensorKind<T> = Held<T> & Kind;

/** What each name stood for when it was last looked at. */
const known = new WeakMap<Holder, Map<string, Kind>>();

/** The names under which a layer held parameters when it was made. */
const made = new WeakMap<Holder, ReadonlySet<string>>();

/**
 * Notes what a new layer holds, so that `layer.weight = zeros([2, 2])` is refused though nobody looked before. What was computed with
 * gradients may stand there still: a step of learning to learn, which goes through a copy's weights.
 */
export function noteParameters(layer: Holder): void {
  made.set(layer, new Set(held(layer, Parameter).map(([name]) => name)));
}

/** The parameters or the buffers that are held, see above. @throws TypeError where a tensor took a parameter's place */
export function heldTensors<T extends Tensor>(
  holder: Holder,
  kind: TensorKind<T>,
): [name: string, tensor: T][] {
  const before = known.get(holder) ?? new Map<string, Kind>();
  known.set(holder, before);
  const first = made.get(holder);
  const all = held(holder, Tensor as Held<Tensor>);
  for (const [name, tensor] of all) {
    const now = kindOf(tensor);
    if (now !== null) before.set(name, now);
    else if (before.get(name) === Buffer) becomeBuffer(tensor);
    else if (
      (before.get(name) === Parameter || (first?.has(name) && tensor.isLeaf)) &&
      !isComputed(holder, name)
    )
      throw replaced(holder, name);
  }
  return all.filter((each): each is [string, T] => each[1] instanceof kind);
}

const kindOf = (tensor: Tensor): Kind | null =>
  tensor instanceof Parameter ? Parameter : tensor instanceof Buffer ? Buffer : null;

/** The tensor itself, so that it stays on the tape where it is on it, as in PyTorch. */
function becomeBuffer(tensor: Tensor): void {
  Object.setPrototypeOf(tensor, Buffer.prototype);
  handleOf(tensor).origin = "buffer"; // whatever computed it, it is written into
  outliveScope(tensor);
}

const fieldNamed = (holder: Holder, name: string): string =>
  Object.keys(holder).find((field) => snakeCase(field) === name) ?? name;

/** Whether a field is one that a getter computes. */
const isComputed = (holder: Holder, name: string): boolean =>
  Object.getOwnPropertyDescriptor(holder, fieldNamed(holder, name))?.get !== undefined;

function replaced(holder: Holder, name: string): TypeError {
  const field = `${holder.constructor.name}.${fieldNamed(holder, name)}`;
  return new TypeError(
    `${field} was a parameter and is a tensor now, which nobody trains: change its values in place, noGrad(() => parameter.sub_(…)), or put a new nn.Parameter(…) there`,
  );
}

/**
 * The fields that hold parameters now. They are the same as `before`, which is quickly seen, unless one was given something else.
 * @throws TypeError where that is a tensor
 */
export function parameterFields(holder: Holder, before: readonly string[] | null): readonly string[] {
  const fields = holder as unknown as Readonly<Record<string, unknown>>;
  if (before?.every((field) => fields[field] instanceof Parameter)) return before;
  heldTensors(holder, Parameter);
  return Object.keys(fields).filter((field) => fields[field] instanceof Parameter);
}
