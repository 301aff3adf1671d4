// Pictures of spectrograms: every pixel of the PNG is the colour of its value, the lowest band at the bottom.
import { expect, test } from "bun:test";
import { createCanvas, loadImage } from "@napi-rs/canvas";
import { LEVELS, rangeOf, SIGNED, spectrogramPng } from "../../../src/train/pictures/spectrogram.ts";

/** The pixels of a PNG file as [red, green, blue, alpha], from the top left. */
async function pixels(png: Uint8Array) {
  const image = await loadImage(png);
  const context = createCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const at = (x: number, y: number) => [
    ...data.subarray(4 * (y * image.width + x), 4 * (y * image.width + x) + 4),
  ];
  return { width: image.width, height: image.height, at };
}
const color = (map: Uint8Array, step: number) => [...map.subarray(3 * step, 3 * step + 3), 255];

test("each value has its colour; time runs to the right, frequency up", async () => {
  const values = Float32Array.of(-80, -40, 0, -60, -20, Number.NaN); // two bands, three frames
  const picture = await pixels(spectrogramPng(values, [2, 3]));
  expect([picture.width, picture.height]).toEqual([3, 2]);
  const steps = [
    [64, 192],
    [0, 128, 255],
  ] as const;
  steps.forEach((row, y) => {
    row.forEach((step, x) => {
      expect(picture.at(x, y)).toEqual(color(LEVELS, step));
    });
  });
  expect(picture.at(2, 0)).toEqual([0, 0, 0, 0]); // no number, no colour
});

test("a range clips, a scale repeats pixels, constant values are no division by zero", async () => {
  const values = Float32Array.of(-100, -50, 0, 10);
  const picture = await pixels(spectrogramPng(values, [1, 4], { range: [-50, 0], scale: 3, colors: SIGNED }));
  expect([picture.width, picture.height]).toEqual([12, 3]);
  for (const [x, step] of [0, 0, 255, 255].entries()) {
    for (let i = 0; i < 9; i++)
      expect(picture.at(3 * x + (i % 3), Math.floor(i / 3))).toEqual(color(SIGNED, step));
  }
  const flat = await pixels(spectrogramPng(new Float32Array(4).fill(7), [2, 2]));
  expect(flat.at(1, 1)).toEqual(color(LEVELS, 0));
  expect(rangeOf(Float32Array.of(Number.NaN, 3, -2))).toEqual([-2, 3]);
  expect(rangeOf(Float32Array.of(Number.NaN))).toEqual([0, 1]);
});

test("the levels grow lighter step by step, the signs meet near white", () => {
  const light = (map: Uint8Array, step: number) => {
    const [r, g, b] = color(map, step) as [number, number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (let step = 0; step < 255; step++)
    expect(light(LEVELS, step + 1)).toBeGreaterThan(light(LEVELS, step) - 1);
  expect(light(LEVELS, 255)).toBeGreaterThan(200);
  expect(light(SIGNED, 128)).toBeGreaterThan(235);
  expect(light(SIGNED, 0)).toBeLessThan(100);
  const [red, , blue] = color(SIGNED, 230) as [number, number, number, number];
  expect(red).toBeGreaterThan(2 * blue); // orange is more, purple is less
});

test("values that do not fill the shape are refused", () => {
  expect(() => spectrogramPng(new Float32Array(5), [2, 3])).toThrow(
    "a picture of [2, 3] wants as many values, got 5",
  );
  expect(() => spectrogramPng(new Float32Array(0), [0, 3])).toThrow(RangeError);
});
