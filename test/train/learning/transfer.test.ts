// Transfer learning's mechanics on a small network with random weights: what is computed once, what learns, what stays.
import { expect, setDefaultTimeout, test } from "bun:test";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { F, init, type nn, noGrad, type Tensor, tensor } from "../../../src/index.ts";
import { pictures } from "../../../src/train/features/audio-set.ts";
import { cacheKey } from "../../../src/train/features/cache.ts";
import type { FeatureExtractor } from "../../../src/train/features/extractor.ts";
import { buildModel, buildOptimizer, recipeExtractor } from "../../../src/train/learning/model.ts";
import { baseOf } from "../../../src/train/learning/networks/base.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";
import type { NetworkOf, Recipe } from "../../../src/train/recipes/recipe.ts";
import { override, parseSetting } from "../../../src/train/recipes/settings.ts";
import { made } from "../features/made-sounds.ts";

setDefaultTimeout(120_000);
await init();

const CLASSES = 3;
const SAMPLES = 16000;
const random = new HostRandom(3);
const waves = tensor(
  Float32Array.from({ length: 2 * SAMPLES }, () => random.normal() / 10),
  { shape: [2, SAMPLES] },
);

/** The recipe on a small network; its weights, and a model that begins with them. */
function small(tunes: NetworkOf<"transfer">["tunes"], ...settings: string[]) {
  const tiny = ["network.weights=null", "network.width=0.1", `frontEnd.segmentSamples=${SAMPLES}`];
  const recipe: Recipe = override(
    findRecipe("transfer"),
    [...tiny, `network.tunes=${tunes}`, ...settings].map(parseSetting),
  );
  const base = baseOf(recipe)!;
  const model = buildModel(recipe, CLASSES, 1, base) as nn.Module<[Tensor], Tensor> & {
    network: nn.MN;
    head: nn.Module<[Tensor], Tensor>;
  };
  return { recipe, base, model, extractor: recipeExtractor(recipe, () => model) };
}

const dataOf = async (state: nn.StateDict) =>
  Object.fromEntries(
    await Promise.all(Object.entries(state).map(async ([name, each]) => [name, [...(await each.data())]])),
  ) as Record<string, number[]>;

for (const tunes of [0, 1, 4, "all"] as const) {
  test(`what is computed once and what learns make the whole network together (tunes = ${tunes})`, async () => {
    const { model, extractor } = small(tunes);
    const examples = extractor.extract(waves);
    expect(examples.shape).toEqual([2, ...extractor.shape]);
    model.eval();
    const whole = noGrad(() => F.logSoftmax(model.head.forward(model.network.embed(pictures(waves))), 1));
    const parts = await noGrad(() => model.forward(examples)).data();
    for (const [i, value] of (await whole.data()).entries()) expect(parts[i]).toBeCloseTo(value, 5);
    console.log(`  tunes ${tunes}: an example is ${extractor.shape.join(" × ")}`);
  });
}

test("a step changes the head and the blocks that learn, and neither the others nor any statistics", async () => {
  const { recipe, model, extractor } = small(2, "network.hidden=[5]", "optimizer.lr=10000");
  const before = await dataOf(model.stateDict());
  // A rate that shows in float32 what is learned of the ones that batch norm begins with.
  const optimizer = buildOptimizer(model, recipe);
  model.train();
  F.nllLoss(model.forward(extractor.extract(waves)), [0, 2]).backward();
  optimizer.step();
  const after = await dataOf(model.stateDict());
  const changed = Object.keys(before).filter((name) => !Bun.deepEquals(before[name], after[name]));
  const learned = model.namedParameters().flatMap(([name, { requiresGrad }]) => (requiresGrad ? [name] : []));
  expect(changed).toEqual(learned);
  expect(learned.every((name) => /^(network\.features\.1[56]|head)\./.test(name))).toBe(true);
  expect(learned.some((name) => name.startsWith("network.features.15."))).toBe(true);
  expect(learned.filter((name) => name.startsWith("head."))).toHaveLength(4);
});

const dataset = made([{ samples: new Float32Array(8), sampleRate: 32000 }]);
const source = { clips: [0], settings: null };
test("what is kept of sounds is known by the weights that made it, wherever they came from", async () => {
  const [frozen, other, tuned] = [small(0), small(0), small(1)];
  const keyOf = ({ extractor }: { extractor: FeatureExtractor }) => cacheKey(dataset, source, extractor, "");
  const keys = await Promise.all([frozen, other, tuned].map(keyOf));
  expect(keys[0]).toBe(keys[1]!);
  expect(keys[2]).not.toBe(keys[0]!);
  // The same weights, loaded as a run's are.
  const opened = buildModel(frozen.recipe, CLASSES, 9);
  opened.loadStateDict(frozen.model.stateDict());
  expect(await keyOf({ extractor: recipeExtractor(frozen.recipe, () => opened) })).toBe(keys[0]!);
});

test("settings that make no sense are refused by name", () => {
  const set = (...texts: string[]) => override(findRecipe("transfer"), texts.map(parseSetting));
  for (const [setting, message] of [
    ["network.tunes=18", "--set network.tunes=18: "],
    ["frontEnd.sampleRate=22050", "frontEnd.kind=audio-set wants frontEnd.sampleRate=32000, not 22050"],
    ["frontEnd.segmentSamples=9000", "segments of 9000 samples are too short: half a second is the least"],
    ["mixing=power", "mixing=power is for spectrograms"],
    ["masks.mels=3", "--set masks.mels=3: masks.frames"],
    ["tunes=1", "--set tunes: there is no such setting; did you mean network.tunes?"],
  ] as const)
    expect(() => set(setting)).toThrow(message);
  expect(() => baseOf(set("network.width=1"))).toThrow("mn04_as is of network.width=0.4, not 1");
  expect(() => baseOf(set("network.weights=mn99"))).toThrow("there is no published network 'mn99'");
});
