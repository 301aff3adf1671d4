// Spectrograms: transforms of every kind of length, windows, hops, edges, and many clips at once.
import { describe, expect, test } from "bun:test";
import { Spectrogram } from "../../src/audio/fourier/spectrogram.ts";
import { segments } from "../../src/audio/segments.ts";
import { chunks, manyFramesFrom, type SpectrogramOptions } from "../../src/audio/stft.ts";
import { kernels } from "../../src/gpu/kernel.ts";
import { tensor } from "../../src/index.ts";
import { useFamily } from "../../src/kernels/gemm/gemm.ts";
import { toTensor } from "../harness.ts";
import { spectrogram as reference } from "../reference/audio/spectrogram.ts";
import { Random } from "../reference/random.ts";
import { type AudioCase, oneOf, prove, sound, soundNames } from "./prove.ts";

type Options = SpectrogramOptions & { nFft: number };

const random = new Random(2);
const run = (attrs: Options) => new Spectrogram(attrs);

/** A waveform's length that gives some frames: often the shortest there is, or a frame's edge. */
function drawLength({ nFft, hopLength = 1, center = true }: Options): number {
  const shortest = center ? Math.floor(nFft / 2) + 1 : nFft;
  return Math.max(shortest, shortest + hopLength * random.int(0, 6) + random.int(-1, 1));
}

function drawCase(nFft: number): AudioCase<Options> {
  const winLength = random.uniform() < 0.5 ? nFft : random.int(1, nFft);
  const attrs: Options = {
    nFft,
    winLength,
    hopLength: random.int(1, nFft),
    power: oneOf(random, [2, 2, 1, 3]),
    normalized: winLength > 1 && random.uniform() < 0.5, // the Hann window of one sample is 0
    center: nFft > 1 && random.uniform() < 0.7,
  };
  const lead = oneOf(random, [[], [1], [3], [2, 3]]);
  const input = sound(oneOf(random, soundNames), [...lead, drawLength(attrs)], random);
  return { input, attrs, floor: 10 ** (-4 * attrs.power!) };
}

const cases = [1, 2, 3, 4, 5, 8, 16, 31, 32, 64, 100, 128, 256, 400, 512, 1024, 2048].flatMap((nFft) =>
  Array.from({ length: 5 }, () => drawCase(nFft)),
);
for (const kind of soundNames) {
  cases.push({
    input: sound(kind, [2, 6000], random),
    attrs: { nFft: 1024, hopLength: 512, normalized: true },
  });
}
// Clips and hops of even and odd lengths: samples are read two by two where all is even.
for (const hopLength of [15, 16, 18])
  for (const samples of [96, 97, 300, 303])
    cases.push({ input: sound("noise", [3, samples], random), attrs: { nFft: 64, hopLength } });
// More frames than one launch takes, the border falling inside the second clip.
const many: Options = { nFft: 64, hopLength: 1 };
cases.push({ input: sound("noise", [2, 10_000], random), attrs: many });

prove<Options>({
  name: "Spectrogram",
  covers: ["stft.frames", "stft.stage", "stft.power", "stft.direct"],
  cases,
  run: (wave, attrs) => run(attrs).forward(wave),
  reference,
  against: "value",
  allowed: ({ attrs: { power = 2 } }) => 5e-4 * power, // 1e-3 of any power down to 80 dB below the loudest: decision 24
});

/** Spectrograms of these lengths by programs that `choose` has chosen while they are launched. */
function proveChosen(name: string, covers: string[], lengths: number[], choose: (chosen: boolean) => void) {
  prove<Options>({
    name,
    covers,
    cases: lengths.map(drawCase),
    run: (wave, attrs) => {
      choose(true);
      try {
        return run(attrs).forward(wave);
      } finally {
        choose(false);
      }
    },
    reference,
    against: "value",
    allowed: ({ attrs: { power = 2 } }) => 5e-4 * power,
  });
}

