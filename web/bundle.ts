// The pages' programs, bundled for browsers: what several of them use, the engine above all, is loaded once.
import { readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { type Plugin, rolldown } from "rolldown";
import { exampleFiles } from "./examples/list.ts";
import { provedFiles } from "./kernels/list.ts";

const ROOT = join(import.meta.dir, "..");

/** WGSL as text, which the Kernels page may put another text in the place of: see kernels/worker.ts. */
const wgsl: Plugin = {
  name: "WGSL",
  load(id) {
    if (!id.endsWith(".wgsl")) return null;
    const text = JSON.stringify(readFileSync(id, "utf8"));
    const file = JSON.stringify(relative(ROOT, id));
    return { code: `export default globalThis.otogradEdits?.[${file}] ?? ${text};`, moduleType: "js" };
  },
};

/** What stands for what a page has not, and the package's own name. */
const ALIASES: Record<string, string> = {
  "bun:test": join(ROOT, "test/everywhere/bun-test.ts"),
  "csv-parse/sync": join(ROOT, "node_modules/csv-parse/dist/esm/sync.js"), // it brings what it wants of Node's
  otograd: join(ROOT, "src/index.ts"),
  "otograd/kernel": join(ROOT, "src/kernel.ts"),
};

/** Modules that load files by their names, each as a program of its own. */
const LOADERS: Record<string, () => readonly string[]> = {
  "tests.js": provedFiles,
  "examples.js": exampleFiles,
};

const loaders: Plugin = {
  name: "loaders",
  resolveId(id, from) {
    if (id.startsWith("load:")) return `\0${id}`;
    if (id === "./run.ts" && from?.startsWith(join(ROOT, "examples")))
      return join(import.meta.dir, "examples/run.ts");
    return ALIASES[id] ?? null;
  },
  load(id) {
    if (!id.startsWith("\0load:")) return null;
    const files = LOADERS[id.slice("\0load:".length)]!();
    const lines = files.map(
      (file) => `${JSON.stringify(file)}: () => import(${JSON.stringify(join(ROOT, file))}),`,
    );
    return { code: `export const load = {\n${lines.join("\n")}\n};`, moduleType: "js" };
  },
};

/** Writes the programs into a folder, and tells which packages are in them. Throws what the bundler says is wrong with one. */
export async function bundlePrograms(folder: string): Promise<string[]> {
  const program = (path: string) => join(import.meta.dir, path);
  const bundler = await rolldown({
    input: {
      shell: program("shell/shell.ts"),
      listen: program("listen/page.ts"),
      teach: program("teach/page.ts"),
      "hearing-worker": program("hearing/worker.ts"),
      train: program("train/page.ts"),
      "train-worker": program("train/worker.ts"),
      kernels: program("kernels/page.ts"),
      "kernels-worker": program("kernels/worker.ts"),
      examples: program("examples/page.ts"),
      api: program("api/search.ts"),
      "examples-worker": program("examples/worker.ts"),
    },
    cwd: ROOT,
    platform: "browser",
    treeshake: { moduleSideEffects: () => true }, // tests and examples are imported for what they do
    transform: { target: "es2022" },
    resolve: { conditionNames: ["browser", "import", "default"] },
    external: ["webgpu"],
    plugins: [wgsl, loaders],
    logLevel: "silent", // what is wrong is thrown
  });
  const { output } = await bundler.write({
    dir: folder,
    minify: true,
    comments: false,
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
  });
  await bundler.close();
  const files = new Set(output.map(({ fileName }) => fileName));
  for (const each of output)
    for (const id of each.type === "chunk" ? each.imports : [])
      if (!files.has(id)) throw new Error(`${each.fileName} imports ${id}, which no page can load`);
  // The worker that keeps the site stands at its root, or it could not keep the pages; the recorder is no page's program.
  for (const path of ["shell/keeper.ts", "hearing/recorder.ts"]) {
    const alone = await rolldown({ input: program(path), cwd: ROOT, platform: "browser" });
    await alone.write({
      file: join(folder, "..", basename(path).replace(".ts", ".js")),
      format: "iife",
      minify: true,
    });
    await alone.close();
  }
  const modules = output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
  const packages = modules.map((id) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1]);
  return [...new Set(packages.filter((name) => name !== undefined))].sort();
}
