// How a fixture that was made anew differs from the committed one.
import type { Arrays, HostArray } from "../../src/train/files/arrays.ts";
import { relativeError } from "./parity.ts";

/** In one line, or null where every number and word is the same. */
export function changesIn(before: Arrays, after: Arrays): string | null {
  const names = [...new Set([...Object.keys(before.arrays), ...Object.keys(after.arrays)])];
  const gone = names.filter((name) => after.arrays[name] === undefined);
  const added = names.filter((name) => before.arrays[name] === undefined);
  const others = names.filter((name) => {
    const [a, b] = [before.arrays[name], after.arrays[name]];
    return a !== undefined && b !== undefined && !same(a, b);
  });
  const keys = [...new Set([...Object.keys(before.metadata), ...Object.keys(after.metadata)])];
  const words = keys.filter((key) => before.metadata[key] !== after.metadata[key]);
  const parts = [
    ...(gone.length > 0 ? [`${gone.length} arrays are gone (${gone[0]})`] : []),
    ...(added.length > 0 ? [`${added.length} arrays are new (${added[0]})`] : []),
    ...(others.length > 0 ? [describe(others, before, after)] : []),
    ...(words.length > 1 ? [`${words.length} words are different`] : []),
    ...words.slice(0, 1).map((key) => `"${key}" was ${before.metadata[key]}, is ${after.metadata[key]}`),
  ];
  return parts.length === 0 ? null : parts.join("; ");
}

function same(a: HostArray, b: HostArray): boolean {
  return sameShape(a, b) && a.data.every((value, i) => Object.is(value, b.data[i]));
}

function sameShape(a: HostArray, b: HostArray): boolean {
  return a.shape.join() === b.shape.join();
}

/** How many arrays are different, and by how much the one that differs most. */
function describe(names: readonly string[], before: Arrays, after: Arrays): string {
  let [most, where] = [-1, ""];
  for (const name of names) {
    const [a, b] = [before.arrays[name]!, after.arrays[name]!];
    const error = sameShape(a, b) ? relativeError(b.data, a.data) : Number.POSITIVE_INFINITY;
    if (error > most) [most, where] = [error, name];
  }
  const how = most === Number.POSITIVE_INFINITY ? "another shape" : `by ${most.toExponential(1)}`;
  return `${names.length} arrays are different, most of all ${where} (${how})`;
}
