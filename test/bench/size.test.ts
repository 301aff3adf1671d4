// What pages load: how large it is, that it runs, and that minified WGSL keeps what TypeScript knows of it. That it
// computes the same is checked by running the kernels' tests on it (minified.ts).
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { bundle, gzipped } from "../../bench/size/bundle.ts";
import { pages } from "../../bench/size/pages.ts";
import { minifyWgsl } from "../../bench/size/wgsl.ts";
import { device } from "../../src/gpu/device.ts";
import { type KernelDefinition, kernels } from "../../src/gpu/kernel.ts";
import { paramsOf } from "../../src/gpu/wgsl.ts";
import "../../src/index.ts";
import manifest from "../../package.json";
import { openPlatform } from "../../src/platform/dawn.ts";
import { shared } from "../shared.ts";

const ROOT = resolve(import.meta.dir, "../..");
const programs = [...new Bun.Glob("src/{kernels,audio,gpu}/**/*.wgsl").scanSync(ROOT)].sort();
const readProgram = (file: string) => readFileSync(`${ROOT}/${file}`, "utf8");

test("names are shortened where they are a function's own, and nowhere else", () => {
  const source = `// What it is for.
override SIZE: u32 = 64;   // elements
struct Params { n: u32, scale: f32 }
@group(1) @binding(0) var<uniform> params: Params;

fn twice(value: f32) -> f32 { return 2 * value; }   // a line

@compute @workgroup_size(SIZE)
fn scale(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x;
  //: for i in 0..2
  let part\${i} = x[index + $i] - -1.0;
  //: end
  let scale = params.scale;
  out[index] = twice(scale) * part0;
}`;
  expect(minifyWgsl(source)).toBe(
    `override SIZE:u32=64;struct Params{n:u32,scale:f32}@group(1)@binding(0)var<uniform>params:Params;fn twice(a:f32)->f32{return 2*a;}@compute@workgroup_size(SIZE)fn scale(@builtin(global_invocation_id)a:vec3u){let b=a.x;
//: for i in 0..2
let part\${i}=x[b+$i]- -1.0;
//: end
let scale=params.scale;out[b]=twice(scale)*part0;}`,
  );
});

test("minified WGSL has the same entry points, parameters, overrides, constants and bindings", () => {
  let [before, after] = [0, 0];
  const known = (code: string) =>
    [
      ...code
        .replace(/\/\/(?!: ).*$/gm, "")
        .matchAll(
          /\bfn\s+([\w$]+)|\boverride\s+(\w+)|\bconst\s+([A-Z]\w*)|\bvar<(?:storage|uniform)[^>]*>\s*(\w+)/g,
        ),
    ].map(([, ...names]) => names.find((name) => name !== undefined)!);
  for (const file of programs) {
    const source = readProgram(file);
    const short = minifyWgsl(source);
    expect([file, ...known(short)]).toEqual([file, ...known(source)]);
    expect(paramsOf(short, file)).toEqual(paramsOf(source, file));
    before += source.length;
    after += short.length;
  }
  console.log(`  ${programs.length} WGSL programs: ${before} characters, minified ${after}`);
  expect(after).toBeLessThan(before * 0.7);
});

test("every program that is not written for a launch's sizes compiles minified", async () => {
  let count = 0;
  for (const kernel of kernels.values()) {
    const { name, definition } = kernel as unknown as { name: string; definition: KernelDefinition<string> };
    if (typeof definition.code === "function") continue;
    const code = [definition.code].flat().map(minifyWgsl).join("\n");
    const module = device().gpu.createShaderModule({ code, label: name });
    const { messages } = await module.getCompilationInfo();
    expect([name, ...messages.filter(({ type }) => type === "error").map(({ message }) => message)]).toEqual([
      name,
    ]);
    count++;
  }
  expect(count).toBeGreaterThan(30);
});

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

test("a page loads what it uses, and what it loads runs", async () => {
  const one = await bundle(pages["one layer, trained"]);
  const fft = await bundle(pages["fft alone"]);
  const all = await bundle(pages["the whole engine"]);
  const kB = (text: string) => `${(gzipped(text) / 1000).toFixed(1)} kB`;
  console.log(`  gzipped: fft alone ${kB(fft)}, one layer trained ${kB(one)}, the whole engine ${kB(all)}`);
  expect(gzipped(fft)).toBeLessThan(65_000);
  expect(gzipped(one)).toBeLessThan(85_000);
  expect(gzipped(one)).toBeLessThan(gzipped(all) / 2);
  expect(gzipped(all)).toBeLessThan(190_000); // all of PyTorch's names that are here, none left out
  expect(new Bun.Transpiler({ loader: "js" }).scanImports(all)).toEqual([]);

  const { loss } = await load("one-layer.js", one);
  console.log(`  the page's layer has a loss of ${loss!.toFixed(4)} after 50 steps`);
  expect(loss).toBeGreaterThan(0);
  expect(loss).toBeLessThan(0.05);
});

test("a page that differentiates twice has the derivatives for it", async () => {
  const { second } = await load("twice.js", await bundle(pages["a gradient of a gradient"]));
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
