// Numbers as colours: a spectrogram's values become the pixels of a PNG. Axes and words are drawn by features.ts.
import { type Canvas, createCanvas } from "@napi-rs/canvas";
import { interpolateMagma, interpolatePuOr } from "d3-scale-chromatic";

/** Red, green, blue of 256 steps from the lowest value to the highest. */
export type ColorMap = Uint8Array;

/** From black over magenta to near white, each step as far from the last to the eye (matplotlib's "magma"). */
export const LEVELS: ColorMap = colorMap(interpolateMagma);
/** Purple below, white at, orange above the middle: for values that have a sign. */
export const SIGNED: ColorMap = colorMap(interpolatePuOr);

export interface PictureOptions {
  /** The values of the first and the last colour; beyond them colours stay. Default: the lowest and highest value. */
  range?: readonly [low: number, high: number];
  /** Pixels a value, across and up. Default 1. */
  scale?: number;
  colors?: ColorMap;
}

/**
 * A PNG file of values `[nMels, frames]`, row-major: time from left to right, the lowest band at the bottom.
 * @throws RangeError where the values do not fill the shape
 */
export function spectrogramPng(
  values: Float32Array,
  [nMels, frames]: readonly [nMels: number, frames: number],
  options: PictureOptions = {},
): Uint8Array {
  const { scale = 1 } = options;
  const small = paint(values, [nMels, frames], options);
  if (scale === 1) return small.encodeSync("png");
  const canvas = createCanvas(frames * scale, nMels * scale);
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
  return canvas.encodeSync("png");
}

/** The same as a canvas of one pixel a value; what is no finite number is transparent. */
export function paint(
  values: Float32Array,
  [rows, columns]: readonly [rows: number, columns: number],
  { range = rangeOf(values), colors = LEVELS }: PictureOptions = {},
): Canvas {
  if (values.length !== rows * columns || values.length === 0) {
    throw new RangeError(`a picture of [${rows}, ${columns}] wants as many values, got ${values.length}`);
  }
  const canvas = createCanvas(columns, rows);
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  const [low, high] = range;
  const steps = high > low ? 256 / (high - low) : 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = values[(rows - 1 - row) * columns + column]!; // canvases count rows from the top
      if (!Number.isFinite(value)) continue;
      const step = Math.min(255, Math.max(0, Math.floor((value - low) * steps)));
      const at = 4 * (row * columns + column);
      image.data.set(colors.subarray(3 * step, 3 * step + 3), at);
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** The lowest and the highest finite value; 0 and 1 where there is none. */
export function rangeOf(values: Float32Array): [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}

/** A table of a function from 0 … 1 to a CSS colour, "#rrggbb" or "rgb(r, g, b)". */
function colorMap(color: (t: number) => string): ColorMap {
  const table = new Uint8Array(256 * 3);
  for (let step = 0; step < 256; step++) {
    const text = color(step / 255);
    const channels = text.startsWith("#")
      ? (text.match(/\w\w/g) ?? []).map((hex) => Number.parseInt(hex, 16))
      : (text.match(/\d+/g) ?? []).map(Number);
    table.set(channels, 3 * step);
  }
  return table;
}
