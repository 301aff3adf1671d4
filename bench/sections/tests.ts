// How long all tests take, as `bun run test` runs them.
import { join } from "node:path";

/** Milliseconds. Throws with how many fail, or else the last line, where not all pass. */
export async function timeTests(): Promise<number> {
  const began = performance.now();
  const child = Bun.spawn([process.execPath, "run", "test"], {
    cwd: join(import.meta.dir, "../.."),
    stdout: "ignore",
    stderr: "pipe",
  });
  const said = await new Response(child.stderr).text();
  const lines = said.trim().split("\n");
  const failed = lines.findLast((line) => /^ *\d+ fail$/.test(line)) ?? lines.at(-1)!;
  if ((await child.exited) !== 0) throw new Error(`bun run test: ${failed.trim()}`);
  return performance.now() - began;
}
