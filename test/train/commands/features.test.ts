// `features`: the numbers are the network's own input, and a picture is drawn of them.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCanvas, loadImage } from "@napi-rs/canvas";
import { WaveFile } from "wavefile";
import { decodeWav } from "../../../src/audio/wav.ts";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { type FeaturesOptions, featuresCommand } from "../../../src/train/commands/features.ts";
import { extractorOf } from "../../../src/train/features/extractor.ts";
import { featuresOf } from "../../../src/train/features/features.ts";
import { SegmentStore } from "../../../src/train/learning/batches.ts";
import { LEVELS } from "../../../src/train/pictures/spectrogram.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";

setDefaultTimeout(60_000);
const root = mkdtempSync(join(tmpdir(), "otograd-features-command-"));
afterAll(() => rmSync(root, { recursive: true }));
const at = (name: string) => join(root, name);
const recipe = findRecipe("blog-bn");

class Quiet extends Progress {
  override say(): void {}
}
const features = (file: string, options: FeaturesOptions) =>
  featuresCommand(at(file), options, {
    progress: new Quiet(),
    stop: { signal: null, onFirst: "" },
    print: () => {
      throw new Error("nothing is for stdout");
    },
  });

beforeAll(() => {
  // A second of noise, two of silence, and noise again.
  const random = new HostRandom(4);
  const samples = Int16Array.from({ length: 5 * 22050 }, (_, i) =>
    i > 22050 && i < 3 * 22050 ? 0 : Math.round(9000 * (2 * random.uniform() - 1)),
  );
  const wave = new WaveFile();
  wave.fromScratch(1, 22050, "16", samples);
  writeFileSync(at("noise.wav"), wave.toBuffer());
});

