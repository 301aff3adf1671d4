// What a training step learns from: mixtures of two segments checked by plain loops.
import { expect, setDefaultTimeout, test } from "bun:test";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { audio, type Tensor, tensor } from "../../../src/index.ts";
import { extractorOf } from "../../../src/train/features/extractor.ts";
import { SegmentStore } from "../../../src/train/learning/batches.ts";
import { drawMixtures, MixedSegments, MixedWaves } from "../../../src/train/learning/mixing.ts";
import { type Place, WaveStore } from "../../../src/train/learning/stores/wave-store.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";
import {
  all,
  CLASSES,
  FRAMES,
  features,
  labels,
  MELS,
  mixes,
  recipe,
  SEGMENTS,
  store,
} from "./drawn-segments.ts";

setDefaultTimeout(60_000);

test("mixtures: a partner of another class, each as likely; shares uniform; the same random numbers, the same mixtures", () => {
  const positions = Array.from({ length: 4000 }, (_, i) => i % SEGMENTS);
  const mixtures = drawMixtures(positions, labels, new HostRandom(1));
  const times = new Array<number>(SEGMENTS).fill(0);
  mixtures.forEach(({ partner }, i) => {
    expect(labels[partner]).not.toBe(labels[positions[i]!]);
    times[partner]!++;
  });
  expect(Math.min(...times)).toBeGreaterThan(110); // 167 on average
  const shares = mixtures.map(({ share }) => share);
  expect(shares.reduce((a, b) => a + b) / shares.length).toBeCloseTo(0.5, 1);
  expect([Math.min(...shares) >= 0, Math.max(...shares) < 1]).toEqual([true, true]);
  expect(drawMixtures(positions, labels, new HostRandom(1))).toEqual(mixtures);
  expect(drawMixtures(positions, labels, new HostRandom(2))).not.toEqual(mixtures);
});

for (const pieces of [1, 3]) {
  test(`mixed segments: share · own + (1 − share) · partner's, labels likewise (store in ${pieces})`, async () => {
    const positions = [7, 0, 19, 12, 3];
    const { input, targets } = new MixedSegments(store(pieces), mixes, CLASSES).batch(
      positions,
      new HostRandom(3),
    );
    const mixtures = drawMixtures(positions, labels, new HostRandom(3));
    const size = MELS * FRAMES;
    const got = await input.data();
    const wanted = await (targets as Tensor).data();
    positions.forEach((position, i) => {
      const { partner, share } = mixtures[i]!;
      let worst = 0;
      for (let k = 0; k < size; k++) {
        const own = features.values[position * size + k]!;
        const other = features.values[partner * size + k]!;
        worst = Math.max(worst, Math.abs(got[2 * i * size + k]! - (share * own + (1 - share) * other)));
      }
      expect(worst).toBeLessThan(2e-6);
      const row = labels.slice(0, CLASSES).map((_, k) => {
        if (k === labels[position]) return share;
        return k === labels[partner] ? 1 - share : 0;
      });
      expect([...wanted.subarray(i * CLASSES, (i + 1) * CLASSES)]).toEqual(row.map(Math.fround));
    });
  });
}

test("mixed in power: each with its share of what is heard, whichever is louder, cut off below the loudest", async () => {
  const standard = { mean: -30, deviation: 12 };
  const topDb = 40; // cuts off about a tenth of the values
  const decibels = features.values.map((value, k) => -30 + 12 * value + ((k / (MELS * FRAMES)) | 0)); // ever louder
  const held = new SegmentStore({ ...features, values: decibels }, all, labels, standard, 1e9);
  const settings = { ...mixes, mixing: "power", frontEnd: { ...recipe.frontEnd, topDb } } as const;
  const positions = [7, 0, 19, 12, 3];
  const { input, targets } = new MixedSegments(held, settings, CLASSES).batch(positions, new HostRandom(3));
  const got = await input.data();
  const size = MELS * FRAMES;
  const powerOf = (segment: number) =>
    [...decibels.subarray(segment * size, (segment + 1) * size)].map((db) => 10 ** (db / 10));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value) / values.length;
  let cut = 0;
  drawMixtures(positions, labels, new HostRandom(3)).forEach(({ partner, share }, i) => {
    const [a, b] = [powerOf(positions[i]!), powerOf(partner)];
    const gain = 10 * Math.log10(mean(a) / mean(b));
    const p = 1 / (1 + (10 ** (gain / 20) * (1 - share)) / share); // as the paper has it
    const mixed = a.map((value, k) => (p ** 2 * value + (1 - p) ** 2 * b[k]!) / (p ** 2 + (1 - p) ** 2));
    const floor = 10 * Math.log10(mixed.reduce((x, y) => Math.max(x, y))) - topDb;
    let worst = 0;
    mixed.forEach((power, k) => {
      const db = Math.max(floor, 10 * Math.log10(power));
      if (db === floor) cut++;
      worst = Math.max(worst, Math.abs(got[2 * i * size + k]! - (db + 30) / 12));
    });
    expect(worst).toBeLessThan(1e-5);
  });
  expect(cut).toBeGreaterThan(0);
  const row = [...(await targets.data()).subarray(0, CLASSES)];
  expect(row.reduce((x, y) => x + y)).toBeCloseTo(1, 6);
});

