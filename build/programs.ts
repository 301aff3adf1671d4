// All WGSL programs of the engine as one JavaScript module of strings: side by side they compress better than each in the
// module that uses it, by 2 % of the whole engine, and what a page does not use is left out all the same.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./packages.ts";
import { minifyWgsl } from "./wgsl.ts";

const SRC = join(ROOT, "src");

/** The name that a program has in the module, by its path in src. */
export const programName = (path: string): string => path.replace(/\.wgsl$/, "").replaceAll(/\W/g, "_");

/** The module's text. Minifiers would put each plain string back where it is used; what a call returns they leave here. */
export function programs(): string {
  const files = [...new Bun.Glob("{gpu,kernels,tensor,nn,audio}/**/*.wgsl").scanSync(SRC)].sort();
  const line = (file: string) => {
    const program = JSON.stringify(minifyWgsl(readFileSync(join(SRC, file), "utf8")));
    return `export const ${programName(file)} = /* @__PURE__ */ wgsl(${program});\n`;
  };
  return `const wgsl = (text) => text.trim();\n${files.map(line).join("")}`;
}
