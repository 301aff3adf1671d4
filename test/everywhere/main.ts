#!/usr/bin/env bun
// `bun run everywhere [chromium] [deno] [TEST-FILES…]`: the proofs of kernels and of the audio front end where WebGPU is
// not Dawn on this machine's driver: in a browser, and under Deno, whose WGSL compiler is another. The same tests as
// `bun test test/kernels test/audio`, bundled. Exit codes: 0 all passed · 1 some did not, or a place is not there.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { help } from "../../build/help.ts";
import { oneLine, UserError } from "../../src/train/terminal/errors.ts";
import type { Outcome } from "./bun-test.ts";
import { bundleTests, testFiles } from "./bundle.ts";
import { chromium } from "./chromium.ts";
import { deno } from "./deno.ts";
import type { Place } from "./place.ts";
import { type Event, MARK } from "./start.ts";

help(import.meta.path);

const places = new Map<string, Place>([
  ["chromium", chromium],
  ["deno", deno],
]);
const words = process.argv.slice(2);
const named = words.filter((word) => places.has(word));
const files = await testFiles(words.filter((word) => !places.has(word)));
const folder = mkdtempSync(join(tmpdir(), "otograd-everywhere-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
process.once("SIGINT", () => process.exit(130));

try {
  if (files.length === 0)
    throw new UserError("there are no such tests: give folders or files below test/kernels and test/audio");
  const text = await bundleTests(files);
  let wrong = false;
  for (const name of named.length > 0 ? named : places.keys())
    wrong = !(await allPass(places.get(name)!, text)) || wrong;
  process.exit(wrong ? 1 : 0);
} catch (error) {
  console.error(`error: ${oneLine(error)}`);
  process.exit(1);
}

/** Runs the tests in a place, and prints what fails there and how many do not. */
async function allPass(place: Place, text: string): Promise<boolean> {
  const began = performance.now();
  let adapter = "";
  let failure: string | null = "it ended before its tests did";
  const outcomes: Outcome[] = [];
  for await (const line of place.run({ text, folder })) {
    if (!line.startsWith(MARK)) {
      console.log(line);
      continue;
    }
    const event = JSON.parse(line.slice(MARK.length)) as Event;
    if (event.kind === "adapter") {
      adapter = event.adapter + (event.lacks.length > 0 ? ` (without ${event.lacks.join(", ")})` : "");
      console.log(`${place.name} on ${adapter}`);
    } else if (event.kind === "test") {
      outcomes.push(event.outcome);
      const { file, title, error } = event.outcome;
      if (error !== null) console.log(`(fail) ${file}: ${title}\n    ${error}`);
    } else {
      failure = event.error;
      break;
    }
  }
  if (failure !== null) console.log(`${place.name}: ${failure}`);
  const passed = outcomes.filter(({ error }) => error === null).length;
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`${place.name} on ${adapter}: ${passed} of ${outcomes.length} tests pass, ${seconds} s`);
  return failure === null && passed === outcomes.length && passed > 0;
}
