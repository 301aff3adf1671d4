// Windows, computed in float64.

/** The periodic Hann window ½ − ½ cos(2πn/N) of N numbers. */
export function hann(length: number): Float64Array {
  return Float64Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
}

/** The symmetric one, whose last number is 0 as its first is. */
export function symmetricHann(length: number): Float64Array {
  return length === 1 ? Float64Array.of(1) : Float64Array.of(...hann(length - 1), 0);
}

/** How a frame's window is made. */
export interface WindowOptions {
  readonly nFft: number;
  readonly winLength: number;
  readonly normalized: boolean;
  readonly periodic: boolean;
}

/** A window of winLength in the middle of nFft numbers, divided by its norm, √(sum of squares), if asked. */
export function hannInFrame({ nFft, winLength, normalized, periodic }: WindowOptions): Float64Array {
  const window = periodic ? hann(winLength) : symmetricHann(winLength);
  const norm = normalized ? Math.sqrt(window.reduce((sum, w) => sum + w * w, 0)) : 1;
  const frame = new Float64Array(nFft);
  frame.set(
    window.map((w) => w / norm),
    Math.floor((nFft - winLength) / 2),
  );
  return frame;
}
