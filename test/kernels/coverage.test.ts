// No kernel without a check: every entry point of every .wgsl file in src must be named in the `covers: [...]` of
// some test, and the harness fails a test that does not launch what it says it covers. Files without an entry
// point are libraries, proved by the programs that they are joined to.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { kernels as defined } from "../../src/gpu/kernel.ts";

const ROOT = join(import.meta.dir, "../..");

/** Programs that are no kernels, or that no test of this process can launch; and the test that proves them. */
const ELSEWHERE: Record<string, string> = {
  doctor: "test/train/commands/doctor.test.ts",
  copyWords: "test/gpu/copies.test.ts",
};

function list(folder: string, ending: string): string[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(ending)).map((file) => join(ROOT, folder, file));
}

function read(folder: string, ending: string): { name: string; text: string }[] {
  return list(folder, ending).map((file) => ({
    name: basename(file, ending),
    text: readFileSync(file, "utf8"),
  }));
}

/** "reduce.sum", … for each `@compute … fn` of a program. */
function entryPoints({ name, text }: { name: string; text: string }): string[] {
  const code = text.replaceAll(/\/\/.*$/gm, "");
  return [...code.matchAll(/@compute\b[^;{}]*?\bfn\s+(\w+)/g)].map(([, entry]) => `${name}.${entry}`);
}

/** What the tests claim to cover: kernels ("gather") and entry points ("gather.rows"). */
function covered(): Set<string> {
  const lists = read("test", ".test.ts").flatMap(({ text }) => [...text.matchAll(/\bcovers: \[([^\]]*)\]/g)]);
  return new Set(lists.flatMap(([, list]) => [...list!.matchAll(/"([\w.]+)"/g)].map(([, name]) => name!)));
}

test("every kernel, and every entry point in it, is covered by a check", () => {
  const programs = read("src", ".wgsl");
  const kernels = programs.filter((program) => entryPoints(program).length > 0);
  const names = programs.map(({ name }) => name);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]); // coverage goes by name

  const claims = covered();
  for (const [name, path] of Object.entries(ELSEWHERE))
    if (readFileSync(join(ROOT, path), "utf8").includes(name)) claims.add(name);
  const all = kernels.flatMap(entryPoints);
  const missing = all.filter((entry) => !claims.has(entry) && !claims.has(entry.split(".")[0]!));
  const unknown = [...claims].filter((claim) => !all.some((entry) => `${entry}.`.startsWith(`${claim}.`)));

  const verdict = missing.length === 0 ? "all covered" : `not covered: ${missing.join(", ")}`;
  console.log(`  ${kernels.length} kernels with ${all.length} entry points, ${verdict}`);
  expect(missing).toEqual([]);
  expect(unknown).toEqual([]);
});

test("every entry point is one that the program's TypeScript half can launch", async () => {
  const halves = [...list("src/kernels", ".ts"), ...list("src/audio", ".ts")];
  for (const file of halves) await import(file);
  for (const program of read("src", ".wgsl")) {
    if (program.name in ELSEWHERE) continue;
    const launchable = [...(defined.get(program.name)?.launches.keys() ?? [])];
    // Where a program is unrolled, its generator completes the names.
    const idle = entryPoints(program).filter(
      (entry) => !launchable.some((known) => `${program.name}.${known}`.startsWith(entry)),
    );
    expect(idle).toEqual([]);
  }
});
