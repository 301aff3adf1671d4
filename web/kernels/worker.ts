// Runs tests in a worker, so that the page stays awake and every run begins anew: a kernel's WGSL is what the page says
// that it is.
import { load } from "load:tests.js";
import { inFile } from "../../test/everywhere/bun-test.ts";
import { start } from "../../test/everywhere/start.ts";

export interface Order {
  /** Test files. */
  tests: readonly string[];
  /** WGSL in the place of files' own. */
  edits: Readonly<Record<string, string>>;
}

declare global {
  var otogradEdits: Readonly<Record<string, string>> | undefined;
}

console.log = (...words: unknown[]) => postMessage(words.join(" "));

addEventListener("message", async ({ data }: MessageEvent<Order>) => {
  globalThis.otogradEdits = data.edits;
  await start(async () => {
    for (const file of data.tests) await inFile(file, load[file]!);
  });
});
