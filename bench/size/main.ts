#!/usr/bin/env bun
// `bun run size`: what pages load that use more or less of the engine.
import { help } from "../../build/help.ts";
import { bundle, gzipped } from "../../build/page.ts";
import { pages } from "./pages.ts";

help(import.meta.path, "no words");

const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`.padStart(10);
console.log(`${"a page that uses".padEnd(26)}  minified   gzipped`);
for (const [name, program] of Object.entries(pages)) {
  const text = (await bundle(program)).text;
  console.log(`${name.padEnd(26)}${kB(Buffer.byteLength(text))}${kB(gzipped(text))}`);
}
