// FEATURES.md is what the exports are: written anew it is the same, every name that is missing has a reason, and no note is
// about what is otherwise.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { counts, markdown, rows, stale } from "./table.ts";

const found = rows();

test("FEATURES.md is what bun run compare-names --write makes of the exports", async () => {
  expect(await Bun.file(join(import.meta.dir, "../../FEATURES.md")).text()).toBe(markdown(found));
  for (const { section, there, partly, of } of counts(found))
    console.log(`  ${section.padEnd(24)} ${String(there).padStart(4)} of ${of}, ${partly} with differences`);
});

test("every name of PyTorch's that is missing has a reason, and no note is stale", () => {
  const unexplained = found.filter(({ here, note }) => here === null && note === "");
  expect(unexplained.map(({ section, name }) => `${section}.${name}`)).toEqual([]);
  expect(stale(found)).toEqual([]);
});
