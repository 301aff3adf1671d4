// Reading a program's parameters and constants out of its WGSL, and launches that forget one.
import { expect, test } from "bun:test";
import { fromHost } from "../../src/gpu/array.ts";
import { defineKernel } from "../../src/gpu/kernel.ts";
import { compileError, constantOf, paramsOf, sizeOfParams } from "../../src/gpu/wgsl.ts";

test("the members of Params are found with WGSL's own offsets, whatever comments and lines are between", () => {
  const params = paramsOf(
    `// struct Params { old: u32 }
     struct Other { x: vec4f }
     struct Params {
       n: u32, shift: i32,   // two, of which
       scale: f32,           // a: b
       shape: array<vec4u, 2>, strides: array< vec4u,2 >,
       last: u32,
     }`,
    "test",
  );
  expect(params).toEqual([
    { name: "n", type: "u32", offset: 0 },
    { name: "shift", type: "i32", offset: 4 },
    { name: "scale", type: "f32", offset: 8 },
    { name: "shape", type: "array<vec4u,2>", offset: 16 },
    { name: "strides", type: "array<vec4u,2>", offset: 48 },
    { name: "last", type: "u32", offset: 80 },
  ]);
  expect(sizeOfParams(params)).toBe(84);
  expect(paramsOf("fn main() {}", "test")).toEqual([]);
  expect(() => paramsOf("struct Params { n: u32, at: vec3f }", "test")).toThrow(
    "kernel test: Params.at is of type vec3f; launch() writes u32, i32, f32, array<vec4u,2>",
  );
});

test("constants are found by their names in camelCase", () => {
  const code = "const ADD = 0u; const LEAKY_RELU = 12u; // const OLD = 3u;";
  expect([constantOf(code, "add", "test"), constantOf(code, "leakyRelu", "test")]).toEqual([0, 12]);
  expect(() => constantOf(code, "old", "test")).toThrow('kernel test: its WGSL has no "const OLD = …u;"');
});

test("a launch without a value for one of the parameters says which", () => {
  const kernel = defineKernel({
    name: "forgetful",
    code: `struct Params { n: u32, scale: f32 }
      @group(0) @binding(0) var<storage, read_write> x: array<f32>;
      @group(1) @binding(0) var<uniform> params: Params;
      @compute @workgroup_size(1) fn main() { x[0] = params.scale * f32(params.n); }`,
    entries: { main: ["write"] },
  });
  const x = fromHost(new Float32Array(1), [1]);
  expect(() => kernel.launch("main", { arrays: [x], params: { n: 1 }, groups: [1, 1, 1] })).toThrow(
    "kernel forgetful: launch() is not given Params.scale",
  );
  x.release();
});

test("what a compiler says is told though it begins with an empty line, as naga does", () => {
  const said = { message: "\n  no definition in scope for identifier: 'z'\n  ┌─ wgsl:2:3", lineNum: 2 };
  expect(compileError("bad", ["fn f() {\n  z;\n}"], said)).toBe(
    "kernel bad does not compile: no definition in scope for identifier: 'z', in line 2: z;",
  );
});
