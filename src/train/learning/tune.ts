// Which programs are the quickest on an adapter: measured once for the products of a recipe's network, and kept on disk.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { AdapterFacts } from "../../gpu/device.ts";
import { F, randn } from "../../index.ts";
import { type Choices, FAMILIES, families, useChoices } from "../../kernels/gemm/gemm.ts";
import { type Measured, tune } from "../../kernels/gemm/tune.ts";
import { writeWhole } from "../files/files.ts";
import type { Recipe } from "../recipes/recipe.ts";
import { oneLine } from "../terminal/errors.ts";
import { type Talk, throwIfStopped } from "../terminal/talk.ts";
import { networkInput } from "./batches.ts";
import { buildModel, largestArray, recipeExtractor, segmentsThatFit } from "./model.ts";
import { baseOf } from "./networks/base.ts";

const fileSchema = z.strictObject({
  adapter: z.string(),
  choices: z.record(z.string(), z.enum(FAMILIES)),
});

function nameOf({ vendor, architecture, description }: AdapterFacts): string {
  return `${vendor} ${architecture} ${description}`;
}

/** One file an adapter, and a new one where there are new families to measure. */
export function choicesPath(folder: string, adapter: AdapterFacts): string {
  const hash = new Bun.CryptoHasher("sha256")
    .update(`${nameOf(adapter)} ${FAMILIES} ${families()}`)
    .digest("hex");
  return join(folder, `products-${hash.slice(0, 20)}.json`);
}

/** What was measured on this adapter before; null where nothing was, or the file is not one of ours. */
export function readChoices(folder: string, adapter: AdapterFacts): Choices | null {
  const path = choicesPath(folder, adapter);
  if (!existsSync(path)) return null;
  try {
    const { adapter: name, choices } = fileSchema.parse(JSON.parse(readFileSync(path, "utf8")));
    return name === nameOf(adapter) ? choices : null;
  } catch {
    return null; // it is measured anew
  }
}

/** Puts to use what was measured on this adapter before. False where nothing was. */
export function useKnownChoices(folder: string | null, adapter: AdapterFacts): boolean {
  const known = folder === null ? null : readChoices(folder, adapter);
  if (known !== null) useChoices(known);
  return known !== null;
}

/** What was measured, and with what was known before the choices that follow from it. */
export interface Tuned {
  readonly table: Measured[];
  readonly choices: Choices;
}

interface Place {
  readonly folder: string | null;
  readonly adapter: AdapterFacts;
}

/** Measures the products of one training step of a recipe, adds them to what is known, and puts that to use. */
export async function tuneFor(
  recipe: Recipe,
  classes: number,
  { folder, adapter, progress, stop }: Talk & Place,
): Promise<Tuned> {
  const batchSize = Math.min(recipe.batchSize, segmentsThatFit(recipe, largestArray(adapter)));
  const model = buildModel(recipe, classes, 1, baseOf(recipe));
  const { shape } = recipeExtractor(recipe, () => model);
  const input = networkInput(randn([batchSize, ...shape]), recipe, false);
  const labels = Array.from({ length: batchSize }, (_, i) => i % classes);
  const table: Measured[] = [];
  const choices = await tune(() => F.nllLoss(model.forward(input), labels).backward(), {
    onMeasured(one, of) {
      throwIfStopped(stop, "stopped before every product was measured; nothing was kept");
      if (table.length === 0) progress.begin("measuring matrix products", of);
      table.push(one);
      progress.update(table.length);
    },
  });
  progress.clear();
  const known = folder === null ? null : readChoices(folder, adapter);
  const all = { ...known, ...choices };
  useChoices(all);
  return { table, choices: all };
}

/** Keeps what was measured on an adapter; returns where. Throws UserError. */
export function keepChoices(folder: string, adapter: AdapterFacts, choices: Choices): string {
  const path = choicesPath(folder, adapter);
  writeWhole(path, `${JSON.stringify({ adapter: nameOf(adapter), choices }, null, 2)}\n`);
  return path;
}

/** Measures before a training and keeps it, which is no reason to stop where it cannot be kept. */
export async function tuneAndKeep(recipe: Recipe, classes: number, how: Talk & Place): Promise<void> {
  const { folder, adapter, progress } = how;
  const { choices } = await tuneFor(recipe, classes, how);
  try {
    if (folder !== null) keepChoices(folder, adapter, choices);
  } catch (error) {
    progress.warn(`what was measured of matrix products is not kept for the next run: ${oneLine(error)}`);
  }
}
