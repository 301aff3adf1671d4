// The kernels that the site shows: their WGSL, their TypeScript half, and the tests that prove them.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { OF_FILES } from "../../test/everywhere/bundle.ts";
import { kernelsOf, ROOT } from "../../test/mutate/draw.ts";

export interface Shown {
  name: string;
  /** "elementwise", …: the room that it lies in. */
  room: string;
  /** From the root. */
  wgsl: string;
  /** Null of a library, which is joined to others. */
  half: string | null;
  tests: readonly string[];
  /** The comment that it opens with, and the program after it. */
  says: string;
  text: string;
}

/** Tests that need more than a page has. */
const NOT_HERE = [...OF_FILES, "test/train", "test/gpu", "test/kernel.test.ts"];

export function shownKernels(): Shown[] {
  return kernelsOf([]).map(({ name, files, tests }) => {
    const wgsl = files[0]!;
    const text = readFileSync(join(ROOT, wgsl), "utf8");
    const half = wgsl.replace(/\.wgsl$/, ".ts");
    const comment = /^(?:\/\/.*\n)+/.exec(text)?.[0] ?? "";
    return {
      name,
      room: dirname(wgsl).replace(/^src\/(kernels\/?)?/, "") || "what the adapter can do at most",
      wgsl,
      half: existsSync(join(ROOT, half)) ? half : null,
      tests: tests.filter((test) => !NOT_HERE.some((path) => test.startsWith(path))),
      says: comment.replaceAll(/^\/\/ ?/gm, "").trim(),
      text,
    };
  });
}

/** Every test file that some kernel is proved by. */
export function provedFiles(): string[] {
  return [...new Set(shownKernels().flatMap(({ tests }) => tests))].sort();
}
