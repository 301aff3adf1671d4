// The gradient of waves of which |X|^p is a spectrogram, written in operations that have gradients themselves, for frames of
// any length. power.ts has the fast way.
import { where } from "../../tensor/functions.ts";
import { scope } from "../../tensor/scope.ts";
import { apply, Tensor } from "../../tensor/tensor.ts";
import { windowTable } from "../stft.ts";
import { dft } from "./dft.ts";
import { addFrames, cutFrames, type Framing } from "./frames.ts";
import { padded } from "./pad.ts";
import { realTransform } from "./real.ts";
import type { WindowOptions } from "./window.ts";

/** What a spectrogram is computed with. */
export interface PowerOptions extends WindowOptions {
  readonly power: number;
}

/**
 * The gradient of waves x [..., samples] of which dy [..., bins, frames] is that of |X|^p: with X = F w x, the transform of
 * each frame under the window,
 *
 *   dX = p |X|^(p − 2) X dy,   dx = w Fᵀ dX, overlapped and added
 *
 * and dX = 0 where X = 0, as in torch. It has gradients itself.
 */
export function composedGradient(x: Tensor, dy: Tensor, framing: Framing, options: PowerOptions): Tensor {
  const { nFft, power } = options;
  return scope(() => {
    const window = new Tensor(windowTable(options).retain());
    const spectra = realTransform(apply(cutFrames, [x], framing).mul(window));
    const above = dy.transpose(-1, -2).unsqueeze(-1).mul(power);
    const scaled = power === 2 ? above : above.mul(magnitudes(spectra, power - 2));
    // The transpose of what took the first bins of the transform of real numbers.
    const bins = spectra.mul(scaled);
    const full = padded(bins, 0, nFft - bins.shape.at(-2)!, bins.ndim - 2);
    const frames = apply(dft, [full], { sign: 1, scale: 1 }).narrow(-1, 0, 1).squeeze(-1);
    return apply(addFrames, [frames.mul(window)], framing);
  }, "a spectrogram's gradient");
}

/** |X|^exponent of [..., 2], 0 where X is: [..., 1]. */
function magnitudes(spectra: Tensor, exponent: number): Tensor {
  const squares = spectra.square().sum(-1, true);
  const silent = squares.eq(0);
  return where(silent, 0, where(silent, 1, squares).pow(exponent / 2));
}
