// WGSL as it is shipped: minified, it keeps what TypeScript knows of it. That it computes the same is checked by running
// the kernels' tests on it (minified.ts).
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { minifyWgsl } from "../../build/wgsl.ts";
import { device } from "../../src/gpu/device.ts";
import { type KernelDefinition, kernels } from "../../src/gpu/kernel.ts";
import { paramsOf } from "../../src/gpu/wgsl.ts";
import { unroll } from "../../src/kernels/shared/unroll.ts";
import "../../src/index.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

const ROOT = resolve(import.meta.dir, "../..");
const programs = [...new Bun.Glob("src/{kernels,audio,gpu}/**/*.wgsl").scanSync(ROOT)].sort();
const readProgram = (file: string) => readFileSync(`${ROOT}/${file}`, "utf8");

test("names are shortened where they are a function's own, and nowhere else", () => {
  const source = `// What it is for.
override SIZE: u32 = 64;   // elements
struct Params { n: u32, scale: f32 }
@group(1) @binding(0) var<uniform> params: Params;
@group(0) @binding(0) var image: texture_storage_2d<r32float, read>;
fn at(place: vec2u) -> vec4f { return textureLoad(image, place); }

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
    `override SIZE:u32=64;struct Params{n:u32,scale:f32}@group(1)@binding(0)var<uniform>params:Params;@group(0)@binding(0)var image:texture_storage_2d<r32float,read>;fn at(a:vec2u)->vec4f{return textureLoad(image,a);}fn twice(a:f32)->f32{return 2*a;}@compute@workgroup_size(SIZE)fn scale(@builtin(global_invocation_id)a:vec3u){let b=a.x;
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

test("loops written out of minified WGSL are the program's, name for name", () => {
  let declarations = 0;
  for (const file of programs) {
    const source = readProgram(file);
    const sizes = Object.fromEntries(sizesIn(source).map((name) => [name, 4]));
    const [whole, short] = [source, minifyWgsl(source)].map((code) => declarationsOf(unroll(code, sizes)));
    expect([file, short!.length]).toEqual([file, whole!.length]);
    for (const [i, words] of whole!.entries()) {
      const [to, from] = [new Map<string, string>(), new Map<string, string>()];
      for (const [j, word] of words.entries()) {
        const other = short![i]![j]!;
        if ((to.get(word) ?? other) !== other || (from.get(other) ?? word) !== word)
          throw new Error(`${file}: ${word} is ${to.get(word)} here and ${other} there`);
        to.set(word, other);
        from.set(other, word);
      }
      declarations++;
    }
  }
  console.log(`  ${declarations} declarations of ${programs.length} programs`);
});

/** The names that a program's loops want a value for. */
function sizesIn(source: string): string[] {
  const loops = [...source.matchAll(/^\s*\/\/: for (\w+) in (.+)$/gm)];
  const parts = [...source.matchAll(/\$\{([^}]+)\}|\$(\w+)/g)].map(([, part, name]) => part ?? name!);
  const names = [...loops.map(([, , range]) => range!), ...parts].flatMap(
    (part) => part.match(/[A-Za-z]\w*/g) ?? [],
  );
  return [...new Set(names)].filter((name) => !loops.some(([, loop]) => loop === name));
}

/** A program's declarations, each as its words (members of structs and built-in values with their sign) and operators. */
function declarationsOf(code: string): string[][] {
  const declarations: string[][] = [[]];
  for (const [word] of code.replace(/\/\/.*$/gm, "").matchAll(/@builtin\(\w+\)|[.@]\s*\w+|\w+|[^\w\s]/g)) {
    if (["fn", "struct", "override"].includes(word)) declarations.push([]);
    declarations.at(-1)!.push(word);
  }
  return declarations;
}

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
