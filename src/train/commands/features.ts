// `bun run features FILE --out x.png|x.npy`: what the network hears of a sound, as a picture or as numbers; or what a
// network that was trained before makes of it (--embedding).
import { basename } from "node:path";
import type { nn, Tensor } from "../../index.ts";
import { type FeatureExtractor, sizeOf } from "../features/extractor.ts";
import { type ClipFeatures, FeatureBatches, type Features, joinClips } from "../features/features.ts";
import { listen } from "../features/stretches.ts";
import { checkWritable, writeWhole } from "../files/files.ts";
import { npyHeader } from "../files/npy.ts";
import { SegmentStore, type Standardization } from "../learning/batches.ts";
import { networkOf } from "../learning/checkpoint.ts";
import { buildModel, largestArray, recipeExtractor } from "../learning/model.ts";
import { baseOf } from "../learning/networks/base.ts";
import { openRun } from "../learning/open-run.ts";
import { openGpu } from "../learning/prepare.ts";
import { DEFAULT_RECIPE, findRecipe } from "../recipes/index.ts";
import type { FrontEnd, Recipe } from "../recipes/recipe.ts";
import { Sound, STDIN } from "../sound/sound-file.ts";
import { SoundError, UserError } from "../terminal/errors.ts";
import type { Session } from "../terminal/session.ts";
import { throwIfStopped } from "../terminal/talk.ts";
import { counted } from "../terminal/words.ts";
import { refuseLoss } from "./output.ts";

export interface FeaturesOptions {
  out: string;
  recipe?: string;
  run?: string;
  /** What a network trained on AudioSet makes of it. */
  embedding?: boolean;
}

/** Segments whose deltas are computed at once. */
const SEGMENTS_AT_ONCE = 256;

export async function featuresCommand(
  path: string,
  options: FeaturesOptions,
  session: Session,
): Promise<void> {
  const { out } = options;
  const kind = /\.(png|npy)$/i.exec(out)?.[1]?.toLowerCase();
  if (kind === undefined)
    throw new UserError(`--out wants a file name that ends in .png or .npy, got '${out}'`);
  const { recipe, standardization, network } = settings(options);
  const { frontEnd, name } = recipe;
  if (kind === "png" && frontEnd.kind !== "log-mel")
    throw new UserError(`${name} hears no log-mel segments to be drawn: give --out a name that ends in .npy`);
  checkWritable(out);
  refuseLoss(out, kind === "npy" ? "a NumPy file" : "a PNG picture");
  using sound = await Sound.open(path);
  const maxBytes = largestArray(await openGpu());
  const features = await featuresOfSound(sound, recipeExtractor(recipe, network), session);
  // The picture shows decibels, whatever a run makes of them.
  const scale = kind === "npy" ? standardization : { mean: 0, deviation: 1 };
  const { inputs, shape } = await networkInputs(features, recipe, scale, maxBytes);
  const { silent } = features;
  const segments = silent.length;
  const quiet = silent.reduce((sum, each) => sum + each, 0);
  const summary = `${counted(segments, "segment")} of ${sizeText(features.shape, frontEnd)}${quiet === 0 ? "" : `, ${quiet} silent`}`;
  if (kind === "npy") {
    writeWhole(out, npyHeader([segments, ...shape]), ...inputs.map(bytesOf));
  } else if (frontEnd.kind === "log-mel") {
    const { featuresPicture } = await import("../pictures/features.ts");
    const title = path === STDIN ? sound.name : basename(path);
    const deltas = recipe.network.kind === "piczak" ? deltasOf(inputs, features) : null;
    const { seconds, sampleRate } = sound;
    const extent = { seconds, sampleRate };
    writeWhole(out, featuresPicture({ title, summary, extent, features, deltas, recipe: name, frontEnd }));
  }
  session.progress.note(`${out}: ${summary}`);
}

function sizeText(shape: readonly number[], { kind }: FrontEnd): string {
  if (kind === "log-mel") return `${shape[0]} mel bands × ${shape[1]} frames`;
  return kind === "waveform" ? `${shape[0]} samples` : `${shape.join(" × ")} numbers`;
}

/** Whose features they are, and the network that makes them where one does; it can be made when the GPU is open. */
interface Whose {
  recipe: Recipe;
  standardization: Standardization;
  network: () => nn.Module<[Tensor], Tensor>;
}

/** Of a run: its recipe, and what its network's input is standardised by. Else a recipe's, in decibels. */
function settings({ recipe: name, run: path, embedding = false }: FeaturesOptions): Whose {
  if (path === undefined) {
    const recipe = findRecipe(name ?? (embedding ? "transfer" : DEFAULT_RECIPE));
    if (embedding && recipe.network.kind !== "transfer")
      throw new UserError(`--embedding is of a network that was trained before, which ${name} has none of`);
    const network = () => buildModel(recipe, 1, 0, baseOf(recipe));
    return { recipe, standardization: { mean: 0, deviation: 1 }, network };
  }
  if (name !== undefined) throw new UserError("--run has a recipe of its own: give it or --recipe");
  const run = openRun(path);
  const { recipe, standardization } = run.config;
  if (embedding && (recipe.network.kind !== "transfer" || recipe.network.tunes !== 0))
    throw new UserError(`--embedding is of a network that stayed as it was, which ${path} has none of`);
  return { recipe, standardization, network: () => networkOf(run, run.folder.readModel()) };
}

async function featuresOfSound(
  sound: Sound,
  extractor: FeatureExtractor,
  { progress, stop }: Session,
): Promise<Features> {
  const parts: ClipFeatures[] = [];
  const batches = new FeatureBatches<number>(
    extractor,
    (index, features) => {
      parts[index] = features;
    },
    (_, error) => {
      throw new SoundError(sound.name, error.message, { cause: error });
    },
  );
  let count = 0;
  for await (const stretch of listen(sound, extractor.frontEnd)) {
    await batches.add(count++, stretch);
    await Bun.sleep(0); // a turn for Ctrl-C
    throwIfStopped(stop, "stopped; nothing was written");
    progress.share("listening", sound.bytes.reached / sound.bytes.size);
  }
  await batches.finish();
  progress.clear();
  if (sound.flaw !== null) progress.warn(`${sound.name}: ${sound.flaw}`);
  return joinClips(parts, extractor);
}

/** What the network is fed, `[segments, …shape]`, some hundred segments at a time. */
async function networkInputs(
  features: Features,
  recipe: Recipe,
  standardization: Standardization,
  maxBytes: number,
): Promise<{ inputs: Float32Array[]; shape: readonly number[] }> {
  let shape: readonly number[] = [];
  const all = Array.from(features.silent.keys());
  const parts: Float32Array[] = [];
  for (let from = 0; from < all.length; from += SEGMENTS_AT_ONCE) {
    const segments = all.slice(from, from + SEGMENTS_AT_ONCE);
    const store = new SegmentStore(features, segments, segments, standardization, maxBytes);
    const input = store.input(Array.from(segments.keys()), recipe, false);
    shape = input.shape.slice(1);
    parts.push((await input.data()) as Float32Array);
  }
  return { inputs: parts, shape };
}

/** The second channel of each segment. */
function deltasOf(inputs: readonly Float32Array[], { shape, values }: Features): Float32Array {
  const size = sizeOf(shape);
  const deltas = new Float32Array(values.length);
  let at = 0;
  for (const input of inputs) {
    for (let from = size; from < input.length; from += 2 * size, at += size)
      deltas.set(input.subarray(from, from + size), at);
  }
  return deltas;
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
