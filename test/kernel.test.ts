// "otograd/kernel": an operation of one's own from outside, as docs/custom-kernels.md has it, and what is said of mistakes.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { grad, noGrad, type Tensor, tensor } from "otograd";
import * as own from "otograd/kernel";

const ROOT = join(import.meta.dir, "..");

/** y = x scaled, or what `body` says; everything else can be put wrong. */
const program = (body = "y[id.x] = x[id.x] * params.a;", params = "n: u32, a: f32") => `
struct Params { ${params} }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;
@compute @workgroup_size(64) fn scale(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.n) { return; }
  ${body}
}`;

const entries = { scale: ["read", "write"] } as const;
const kernel = own.defineKernel({ name: "own scale", code: program(), entries });

function scaled(x: own.DeviceArray, a: number): own.DeviceArray {
  const y = own.empty(x.shape);
  kernel.launch("scale", { arrays: [x, y], params: { n: x.size, a }, groups: own.linearGroups(x.size, 64) });
  return y;
}

const scale: own.Op<{ a: number }> = {
  name: "own scale",
  forward: (_, [x], { a }) => scaled(x!, a),
  backward: (ctx, dy) => [scaled(dy, ctx.attrs.a)],
};

test("its names are these", () => {
  expect(Object.keys(own).sort()).toEqual(
    "DeviceArray apply composed defineKernel derive empty filled fromHost linear linearGroups".split(" "),
  );
});

test("an operation of one's own has a gradient, and one of its gradient where it says which", async () => {
  const x = tensor([1, -2, 3], { requiresGrad: true });
  const twice = () => grad(own.apply(scale, [x], { a: 3 }).square().sum(), x, { createGraph: true })[0]!;
  own.apply(scale, [x], { a: 3 }).square().sum().backward();
  expect(await x.grad!.tolist()).toEqual([18, -36, 54]);
  expect(twice).toThrow("grad: own scale has no second derivative");
  own.derive(scale, own.linear);
  const [second] = grad(twice().sum(), x);
  expect(await second!.tolist()).toEqual([18, 18, 18]);
  expect(noGrad(() => own.apply(scale, [x], { a: 2 })).requiresGrad).toBe(false);
});

