// The picture of a sound's features shows each moment as its nearest segment has it.

import { expect, setDefaultTimeout, test } from "bun:test";
import { loadImage } from "@napi-rs/canvas";
import { extractorOf } from "../../../src/train/features/extractor.ts";
import { featuresOf } from "../../../src/train/features/features.ts";
import { featuresPicture, stitch } from "../../../src/train/pictures/features.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";

setDefaultTimeout(60_000);
const recipe = findRecipe("blog-bn");

test("a picture's columns are the frames of the nearest segments, and the end that no segment has is empty", () => {
  const { frontEnd } = recipe;
  const { segmentStep: step, segmentSamples: length, sampleRate: rate, hopLength: hop } = frontEnd;
  const frames = 41;
  // Two segments of one band: the first counts its frames up from 0, the second from 100.
  const values = Float32Array.from({ length: 2 * frames }, (_, i) => (i < frames ? i : 100 + i - frames));
  const sound = { shape: [1, frames], silent: new Uint32Array(2) };
  const seconds = (step + length + 5 * hop) / rate;
  const extent = { seconds, sampleRate: 44100 };
  const width = Math.round((seconds * rate) / hop); // a column a frame
  const row = [...stitch(values, sound, frontEnd, extent, width)];
  const border = Math.round(((length - step) / 2 + step) / hop);
  for (const [column, value] of row.entries()) {
    const t = ((column + 0.5) * seconds * rate) / width;
    if (t < (length - step) / 2 + step) expect(Math.abs(value - t / hop)).toBeLessThanOrEqual(0.51);
    else if (t < step + length) expect(Math.abs(value - 100 - (t - step) / hop)).toBeLessThanOrEqual(0.51);
    else expect(value).toBeNaN();
  }
  expect(row.findIndex((value) => value >= 100)).toBeWithin(border - 1, border + 2);
  expect(row.findIndex(Number.isNaN)).toBeGreaterThan(50);
  // Narrower than frames: columns are means.
  const flat = Float32Array.from(values, (_, i) => (i < frames ? 2 : 4));
  const narrow = stitch(flat, sound, frontEnd, extent, 4);
  expect([...narrow].every((x) => x >= 2 && x <= 4)).toBe(true);
});

test("silence and a click can be drawn", async () => {
  for (const samples of [new Float32Array(22050), Float32Array.of(1)]) {
    const found = await featuresOf([{ samples, sampleRate: 22050 }], extractorOf(recipe.frontEnd));
    const deltas = new Float32Array(found.values.length);
    const extent = { seconds: samples.length / 22050, sampleRate: 22050 };
    const png = featuresPicture({
      title: "x".repeat(500),
      summary: "",
      extent,
      features: found,
      deltas,
      recipe: recipe.name,
      frontEnd: recipe.frontEnd,
    });
    expect((await loadImage(png)).width).toBe(1600);
  }
});
