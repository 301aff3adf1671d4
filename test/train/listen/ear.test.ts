// What an ear makes of stretches: the very numbers of the network for each window, whichever windows are heard together.
import { expect, test } from "bun:test";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { manualSeed, nn, noGrad, tensor } from "../../../src/index.ts";
import { AUDIO_SET, pictures } from "../../../src/train/features/audio-set.ts";
import { Cutter, listen } from "../../../src/train/features/stretches.ts";
import { buildModel } from "../../../src/train/learning/model.ts";
import { type Ear, runEar } from "../../../src/train/listen/ear.ts";
import { taggingEar } from "../../../src/train/listen/tagging-ear.ts";
import { type Hearing, Predictor } from "../../../src/train/predict/predictor.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";

const random = new HostRandom(17);
const noise = (seconds: number, rate: number) =>
  Float32Array.from({ length: seconds * rate }, () => 0.2 * (2 * random.uniform() - 1));

/** What is heard of a sound that comes in pieces, so many windows at a time. */
async function hear(
  ear: Ear,
  samples: Float32Array,
  rate: number,
  counts: number[],
): Promise<Float32Array[]> {
  const cutter = new Cutter(rate, ear.cutting);
  for (let at = 0; at < samples.length; at += 5000) cutter.push(samples.subarray(at, at + 5000));
  const rows: Float32Array[] = [];
  for (const count of counts)
    for (const { probabilities } of await ear.hear(cutter.take(count))) rows.push(probabilities);
  return rows;
}

function largestDifference(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  return Math.max(...a.flatMap((row, i) => Array.from(row, (p, k) => Math.abs(p - b[i]![k]!))));
}

test("a run's ear hears what predict does, and half a step on, too", async () => {
  const blog = findRecipe("blog-bn");
  const recipe = { ...blog, network: { ...blog.network, filters: 20, hidden: [100] } };
  const trained = { recipe, classes: ["a", "b", "c"], standardization: { mean: -40, deviation: 20 } };
  const model = buildModel(recipe, 3, 5);
  const samples = noise(3, 44100);
  const ear = runEar(model, trained, 2 ** 27);
  expect(ear.cutting.segmentStep).toBe(recipe.frontEnd.segmentStep / 2);
  const rows = await hear(ear, samples, 44100, [1, 4, 2, 1]);
  const hearing: Hearing = { segments: [], silent: [], pending: 0 };
  const predictor = new Predictor(model, trained, 2 ** 27);
  const sound = {
    async *blocks() {
      yield { samples, sampleRate: 44100 };
    },
  };
  for await (const stretch of listen(sound, recipe.frontEnd)) await predictor.add(hearing, stretch);
  await predictor.finish();
  // What no number comes of is no answer.
  const lost: Hearing = { segments: [], silent: [], pending: 0 };
  const damaged = { ...trained, standardization: { mean: Number.NaN, deviation: 20 } };
  const broken = new Predictor(model, damaged, 2 ** 27);
  for await (const stretch of listen(sound, recipe.frontEnd)) await broken.add(lost, stretch);
  await broken.finish();
  expect(lost.failed?.message).toStartWith("the network answers with NaN");
  const even = rows.filter((_, i) => i % 2 === 0);
  const worst = largestDifference(even, hearing.segments);
  console.log(`  ${rows.length} windows, at most ${worst.toExponential(1)} from predict's`);
  expect(even.length).toBeGreaterThanOrEqual(4);
  expect(worst).toBeLessThan(1e-5);
});

test("a network of many names hears windows of two seconds, each as it would alone; silence is no event", async () => {
  manualSeed(3);
  const network = new nn.MN({ width: 0.1, classes: 3 });
  network.eval();
  const ear = taggingEar(network, AUDIO_SET, ["Dog", "Silence", "Rain"]);
  expect([...ear.ignored]).toEqual([1]);
  const samples = noise(3, 32000);
  const rows = await hear(ear, samples, 32000, [1, 2]);
  const alone = await Promise.all(
    [0, 1, 2].map((i) => {
      const window = tensor(samples.slice(i * 16000, i * 16000 + 64000), { shape: [1, 64000] });
      return noGrad(() => network.forward(pictures(window, AUDIO_SET)).sigmoid()).data();
    }),
  );
  const worst = largestDifference(rows, alone as Float32Array[]);
  console.log(`  ${rows.length} windows, at most ${worst.toExponential(1)} from each alone`);
  expect([rows.length, worst < 1e-5]).toEqual([3, true]);
});
