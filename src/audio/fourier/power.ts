// The gradient of waves of which |X|^p is a spectrogram, where nFft is a power of two: by the passes of stft.wgsl, some clips
// at a time.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import {
  framesOf,
  orderTable,
  rootTable,
  type SpectrogramOptions,
  transform,
  transformColumns,
  windowTable,
} from "../stft.ts";
import source from "./power.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "power",
  code: source,
  entries: { pack: ["read", "read", "read", "write"], add: ["read", "read", "read", "write"] },
});

const WORKGROUP = 64;
/** Bytes that the frames of one launch may take, unless a single clip takes more. */
const SCRATCH = 8 * 2 ** 20;

/** The gradient of waves x [..., samples], dy [..., bins, frames] being that of their spectrogram. */
export function powerGradient(
  x: DeviceArray,
  dy: DeviceArray,
  options: Required<SpectrogramOptions>,
): DeviceArray {
  const { nFft, hopLength: hop, power } = options;
  const framing = framesOf(x, options);
  const { clips: all, frames, samples, pad } = framing;
  const points = nFft / 2;
  const dx = empty(x.shape, "float32", "a spectrogram's gradient");
  const most = Math.max(1, Math.floor(SCRATCH / (8 * points * frames)));
  for (let first = 0; first < all; first += most) {
    const clips = Math.min(most, all - first);
    const batch = clips * frames;
    const spectra = empty([clips, points + 1, frames, 2], "float32", "a spectrogram's gradient");
    const target = { first: first * frames, batch, out: spectra, outFirst: 0, outFrames: frames };
    transform(framing, options, target, "spectrum");
    const params = { batch, first, clips, frames, nFft, hop, pad, samples, exponent: power };
    const packed = empty([points, batch, 2], "float32", "a spectrogram's gradient");
    kernel.launch("pack", {
      arrays: [spectra, dy, rootTable(nFft), packed],
      params,
      constants: { POWER: power === 1 || power === 2 ? power : 0 },
      groups: [Math.ceil(batch / WORKGROUP), points, 1],
    });
    spectra.release();
    const z = transformColumns(packed, points, batch);
    kernel.launch("add", {
      arrays: [z, windowTable(options), orderTable(points), dx],
      params,
      groups: linearGroups(clips * samples, WORKGROUP),
    });
    z.release();
  }
  return dx;
}
