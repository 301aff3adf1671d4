// Features are computed once and kept on disk, under a key of everything that they depend on.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { formatBytes } from "../../gpu/bytes.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { removeTemporaries } from "../files/files.ts";
import { readArrays, writeArrays } from "../files/safetensors.ts";
import { oneLine } from "../terminal/errors.ts";
import type { Reporter } from "../terminal/talk.ts";
import { type FeatureExtractor, sizeOf } from "./extractor.ts";
import { type Features, FRONT_END_VERSION, type Source } from "./features.ts";

/** Seconds: another process may be writing at this moment. */
const HOUR = 3600;

/** A hash of all that the features of clips depend on; `adapter` is in it as each rounds in its own way. */
export async function cacheKey(
  dataset: Dataset,
  { clips, settings }: Source,
  { frontEnd, weights }: FeatureExtractor,
  adapter: string,
): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  const all = { FRONT_END_VERSION, adapter, frontEnd: Object.entries(frontEnd).sort(), settings };
  hash.update(JSON.stringify(all));
  for (const [name, weight] of Object.entries(weights?.() ?? {}))
    hash.update(`\n${name}`).update(await weight.data());
  for (const clip of clips) hash.update(`\n${dataset.fingerprint(clip)}`);
  return hash.digest("hex");
}

export interface CacheOptions {
  /** Where features are kept; null keeps none. */
  folder: string | null;
  adapter: string;
  progress: Reporter;
}

/**
 * The features from the cache, or else computed and put there. A damaged or unwritable cache costs time only.
 * `clipOf` counts the source's clips.
 */
export async function cachedFeatures(
  dataset: Dataset,
  source: Source,
  extractor: FeatureExtractor,
  { folder, adapter, progress }: CacheOptions,
  compute: () => Promise<Features>,
): Promise<Features> {
  if (folder === null) return compute();
  const key = await cacheKey(dataset, source, extractor, adapter);
  const path = join(folder, `features-${key.slice(0, 20)}.safetensors`);
  if (existsSync(path)) {
    try {
      const features = read(path, key, source.clips.length, extractor);
      progress.note(`features: read from ${path}`);
      return features;
    } catch (error) {
      progress.warn(`the cached features are computed anew: ${oneLine(error)}`);
    }
  }
  const features = await compute();
  removeTemporaries(folder, HOUR); // of those that were killed at it
  try {
    write(path, key, features);
    progress.note(`features: kept in ${path} (${formatBytes(statSync(path).size)})`);
  } catch (error) {
    progress.warn(`the features are not kept for the next run: ${oneLine(error)}`);
  }
  return features;
}

function write(path: string, key: string, { values, clipOf, silent, shape, damaged = [] }: Features): void {
  writeArrays(
    path,
    {
      features: { shape: [clipOf.length, ...shape], data: values },
      clip: { shape: [clipOf.length], data: clipOf },
      silent: { shape: [silent.length], data: silent },
    },
    { key, damaged: JSON.stringify(damaged) },
  );
}

function read(path: string, key: string, clips: number, { shape }: FeatureExtractor): Features {
  const { arrays, metadata } = readArrays(path, { own: true });
  const { features, clip, silent } = arrays;
  const segments = clip?.data.length ?? 0;
  const whole =
    metadata.key === key &&
    features?.data instanceof Float32Array &&
    features.data.length === segments * sizeOf(shape) &&
    clip?.data instanceof Uint32Array &&
    silent?.data instanceof Uint32Array &&
    silent.data.length === segments &&
    new Set(clip.data).size === clips &&
    clip.data.every((each) => each < clips);
  if (!whole) throw new Error(`${path} does not hold this dataset's features`);
  return {
    shape,
    values: features.data as Float32Array,
    clipOf: clip.data as Uint32Array,
    silent: silent.data as Uint32Array,
    damaged: JSON.parse(metadata.damaged ?? "[]"),
  };
}
