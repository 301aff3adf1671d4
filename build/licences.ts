#!/usr/bin/env bun
// `bun run licences`: writes THIRD_PARTY.md, other people's software that the packages use, with its licences as
// node_modules has them. test/build/licences.test.ts holds the file to it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import manifest from "../package.json";
import { help } from "./help.ts";
import { ROOT } from "./packages.ts";

export interface Used {
  name: string;
  version: string;
  licence: string;
  /** Packages of package.json that bring it. */
  by: string[];
}

/** Compiled code in packages, whose own licence package.json does not tell. */
const COMPILED: Record<string, string> = {
  "@napi-rs/canvas": "its binaries hold Skia (BSD-3-Clause)",
  "@wasm-audio-decoders/ogg-vorbis": "holds libogg and libvorbis (BSD-3-Clause), compiled to WebAssembly",
  "mpg123-decoder": "holds mpg123 (LGPL-2.1-only), compiled to WebAssembly",
  "opus-decoder": "holds libopus (BSD-3-Clause), compiled to WebAssembly",
  webgpu: "its binary is Dawn (BSD-3-Clause)",
};

/** What the site's pages have in them; `bun run web-check` holds it to their programs. */
export const SITE = [
  "@fontsource/inter",
  "@vitest/expect",
  "csv-parse",
  "d3-scale-chromatic",
  "fflate",
  "protobufjs",
  "wavefile",
  "zod",
];

/** All that these packages of package.json bring, in the order of the alphabet. */
export function usedBy(packages: readonly string[]): Used[] {
  const found = new Map<string, Used>();
  for (const top of packages) walk(top, ROOT, top, found);
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function walk(name: string, from: string, by: string, found: Map<string, Used>): void {
  const folder = findPackage(name, from);
  const { version, license, dependencies = {} } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const known = found.get(`${name}@${version}`);
  if (known?.by.includes(by)) return;
  if (known) known.by.push(by);
  else found.set(`${name}@${version}`, { name, version, licence: license, by: [by] });
  for (const next of Object.keys(dependencies)) walk(next, folder, by, found);
}

/** Where an import of a package from a folder leads. */
function findPackage(name: string, from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
    if (folder === ROOT) throw new Error(`${name} is not in node_modules: run ./setup.sh`);
  }
}

export function thirdParty(): string {
  const line = ({ name, version, licence, by }: Used) => {
    const notes = [by.includes(name) ? "" : `for ${by.join(", ")}`, COMPILED[name] ?? ""];
    return `| ${name} | ${version} | ${licence} | ${notes.filter((note) => note !== "").join("; ")} |`;
  };
  const table = (packages: readonly string[]) =>
    ["| package | version | licence | |", "| --- | --- | --- | --- |", ...usedBy(packages).map(line)].join(
      "\n",
    );
  return `# Other people's software

Written by \`bun run licences\`; a test holds it to what is installed. Otograd's packages, which are under the MIT licence,
hold otograd's own code alone, and name the rest as dependencies; the site's pages have what they need in them.

## Beside the package \`otograd\`

The engine needs no package. Under Node and Bun it takes WebGPU from one that users install beside it:

${table(["webgpu"])}

## Below the package \`otograd-cli\`

What is under the LGPL (codec-parser, and mpg123 inside mpg123-decoder) are packages and WebAssembly modules of their own,
which can be replaced in node_modules.

${table(Object.keys(manifest.dependencies))}

## In the site

What \`bun run web\` bundles into its pages. They let the browser decode sounds.

${table(SITE)}
`;
}

if (import.meta.main) {
  help(import.meta.path, "no words");
  writeFileSync(join(ROOT, "THIRD_PARTY.md"), thirdParty());
}
