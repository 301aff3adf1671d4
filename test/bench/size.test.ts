// What pages load: how large it is, and that it runs.
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { pages } from "../../bench/size/pages.ts";
import { bundle, gzipped } from "../../build/page.ts";
import manifest from "../../package.json";
import { openPlatform } from "../../src/platform/dawn.ts";
import { shared } from "../shared.ts";

const ROOT = resolve(import.meta.dir, "../..");
const readProgram = (file: string) => readFileSync(`${ROOT}/${file}`, "utf8");

test("modules that are imported for what they do are the ones that package.json says have side effects", () => {
  const found = new Set<string>();
  for (const file of new Bun.Glob("src/{gpu,kernels,tensor,nn,audio}/**/*.ts").scanSync(ROOT))
    for (const [, path] of readProgram(file).matchAll(/^import "(.+)";$/gm))
      found.add(`./${relative(ROOT, resolve(ROOT, file, "..", path!))}`);
  const globs = manifest.sideEffects.map((glob) => new Bun.Glob(glob));
  for (const file of found) expect([file, globs.some((glob) => glob.match(file))]).toEqual([file, true]);
  for (const [i, glob] of globs.entries())
    expect([manifest.sideEffects[i], [...found].some((file) => glob.match(file))]).toEqual([
      manifest.sideEffects[i],
      true,
    ]);
});

/** What each page may load at most, gzipped: what it does today, and a little. Whoever needs more says so here. */
const BUDGET: Record<keyof typeof pages, number> = {
  "the whole engine": 212_700, // all of PyTorch's names that are here, none left out
  "all but audio": 179_400,
  "a convolutional network": 104_900,
  "one layer, trained": 87_300,
  "a gradient of a gradient": 83_600,
  "tensors alone": 74_000,
  "fft alone": 67_300,
};

test("a page loads what it uses, and not more than its budget", async () => {
  for (const [name, program] of Object.entries(pages)) {
    const { text } = await bundle(program);
    const [size, most] = [gzipped(text), BUDGET[name as keyof typeof pages]];
    console.log(`  ${name}: ${(size / 1000).toFixed(1)} kB gzipped, may be ${most / 1000}`);
    expect(size).toBeLessThan(most);
    expect(new Bun.Transpiler({ loader: "js" }).scanImports(text)).toEqual([]);
  }
}, 180_500);

test("what a page loads runs", async () => {
  const { loss } = await load("one-layer.js", (await bundle(pages["one layer, trained"])).text);
  console.log(`  the page's layer has a loss of ${loss!.toFixed(4)} after 50 steps`);
  expect(loss).toBeGreaterThan(0);
  expect(loss).toBeLessThan(0.05);
});

test("a page that differentiates twice has the derivatives for it", async () => {
  const { second } = await load("twice.js", (await bundle(pages["a gradient of a gradient"])).text);
  expect(second).toBeCloseTo(12 * 3 ** 2, 3); // (x⁴)'' = 12 x²
});

/** What a bundled page exports, once it has run, where the GPU is as browsers have it. */
async function load(name: string, page: string): Promise<Record<string, number>> {
  const file = shared(`pages/${name}`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, page);
  const { gpu } = await openPlatform();
  const before = Object.getOwnPropertyDescriptor(globalThis.navigator, "gpu");
  Object.defineProperty(globalThis.navigator, "gpu", { value: gpu, configurable: true });
  try {
    return await import(file);
  } finally {
    if (before === undefined) delete (globalThis.navigator as { gpu?: GPU }).gpu;
    else Object.defineProperty(globalThis.navigator, "gpu", before);
  }
}
