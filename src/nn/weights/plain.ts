// From what a pickle of torch.save holds to plain values of JavaScript, and the numbers of its tensors.
import type { Elements } from "../../gpu/array.ts";
import { sizeOf, stridesOf } from "../../gpu/shape.ts";
import { show } from "../../tensor/check.ts";
import type { Fail } from "./error.ts";
import { decode, type HostArray } from "./numbers.ts";
import { Dict } from "./pickle.ts";
import { type TorchStorage, TorchTensor } from "./rebuild.ts";

/** Deeper lists in lists are none that a file of weights has. */
const DEEPEST = 100;

/** What a file's values are made with. */
export interface Making<T> {
  readonly fail: Fail;
  /** The bytes of a storage's numbers. */
  bytesOf(storage: TorchStorage): Uint8Array;
  /** Whether their lowest bytes come first. */
  readonly little: boolean;
  /** The most bytes that all tensors together may take: an expanded one may be of any size. */
  readonly most: number;
  /** What is to stand in a tensor's place; `name` is where. */
  make(array: HostArray, tensor: TorchTensor, name: string): T;
}

/**
 * The plain value of what a pickle made: lists; objects, or a Map where a key is no string; sets, numbers, words; and what
 * `make` makes of the tensors. What stands in several places is made once.
 */
export function plainValue<T>(root: unknown, { fail, bytesOf, little, most, make }: Making<T>): unknown {
  const made = new Map<object, unknown>();
  const running = new Set<object>();
  const numbers = new Map<TorchStorage, Elements>();
  let left = most;

  const plain = (value: unknown, name: string): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (made.has(value)) return made.get(value);
    if (running.has(value)) throw fail(`${place(name)} holds itself`);
    if (running.size > DEEPEST) throw fail(`${place(name)} is nested more than ${DEEPEST} deep`);
    running.add(value);
    const result = unlike(value, name);
    running.delete(value);
    made.set(value, result);
    return result;
  };

  const unlike = (value: object, name: string): unknown => {
    if (value instanceof TorchTensor) return tensor(value, name);
    if (Array.isArray(value)) return value.map((item, i) => plain(item, below(name, i)));
    if (value instanceof Dict) {
      const items = [...value.items].map(([key, item]) => [key, plain(item, below(name, key))] as const);
      return items.every(([key]) => typeof key === "string") ? Object.fromEntries(items) : new Map(items);
    }
    if (value instanceof Set || value instanceof Uint8Array) return value;
    throw fail(`${place(name)} is a part of a tensor by itself, which is not read`);
  };

  const tensor = (of: TorchTensor, name: string): T => {
    const { storage, shape } = of;
    left -= 4 * sizeOf(shape);
    if (!(left >= 0))
      throw fail(`the tensors up to ${place(name)} [${shape.join(", ")}] would take more than ${most} bytes`);
    const flat =
      numbers.get(storage) ??
      decode(storage.type, bytesOf(storage), fail, `the storage ${show(storage.key)}`, little);
    numbers.set(storage, flat);
    return make({ shape, data: viewed(flat, of) }, of, place(name));
  };

  return plain(root, "");
}

const place = (name: string) => (name === "" ? "what the file holds" : show(name));
const below = (name: string, key: unknown) => (name === "" ? `${key}` : `${name}.${key}`);

/** The numbers of a view, row-major. */
function viewed<A extends Elements>(numbers: A, { offset, shape, strides }: TorchTensor): A {
  const size = sizeOf(shape);
  const dense = stridesOf(shape);
  if (size === 0 || shape.every((n, axis) => n === 1 || strides[axis] === dense[axis]))
    return numbers.subarray(offset, offset + size) as A;
  const result = new (numbers.constructor as new (length: number) => A)(size);
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0, at = offset; i < size; i++) {
    result[i] = numbers[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
