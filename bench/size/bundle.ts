// The engine as pages get it: bundled for browsers and minified, its WGSL too.
import { gzipSync } from "node:zlib";
import type { BunPlugin } from "bun";
import { minifyWgsl } from "./wgsl.ts";

/** Minifies WGSL where it is imported. */
export const minifiedWgsl: BunPlugin = {
  name: "minified WGSL",
  setup(build) {
    build.onLoad({ filter: /\.wgsl$/ }, async ({ path }) => ({
      contents: minifyWgsl(await Bun.file(path).text()),
      loader: "text",
    }));
  },
};

/** Bundles a page's program, which imports from "otograd". Throws what the bundler says is wrong with it. */
export async function bundle(program: string): Promise<string> {
  const page = `${import.meta.dir}/page.ts`; // of no file: its text is given
  const { outputs } = await Bun.build({
    entrypoints: [page],
    files: { [page]: program.replaceAll('"otograd"', '"../../src/index.ts"') },
    target: "browser",
    minify: true,
    external: ["webgpu"],
    plugins: [minifiedWgsl],
  });
  return outputs[0]!.text();
}

/** Bytes of a text as servers send it. */
export const gzipped = (text: string): number => gzipSync(text, { level: 9 }).length;
