// How long all tests take, as `bun run test` runs them.
import { join } from "node:path";

/** Milliseconds. Throws with the tests' last line where some fail. */
export async function timeTests(): Promise<number> {
  const began = performance.now();
  const child = Bun.spawn([process.execPath, "run", "test"], {
    cwd: join(import.meta.dir, "../.."),
    stdout: "ignore",
    stderr: "pipe",
  });
  const said = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`tests fail: ${said.trim().split("\n").at(-1)}`);
  return performance.now() - began;
}