/** A .npy file's shape and numbers, read by the format's own words. */
function readNpy(file: string): { shape: number[]; values: Float32Array } {
  const bytes = readFileSync(file);
  expect([...bytes.subarray(0, 8)]).toEqual([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  const length = bytes.readUInt16LE(8);
  expect((10 + length) % 64).toBe(0);
  const header = bytes.toString("latin1", 10, 10 + length);
  const parsed = /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(([\d, ]+)\), \} *\n$/.exec(header);
  return {
    shape: parsed![1]!.split(", ").map(Number),
    values: new Float32Array(new Uint8Array(bytes.subarray(10 + length)).buffer),
  };
}

test(".npy: decibels and deltas of every segment; with --run standardised as the run's network has them", async () => {
  const wave = decodeWav(new Uint8Array(readFileSync(at("noise.wav"))));
  const expected = await featuresOf([wave], extractorOf(recipe.frontEnd));
  await features("noise.wav", { out: at("plain.npy") });
  const { shape, values } = readNpy(at("plain.npy"));
  expect(shape).toEqual([9, 2, 60, 41]);
  const size = 60 * 41;
  for (let s = 0; s < 9; s++) {
    expect(values.slice(2 * s * size, (2 * s + 1) * size)).toEqual(
      expected.values.slice(s * size, (s + 1) * size) as Float32Array<ArrayBuffer>,
    );
  }

  const standardization = { mean: -31.5, deviation: 12.25 };
  mkdirSync(at("run"));
  const run = { ...JSON.parse(readFileSync(configFile(), "utf8")), standardization, recipe };
  writeFileSync(at("run/config.json"), JSON.stringify(run));
  await features("noise.wav", { out: at("plain.npy"), run: at("run") });
  const all = Array.from({ length: 9 }, (_, i) => i);
  const store = new SegmentStore(expected, all, all, standardization, 2 ** 27);
  const input = await store.input(all, recipe, false).data();
  expect(readNpy(at("plain.npy")).values).toEqual(input as Float32Array<ArrayBuffer>);
});

/** A config.json that has everything in it. */
function configFile(): string {
  const file = at("config.json");
  const adapter = { vendor: "", architecture: "", description: "", software: true };
  const folds = { train: [2, 3, 4, 5], validation: null, test: 1 };
  const rest = {
    overridden: {},
    version: "",
    started: "",
    data: "synthetic",
    fold: 1,
    seed: 1,
    classes: ["a", "b"],
  };
  writeFileSync(file, JSON.stringify({ ...rest, folds, adapter, trainingSegments: 1, parameters: 1 }));
  return file;
}

test(".png: the spectrogram's colours, pale silence, on any machine's fonts", async () => {
  await features("noise.wav", { out: at("noise.png"), recipe: "blog" });
  const image = await loadImage(readFileSync(at("noise.png")));
  expect([image.width, image.height]).toEqual([1600, 870]);
  const context = createCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const pixel = (x: number, y: number) => [...context.getImageData(x, y, 1, 1).data.subarray(0, 3)];
  const plot = { x: 100, width: 1372, top: 92 };
  const xAt = (seconds: number) => plot.x + Math.round((plot.width * seconds) / 5);
  expect(pixel(xAt(0.4), 539)).toEqual([0x5b, 0x3f, 0x8c]); // the strip of segments: one that is heard …
  expect(pixel(xAt(2.2), 533)).toEqual([0xd5, 0xd4, 0xdc]); // … and a silent one
  expect(pixel(xAt(2.2), plot.top + 200)).toEqual([...LEVELS.subarray(0, 3)]);
  const [r = 0, g = 0, b = 0] = pixel(xAt(4), plot.top + 60); // white noise is loudest in the wide bands
  expect(r + g + b).toBeGreaterThan(300);
  expect(pixel(xAt(4.97), plot.top + 200)).toEqual([0xf3, 0xf2, 0xf6]); // no segment hears the end
  let ink = 0; // of the title
  for (let x = 100; x < 300; x++) for (let y = 20; y < 46; y++) if (pixel(x, y)[0]! < 100) ink++;
  expect(ink).toBeGreaterThan(300);

  await features("noise.wav", { out: at("noise.png"), recipe: "otograd" }); // which has no deltas
  const plain = await loadImage(readFileSync(at("noise.png")));
  expect([plain.width, plain.height]).toEqual([1600, 612]);
});

test("mistakes: one line, and nothing is written", async () => {
  writeFileSync(at("broken.wav"), "RIFF");
  writeFileSync(at("notes.npy"), "mine");
  const taken = features("noise.wav", { out: at("notes.npy") });
  await expect(taken).rejects.toThrow("notes.npy is there already, and is not a NumPy file: remove it, or");
  expect(readFileSync(at("notes.npy"), "utf8")).toBe("mine");
  const cases: [string, FeaturesOptions, string][] = [
    [
      "noise.wav",
      { out: at("x.jpg") },
      `--out wants a file name that ends in .png or .npy, got '${at("x.jpg")}'`,
    ],
    [
      "noise.wav",
      { out: at("x.png"), run: "r", recipe: "blog" },
      "--run has a recipe of its own: give it or --recipe",
    ],
    ["noise.wav", { out: at("x.png"), recipe: "m5" }, "m5 hears no log-mel segments to be drawn"],
    ["noise.wav", { out: at("x.png"), recipe: "best" }, "there is no recipe 'best'"],
    ["noise.wav", { out: at("x.png"), run: at("nowhere") }, "there is no run folder"],
    ["gone.wav", { out: at("x.png") }, "gone.wav: cannot be read: there is no such file"],
    ["broken.wav", { out: at("x.npy") }, "broken.wav: is not a WAV file"],
    ["noise.wav", { out: at("noise.wav/x.png") }, "cannot write"],
  ];
  for (const [file, options, message] of cases) {
    const said = await features(file, options).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(said).toContain(message);
    expect(said).not.toContain("\n");
    expect(existsSync(options.out)).toBe(false);
  }
});

const shared = join(import.meta.dir, "../../../../shared");
const weights = join(shared, "weights");
const here = existsSync(join(weights, "mn04_as_mAP_432.pt"));
if (!here)
  console.log("features: no ../shared/weights, so that no embedding is compared with the published one");
test.skipIf(!here)("--embedding: what the published network makes of a dog, as PyTorch has it", async () => {
  const before = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = root;
  try {
    mkdirSync(join(root, "otograd"), { recursive: true });
    cpSync(weights, join(root, "otograd", "weights"), { recursive: true });
    const dog = join(shared, "esc10/ogg/1-100032-A-0.ogg");
    const session = { progress: new Quiet(), stop: { signal: null, onFirst: "" }, print: () => {} };
    await featuresCommand(dog, { out: at("dog.npy"), embedding: true }, session);
    const { shape, values } = readNpy(at("dog.npy"));
    expect(shape).toEqual([1, 384]);
    const wanted = [-0.30929, -0.05467, -0.22165]; // of another resampling, and of the sound before Ogg
    for (const [i, value] of wanted.entries()) expect(Math.abs(values[i]! - value)).toBeLessThan(0.01);
    const other = featuresCommand(dog, { out: at("x.npy"), embedding: true, recipe: "blog" }, session);
    expect(other).rejects.toThrow(
      "--embedding is of a network that was trained before, which blog has none of",
    );
    const picture = featuresCommand(dog, { out: at("x.png"), embedding: true }, session);
    expect(picture).rejects.toThrow(
      "transfer hears no log-mel segments to be drawn: give --out a name that ends",
    );
  } finally {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
  }
});
