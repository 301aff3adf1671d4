// Damaged input by the thousand: refused in one line, or made something right of. `bun run fuzz --cases 20000` is the
// long form. What it found is in test/fuzz/found.test.ts.
import { expect, test } from "bun:test";
import { fuzz } from "./fuzz.ts";

test("damaged files, archives, checkpoints and settings never crash, hang, or pass for good", async () => {
  const { cases, counts, wrong } = await fuzz({ cases: 1400, seed: 7 });
  const sum = (kind: "used" | "refused") =>
    [...counts.values()].reduce((total, each) => total + each[kind], 0);
  console.log(
    `fuzz: ${cases} damaged inputs of ${counts.size} kinds: ${sum("refused")} refused, ${sum("used")} made good`,
  );
  expect(wrong).toEqual([]);
  expect(cases).toBe(1400);
}, 180_000);
