// No operation without a second derivative, but for those that say why: all that the engine's files export are looked at.
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isDerived } from "../../../src/tensor/autograd/derive.ts";
import "../../../src/index.ts"; // brings the derivatives
import { NOT_DERIVED } from "../../twice.ts";

const SRC = join(import.meta.dir, "../../../src");

interface AnyOp {
  name: string;
  forward(): void;
  backward(): void;
}
const isOp = (value: unknown): value is AnyOp => {
  if (typeof value !== "object") return false; // a class, autograd.Function's
  const { name, forward, backward } = (value ?? {}) as Partial<AnyOp>;
  return typeof name === "string" && typeof forward === "function" && typeof backward === "function";
};

/** Operations in a value: itself, or those of a list or table. */
function operationsIn(value: unknown): AnyOp[] {
  if (typeof value !== "object" || value === null) return [];
  if (isOp(value)) return [value];
  return Object.values(value).filter(isOp);
}

test("every operation has a second derivative, or a reason", async () => {
  const found = new Set<AnyOp>();
  for (const room of ["kernels", "tensor", "nn", "audio"])
    for (const file of readdirSync(join(SRC, room), { recursive: true, encoding: "utf8" }))
      if (file.endsWith(".ts"))
        for (const value of Object.values(await import(join(SRC, room, file))))
          for (const op of operationsIn(value)) found.add(op);
  const missing = [...found].filter((op) => !isDerived(op as never)).map(({ name }) => name);
  console.log(`  ${found.size} operations; without a second derivative: ${missing.join(", ")}`);
  expect(found.size).toBeGreaterThan(100);
  expect(missing.sort()).toEqual(Object.keys(NOT_DERIVED).sort());
});
