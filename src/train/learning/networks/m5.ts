// M5 on waveforms.
import { nn } from "../../../index.ts";
import type { NetworkOf } from "../../recipes/recipe.ts";
import type { NetworkKind } from "./kind.ts";

export const m5: NetworkKind<NetworkOf<"m5">> = {
  standardized: false,

  input: (waves) => waves.unsqueeze(1),

  build({ kind: _, ...options }, [samples], classes) {
    const net = new nn.M5({ classes, ...options });
    if (samples! < net.leastSamples)
      throw new RangeError(`M5: segments have ${net.leastSamples} samples or more, got ${samples}`);
    return net;
  },

  // The input, or what the first convolution makes of it at a stride of four.
  widest: ({ filters }, [samples]) => Math.max(1, filters / 4) * samples!,
};
