// From short-time Fourier transforms back to waveforms: librosa's and torch's istft.

import { empty } from "../gpu/array.ts";
import { defineKernel, linearGroups } from "../gpu/kernel.ts";
import { formatShape, sizeOf } from "../gpu/shape.ts";
import { wantWhole } from "../tensor/check.ts";
import { arrayOf } from "../tensor/handle.ts";
import { Tensor } from "../tensor/tensor.ts";
import { wantTensor } from "./check.ts";
import source from "./istft.wgsl" with { type: "text" };
import { orderTable, rootTable, transformColumns, wantPowerOfTwo, windowTable } from "./stft.ts";

const kernel = defineKernel({
  name: "istft",
  code: source,
  entries: { pack: ["read", "read", "write"], overlapAdd: ["read", "read", "read", "write"] },
});

const WORKGROUP = 64;
/** Bytes that the frames of one launch may take, unless a single clip takes more. */
const SCRATCH = 8 * 2 ** 20;

/** What istft takes. */
export interface InverseOptions {
  /** Samples from one frame to the next. */
  hopLength: number;
  /** Samples that are dropped at the start: nFft / 2 where frame 0 was centred at sample 0. Default 0. */
  trim?: number;
  /** Samples to give, after those; 0 where no frame reaches. */
  length: number;
}

/** The waveforms [..., length] of STFTs [..., nFft / 2 + 1, frames, 2] that were taken under a periodic Hann window. */
export function istft(spectra: Tensor, { hopLength: hop, trim = 0, length }: InverseOptions): Tensor {
  wantTensor("istft", spectra, 3, "STFTs [..., bins, frames, 2]");
  wantWhole("istft", { hopLength: hop, length }, 1);
  wantWhole("istft", { trim }, 0);
  const lead = spectra.shape.slice(0, -3);
  const [bins, frames, parts] = spectra.shape.slice(-3) as [number, number, number];
  if (parts !== 2)
    throw new RangeError(`istft: wants STFTs [..., bins, frames, 2], got ${formatShape(spectra.shape)}`);
  const nFft = 2 * (bins - 1);
  wantPowerOfTwo("istft", nFft);

  const points = nFft / 2;
  const clips = sizeOf(lead);
  const most = Math.max(1, Math.floor(SCRATCH / (8 * points * frames)));
  const y = empty([...lead, length], "float32", "istft");
  const window = windowTable({ nFft, winLength: nFft, normalized: false, periodic: true });
  for (let first = 0; first < clips; first += most) {
    const some = Math.min(most, clips - first);
    const batch = some * frames;
    const params = { batch, first, clips: some, frames, nFft, hop, trim, length };
    const packed = empty([points, batch, 2], "float32", "the frames of an inverse STFT");
    kernel.launch("pack", {
      arrays: [arrayOf(spectra), rootTable(nFft), packed],
      params,
      groups: [Math.ceil(batch / WORKGROUP), points, 1],
    });
    const z = transformColumns(packed, points, batch);
    kernel.launch("overlapAdd", {
      arrays: [z, window, orderTable(points), y],
      params,
      groups: linearGroups(some * length, WORKGROUP),
    });
    z.release();
  }
  return new Tensor(y, "istft");
}
