// The examples as a user runs them: each in a process of its own, and each must have learned.
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const MINUTE = 60_000;
const EXAMPLES = join(import.meta.dir, "../../examples");

async function run(name: string, ...args: string[]): Promise<string[]> {
  const child = Bun.spawn([process.execPath, join(EXAMPLES, name), ...args], {
    stdout: "pipe",
    stderr: "pipe",
  });
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
    console.log(lines.slice(-5).join("\n"));
    const answers = lines
      .slice(-5, -1)
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
    const picture = lines.slice(standings.length, -1).join("");
    expect([...picture].filter((c) => c === "█").length).toBeGreaterThan(200);
    expect([...picture].filter((c) => c === " ").length).toBeGreaterThan(200);
  },
  MINUTE,
);

test(
  "each of them runs a few steps",
  async () => {
    const lines = await run("main.ts", "--steps", "2");
    const names = lines.filter((line) => line.startsWith("# ")).map((line) => line.slice(2));
    const files = readdirSync(EXAMPLES).filter((file) => file.endsWith(".ts"));
    expect(names).toEqual(
      files
        .map((file) => file.replace(".ts", ""))
        .filter((name) => !["main", "run"].includes(name))
        .sort(),
    );
    expect(lines.filter((line) => line.startsWith("=> "))).toHaveLength(names.length);
    console.log(`  ${names.length} examples: ${names.join(", ")}`);
  },
  MINUTE,
);
