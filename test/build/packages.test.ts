// The packages as `bun run build` writes them. That they run in Node, Deno, Bun and a page is what `bun run packages`
// asks (test/packages).
import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildCli } from "../../build/cli.ts";
import { buildEngine } from "../../build/engine.ts";
import { shared } from "../shared.ts";

setDefaultTimeout(60_000);

const engine = shared("otograd");
const cli = shared("otograd-cli");
/** What reading the sources finds, of two names. */
const REFUSED = new Map([
  ["nn/layers/linear.ts", [{ name: "nn.Linear", errors: ["TypeError or RangeError: Linear: … is …"] }]],
  [
    "tensor/methods/activations.ts",
    [{ name: "Tensor#tanh", errors: ["TypeError: tanh: an argument is left over: …"] }],
  ],
]);
beforeAll(async () => {
  await buildEngine(engine, REFUSED);
  buildCli(cli);
}, 180_000);

const read = (...path: string[]) => readFileSync(join(...path), "utf8");
const scan = (folder: string, pattern: string) => [...new Bun.Glob(pattern).scanSync(folder)].sort();

test("every module of the engine's package imports what is there, and nothing but Node's own modules besides", () => {
  const outside = new Map<string, Set<string>>();
  let count = 0;
  for (const file of scan(engine, "dist/**/*.{js,d.ts}")) {
    for (const [, name] of read(engine, file).matchAll(/(?:from|^import|import\() ?"([^"\n]+)"/gm)) {
      if (name!.startsWith(".")) {
        const target = join(dirname(file), name!);
        expect(name).toEndWith(".js");
        const there = file.endsWith(".d.ts") ? target.replace(/js$/, "d.ts") : target;
        expect([file, name, existsSync(join(engine, there))]).toEqual([file, name, true]);
        count++;
      } else if (file.endsWith(".js")) outside.set(name!, (outside.get(name!) ?? new Set()).add(file));
    }
  }
  console.log(`  ${count} imports; from outside: ${[...outside.keys()].sort().join(", ")}`);
  expect(outside.get("#platform")).toEqual(new Set(["dist/index.js"]));
  outside.delete("#platform");
  for (const [name, files] of outside) {
    expect(name).toMatch(/^node:/);
    expect(files).toEqual(new Set(["dist/platform/dawn.js"]));
  }
});

test("what package.json points at is there, and what has side effects is named", () => {
  const { exports, imports, sideEffects, files, unpkg } = JSON.parse(read(engine, "package.json"));
  const named = JSON.stringify([exports, imports, unpkg])
    .match(/"\.\/[^"]+"(?!:)/g)!
    .map((path) => path.slice(1, -1));
  for (const file of named) expect([file, existsSync(join(engine, file))]).toEqual([file, true]);
  for (const file of files) expect([file, existsSync(join(engine, file))]).toEqual([file, true]);
  for (const glob of sideEffects) expect([glob, scan(engine, glob).length > 0]).toEqual([glob, true]);
});

test("Node and Bun get Dawn, and all others what browsers have", () => {
  const { "#platform": platform } = JSON.parse(read(engine, "package.json")).imports;
  const picked = (...conditions: string[]) =>
    Object.entries<string>(platform).find(([name]) => [...conditions, "default"].includes(name))![1];
  const homes: Record<string, string[]> = {
    Node: ["node", "import"],
    Bun: ["bun", "node", "import"],
    Deno: ["deno", "node", "import"],
    "a bundler for browsers": ["browser", "import"],
    "a bundler that says nothing": ["import"],
  };
  expect(Object.entries(homes).map(([name, conditions]) => [name, picked(...conditions)])).toEqual(
    Object.keys(homes).map((name) => [
      name,
      `./dist/platform/${/^(Node|Bun)$/.test(name) ? "dawn" : "web"}.js`,
    ]),
  );
});

test("the package's README names files and imports that are there", () => {
  const text = read(engine, "README.md");
  const { exports } = JSON.parse(read(engine, "package.json"));
  const named = [...text.matchAll(/`(otograd[^`\s]*)`|from "(?:\.\/node_modules\/)?([^"]+)"/g)].map(
    ([, code, from]) => (code ?? from)!,
  );
  for (const name of named) {
    const there =
      name.replace("otograd", ".") in exports || existsSync(join(engine, name.replace("otograd/", "")));
    expect([name, there]).toEqual([name, true]);
  }
});

test("the built modules and the one file for pages export what the sources do", async () => {
  const [sources, built, page] = await Promise.all([
    import("../../src/index.ts"),
    import(join(engine, "dist/index.js")),
    import(join(engine, "otograd.min.js")),
  ]);
  for (const { nn, F, audio, ...rest } of [built, page]) {
    expect(Object.keys({ nn, F, audio, ...rest }).sort()).toEqual(Object.keys(sources).sort());
    expect(Object.keys(nn)).toEqual(Object.keys(sources.nn));
    expect(Object.keys(F)).toEqual(Object.keys(sources.F));
  }
  const own = await import("../../src/kernel.ts");
  expect(Object.keys(await import(join(engine, "dist/kernel.js")))).toEqual(Object.keys(own));
});

test("declarations tell editors what is refused", () => {
  const layer = read(engine, "dist/nn/layers/linear.d.ts");
  expect(layer).toContain(
    " * @throws {TypeError | RangeError} Linear: … is …\n */\nexport declare class Linear extends",
  );
  expect(layer.match(/@throws/g)).toHaveLength(1);
  expect(read(engine, "dist/tensor/methods/activations.d.ts")).toContain(
    "// → [0, 0.7616]\n     * @throws {TypeError} tanh: an argument is left over: …\n     */\n    tanh(",
  );
});

test("source maps hold the sources, by the names that they have here", () => {
  for (const file of ["dist/tensor/tensor.js.map", "dist/nn/optim/adagrad.js.map", "otograd.min.js.map"]) {
    const { sources, sourcesContent } = JSON.parse(read(engine, file));
    for (const [i, source] of sources.entries()) {
      const path = join(dirname(file), source);
      if (!path.endsWith(".ts")) continue; // WGSL, and what the bundler adds
      expect([
        file,
        path.startsWith("src/"),
        sourcesContent[i] === read(import.meta.dir, "../..", path),
      ]).toEqual([file, true, true]);
    }
  }
});

test("the command's package has all that its sources import, and speaks of `otograd` where a checkout has `bun run`", () => {
  const { dependencies, bin, imports, exports } = JSON.parse(read(cli, "package.json"));
  expect(exports).toEqual({ "./package.json": "./package.json" });
  expect(statSync(join(cli, bin.otograd)).mode & 0o111).toBe(0o111);
  for (const file of Object.values<string>(imports["#platform"]))
    expect(existsSync(join(cli, file))).toBe(true);
  const packages = new Set<string>();
  for (const file of scan(cli, "src/**/*.ts")) {
    const text = read(cli, file).replace(/^#!.*/, "");
    expect([file, text.match(/.*bun run (?!build).*/)?.[0]]).toEqual([file, undefined]);
    for (const { path } of new Bun.Transpiler({ loader: "ts" }).scanImports(text))
      if (!/^(\.|#|node:|bun:)/.test(path)) packages.add(path.match(/^(@[^/]+\/)?[^/]+/)![0]);
  }
  for (const name of packages) expect([name, name in dependencies]).toEqual([name, true]);
});
