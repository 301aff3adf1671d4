// Handwriting for examples that must not download any: the ten digits of a 5 × 7 font, each time shifted, slanted, scaled,
// of another stroke and with noise. What is drawn depends on the seed alone.

const FONT = [
  "01110 10001 10011 10101 11001 10001 01110",
  "00100 01100 00100 00100 00100 00100 01110",
  "01110 10001 00001 00010 00100 01000 11111",
  "11111 00010 00100 00010 00001 10001 01110",
  "00010 00110 01010 10010 11111 00010 00010",
  "11111 10000 11110 00001 00001 10001 01110",
  "00110 01000 10000 11110 10001 10001 01110",
  "11111 00001 00010 00100 01000 01000 01000",
  "01110 10001 10001 01110 10001 10001 01110",
  "01110 10001 10001 01111 00001 00010 01100",
].map((rows) => rows.split(" ").map((row) => [...row].map(Number)));

/** A number from 0 to 1 at each call (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws one of some things by their chances, which add up to 1; `u` is drawn from 0 to 1. */
export function pick(chances: ArrayLike<number>, u: number): number {
  let sum = 0;
  for (let i = 0; i < chances.length; i++) {
    sum += chances[i]!;
    if (u < sum) return i;
  }
  return chances.length - 1;
}

/** The font's dot at a place between its dots, by bilinear interpolation; 0 outside. */
function ink(glyph: readonly number[][], x: number, y: number): number {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  const at = (r: number, c: number) => glyph[r]?.[c] ?? 0;
  const [right, down] = [x - column, y - row];
  const above = at(row, column) * (1 - right) + at(row, column + 1) * right;
  const below = at(row + 1, column) * (1 - right) + at(row + 1, column + 1) * right;
  return above * (1 - down) + below * down;
}

export interface Digits {
  /** [count, 1, size, size], row-major, from 0 (paper) to 1 (ink) */
  pixels: Float32Array;
  labels: number[];
  shape: [count: number, channels: 1, height: number, width: number];
}

/** `count` drawn digits, each kind equally often; `classes` are those that are drawn. */
export function digits(
  count: number,
  size: number,
  seed: number,
  classes: readonly number[] = [...FONT.keys()],
): Digits {
  const random = generator(seed);
  const pixels = new Float32Array(count * size * size);
  const labels = Array.from({ length: count }, (_, i) => classes[i % classes.length]!);
  for (const [i, label] of labels.entries()) {
    const scale = (8.5 + 1.5 * random()) / size;
    const slant = 0.5 * (random() - 0.5);
    const [left, top] = [2 + 0.9 * (random() - 0.5), 3 + 0.9 * (random() - 0.5)];
    const stroke = 1 + 0.8 * random();
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) {
        const down = (y - (size - 1) / 2) * scale + top;
        const across = (x - (size - 1) / 2) * scale + left - slant * (down - 3);
        const dot = Math.min(1, stroke * ink(FONT[label]!, across, down));
        pixels[(i * size + y) * size + x] = Math.min(1, Math.max(0, dot + 0.1 * (random() - 0.5)));
      }
  }
  return { pixels, labels, shape: [count, 1, size, size] };
}

const SHADES = " ░▒▓█";

/** Images [count, size, size] beside each other, as text. */
export function picture(pixels: ArrayLike<number>, size: number, count: number): string {
  const rows: string[] = [];
  for (let y = 0; y < size; y++) {
    let row = "";
    for (let i = 0; i < count; i++) {
      for (let x = 0; x < size; x++) {
        const value = Math.min(0.999, Math.max(0, pixels[(i * size + y) * size + x]!));
        row += SHADES[Math.floor(value * SHADES.length)];
      }
      row += " ";
    }
    rows.push(row.trimEnd());
  }
  return rows.join("\n");
}
