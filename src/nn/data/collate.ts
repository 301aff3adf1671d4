// Single examples put together to a batch, as torch.utils.data's default_collate does it.
import { isList, isTensor, show } from "../../tensor/check.ts";
import { tensor } from "../../tensor/creation.ts";
import { stack } from "../../tensor/functions.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** What a number of examples T become: tensors with a dimension in front, in the same lists and objects; words stay a list. */
export type Batch<T> = 0 extends 1 & T // any
  ? T
  : T extends string
    ? string[]
    : T extends number | boolean | Tensor | Float32Array | Int32Array | Uint32Array
      ? Tensor
      : T extends readonly unknown[] | object
        ? { -readonly [K in keyof T]: Batch<T[K]> }
        : never;

/** What an example is made of: all of a batch are of one kind. */
function kindOf(value: unknown): string {
  if (isTensor(value)) return "a tensor";
  if (Array.isArray(value)) return "a list";
  if (isList(value)) return "a typed array";
  return value === null ? "null" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Places in what a dataset gives, ".y[0]", whose numbers are float32: one there was no whole number of int32's. */
export type Floats = Set<string>;

const isInt32 = (value: number) => (value | 0) === value;

/** Looks through an example for such places. */
export function noteFloats(example: unknown, floats: Floats, where = ""): void {
  const kind = kindOf(example);
  if (kind === "a number" && !isInt32(example as number)) floats.add(where);
  else if (kind === "a list")
    for (const [i, item] of (example as unknown[]).entries()) noteFloats(item, floats, `${where}[${i}]`);
  else if (kind === "an object")
    for (const [key, item] of Object.entries(example as object)) noteFloats(item, floats, `${where}.${key}`);
}

/** The examples as one. `where` is their place, for errors and for `floats`, which is added to. */
export function collated(examples: readonly unknown[], floats: Floats, where = ""): unknown {
  const [first] = examples;
  const kind = kindOf(first);
  const at = where === "" ? "" : ` at ${where.replace(/^\./, "")}`;
  const fail = (says: string): never => {
    throw new TypeError(
      `DataLoader: ${says}${at}: give a collateFn, or have the dataset's get(i) make them alike`,
    );
  };
  const other = examples.findIndex((example) => kindOf(example) !== kind);
  if (other >= 0) fail(`the examples of a batch are ${show(first)} and ${show(examples[other])}`);
  const sameLengths = (lengthOf: (example: never) => unknown, name: string) => {
    const wrong = examples.find((example) => lengthOf(example as never) !== lengthOf(first as never));
    if (wrong !== undefined)
      fail(
        `the ${name} of a batch are of lengths ${lengthOf(first as never)} and ${lengthOf(wrong as never)}`,
      );
  };
  if (kind === "a tensor") {
    const shape = ({ shape }: Tensor) => String(shape);
    const wrong = (examples as Tensor[]).find((example) => shape(example) !== shape(first as Tensor));
    if (wrong !== undefined) fail(`the examples of a batch are ${show(first)} and ${show(wrong)}`);
    return stack(examples as Tensor[]);
  }
  if (kind === "a number") {
    for (const example of examples) noteFloats(example, floats, where);
    return tensor(examples as number[], { dtype: floats.has(where) ? "float32" : "int32" });
  }
  if (kind === "a boolean") return tensor(examples as boolean[]);
  if (kind === "a string") return [...examples];
  if (kind === "a typed array") {
    sameLengths(({ length }: Float32Array) => length, "typed arrays");
    return stack((examples as Float32Array[]).map((values) => tensor(values)));
  }
  if (kind === "a list") {
    sameLengths(({ length }: unknown[]) => length, "lists");
    return (first as unknown[]).map((_, i) =>
      collated(
        examples.map((example) => (example as unknown[])[i]),
        floats,
        `${where}[${i}]`,
      ),
    );
  }
  if (kind === "an object" && Object.keys(first as object).length > 0)
    return Object.fromEntries(
      Object.keys(first as object).map((key) => [
        key,
        collated(
          examples.map((example) => (example as Record<string, unknown>)[key]),
          floats,
          `${where}.${key}`,
        ),
      ]),
    );
  throw new TypeError(
    `DataLoader: examples are made of tensors, numbers, words, typed arrays, lists and objects, got ${show(first)}${at}: give a collateFn`,
  );
}
