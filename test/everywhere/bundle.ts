// Test files as one program for browsers and Deno.
import { resolve } from "node:path";
import { Glob } from "bun";

const ROOT = resolve(import.meta.dir, "../..");
/** What is proved everywhere: kernels and audio, with their gradients. */
const PROOFS = ["test/kernels", "test/audio"];
/** They look at files, or make some with Node's Buffer. */
export const OF_FILES = ["test/kernels/coverage.test.ts", "test/audio/wav"];

/** The test files in these folders, or of these names. */
export async function testFiles(paths: readonly string[]): Promise<string[]> {
  const all: string[] = [];
  for (const folder of PROOFS)
    for await (const file of new Glob(`${folder}/**/*.test.ts`).scan(ROOT)) all.push(file);
  const wanted = all.filter((file) => paths.length === 0 || paths.some((path) => file.startsWith(path)));
  return wanted.filter((file) => !OF_FILES.some((path) => file.startsWith(path))).sort();
}

/** A program that registers and runs the tests of these files. Throws what the bundler says is wrong. */
export async function bundleTests(files: readonly string[]): Promise<string> {
  const entry = `${import.meta.dir}/entry.ts`; // of no file: its text is given
  const imports = files.map((file) => `await inFile("${file}", () => import("../../${file}"));`);
  const { outputs } = await Bun.build({
    entrypoints: [entry],
    files: {
      [entry]: `import { inFile } from "./bun-test.ts";
        import { start } from "./start.ts";
        await start(async () => { ${imports.join("\n")} });`,
    },
    target: "browser",
    external: ["webgpu"],
    ignoreDCEAnnotations: true, // a test may import a file for what it registers
    loader: { ".wgsl": "text" },
    plugins: [
      {
        name: "bun:test",
        setup: (build) => {
          build.onResolve({ filter: /^bun:test$/ }, () => ({ path: `${import.meta.dir}/bun-test.ts` }));
        },
      },
    ],
  });
  return outputs[0]!.text();
}
