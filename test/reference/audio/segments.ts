// What cutting into overlapping segments means, in loops.
import type { Arr } from "../reference.ts";

/** [clips, ..., n] → [clips · count, ..., length], a segment every `hop`; what is left over at the end is dropped. */
export function segments(x: Arr, length: number, hop: number): Arr {
  const n = x.shape[x.shape.length - 1];
  const clips = x.shape.length > 1 ? x.shape[0] : 1;
  const middle = x.shape.slice(1, -1);
  const rows = middle.reduce((a, b) => a * b, 1);
  const count = Math.floor((n - length) / hop) + 1;
  const data = new Float64Array(clips * count * rows * length);
  let at = 0;
  for (let clip = 0; clip < clips; clip++) {
    for (let segment = 0; segment < count; segment++) {
      for (let row = 0; row < rows; row++) {
        for (let i = 0; i < length; i++) data[at++] = x.data[(clip * rows + row) * n + segment * hop + i];
      }
    }
  }
  return { shape: [clips * count, ...middle, length], data };
}
