// Runs an example in a worker, so that the page stays awake and can end it.
import { load } from "load:examples.js";

export type Said = { line: string } | { end: string | null };

const tell = (said: Said) => postMessage(said);
console.log = (...words: unknown[]) => tell({ line: words.join(" ") });

addEventListener("message", async ({ data }: MessageEvent<string>) => {
  try {
    await load[data]!();
    tell({ end: null });
  } catch (error) {
    tell({ end: error instanceof Error ? error.message : String(error) });
  }
});
