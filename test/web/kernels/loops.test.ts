// Loops of changed kernels end: the text that they become, and that the GPU breaks one off which has no end.
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { empty, readArray } from "../../../src/gpu/array.ts";
import { defineKernel, kernels } from "../../../src/gpu/kernel.ts";
import { shownKernels } from "../../../web/kernels/list.ts";
import { boundLoops } from "../../../web/kernels/loops.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

const ROOT = join(import.meta.dir, "../../..");

test("each loop gets a count of its own, comments and strings of braces none", () => {
  const text = "for (var i = f(0); i < 9; i++) { while (a) { b(); } } // for ever {\nloop { c(); }";
  expect(boundLoops(text, 5)).toEqual({
    loops: 3,
    text:
      "var otograd_turns_0 = 0u; for (var i = f(0); i < 9; i++) { if (otograd_turns_0 >= 5u) { break; } otograd_turns_0++; " +
      "var otograd_turns_1 = 0u; while (a) { if (otograd_turns_1 >= 5u) { break; } otograd_turns_1++; b(); } } // for ever {\n" +
      "var otograd_turns_2 = 0u; loop { if (otograd_turns_2 >= 5u) { break; } otograd_turns_2++; c(); }",
  });
  expect(boundLoops("for (var i = 0; i < 9; i++)", 5)).toEqual({
    loops: 0,
    text: "for (var i = 0; i < 9; i++)",
  });
});

test("every loop of every kernel is found", () => {
  let loops = 0;
  for (const { wgsl } of shownKernels()) {
    const text = readFileSync(join(ROOT, wgsl), "utf8");
    const code = text.replaceAll(/\/\/.*/g, "");
    const wanted = code.match(/\b(?:for|while) ?\(|\bloop ?\{/g)?.length ?? 0;
    expect(boundLoops(text).loops, wgsl).toBe(wanted);
    loops += wanted;
  }
  console.log(`${loops} loops in ${shownKernels().length} files of WGSL`);
});

test("a loop without an end is broken off, with a barrier in it too", async () => {
  const { text } = boundLoops(
    `
struct Params { step: u32 }
@group(0) @binding(0) var<storage, read_write> y: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) lid: u32) {
  var turns = 0u;
  for (var i = 0u; i < 8; i += params.step) { turns++; workgroupBarrier(); }
  for (var i = lid; i < 9; i += params.step) { turns += 1000u; }
  y[lid] = turns;
}`,
    50,
  );
  const kernel = defineKernel({ name: "endless", code: text, entries: { main: ["write"] } });
  const turns = async (step: number) => {
    const y = empty([4], "uint32");
    kernel.launch("main", { arrays: [y], params: { step }, groups: [1, 1, 1] });
    const got = [...(await readArray(y))];
    y.release();
    return got;
  };
  try {
    expect(await turns(4)).toEqual([3002, 2002, 2002, 2002]);
    expect(await turns(0)).toEqual([50_050, 50_050, 50_050, 50_050]);
  } finally {
    kernels.delete("endless");
  }
});
