// Type-checks the examples of docstrings: all of them in one program, an async function each.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as otograd from "otograd";

const ROOT = join(import.meta.dir, "../..");
const FOLDER = join(ROOT, "dist/examples");

/** What tsc has against examples, each with the name that it is of. A line that is refused may be of wrong types. */
export async function typeErrors(examples: readonly { name: string; example: string }[]): Promise<string[]> {
  const owners: string[] = [];
  const lines: string[] = [];
  const add = (name: string, line: string) => {
    lines.push(line);
    owners.push(name);
  };
  add("", `import { ${Object.keys(otograd).join(", ")} } from "otograd";`);
  for (const { name, example } of examples) {
    add(name, "await (async () => {");
    for (const line of example.split("\n")) {
      if (/\/\/ throws /.test(line)) add(name, "// @ts-ignore");
      add(name, line);
    }
    add(name, "})();");
  }
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "examples.ts"), `${lines.join("\n")}\n`);
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false, allowUnreachableCode: true };
  const config = { extends: "../../tsconfig.json", compilerOptions, include: ["examples.ts"] };
  writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify(config));
  const tsc = Bun.spawn(["bun", "x", "tsc", "--noEmit", "--pretty", "false", "-p", FOLDER], {
    cwd: ROOT,
    stdout: "pipe",
    stderr: "pipe",
  });
  const said = (await new Response(tsc.stdout).text()) + (await new Response(tsc.stderr).text());
  if ((await tsc.exited) === 0) return [];
  return said
    .trim()
    .split("\n")
    .map((line) => {
      const [, at, what] = /examples\.ts\((\d+),\d+\): error (.*)$/.exec(line) ?? [];
      return at === undefined ? line : `${owners[Number(at) - 1]}: ${lines[Number(at) - 1]!.trim()}: ${what}`;
    });
}
