#!/usr/bin/env bun
// `bun run packages [--only NAMES]`: builds and packs the packages, looks at them as their users' tools do, installs the
// tarballs into empty folders, and runs one program in each home; its numbers must be those of the sources.
//   --only bun,node26,…   these homes alone, by the beginnings of their names
import { cpSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { help, optionsGiven } from "../../build/help.ts";
import { PACKAGES, ROOT } from "../../build/packages.ts";
import { tryCommand } from "./cli.ts";
import { type Home, homes, parsed, run, type Said, settle } from "./homes.ts";

help(import.meta.path);

const { only } = optionsGiven({ options: { only: { type: "string" } } }).values;
const wanted = only?.split(",").map(plain);
const WORK = join(ROOT, "dist/packages");

/** Rounding: another driver sums in another order, and a training goes on from there. In parts of the largest number. */
const BOUND = 1e-4;

rmSync(WORK, { recursive: true, force: true });
mkdirSync(WORK, { recursive: true });
run(ROOT, process.execPath, "build/main.ts");
const tarballs = Object.entries(PACKAGES).map(([name, folder]) => {
  const file = join(WORK, run(folder, "npm", "pack", "--silent", `--pack-destination=${WORK}`).trim());
  run(ROOT, process.execPath, "x", "publint", "--strict", folder);
  console.log(`${name}: ${(statSync(file).size / 1e6).toFixed(2)} MB packed; publint: no finding`);
  return file;
});
run(ROOT, process.execPath, "x", "attw", tarballs[0]!, "--profile", "esm-only", "--no-emoji");
console.log("otograd: types are found and right in all of attw's ways to import an ES module");

compileUser(join(WORK, "types"));
console.log("a user's TypeScript compiles, strict and without skipLibCheck");

const sources = parsed(run(ROOT, process.execPath, join(import.meta.dir, "say.js")));
let well = true;
for (const home of homes) {
  if (wanted && !wanted.some((name) => plain(home.name).startsWith(name))) continue;
  try {
    const folder = join(WORK, plain(home.name));
    settle(home, folder, tarballs[0]!);
    const said = await home.run(folder);
    const far = distance(said, sources);
    well &&= far <= BOUND;
    const verdict = far === 0 ? "the same numbers" : `within ${far.toExponential(1)}`;
    const size = said.size === undefined ? "" : `, loads ${(said.size / 1000).toFixed(1)} kB gzipped`;
    say(home, `${said.adapter.slice(0, 20).padEnd(22)}${verdict}${far <= BOUND ? "" : ": TOO FAR"}${size}`);
  } catch (error) {
    well = false;
    say(home, `FAILED: ${error instanceof Error ? error.message : error}`);
  }
}
if (!wanted || wanted.includes("cli")) await tryCommand(join(WORK, "cli"), tarballs[1]!);
process.exit(well ? 0 : 1);

function say({ name }: Home, what: string): void {
  console.log(`${name.padEnd(26)}${what}`);
}

/** A program in TypeScript, and a mistake in it. */
function compileUser(folder: string): void {
  settle({ packages: {} }, folder, tarballs[0]!);
  cpSync(join(import.meta.dir, "user.ts"), join(folder, "user.ts"));
  const settings = [
    "--strict",
    "--noEmit",
    "--module",
    "nodenext",
    "--target",
    "es2022",
    "--lib",
    "es2022,dom",
  ];
  run(folder, join(ROOT, "node_modules/.bin/tsc"), "--ignoreConfig", ...settings, "user.ts");
}

/** The largest difference, in parts of the largest number beside it; infinite where one has what the other has not. */
function distance(said: Said, wanted: Said): number {
  const all = Object.entries(wanted.numbers).map(([name, numbers]) => {
    const ours = said.numbers[name] ?? [];
    if (ours.length !== numbers.length) return Infinity;
    const largest = Math.max(...numbers.map(Math.abs));
    return Math.max(...numbers.map((number, i) => Math.abs(number - ours[i]!))) / largest;
  });
  const far = Math.max(...all);
  return Number.isNaN(far) ? Infinity : far;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}
