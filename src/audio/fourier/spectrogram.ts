// Spectrograms: |STFT|^power, an operation with a gradient.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import type { Op } from "../../gpu/op.ts";
import { derive } from "../../tensor/autograd/derive.ts";
import { arrayOf } from "../../tensor/handle.ts";
import { takes } from "../../tensor/options.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import { overTensors } from "../differentiable.ts";
import {
  chunks,
  frame,
  framesOf,
  isPowerOfTwo,
  resolveSpectrogram,
  SPECTROGRAM,
  type SpectrogramOptions,
  transform,
} from "../stft.ts";
import { composedGradient } from "./composed.ts";
import type { Framing } from "./frames.ts";
import { powerGradient } from "./power.ts";

const optionsOf = takes("Spectrogram", 1, SPECTROGRAM, ["nFft", "winLength", "hopLength"]);

/**
 * |STFT|^power of waveforms [..., samples] under a periodic Hann window: [..., floor(nFft / 2) + 1, frames].
 * @shape [..., samples] → [..., ⌊nFft / 2⌋ + 1, frames]
 * @example new audio.Spectrogram({ nFft: 400 }).forward(zeros([1, 16000])).shape; // → [1, 201, 81]
 */
export class Spectrogram {
  readonly options: Required<SpectrogramOptions>;
  /** floor(nFft / 2) + 1. */
  readonly bins: number;

  constructor(options?: SpectrogramOptions, ...more: never[]) {
    optionsOf(options, more);
    ({ options: this.options, bins: this.bins } = resolveSpectrogram(options ?? {}, "Spectrogram"));
  }

  forward(wave: Tensor): Tensor {
    frame(wave, this.options, "Spectrogram"); // says what is wrong with the wave
    return apply(spectrogram, [wave], this.options);
  }
}

/** The operation of Spectrogram. */
export const spectrogram: Op<Required<SpectrogramOptions>> = {
  name: "Spectrogram",
  forward(ctx, [x], options) {
    const framing = framesOf(x!, options);
    const { clips, frames, lead } = framing;
    const bins = Math.floor(options.nFft / 2) + 1;
    const out = empty([...lead, bins, frames], "float32", "Spectrogram");
    for (const { first, batch } of chunks(clips * frames, options))
      transform(framing, options, { first, batch, out, outFirst: first, outFrames: frames });
    ctx.save(x!);
    return out;
  },
  backward({ saved: [x], attrs }, dy) {
    if (isPowerOfTwo(attrs.nFft) && attrs.nFft >= 4) return [powerGradient(x!, dy, attrs)];
    const framing = framingOf(x!, attrs);
    return [overTensors((wave, above) => composedGradient(wave, above, framing, attrs), x!, dy)];
  },
};
derive(spectrogram, (dy, of) => {
  const x = of.input(0);
  return [composedGradient(x, dy, framingOf(arrayOf(x), of.attrs), of.attrs)];
});

function framingOf(wave: DeviceArray, options: Required<SpectrogramOptions>): Framing {
  const { frames, samples, pad } = framesOf(wave, options);
  return { samples, count: frames, length: options.nFft, hop: options.hopLength, pad };
}
