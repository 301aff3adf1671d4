// A page's program with the engine in it, in one file: bundled for browsers and minified, its WGSL too.
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { type Plugin, rolldown } from "rolldown";
import { ROOT } from "./packages.ts";
import { programName, programs } from "./programs.ts";

/** Of no file: its text is given. It stands here, so that what it imports is looked for from here. */
const PAGE = join(ROOT, "page.ts");
const PROGRAMS = join(ROOT, "programs.js"); // likewise

/** Takes WGSL from the module of all programs. */
const wgsl: Plugin = {
  name: "WGSL",
  resolveId: (id) => (id === PROGRAMS ? id : null),
  load(id) {
    if (id === PROGRAMS) return { code: programs(), moduleType: "js", moduleSideEffects: false };
    if (!id.endsWith(".wgsl")) return null;
    const name = programName(relative(join(ROOT, "src"), id));
    return { code: `export { ${name} as default } from "${PROGRAMS}";`, moduleType: "js" };
  },
};

/** Bundles a page's program, which imports from "otograd". Throws what the bundler says is wrong with it. */
export async function bundle(program: string): Promise<{ text: string; map: string }> {
  const bundler = await rolldown({
    input: PAGE,
    cwd: ROOT,
    platform: "browser",
    transform: { target: "es2022" }, // what every browser knows that has WebGPU
    resolve: { alias: { otograd: join(ROOT, "src/index.ts") } },
    plugins: [
      {
        name: "the page",
        resolveId: (id) => (id === PAGE ? id : null),
        load: (id) => (id === PAGE ? program : null),
      },
      wgsl,
    ],
    logLevel: "silent", // what is wrong is thrown
  });
  const { output } = await bundler.generate({
    dir: ROOT, // of which the map's names of sources are told; nothing is written
    minify: true,
    comments: false, // those for bundlers, too
    codeSplitting: false,
    sourcemap: "hidden",
  });
  await bundler.close();
  return { text: output[0].code, map: output[0].map!.toString() };
}

/** Bytes of a text as servers send it. */
export const gzipped = (text: string): number => gzipSync(text, { level: 9 }).length;