// What many frames are transformed by: the lengths for which that is another program.
proveChosen("Spectrogram of many", ["stft.frames", "stft.power"], [512, 512, 1024, 1024], (chosen) =>
  manyFramesFrom(chosen ? 0 : null),
);
// What adapters run that read no textures.
proveChosen(
  "Spectrogram without textures",
  ["stft.frames", "stft.stage", "stft.power"],
  [64, 64, 512, 512],
  (chosen) => useFamily(chosen ? "plain" : null),
);

describe("Spectrogram of segments", () => {
  for (const { shape, length, hop } of [
    { shape: [3, 400], length: 120, hop: 60 },
    { shape: [3, 400], length: 121, hop: 60 },
    { shape: [2, 333], length: 100, hop: 33 },
    { shape: [401], length: 101, hop: 50 },
    { shape: [3, 100], length: 100, hop: 7 },
    { shape: [2, 2, 200], length: 100, hop: 50 },
  ])
    test(`[${shape}] in segments of ${length}, one every ${hop}: as of a copy of them`, async () => {
      const wave = toTensor(sound("noise", shape, random));
      const spectrogram = run({ nFft: 64, hopLength: 16 });
      const before = kernels.get("copy")!.launches.get("pick")!;
      const there = await spectrogram.forward(segments(wave, { length, hop })).data();
      if (shape.length < 3) expect(kernels.get("copy")!.launches.get("pick")!).toBe(before); // read where they are
      const cut = segments(wave, { length, hop });
      const copied = tensor((await cut.data()) as Float32Array, { shape: cut.shape });
      expect(there).toEqual(await spectrogram.forward(copied).data());
    });

  test("what they are cut from may be written afterwards", async () => {
    const wave = toTensor(sound("noise", [2, 400], random));
    const cut = segments(wave, { length: 120, hop: 60 });
    const expected = await cut.clone().data();
    wave.mul_(2);
    expect(await cut.data()).toEqual(expected);
  });
});

describe("Spectrogram", () => {
  const wave = toTensor({ shape: [100], data: new Float64Array(100) });

  test("splits what is too much for one launch", () => {
    expect(chunks(20_002, many).length).toBeGreaterThan(1);
    expect(chunks(20_002, many).reduce((sum, { batch }) => sum + batch, 0)).toBe(20_002);
  });

  test("a loud frame leaves no trace in a silent one", async () => {
    const loud = sound("noise", [2, 4096], random);
    loud.data.fill(0, 4096);
    const { power, frames } = await run({ nFft: 256, hopLength: 256 })
      .forward(toTensor(loud))
      .data()
      .then((data) => ({ power: data.slice(data.length / 2), frames: data.length }));
    expect(frames).toBe(2 * 129 * 17);
    expect(power.every((value) => value === 0)).toBe(true);
  });

  test("says what is wrong with its options", () => {
    expect(() => run({ nFft: 0 })).toThrow("Spectrogram: nFft is a whole number ≥ 1, got 0");
    expect(() => run({ nFft: 2 ** 17 })).toThrow("Spectrogram: nFft is at most 65536, got 131072");
    expect(() => run({ nFft: 8, winLength: 9 })).toThrow("Spectrogram: winLength 9 is longer than nFft 8");
    expect(() => run({ nFft: 8, hopLength: 0.5 })).toThrow("hopLength is a whole number ≥ 1, got 0.5");
    expect(() => run({ nFft: 8, power: 0 })).toThrow("Spectrogram: power is a number above 0, got 0");
  });

  test("says what is wrong with a waveform", () => {
    expect(() => run({ nFft: 1024 }).forward(wave)).toThrow(
      "Spectrogram: clips of 100 samples are too short to be mirrored by 512 on each side (nFft 1024): pad them to 513, or take center: false",
    );
    expect(() => run({ nFft: 128, center: false }).forward(wave)).toThrow(
      "Spectrogram: clips of 100 samples are shorter than nFft 128: pad them",
    );
  });
});
