// THIRD_PARTY.md says what is installed, and what licences are let in.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SITE, thirdParty, usedBy } from "../../build/licences.ts";
import manifest from "../../package.json";

/** Licences that ask for no more than their text and the authors' names. */
const FREE = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "OFL-1.1", "Unlicense"];

test("THIRD_PARTY.md is as `bun run licences` writes it", () => {
  expect(readFileSync(join(import.meta.dir, "../../THIRD_PARTY.md"), "utf8")).toBe(thirdParty());
});

test("nothing beside the engine or in the site is under a licence that asks for more, and below the command only codec-parser is", () => {
  const all = usedBy(Object.keys(manifest.dependencies));
  const counts = Map.groupBy(all, ({ licence }) => licence);
  console.log(
    `  ${all.length} packages: ${[...counts].map(([name, { length }]) => `${length} ${name}`).join(", ")}`,
  );
  const strict = (packages: readonly string[]) =>
    usedBy(packages)
      .filter(({ licence }) => !FREE.includes(licence))
      .map(({ name, licence }) => `${name}: ${licence}`);
  expect(strict(["webgpu", ...SITE])).toEqual([]);
  expect(strict(Object.keys(manifest.dependencies))).toEqual(["codec-parser: LGPL-3.0-or-later"]);
});
