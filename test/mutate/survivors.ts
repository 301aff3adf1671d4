// Changes that no check can catch, because what is computed stays the same, and why. By the kernel's file, a part of the
// line that is changed, and what it was changed to.
import type { Trial } from "./draw.ts";

interface Equal {
  file: RegExp;
  /** Fits "the line → the changed line". */
  says: RegExp;
  why: string;
}

const EQUAL: readonly Equal[] = [];

/** Why a change cannot be told from the kernel; null where nobody has said. */
export function explain({ file, mutant }: Trial): string | null {
  return EQUAL.find((equal) => equal.file.test(file) && equal.says.test(mutant.says))?.why ?? null;
}
