// Several command lines in one process (in-turn.ts): to begin another takes longer than most of them.
import { expect } from "bun:test";
import { join } from "node:path";

/** Runs the program with each of these arguments in turn: what it prints, says and ends with. */
export async function turns(lines: string[][], where: { cwd: string; env?: Record<string, string> }) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "in-turn.ts"), JSON.stringify(lines)], {
    cwd: where.cwd,
    env: { ...process.env, ...where.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  expect(await child.exited).toBe(0);
  const parts = (text: string) => [...text.matchAll(/([^\0]*)\0(\d+)\0/g)];
  const [out, err] = [parts(stdout), parts(stderr)];
  expect([out.length, err.length]).toEqual([lines.length, lines.length]);
  return lines.map((_, i) => ({ exitCode: Number(err[i]![2]), stdout: out[i]![1]!, stderr: err[i]![1]! }));
}
