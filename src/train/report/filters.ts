// Pictures of what a network's first layer looks for.
import type { HostArray } from "../files/arrays.ts";
import { SIGNED, spectrogramPng } from "../pictures/spectrogram.ts";

/** Of all weights, this share lies within the colours' range; a few large ones would make the rest pale. */
const WITHIN = 0.995;

/**
 * A PNG for each filter of a convolution [filters, channels, mels, frames]: its channels side by side, a pixel a
 * weight, the lowest band at the bottom, the colours' range the same for all. Empty where the array is no such thing.
 */
export function filterPictures(weight: HostArray | undefined): Uint8Array[] {
  if (weight?.shape.length !== 4 || !(weight.data instanceof Float32Array)) return [];
  const [filters, channels, mels, frames] = weight.shape as [number, number, number, number];
  const { data } = weight;
  const sizes = data.map(Math.abs).sort();
  const high = sizes[Math.floor(WITHIN * (sizes.length - 1))] || 1;
  const columns = channels * (frames + 1) - 1; // a transparent one between channels
  return Array.from({ length: filters }, (_, filter) => {
    const values = new Float32Array(mels * columns).fill(Number.NaN);
    for (let channel = 0; channel < channels; channel++) {
      for (let mel = 0; mel < mels; mel++) {
        const from = ((filter * channels + channel) * mels + mel) * frames;
        values.set(data.subarray(from, from + frames), mel * columns + channel * (frames + 1));
      }
    }
    return spectrogramPng(values, [mels, columns], { colors: SIGNED, range: [-high, high] });
  });
}
