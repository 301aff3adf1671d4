// `bun run tune`: measures which programs for matrix products are the quickest here, and shows it.
import { FAMILIES } from "../../kernels/gemm/gemm.ts";
import { cacheFolder } from "../files/cache-folder.ts";
import { checkWritable } from "../files/files.ts";
import { openGpu } from "../learning/prepare.ts";
import { choicesPath, keepChoices, tuneFor } from "../learning/tune.ts";
import { findRecipe } from "../recipes/index.ts";
import type { Session } from "../terminal/session.ts";

export interface TuneOptions {
  recipe: string;
  batchSize?: number;
  classes: number;
  cache?: string | false;
}

export async function tuneCommand(options: TuneOptions, { progress, stop, print }: Session): Promise<void> {
  const adapter = await openGpu();
  const recipe = findRecipe(options.recipe);
  const batchSize = options.batchSize ?? recipe.batchSize;
  const folder = cacheFolder(options.cache);
  if (folder !== null) checkWritable(choicesPath(folder, adapter));
  const told = { folder, adapter, progress, stop };
  const { table, choices } = await tuneFor({ ...recipe, batchSize }, options.classes, told);
  const shown = FAMILIES.filter((family) => table.some((one) => one.milliseconds[family] !== undefined));
  const row = (name: string, cells: readonly string[], quickest: string) =>
    print(`${name.padEnd(30)}${cells.map((cell) => cell.padStart(10)).join("")}   ${quickest}`);
  row("batch × m × n × k", shown, "(ms)");
  for (const one of table) {
    const times = shown.map((family) => one.milliseconds[family]?.toFixed(2) ?? "");
    row(one.class, times, one.quickest);
  }
  if (folder === null) return;
  const path = keepChoices(folder, adapter, choices);
  progress.note(`kept in ${path}; training uses it from now on`);
}
