// Tagging: sounds go through the network in windows, together where they are of one length, and what is told of each is what
// the network says of it alone; however long a sound is, no more than a thousand rows are kept of when.
import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { manualSeed, nn, noGrad, tensor } from "../../../src/index.ts";
import { AUDIO_SET, pictures } from "../../../src/train/features/audio-set.ts";
import { windows } from "../../../src/train/features/windows.ts";
import { Tagger, type Tagging, Times } from "../../../src/train/predict/tagger.ts";
import { words } from "../../oracle/draw.ts";

setDefaultTimeout(60_000);
const CLASSES = 5;
let network: nn.MN;
beforeAll(() => {
  manualSeed(4);
  network = new nn.MN({ width: 0.1, classes: CLASSES }).eval();
});

function noise(seconds: number): Float32Array {
  const next = words(`noise of ${seconds} s`);
  return Float32Array.from({ length: 32000 * seconds }, () => 0.2 * (next() / 2 ** 31 - 1));
}

async function* once(wave: Float32Array) {
  yield wave;
}

async function tagged(tagger: Tagger, waves: readonly Float32Array[]): Promise<Tagging[]> {
  const all = waves.map(() => tagger.begin());
  for (const [i, wave] of waves.entries())
    for await (const window of windows(once(wave), tagger.windowSamples)) await tagger.add(all[i]!, window);
  await tagger.finish();
  return all;
}

const alone = async (wave: Float32Array) =>
  noGrad(() => network.forward(pictures(tensor(wave, { shape: [1, wave.length] }))).sigmoid()).data();

test("what is told of a sound is what the network says of it alone, and it has a row each third of a second", async () => {
  const tagger = new Tagger(network, AUDIO_SET, CLASSES);
  const waves = [noise(2), noise(1), noise(2.5).subarray(0, 64000), noise(0.1)];
  const all = await tagged(tagger, waves);
  for (const [i, tagging] of all.entries()) {
    const { hearing, timing } = tagger.hearing(tagging);
    expect(hearing.pending).toBe(0);
    const wave = waves[i]!;
    const padded = new Float32Array(Math.max(wave.length, 64_000));
    padded.set(wave);
    for (const [k, p] of (await alone(padded)).entries()) expect(hearing.whole![k]).toBeCloseTo(p, 5);
    expect([timing.segmentSamples, hearing.segments.length]).toEqual([10240, Math.ceil(wave.length / 10240)]);
    for (const row of hearing.segments) for (const p of row) expect(p > 0 && p < 1).toBe(true);
  }
  console.log(`  ${all.length} sounds: rows ${all.map(({ times }) => times.means().length).join(", ")}`);
});

test("a sound whose length no other has does not wait for the last of all", async () => {
  const tagger = new Tagger(network, AUDIO_SET, CLASSES);
  const window = (samples: number) => ({ start: 0, samples: new Float32Array(samples) });
  const first = tagger.begin();
  await tagger.add(first, window(6400));
  for (let i = 0; i < 257; i++) await tagger.add(tagger.begin(), window(3200));
  for (let i = 0; i < 100 && first.pending > 0; i++) await Bun.sleep(20);
  expect(first.pending).toBe(0);
});

test("a long sound is the mean of its windows, by their lengths", async () => {
  const tagger = new Tagger(network, AUDIO_SET, CLASSES);
  const wave = noise(16);
  const [tagging] = await tagged(tagger, [wave]);
  const parts = [wave.slice(0, 327_680), wave.slice(327_680)];
  const said = await Promise.all(parts.map(alone));
  const { hearing } = tagger.hearing(tagging!);
  for (let k = 0; k < CLASSES; k++) {
    const mean = parts.reduce((sum, { length }, i) => sum + length * said[i]![k]!, 0) / wave.length;
    expect(hearing.whole![k]).toBeCloseTo(mean, 5);
  }
  expect(hearing.segments.length).toBe(Math.ceil(wave.length / 10240));
});

test("rows of a day are as many as of an hour, in whatever order its windows come", () => {
  for (const [columns, order] of [
    [1000, 1],
    [3000, 7],
    [5000, 4999],
  ] as const) {
    const times = new Times();
    for (let i = 0; i < columns; i++) {
      const column = (i * order) % columns;
      times.add(column, Float32Array.of(column, 1));
    }
    const rows = times.means();
    expect(rows.length).toBe(Math.ceil(columns / times.columns));
    expect(rows.length).toBeLessThanOrEqual(1024);
    for (const [i, [at, one]] of rows.entries()) {
      const [first, last] = [i * times.columns, Math.min(columns, (i + 1) * times.columns) - 1];
      expect([at, one]).toEqual([(first + last) / 2, 1]);
    }
  }
});
