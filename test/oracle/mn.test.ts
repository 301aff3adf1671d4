// EfficientAT's networks and their front end against PyTorch in float64: mn04 and mn10 with drawn weights and, where they are,
// with the published ones; and on a clip of ESC-50's. mn.py made the fixtures.
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadTorch, nn, noGrad, type Tensor, tensor } from "../../src/index.ts";
import { pictures } from "../../src/train/features/audio-set.ts";
import { loadWav } from "../../src/train/sound/load-wav.ts";
import { Draw } from "./draw.ts";
import { Fixture, largestDifference, relativeError, summarize } from "./parity.ts";

setDefaultTimeout(60_000);

const PUBLISHED = join(import.meta.dir, "../../../shared/weights/mn04_as_mAP_432.pt");
const CLIP = join(import.meta.dir, "../../data/esc10/audio/1-100032-A-0.wav");
const fixture = new Fixture("mn");
const draw = new Draw();

/** mn.py's sound(). */
function sound(): Tensor {
  const noise = draw.uniform("sound", [16000]);
  const wave = noise.map((each, i) => {
    const t = i / 32000;
    const tones = Math.sin(2 * Math.PI * 440 * t) + 0.5 * Math.sin(2 * Math.PI * 7000 * t);
    return 0.1 * each * t + 0.2 * tones;
  });
  return tensor(wave, { shape: [1, 16000] });
}

/** mn.py's drawn_weights(). */
function drawWeights(net: nn.MN): void {
  const drawn = Object.entries(net.stateDict()).map(([name, { shape }]): [string, Tensor] => {
    const scale = shape.length > 1 ? Math.sqrt(6 / shape.slice(1).reduce((a, b) => a * b, 1)) : 0.3;
    const positive = shape.length === 1 && (name.endsWith("running_var") || name.endsWith("1.weight"));
    return [name, tensor(draw.uniform(name, shape, scale, positive ? 1 : 0), { shape })];
  });
  net.loadStateDict(Object.fromEntries(drawn));
}

/** How far gradients, in evaluation mode, are from PyTorch's, as norms. */
async function compareGradients(net: nn.MN): Promise<void> {
  const x = tensor(draw.uniform("picture", [1, 1, 32, 40], 2), { shape: [1, 1, 32, 40], requiresGrad: true });
  const logits = net.forward(x);
  logits
    .mul(tensor(draw.uniform("gradient", logits.shape), { shape: logits.shape }))
    .sum()
    .backward();
  const names = fixture.names.filter((name) => /^(features|classifier).*\.grad$/.test(name));
  expect(names.length).toBe(7);
  const errors = await Promise.all(
    names.map(async (name) => {
      const got = await net.getParameter(name.replace(/\.grad$/, "")).grad!.data();
      return relativeError(got.slice(0, 64), fixture.get(name));
    }),
  );
  summarize("mn04, gradients", [
    ["picture", relativeError(await x.grad!.data(), fixture.get("picture.grad")), 1e-4],
    ["parameters", Math.max(...errors), 1e-4],
  ]);
}

/** The worst logit and number of an embedding, as a fraction of the largest of them. */
async function compare(name: string, net: nn.MN, picture: Tensor, of: Fixture, prefix = ""): Promise<void> {
  net.eval();
  const { logits, embedding } = noGrad(() => {
    const embedding = net.embed(picture);
    return { embedding, logits: net.classify(embedding) };
  });
  const error = async (what: string, got: Tensor): Promise<[string, number, number]> => {
    const want = of.get(prefix + what);
    const largest = Math.max(...Array.from(want, Math.abs));
    return [what, largestDifference(await got.data(), want) / largest, 1e-4];
  };
  summarize(name, [await error("logits", logits), await error("embedding", embedding)]);
}

const wave = sound();
const heard = pictures(wave);

test("the picture of a sound is EfficientAT's", async () => {
  expect(heard.shape).toEqual([1, 1, 128, 50]);
  const all = await heard.data();
  const kept = all.filter((_, i) => (i % 50) % 7 === 0);
  summarize("log-mel picture", [["values", largestDifference(kept, fixture.get("picture")), 1e-4]]);
});

test("mn04 and mn10 with drawn weights: PyTorch's logits, embeddings and gradients", async () => {
  for (const [width, classes] of [
    [0.4, 527],
    [1, 10],
  ] as const) {
    const net = new nn.MN({ width, classes });
    drawWeights(net);
    await compare(`MN, width ${width}`, net, heard, fixture, `${width}/`);
    if (width === 0.4) await compareGradients(net);
  }
  expect(draw.digest()).toBe(fixture.metadata.drawn!);
});

if (!existsSync(PUBLISHED))
  console.log(`  mn04 was not compared with its published weights: no ${PUBLISHED}`);
else {
  const published = async () => {
    const net = new nn.MN({ width: 0.4 });
    net.loadStateDict(loadTorch<nn.StateDict>(await Bun.file(PUBLISHED).bytes()));
    return net;
  };

  test("mn04 with its published weights, loaded by their own names: PyTorch's logits within 1e-4", async () => {
    const net = await published();
    await compare("mn04, published", net, heard, new Fixture("mn-published"));
    const logits = await noGrad(() => net.forward(heard)).data();
    const off = largestDifference(logits, new Fixture("mn-published").get("logits"));
    summarize("mn04, published", [["logits, absolute", off, 1e-4]]);
  });

  if (!existsSync(CLIP)) console.log(`  nor on a real clip: no ${CLIP}`);
  else
    test("on ESC-50's 1-100032-A-0 its numbers are those that were measured elsewhere", async () => {
      const { samples, sampleRate } = await loadWav(CLIP);
      const { audio } = await import("../../src/index.ts");
      const picture = pictures(
        audio.resample(tensor(samples, { shape: [1, samples.length] }), sampleRate, 32000),
      );
      expect(picture.shape).toEqual([1, 1, 128, 500]);
      const net = await published();
      net.eval();
      const embedding = await noGrad(() => net.embed(picture)).data();
      const mean = await picture.mean().item();
      // The resampling there was ffmpeg's: its numbers are not ours to the last digit.
      summarize("mn04 on a dog", [
        ["mean of the picture", Math.abs(mean - -1.31216), 2e-3],
        ["embedding's first", largestDifference(embedding.slice(0, 3), [-0.30929, -0.05467, -0.22165]), 2e-2],
      ]);
    });
}
