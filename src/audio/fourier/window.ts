// Windows, computed in float64.

/** The periodic Hann window ½ − ½ cos(2πn/N) of N numbers. */
export function hann(length: number): Float64Array {
  return Float64Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
}

/** That of winLength in the middle of nFft numbers, divided by its norm, √(sum of squares), if asked. */
export function hannInFrame(nFft: number, winLength: number, normalized: boolean): Float64Array {
  const window = hann(winLength);
  const norm = normalized ? Math.sqrt(window.reduce((sum, w) => sum + w * w, 0)) : 1;
  const frame = new Float64Array(nFft);
  frame.set(
    window.map((w) => w / norm),
    Math.floor((nFft - winLength) / 2),
  );
  return frame;
}
