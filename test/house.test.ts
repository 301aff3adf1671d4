// The house's rules (biome.json, tsconfig.browser.json) and that each of them bites: a forbidden import is put into a copy
// of src, and the check must fail there and nowhere else. And the sizes of rooms and files.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

setDefaultTimeout(60_000);

const ROOT = join(import.meta.dir, "..");
const copy = mkdtempSync(join(tmpdir(), "otograd-house-"));
afterAll(() => rmSync(copy, { recursive: true }));
beforeAll(() => {
  for (const name of ["src", "build", "biome.json", "package.json", "tsconfig.json", "tsconfig.browser.json"])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
});

function run(...command: string[]): { code: number; said: string } {
  const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, "x", ...command], { cwd: copy });
  return { code: exitCode, said: stdout.toString() + stderr.toString() };
}

/** What is forbidden: a file in a room, and the rule that has to find it. */
const FORBIDDEN: Record<string, { text: string; rule: string }> = {
  "src/gpu/reads-files.ts": { text: `import "node:fs";`, rule: "noNodejsModules" },
  "src/gpu/points-up.ts": { text: `import type {} from "../tensor/tensor.ts";`, rule: "noRestrictedImports" },
  "src/kernels/losses/points-up.ts": {
    text: `import {} from "../../nn/module.ts";`,
    rule: "noRestrictedImports",
  },
  "src/nn/layers/uses-a-package.ts": { text: `import {} from "picocolors";`, rule: "noRestrictedImports" },
  "src/audio/loads-late.ts": {
    text: `export const late = () => import("../nn/module.ts");`,
    rule: "noRestrictedImports",
  },
  "src/nn/uses-the-other-face.ts": { text: `import {} from "../kernel.ts";`, rule: "noRestrictedImports" },
  "src/tensor/uses-the-face.ts": { text: `import {} from "../index.ts";`, rule: "noRestrictedImports" },
  "src/train/files/points-up.ts": {
    text: `import {} from "../learning/trainer.ts";`,
    rule: "noRestrictedImports",
  },
  "src/train/learning/points-up.ts": {
    text: `import {} from "../commands/train.ts";`,
    rule: "noRestrictedImports",
  },
  "build/uses-the-engine.ts": {
    text: `import { version } from "../src/gpu/device.ts";\nexport const v = version;`,
    rule: "noRestrictedImports",
  },
  "src/train/recipes/circle.ts": {
    text: `import type { B } from "./circle-too.ts";\nexport type A = B[];`,
    rule: "noImportCycles",
  },
  "src/train/recipes/circle-too.ts": {
    text: `import type { A } from "./circle.ts";\nexport type B = A[];`,
    rule: "noImportCycles",
  },
};

test("an import in a circle, one that points up, one of a package or of Node in the engine: each fails the check", () => {
  for (const [path, { text }] of Object.entries(FORBIDDEN)) writeFileSync(join(copy, path), `${text}\n`);
  const { code, said } = run(
    "biome",
    "lint",
    "--vcs-enabled=false",
    "--colors=off",
    "--max-diagnostics=none",
    "src",
    "build",
  );
  for (const path of Object.keys(FORBIDDEN)) rmSync(join(copy, path));
  const found = [...said.matchAll(/^((?:src|build)\/\S+?):\d+:\d+ lint\/\w+\/(\w+)/gm)].map(
    ([, path, rule]) => `${path} ${rule}`,
  );
  expect(code).not.toBe(0);
  for (const [path, { rule }] of Object.entries(FORBIDDEN)) expect(found).toContain(`${path} ${rule}`);
  expect(found.filter((line) => !(line.split(" ")[0]! in FORBIDDEN))).toEqual([]); // the rest of src is clean
  console.log(
    `  ${Object.keys(FORBIDDEN).length} forbidden imports found by ${[...new Set(Object.values(FORBIDDEN).map(({ rule }) => rule))].join(", ")}`,
  );
});

test("what must run in a browser compiles without the types of Bun, Node and what Node 20 lacks; a use of each does not", () => {
  const path = "src/audio/uses-bun.ts";
  const uses =
    "export const file = () => Bun.file(process.cwd());\nexport const late = Promise.withResolvers();\n";
  writeFileSync(join(copy, path), uses);
  const { code, said } = run("tsc", "--noEmit", "-p", "tsconfig.browser.json");
  rmSync(join(copy, path));
  expect(code).not.toBe(0);
  const errors = said.split("\n").filter((line) => line.includes("error TS"));
  expect(errors.map((line) => line.split("(")[0])).toEqual([path, path, path]);
});

test("no folder of src holds more than 20 TypeScript files side by side, no file more than 400 lines", () => {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.(ts|wgsl|css)$/.test(file),
  );
  const folders = new Map<string, number>();
  for (const file of files.filter((name) => name.endsWith(".ts")))
    folders.set(dirname(file), (folders.get(dirname(file)) ?? 0) + 1);
  const lines = files.map((file) => ({
    file,
    lines: readFileSync(join(ROOT, "src", file), "utf8")
      .trimEnd()
      .split("\n").length,
  }));
  const fullest = [...folders].reduce((a, b) => (b[1] > a[1] ? b : a));
  const longest = lines.reduce((a, b) => (b.lines > a.lines ? b : a));
  console.log(
    `  ${files.length} files; fullest folder: src/${fullest[0]} (${fullest[1]}), longest file: ${longest.file} (${longest.lines})`,
  );
  expect([...folders].filter(([, count]) => count > 20)).toEqual([]);
  expect(lines.filter((each) => each.lines > 400)).toEqual([]);
});

test("kernels' tests use of bun:test only what they get in a browser and under Deno, too", () => {
  const there = new Bun.Transpiler({ loader: "ts" }).scan(
    readFileSync(join(ROOT, "test/everywhere/bun-test.ts"), "utf8"),
  ).exports;
  for (const file of new Bun.Glob("test/{kernels,audio}/**/*.ts").scanSync(ROOT)) {
    const imported = /^import \{([^}]*)\} from "bun:test";$/m.exec(readFileSync(join(ROOT, file), "utf8"));
    const names = imported?.[1]?.split(",").map((name) => name.trim()) ?? [];
    expect([file, ...names.filter((name) => name !== "" && !there.includes(name))]).toEqual([file]);
  }
});
