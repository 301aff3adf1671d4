// The examples as a user runs them: each in a process of its own, and each must have learned.
import { expect, test } from "bun:test";
import { join } from "node:path";

const MINUTE = 60_000;

async function run(name: string): Promise<string[]> {
  const path = join(import.meta.dir, "../../examples", name);
  const child = Bun.spawn([process.execPath, path], { stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  expect([code, err]).toEqual([0, ""]);
  return out.trimEnd().split("\n");
}

test(
  "xor.ts learns the truth table",
  async () => {
    const lines = await run("xor.ts");
    console.log(lines.slice(-4).join("\n"));
    const answers = lines
      .slice(-4)
      .map((line) => /^(\d) xor (\d) = (\d) +\(sure to ([\d.]+) %\)$/.exec(line));
    for (const [a, b] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      const [, first, second, answer, sure] = answers.shift()!;
      expect([Number(first), Number(second), Number(answer)]).toEqual([a, b, a ^ b]);
      expect(Number(sure)).toBeGreaterThan(95);
    }
  },
  MINUTE,
);

test(
  "two-spirals.ts tells all points apart, and draws the plane",
  async () => {
    const lines = await run("two-spirals.ts");
    const standings = lines.filter((line) => line.startsWith("step"));
    console.log(lines.join("\n"));
    expect(standings.at(-1)).toMatch(/200 of 200 points right$/);
    const picture = lines.slice(standings.length).join("");
    expect([...picture].filter((c) => c === "█").length).toBeGreaterThan(200);
    expect([...picture].filter((c) => c === " ").length).toBeGreaterThan(200);
  },
  MINUTE,
);
