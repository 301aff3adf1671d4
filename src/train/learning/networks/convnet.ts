// The small network on whole log-mel pictures, with the band as second channel: a convolution does not know otherwise how
// high what it sees is.
import { cat, nn, tensor } from "../../../index.ts";
import type { NetworkOf } from "../../recipes/recipe.ts";
import type { NetworkKind } from "./kind.ts";

export const convNet: NetworkKind<NetworkOf<"convnet">> = {
  standardized: true,

  /** Bands from −1, the lowest, to 1. */
  input(logMel) {
    const [n, bands, frames] = logMel.shape as [number, number, number];
    const heights = Float32Array.from(
      { length: bands },
      (_, band) => (2 * band) / Math.max(1, bands - 1) - 1,
    );
    const channel = tensor(heights, { shape: [1, 1, bands, 1] }).expand([n, 1, bands, frames]);
    return cat([logMel.unsqueeze(1), channel], 1);
  },

  build: ({ kind: _, ...options }, _shape, classes) => new nn.ConvNet({ classes, ...options }),

  widest: ({ widths }, [bands, frames]) =>
    Math.max(2, ...widths.map((width, block) => width / 4 ** block)) * bands! * frames!,
};