test("waveforms are cut where the segments lie, and mixed before the front end", async () => {
  const frontEnd = { ...recipe.frontEnd, segmentSamples: 5121, segmentStep: 2000, nFft: 512, winLength: 512 };
  const lengths = [9200, 5121, 13000, 7121];
  const random = new HostRandom(6);
  const waves = lengths.map((n) => Float32Array.from({ length: n }, () => random.normal() / 4));
  const places = lengths.flatMap((n, clip) =>
    Array.from({ length: Math.floor((n - 5121) / 2000) + 1 }, (_, index) => ({ clip, index })),
  );
  const cut = ({ clip, index }: Place) => waves[clip]!.slice(index * 2000, index * 2000 + 5121);
  const ofClip = places.map(({ clip }) => clip % 2);
  const positions = [4, 0, 8, 3, 2];
  for (const maxBytes of [1e9, 3 * 2000 * 4]) {
    const store = new WaveStore(waves, places, frontEnd, maxBytes);
    const rows = await store.segments(positions).data();
    expect(rows).toEqual(Float32Array.from(positions.flatMap((position) => [...cut(places[position]!)])));

    const standard = { mean: -30, deviation: 12 };
    const extractor = extractorOf(frontEnd);
    const mixes = { ...recipe, frontEnd, mixing: "between-class" } as const;
    const data = new MixedWaves(store, ofClip, standard, extractor, mixes, 2);
    const { input, targets } = data.batch(positions, new HostRandom(3));
    expect(input.shape).toEqual([5, 2, 60, 11]);
    const got = await input.data();
    for (const [i, { partner, share }] of drawMixtures(positions, ofClip, new HostRandom(3)).entries()) {
      const [a, b] = [positions[i]!, partner].map((at) => tensor(cut(places[at]!), { shape: [1, 5121] }));
      const spectrogram = await extractor.extract(audio.mixBetweenClass(a!, b!, share, 22050)).data();
      const off = spectrogram.map((decibel, k) => Math.abs((decibel + 30) / 12 - got[2 * i * 660 + k]!));
      expect(Math.max(...off)).toBeLessThan(1e-5);
      const own = ofClip[positions[i]!]!;
      const row = [0, 1].map((k) => Math.fround(k === own ? share : 1 - share));
      expect([...(await targets.data()).subarray(2 * i, 2 * i + 2)]).toEqual(row);
    }
  }
});

test("mixing wants two classes", () => {
  const one = new SegmentStore(features, [0, 4], [0, 0], { mean: 0, deviation: 1 }, 1e9);
  expect(() => new MixedSegments(one, mixes, CLASSES)).toThrow(
    "mixing wants training segments of two classes or more; --set mixing=null does without",
  );
});

test("embeddings are mixed as spectrograms are", async () => {
  const flat = { ...features, shape: [MELS * FRAMES] };
  const held = new SegmentStore(flat, all, labels, { mean: 0, deviation: 1 }, 1e9);
  const embedded = { ...findRecipe("transfer"), mixing: "embeddings" } as const;
  const [own, wanted] = [
    new MixedSegments(held, embedded, CLASSES),
    new MixedSegments(store(1), mixes, CLASSES),
  ];
  const { input } = own.batch([4, 0, 8], new HostRandom(3));
  expect(input.shape).toEqual([3, MELS * FRAMES]);
  const [got, spectrograms] = [
    await input.data(),
    await wanted.batch([4, 0, 8], new HostRandom(3)).input.data(),
  ];
  const size = MELS * FRAMES; // a spectrogram's deltas come behind it
  for (const i of [0, 1, 2])
    expect(got.slice(i * size, (i + 1) * size)).toEqual(spectrograms.slice(2 * i * size, (2 * i + 1) * size));
});
