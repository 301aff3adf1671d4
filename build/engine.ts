// The package `otograd`: the engine as plain ES modules, a file each as in src, so that bundlers take what is used and
// leave the rest; and the whole of it minified in one file, for pages that bundle nothing.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import manifest from "../package.json";
import { COMMON, ROOT, writeManifest } from "./packages.ts";
import { bundle } from "./page.ts";
import { programName, programs } from "./programs.ts";
import { type NamesByFile, namesByFile, withThrows } from "./throws.ts";

/** Writes the package into a folder, whose earlier contents go. `names` are told what they refuse. */
export async function buildEngine(folder: string, names = namesByFile()): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  compile(join(folder, "dist"), names);
  await writePage(folder);
  cpSync(join(ROOT, "build/otograd.md"), join(folder, "README.md"));
  for (const file of ["LICENSE", "CHANGELOG.md", "THIRD_PARTY.md"])
    cpSync(join(ROOT, file), join(folder, file));
  writeManifest(folder, {
    name: "otograd",
    description:
      "A small autograd tensor engine whose every number is computed by hand-written WGSL on WebGPU: PyTorch's names, in TypeScript.",
    ...COMMON,
    exports: {
      ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
      "./kernel": { types: "./dist/kernel.d.ts", default: "./dist/kernel.js" },
      "./package.json": "./package.json",
    },
    imports: {
      // A bundler that says nothing of what it bundles for, as rollup, bundles for pages.
      "#platform": {
        browser: "./dist/platform/web.js",
        deno: "./dist/platform/web.js",
        node: "./dist/platform/dawn.js",
        bun: "./dist/platform/dawn.js",
        default: "./dist/platform/web.js",
      },
    },
    sideEffects: manifest.sideEffects.map(shipped),
    unpkg: "./otograd.min.js",
    jsdelivr: "./otograd.min.js",
    files: ["dist", "otograd.min.js", "otograd.min.js.map", "CHANGELOG.md", "THIRD_PARTY.md"],
    engines: { node: "^20.16 || >=22.3", ...manifest.engines },
    peerDependencies: { webgpu: `^${manifest.dependencies.webgpu}` },
    peerDependenciesMeta: { webgpu: { optional: true } },
  });
}

/** Where a module of src ends up. */
const shipped = (path: string): string => path.replace(/^\.\/src\/(.*)\.ts$/, "./dist/$1.js");

/** TypeScript compiles each module for itself. */
function compile(dist: string, names: NamesByFile): void {
  const tsc = ["tsc", "-p", join(ROOT, "build/tsconfig.json"), "--outDir", dist];
  const { success, stdout } = Bun.spawnSync([process.execPath, "x", ...tsc], { cwd: ROOT });
  if (!success) throw new Error(`tsc does not compile the engine:\n${stdout}`);
  for (const file of new Bun.Glob("**/*.{js,d.ts,js.map}").scanSync(dist)) {
    const path = join(dist, file);
    const text = readFileSync(path, "utf8");
    if (file.endsWith(".js")) writeFileSync(path, withPrograms(text, file));
    else if (file.endsWith(".d.ts"))
      writeFileSync(
        path,
        withThrows(withJavaScriptNames(text), names.get(file.replace(/\.d\.ts$/, ".ts")) ?? []),
      );
    else writeFileSync(path, withSourceNames(text, dirname(path), dirname(dist)));
  }
  writeFileSync(join(dist, "programs.js"), programs());
}

/** A module that imports its programs from programs.js. Lines stay where they were. */
function withPrograms(text: string, file: string): string {
  const toPrograms = relative(dirname(file), "programs.js");
  return text
    .replace(/^\/\/\/ <reference .*$/gm, "")
    .replace("__rewriteRelativeImportExtension(", "(") // around a name that is known at run time only
    .replace(
      /^import (\w+) from "(.+\.wgsl)" with \{ type: "text" \};/gm,
      (_, name: string, path: string) =>
        `import { ${programName(join(dirname(file), path))} as ${name} } from "${toPrograms}";`,
    );
}

/** TypeScript leaves the names of files in declarations as they are in the sources. */
function withJavaScriptNames(text: string): string {
  return text
    .replace(/^\/\/\/ <reference .*\n/gm, "")
    .replace(/((?:from|import) ?\(?")(\.[^"]+)\.ts"/g, '$1$2.js"');
}

/** A source map that names its sources, which it holds, as if they stood in the package's src. */
function withSourceNames(map: string, folder: string, home: string): string {
  const parsed = JSON.parse(map) as { sources: string[] };
  const named = (source: string) =>
    relative(folder, join(home, relative(ROOT, join(folder, source)))).replaceAll("\\", "/");
  return JSON.stringify({ ...parsed, sources: parsed.sources.map(named) });
}

async function writePage(folder: string): Promise<void> {
  const { text, map } = await bundle('export * from "otograd";');
  writeFileSync(
    join(folder, "otograd.min.js"),
    `/*! otograd ${manifest.version}, MIT */\n${text}\n//# sourceMappingURL=otograd.min.js.map\n`,
  );
  writeFileSync(join(folder, "otograd.min.js.map"), map);
}
