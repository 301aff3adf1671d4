// Checks that the references deserve to be believed: every gradient against central differences, on drawn shapes.
// What central differences cannot see (the values themselves, ties, kinks, optimisers) is in values.test.ts.
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { worstGradientError } from "./centralDifferences.ts";
import { gradientCases } from "./gradientCases.ts";
import { Random } from "./random.ts";

/** Some fifty times the worst error that rounding leaves here; a wrong term in a gradient is far above it. */
const TOLERANCE = 1e-7;

for (const { name, reference, hasGradient, cases } of gradientCases) {
  test(`reference ${name}: gradient`, () => {
    const random = new Random(1000);
    let worst = 0;
    let gradients = 0;
    for (const { inputs, attrs } of cases) {
      const gradOut = random.array(reference.forward(inputs, attrs).shape);
      const expected = hasGradient(inputs);
      worst = Math.max(worst, worstGradientError(reference, inputs, attrs, gradOut, expected));
      gradients += expected.filter(Boolean).length;
    }
    const result = gradients ? `worst relative error ${worst.toExponential(1)}` : "no gradient";
    console.log(`reference ${name.padEnd(13)} ${String(cases.length).padStart(3)} cases   ${result}`);
    expect(worst).toBeLessThan(TOLERANCE);
  });
}

function isReference(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "forward" in value &&
    typeof value.forward === "function" &&
    "backward" in value &&
    typeof value.backward === "function"
  );
}

test("every reference has central-difference cases", async () => {
  const covered = new Set<unknown>(gradientCases.map(({ reference }) => reference));
  const missing: string[] = [];
  let found = 0;
  for (const file of readdirSync(import.meta.dir, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
    const exported: Record<string, unknown> = await import(join(import.meta.dir, file));
    for (const [name, value] of Object.entries(exported)) {
      if (!isReference(value)) continue;
      found++;
      if (!covered.has(value)) missing.push(`${file}: ${name}`);
    }
  }
  expect(missing).toEqual([]);
  expect(found).toBe(gradientCases.length);
});
