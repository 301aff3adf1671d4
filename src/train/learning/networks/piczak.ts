// Piczak's network: log-mel segments, with their deltas as second channel.
import { audio, cat, nn } from "../../../index.ts";
import type { NetworkOf } from "../../recipes/recipe.ts";
import type { NetworkKind } from "./kind.ts";

export const piczak: NetworkKind<NetworkOf<"piczak">> = {
  standardized: true,

  input(logMel, { deltaWidth }) {
    const deltas = audio.computeDeltas(logMel, { winLength: deltaWidth });
    return cat([logMel.unsqueeze(1), deltas.unsqueeze(1)], 1);
  },

  build({ kind: _, deltaWidth: __, ...options }, [melBands, frames], classes) {
    return new nn.Piczak({ classes, frames, melBands, ...options });
  },

  widest({ filters, hidden }, [melBands, frames]) {
    const input = 2 * melBands! * frames!;
    const firstConvolution = filters * 4 * (frames! - 5);
    return Math.max(input, firstConvolution, ...hidden);
  },
};
