// What the table of public calls is made of: see calls.test.ts, which walks it.
import { ones, tensor } from "otograd";

export interface Entry {
  valid: () => unknown;
  /** Wrong types, each with what the error says. Left out where every type is right. */
  wrong?: readonly (readonly [call: (...anything: never[]) => unknown, says: string])[];
  /** A call with an object of options, and one that there is: a slip in it must be told. */
  options?: readonly [call: (options: never) => unknown, known: string];
  /** A call with one argument too many, where there are no options. */
  more?: (extra: never) => unknown;
}

/** What TypeScript would not let through. */
export const any = (value: unknown) => value as never;
export const u32 = (...values: number[]) => tensor(values, { dtype: "uint32" });
export const grid = () => ones([2, 3]);
export const image = () => ones([1, 1, 4, 4]);
export const wave = () => ones([2, 512]);
export const leaf = () => tensor([1, 2], { requiresGrad: true });
/** Of the index, which is of whole numbers. */
export const INDEX_LIST = 'is a tensor, got [1, 2]: write tensor([1, 2], { dtype: "int32" })';
export const LIST = "is a tensor, got [1, 2]: write tensor([1, 2])";

/** Layers whose forward passes are functions of F: the function names itself. */
export const forward = (make: () => unknown, x: unknown, says: string): Entry => ({
  valid: () => (make() as { forward(x: unknown): unknown }).forward(x),
  wrong: [[() => (make() as { forward(x: unknown): unknown }).forward([1, 2]), says]],
});
