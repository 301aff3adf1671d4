// `bun run tune`: measures which programs for matrix products are the quickest here, and shows it.
import { type Family, families } from "../../kernels/gemm/gemm.ts";
import type { Measured } from "../../kernels/gemm/tune.ts";
import { cacheFolder } from "../features/cache.ts";
import { openGpu } from "../learning/prepare.ts";
import { choicesPath, tuneFor } from "../learning/tune.ts";
import { findRecipe } from "../recipes/index.ts";
import type { Session } from "../terminal/session.ts";

export interface TuneOptions {
  recipe: string;
  batchSize?: number;
  classes: number;
  cache?: string | false;
}

export async function tuneCommand(options: TuneOptions, { progress, print }: Session): Promise<void> {
  const adapter = await openGpu();
  const recipe = findRecipe(options.recipe);
  const batchSize = options.batchSize ?? recipe.batchSize;
  const folder = cacheFolder(options.cache);
  const table = await tuneFor({ ...recipe, batchSize }, options.classes, { folder, adapter, progress });
  const column = (one: Measured, family: Family) => one.milliseconds[family]?.toFixed(2) ?? "";
  print(
    `${"batch × m × n × k".padEnd(30)}${families()
      .map((family) => family.padStart(10))
      .join("")}   (ms)`,
  );
  for (const one of table) {
    const times = families().map((family) => column(one, family).padStart(10));
    print(`${one.class.padEnd(30)}${times.join("")}   ${one.quickest}`);
  }
  if (folder !== null) progress.note(`kept in ${choicesPath(folder, adapter)}; training uses it from now on`);
}
