// A process that takes a dataset from WAV files, or from the feature cache, to a batch of network input, as
// `bun run train` does, and says how long that took: see sections/front-end.ts. Arguments: dataset, cache folder and, if wanted, a
// recipe's name and a file for the features' values.
import { writeFileSync } from "node:fs";

import { device } from "../../src/gpu/device.ts";
import { init } from "../../src/index.ts";
import { splitFolds } from "../../src/train/dataset/dataset.ts";
import { openDataset } from "../../src/train/dataset/open.ts";
import { SegmentStore, standardizationOf } from "../../src/train/learning/batches.ts";
import { prepare } from "../../src/train/learning/prepare.ts";
import { trainingSegments } from "../../src/train/learning/split.ts";
import { DEFAULT_RECIPE, findRecipe } from "../../src/train/recipes/index.ts";
import { Progress } from "../../src/train/terminal/progress.ts";

const [source, cache, name = DEFAULT_RECIPE, values] = process.argv.slice(2) as [
  string,
  string,
  string?,
  string?,
];
await init();

const start = performance.now();
const session = { progress: new Progress(), stop: { signal: null, onFirst: "" }, print: () => {} };
const recipe = { ...findRecipe(name), augmentation: null };
const dataset = openDataset(source);
const { features, maxBytes } = await prepare(dataset, recipe, cache, session);
const segments = trainingSegments(dataset, features, splitFolds(dataset, 5, recipe.validates));
const labels = segments.map((segment) => dataset.clips[features.clipOf[segment]!]!.label);
const store = new SegmentStore(features, segments, labels, standardizationOf(features, segments), maxBytes);
const positions = Array.from({ length: Math.min(recipe.batchSize, store.size) }, (_, i) => i);
store.input(positions, recipe, true);
await device().stream.finish();
const milliseconds = performance.now() - start;

if (values !== undefined) writeFileSync(values, features.values);
console.log(JSON.stringify({ milliseconds, clips: dataset.clips.length, segments: features.clipOf.length }));
process.exit(0);
