// `bun run recipes`: what the named settings are.

import { findRecipe, recipes } from "../recipes/index.ts";
import {
  type Crops,
  type FrontEnd,
  framesOf,
  type Network,
  type OptimizerSettings,
  type Recipe,
} from "../recipes/recipe.ts";

/** Lists all recipes, or prints one in full as JSON. */
export function printRecipes(name: string | undefined, print: (line: string) => void): void {
  if (name !== undefined) print(JSON.stringify(findRecipe(name), null, 2));
  else for (const recipe of recipes) for (const line of summary(recipe)) print(line);
}

function summary(recipe: Recipe): string[] {
  const { name, description, optimizer, masks, crops, views, mixing, augmentation, averages } = recipe;
  const extras = [
    ...(masks === null ? [] : [`masks up to ${masks.mels} mels × ${masks.frames} frames`]),
    ...(crops === null ? [] : [cropsText(crops)]),
    ...(views === null ? [] : [`views of ${views.frames} frames, ±${views.gain} dB`]),
    ...(mixing === null ? [] : [`mixes ${mixing}`]),
    ...(augmentation === null ? [] : [`${augmentation.copies} altered copies`]),
    recipe.validates ? "3 folds train, 1 validates" : "4 folds train",
  ];
  return [
    name,
    `  ${description}`,
    `  ${[networkText(recipe.network), lengthText(recipe.frontEnd), ...extras].join(" · ")}`,
    `  ${optimizerText(optimizer)} · ${recipe.epochs} epochs, batches of ${recipe.batchSize}${averages === null ? "" : `, the last ${averages} averaged`}`,
  ];
}

function cropsText({ stretch, gain }: Crops): string {
  return stretch === 1 && gain === 0 ? "a crop a clip" : `a crop a clip, ×${stretch}^±1 as fast, ±${gain} dB`;
}

function networkText(network: Network): string {
  if (network.kind === "piczak")
    return `${network.form}, hidden ${network.hidden.join(" + ")}, ${network.head} head`;
  return "hidden" in network ? `${network.kind}, hidden ${network.hidden.join(" + ")}` : network.kind;
}

function lengthText(frontEnd: FrontEnd): string {
  if (frontEnd.kind === "log-mel") return `${framesOf(frontEnd)} frames`;
  return `${(frontEnd.segmentSamples / frontEnd.sampleRate).toFixed(1)} s at ${frontEnd.sampleRate / 1000} kHz`;
}

const NAMES = { sgd: "SGD", adam: "Adam", adamw: "AdamW" };

function optimizerText(optimizer: OptimizerSettings): string {
  const { kind, lr, schedule, weightDecay } = optimizer;
  const momentum =
    optimizer.kind === "sgd"
      ? [`momentum ${optimizer.momentum}${optimizer.nesterov ? " (Nesterov)" : ""}`]
      : [];
  return [`${NAMES[kind]} lr ${lr} (${schedule.kind})`, ...momentum, `L2 ${weightDecay}`].join(", ");
}
