// What every command that computes begins with: the GPU opened, and the features of a dataset there.
import { init, type nn, type Tensor } from "../../index.ts";
import { type Content, contentOf } from "../dataset/content.ts";
import { type Dataset, describe } from "../dataset/dataset.ts";
import { type CacheOptions, cachedFeatures, cacheFolder } from "../features/cache.ts";
import { computeFeatures, warnOfDamaged } from "../features/compute.ts";
import type { Recipe } from "../recipes/recipe.ts";
import type { Adapter } from "../runs/config.ts";
import { UserError } from "../terminal/errors.ts";
import type { Talk } from "../terminal/session.ts";
import { SegmentStore, type Standardization } from "./batches.ts";
import { buildModel, largestArray, recipeExtractor } from "./model.ts";
import { baseOf } from "./networks/base.ts";
import { evaluationSet } from "./split.ts";
import type { Testing } from "./trainer.ts";
import type { Sources } from "./training-set.ts";
import { tuneFor, useKnownChoices } from "./tune.ts";

/** What all folds of one command share. */
export interface Prepared extends Sources {
  adapter: Adapter;
  /** The weights that networks begin with, where it is not their own. */
  base: nn.StateDict | null;
  /** What the dataset holds. */
  content: Content;
  /** The most that one array on the GPU may take. */
  maxBytes: number;
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
    await tuneFor(recipe, dataset.classes.length, { folder, adapter: facts, progress });
  const base = trained === undefined ? baseOf(recipe) : null;
  const extractor = recipeExtractor(
    recipe,
    () => trained ?? buildModel(recipe, dataset.classes.length, 0, base),
  );
  const source = { clips: dataset.clips.map((_, clip) => clip), settings: null };
  const features = await cachedFeatures(dataset, source, extractor, cacheOptions, () =>
    computeFeatures(dataset, extractor, { progress, stop }),
  );
  warnOfDamaged(dataset, features, { progress, stop });
  const content = await contentOf(dataset, folder, { progress, stop });
  const adapter = { vendor, architecture, description, software };
  return {
    dataset,
    recipe,
    base,
    extractor,
    features,
    cache: cacheOptions,
    content,
    adapter,
    maxBytes: largestArray(facts),
  };
}

/** A fold's clips, or with null all that there are, with their segments on the GPU. */
export function testing(
  { dataset, features, maxBytes }: Prepared,
  fold: number | null,
  standard: Standardization,
): Testing {
  const set = evaluationSet(dataset, features, fold);
  const labels = set.clipOf.map((clip) => set.labels[clip]!);
  return { set, store: new SegmentStore(features, set.segments, labels, standard, maxBytes) };
}
