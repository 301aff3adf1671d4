// What every command that computes begins with: the GPU opened, and the features of a dataset there.
import { init, type nn, type Tensor } from "../../index.ts";
import { contentOf } from "../dataset/content.ts";
import { type Dataset, describe } from "../dataset/dataset.ts";
import type { Content } from "../dataset/opening.ts";
import { type CacheOptions, cachedFeatures } from "../features/cache.ts";
import { computeFeatures, warnOfDamaged } from "../features/compute.ts";
import type { Keep } from "../features/features.ts";
import { cacheFolder } from "../files/cache-folder.ts";
import type { Recipe } from "../recipes/recipe.ts";
import { UserError } from "../terminal/errors.ts";
import type { Talk } from "../terminal/talk.ts";
import { buildModel, largestArray, recipeExtractor } from "./model.ts";
import { baseOf } from "./networks/base.ts";
import { checkTimestamps } from "./profile.ts";
import type { Ground } from "./training.ts";
import { tuneAndKeep, useKnownChoices } from "./tune.ts";

/** What all folds of one command share. */
export interface Prepared extends Ground {
  readonly content: Content;
}

/** Opens the GPU, or throws UserError saying what to install. */
export async function openGpu() {
  try {
    return await init();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UserError(message.replace(/\n/g, "; "), { cause: error });
  }
}

/** Opens the GPU where it is to be watched, so that one that cannot tell the time is refused before anything is computed. */
export async function openForProfile(): Promise<void> {
  await openGpu();
  checkTimestamps();
}

/**
 * Opens the GPU and has the features of all clips.
 * @param trained a network that was trained by the recipe, where it will not be trained
 */
export async function prepare(
  dataset: Dataset,
  recipe: Recipe,
  cache: string | false | undefined,
  { progress, stop }: Talk,
  trained?: nn.Module<[Tensor], Tensor>,
): Promise<Prepared> {
  const facts = await openGpu();
  const { vendor, architecture, description, software } = facts;
  progress.note(`${describe(dataset)} · ${description || vendor}${software ? " (a CPU)" : ""}`);
  for (const note of dataset.notes ?? []) progress.warn(note);
  const cacheOptions: CacheOptions = {
    folder: cacheFolder(cache),
    adapter: `${vendor} ${architecture} ${description}`,
    progress,
  };
  const { folder } = cacheOptions;
  // Programs for a CPU were measured by us; of GPUs there are many.
  if (!useKnownChoices(folder, facts) && folder !== null && !software)
    await tuneAndKeep(recipe, dataset.classes.length, { folder, adapter: facts, progress, stop });
  const base = trained === undefined ? baseOf(recipe) : null;
  const extractor = recipeExtractor(
    recipe,
    () => trained ?? buildModel(recipe, dataset.classes.length, 0, base),
  );
  const source = { clips: dataset.clips.map((_, clip) => clip), settings: null };
  const keep: Keep = (source, compute) => cachedFeatures(dataset, source, extractor, cacheOptions, compute);
  const features = await keep(source, () => computeFeatures(dataset, extractor, { progress, stop }));
  warnOfDamaged(dataset, features, { progress, stop });
  const content = await contentOf(dataset, folder, { progress, stop });
  const adapter = { vendor, architecture, description, software };
  return {
    dataset,
    recipe,
    base,
    extractor,
    features,
    keep,
    content,
    adapter,
    maxBytes: largestArray(facts),
  };
}
