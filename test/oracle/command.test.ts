// `bun run oracle` where there is no Python to run it with, and what it says of fixtures that changed.
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Arrays } from "../../src/train/files/arrays.ts";
import { changesIn } from "./compare.ts";

test("without PyTorch it says in one line what to install", async () => {
  const env = { ...process.env, OTOGRAD_PYTHON: "/nonexistent/python3" };
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "main.ts")], {
    env,
    stdout: "pipe",
    stderr: "pipe",
  });
  const said = await new Response(child.stderr).text();
  expect(await child.exited).toBe(1);
  expect(said).toMatch(
    /^error: OTOGRAD_PYTHON, \/nonexistent\/python3, has not numpy, soundfile, torch, torchaudio: apt-get install .*\n$/,
  );
  expect(await new Response(child.stdout).text()).toBe("");
});

test("it says which numbers and words of a fixture changed, and by how much", () => {
  const fixture = (arrays: Record<string, number[]>, made = "torch 1"): Arrays => ({
    arrays: Object.fromEntries(
      Object.entries(arrays).map(([name, data]) => [
        name,
        { shape: [data.length], data: Float32Array.from(data) },
      ]),
    ),
    metadata: { "made by": made },
  });
  const before = fixture({ a: [3, 4], b: [1], c: [0] });
  expect(changesIn(before, fixture({ c: [0], a: [3, 4], b: [1] }))).toBeNull();
  expect(changesIn(before, fixture({ a: [3, 4.5], b: [1], c: [-0] }))).toBe(
    "2 arrays are different, most of all a (by 1.0e-1)",
  );
  expect(changesIn(before, fixture({ a: [3, 4, 5], b: [2], d: [0] }))).toBe(
    "1 arrays are gone (c); 1 arrays are new (d); 2 arrays are different, most of all a (another shape)",
  );
  expect(changesIn(before, fixture({ a: [3, 4], b: [1], c: [0] }, "torch 2"))).toBe(
    '"made by" was torch 1, is torch 2',
  );
});
