// `bun run bench` as a program.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = mkdtempSync(join(tmpdir(), "otograd-bench-"));
afterAll(() => rmSync(root, { recursive: true }));

test("--json leaves a file that is no report as it is, and says so before anything is measured", async () => {
  const file = join(root, "package.json");
  writeFileSync(file, '{"name":"mine"}');
  const child = Bun.spawn([process.execPath, "bench/main.ts", "--json", file], {
    cwd: join(import.meta.dir, "../.."),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stderr = await new Response(child.stderr).text();
  expect([await child.exited, stderr]).toEqual([
    1,
    `error: ${file} is there already, and is not a benchmark's report: remove it, or name another\n`,
  ]);
  expect(readFileSync(file, "utf8")).toBe('{"name":"mine"}');
});