test("the page's program runs as it stands, and its operation is some 30 lines", async () => {
  const page = readFileSync(join(ROOT, "docs/custom-kernels.md"), "utf8");
  const code = /```ts\n([\s\S]*?)```/.exec(page)![1]!;
  const child = Bun.spawn([process.execPath, "-e", code], { cwd: ROOT, stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  expect([out.replaceAll(/\s/g, ""), err]).toEqual(["[1,8,27][3,12,27]", ""]);
  const lines = code.split("\n");
  console.log(`  WGSL, launch and gradient: ${lines.indexOf("};") - 2} lines`);
});

test("what can be seen where it is written is refused there", () => {
  const define =
    (code: string, names: Record<string, own.Access[]> = { scale: ["read", "write"] }) =>
    () =>
      own.defineKernel({ name: "wrong", code, entries: names });
  expect(define(program(), { main: ["read"] })).toThrow(
    'kernel wrong: its WGSL has no entry point "@compute … fn main"; it has scale',
  );
  expect(define(program("", "n: vec2u"))).toThrow(
    "kernel wrong: Params.n is of type vec2u; launch() writes u32, i32, f32",
  );
  expect(define(program().replace("params: Params", "params: u32"))).toThrow(
    'kernel wrong: its uniforms are of type u32; launch() writes those of a "struct Params", at group 1, binding 0',
  );
  expect(define(program("", "/* m: vec2u */ n: u32, a: f32"))).not.toThrow();

  const launch = (change: object) => () => {
    const arrays = [own.filled([2], 1), own.empty([2])];
    try {
      kernel.launch("scale", { arrays, params: { n: 2, a: 1 }, groups: [1, 1, 1], ...change } as own.Launch);
    } finally {
      for (const array of arrays) array.release();
    }
  };
  expect(launch({ params: { n: 2, m: 3 } })).toThrow(
    "kernel own scale: launch() is not given Params.a, only n, m",
  );
  expect(launch({ params: { n: 2, a: [1] } })).toThrow(
    "kernel own scale: Params.a is f32, which takes a number, got 1",
  );
  expect(launch({ arrays: [] })).toThrow("kernel own scale.scale binds 2 arrays, got 0");
  for (const groups of [
    [100 / 64, 1, 1],
    [1, Number.NaN, 1],
    [-1, 1, 1],
    [65_536, 1, 1],
    [1, 1],
  ])
    expect(launch({ groups })).toThrow(
      `kernel own scale.scale: groups are three whole numbers up to 65535, got [${groups.join(", ")}]: linearGroups(n, workgroupSize) makes them`,
    );
  const [x] = [tensor([1, 2])];
  expect(launch({ arrays: [x, x] })).toThrow(
    "kernel own scale.scale: array 0 is none that an operation's forward or backward is given, or that empty() makes",
  );
});

test("an operation that is none, and results that are none, are told by name", () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const run = (change: object) => own.apply({ ...scale, ...change } as own.Op<{ a: number }>, [x], { a: 1 });
  expect(() => own.apply({} as never, [x], {})).toThrow(
    "apply: the operation has a name, a forward and a backward",
  );
  expect(() => own.apply(scale, [3 as unknown as Tensor], { a: 1 })).toThrow(
    "own scale: element 0 of the list is a tensor, got 3",
  );
  expect(() => run({ forward: () => undefined })).toThrow(
    "own scale: its forward returns no array of the GPU, but undefined",
  );
  expect(() =>
    run({ backward: () => [] })
      .sum()
      .backward(),
  ).toThrow("backward: own scale gives 0 gradients, and none of input 0; null says that it has none");
  expect(() =>
    run({ backward: () => [own.filled([3], 1)] })
      .sum()
      .backward(),
  ).toThrow("backward: own scale's gradient of input 0 is [3], and the input [2]");
  // Tensors that a failing forward had made are not given back twice.
  const made: Tensor[] = [];
  const failing = () => {
    made.push(tensor([1]));
    throw new Error("on purpose");
  };
  expect(() => run({ forward: failing })).toThrow("on purpose");
  expect(made[0]!.shape).toEqual([1]);
});

/** What a program of its own that uses a kernel throws at its next read. */
async function refused(code: string | string[], access = ["read", "write"]): Promise<string> {
  const child = Bun.spawn(
    [
      process.execPath,
      "-e",
      `
      import { init, tensor } from "otograd";
      import { apply, defineKernel, empty } from "otograd/kernel";
      await init();
      const kernel = defineKernel({ name: "wrong", code: ${JSON.stringify(code)}, entries: { scale: ${JSON.stringify(access)} } });
      const forward = (_, [x]) => {
        const y = empty(x.shape);
        kernel.launch("scale", { arrays: [x, y], params: { n: 2, a: 1 }, groups: [1, 1, 1] });
        return y;
      };
      const y = apply({ name: "wrong", forward, backward: () => [null] }, [tensor([1, 2])], undefined);
      await y.data().catch((error) => console.log(error.name + ": " + error.message));`,
    ],
    { cwd: ROOT, stdout: "pipe", stderr: "pipe" },
  );
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  expect(err).toBe("");
  return out.trim();
}

test("WGSL that does not compile: the kernel, what is wrong, and its line", async () => {
  const wrong = program("y[id.x] = z;");
  const said = await Promise.all([
    refused(wrong),
    refused(["const TWO = 2;\n\n", wrong]),
    refused(program("y[id.x] = x[id.x]")),
    refused(program(), ["read", "read"]),
  ]);
  expect(said[0]).toBe(
    "DeviceError: kernel wrong does not compile: unresolved value 'z', in line 8: y[id.x] = z;",
  );
  expect(said[1]).toEndWith("unresolved value 'z', in line 8 of its part 2: y[id.x] = z;");
  expect(said[2]).toBe(
    "DeviceError: kernel wrong does not compile: expected ';' for assignment statement, in line 9: }",
  );
  expect(said[3]).toStartWith(
    "DeviceError: kernel wrong.scale does not compile: The buffer type in the shader",
  );
  for (const each of said) expect(each).not.toContain("\n");
  console.log(said.map((each) => `  ${each}`).join("\n"));
});
