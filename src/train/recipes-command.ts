// `bun run recipes`: what the named settings are.
import type { Recipe } from "./recipe.ts";
import { findRecipe, recipes } from "./recipes/index.ts";

/** Lists all recipes, or prints one in full as JSON. */
export function printRecipes(name: string | undefined, print: (line: string) => void): void {
  if (name !== undefined) print(JSON.stringify(findRecipe(name), null, 2));
  else for (const recipe of recipes) for (const line of summary(recipe)) print(line);
}

function summary({ name, description, network, optimizer, masks, validates, ...recipe }: Recipe): string[] {
  const { lr, momentum, nesterov, weightDecay } = optimizer;
  const masked = masks === null ? "no masks" : `masks up to ${masks.mels} mels × ${masks.frames} frames`;
  return [
    name,
    `  ${description}`,
    `  ${network.form}, hidden ${network.hidden.join(" + ")} · ${masked} · ${validates ? "3 folds train, 1 validates" : "4 folds train"}`,
    `  SGD lr ${lr}, momentum ${momentum}${nesterov ? " (Nesterov)" : ""}, L2 ${weightDecay} · ${recipe.epochs} epochs, batches of ${recipe.batchSize}`,
  ];
}
