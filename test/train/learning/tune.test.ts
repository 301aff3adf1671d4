// What `bun run tune` keeps on disk, a file there that is not its own, and a place where nothing can be kept.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { device } from "../../../src/gpu/device.ts";
import { useChoices } from "../../../src/kernels/gemm/gemm.ts";
import { tuneCommand } from "../../../src/train/commands/tune.ts";
import {
  keepChoices,
  readChoices,
  tuneAndKeep,
  tuneFor,
  useKnownChoices,
} from "../../../src/train/learning/tune.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";
import type { Recipe } from "../../../src/train/recipes/recipe.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";

const base = findRecipe("blog-bn");
const tiny: Recipe = { ...base, network: { ...base.network, filters: 2, hidden: [4] }, batchSize: 2 };
const folder = mkdtempSync(join(tmpdir(), "otograd-tune-"));
afterAll(() => {
  useChoices({});
  rmSync(folder, { recursive: true });
});

test("what was measured is found again, on the same adapter only, and a damaged file is as none", async () => {
  const { adapter } = device();
  expect(useKnownChoices(folder, adapter)).toBe(false);
  const told = { folder, adapter, progress: new Progress(), stop: { signal: null, onFirst: "" } };
  const stopped = { ...told, stop: { signal: "SIGINT" as const, onFirst: "" } };
  await expect(tuneFor(tiny, 3, stopped)).rejects.toThrow("stopped before every product was measured");
  const { table, choices: measured } = await tuneFor(tiny, 3, told);
  keepChoices(folder, adapter, measured);
  const choices = readChoices(folder, adapter);
  console.log(`  ${table.length} classes of products measured and kept`);
  expect(Object.entries(choices ?? {})).toEqual(table.map((one) => [one.class, one.quickest]));
  expect(useKnownChoices(folder, adapter)).toBe(true);
  expect(readChoices(folder, { ...adapter, description: "another" })).toBeNull();

  const [file] = readdirSync(folder);
  writeFileSync(join(folder, file!), '{"adapter": 5}');
  expect(readChoices(folder, adapter)).toBeNull();
});

test("a training goes on where what was measured cannot be kept, and says so; the command does not begin", async () => {
  const { adapter } = device();
  const file = join(folder, "file");
  writeFileSync(file, "");
  const said: string[] = [];
  const progress = new Progress();
  progress.warn = (line) => void said.push(line);
  useChoices({});
  const told = { folder: join(file, "cache"), adapter, progress, stop: { signal: null, onFirst: "" } };
  await tuneAndKeep(tiny, 3, told);
  expect(said).toEqual([
    expect.stringMatching(
      /^what was measured of matrix products is not kept for the next run: cannot write .*a file is in the way of a folder$/,
    ),
  ]);
  const session = { ...told, print: () => {} };
  const command = tuneCommand({ recipe: "blog-bn", classes: 3, cache: told.folder }, session);
  await expect(command).rejects.toThrow(/^cannot write .*a file is in the way of a folder$/);
});
