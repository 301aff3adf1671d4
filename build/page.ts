// A page's program with the engine in it, in one file: bundled for browsers and minified, its WGSL too.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Plugin, rolldown } from "rolldown";
import { minifyWgsl } from "./wgsl.ts";

const ROOT = join(import.meta.dir, "..");
/** Of no file: its text is given. It stands here, so that what it imports is looked for from here. */
const PAGE = join(ROOT, "page.ts");

/** Minifies WGSL where it is imported. */
const minifiedWgsl: Plugin = {
  name: "minified WGSL",
  load(id) {
    return id.endsWith(".wgsl") ? { code: wgslModule(readFileSync(id, "utf8")), moduleType: "js" } : null;
  },
};

/** A WGSL program as a JavaScript module. */
export const wgslModule = (source: string): string =>
  `export default ${JSON.stringify(minifyWgsl(source))};\n`;

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
      minifiedWgsl,
    ],
    logLevel: "silent", // what is wrong is thrown
  });
  const { output } = await bundler.generate({
    dir: ROOT, // of which the map's names of sources are told; nothing is written
    minify: true,
    codeSplitting: false,
    sourcemap: "hidden",
  });
  await bundler.close();
  return { text: output[0].code, map: output[0].map!.toString() };
}

/** Bytes of a text as servers send it. */
export const gzipped = (text: string): number => gzipSync(text, { level: 9 }).length;
