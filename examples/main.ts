#!/usr/bin/env bun
// `bun run examples [NAME…]`: runs them all, each in a process of its own, and says in a table what each one learned. One
// that learned too little fails. Exit codes: 0 all learned · 1 some did not.
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { help } from "../build/help.ts";

help(import.meta.path);

const NO_EXAMPLES = ["main.ts", "run.ts"];
const all = readdirSync(import.meta.dir)
  .filter((file) => file.endsWith(".ts") && !NO_EXAMPLES.includes(file))
  .map((file) => basename(file, ".ts"))
  .sort();
const { values, positionals: wanted } = parseArgs({
  options: { steps: { type: "string" } },
  allowPositionals: true,
});
const unknown = wanted.find((name) => !all.includes(name));
if (unknown !== undefined) {
  console.error(`error: there is no example ${unknown}; there are ${all.join(", ")}`);
  process.exit(1);
}

const chosen = wanted.length > 0 ? wanted : all;

if (values.steps !== undefined) {
  for (const name of chosen) {
    console.log(`# ${name}`);
    await import(join(import.meta.dir, `${name}.ts`));
  }
  process.exit(0);
}

let failed = 0;
const begin = performance.now();
for (const name of chosen) {
  const started = performance.now();
  const child = Bun.spawn([process.execPath, join(import.meta.dir, `${name}.ts`)], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
  const last = out.trimEnd().split("\n").at(-1)!.replace("=> ", "");
  const problem = /^.*\berror: (.*)$/m.exec(err)?.[1] ?? err.trim().split("\n").at(-1);
  if (code !== 0) failed++;
  console.log(`${name.padEnd(18)} ${seconds} s   ${code === 0 ? last : `FAILED: ${problem}`}`);
}
console.log(
  `${failed === 0 ? "all learned" : `${failed} failed`}, ${((performance.now() - begin) / 1000).toFixed(0)} s`,
);
process.exit(failed === 0 ? 0 : 1);
