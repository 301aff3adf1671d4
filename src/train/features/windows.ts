// Sounds of any length in windows for networks that hear a picture of any width: none much longer or much shorter than others.

/** Part of a sound, from sample `start` on. */
export interface Window {
  readonly start: number;
  readonly samples: Float32Array;
}

/**
 * Cuts what comes in parts into windows of `length` samples, one behind the other. The last has at least half as many and at
 * most one and a half times as many, unless the whole sound is shorter.
 */
export async function* windows(parts: AsyncIterable<Float32Array>, length: number): AsyncGenerator<Window> {
  const half = Math.floor(length / 2);
  let held = new Float32Array(0);
  let start = 0;
  for await (const part of parts) {
    let at = 0;
    const joined = new Float32Array(held.length + part.length);
    joined.set(held);
    joined.set(part, held.length);
    for (; joined.length - at > length + half; at += length)
      yield { start: start + at, samples: joined.slice(at, at + length) };
    held = joined.slice(at);
    start += at;
  }
  if (held.length > 0) yield { start, samples: held };
}
