// EnvNet and EnvNet-v2 on waveforms.
import { nn } from "../../../index.ts";
import type { NetworkOf } from "../../recipes/recipe.ts";
import type { NetworkKind } from "./kind.ts";

export const envNet: NetworkKind<NetworkOf<"envnet" | "envnet-v2">> = {
  standardized: false,

  input: (waves) => waves.unsqueeze(1),

  build({ kind, ...options }, [samples], classes) {
    const Network = kind === "envnet" ? nn.EnvNet : nn.EnvNetV2;
    return new Network({ classes, samples, ...options });
  },

  // Forty filters along the wave; of v2 thirty-two at a stride of two.
  widest: ({ kind, hidden }, [samples]) => Math.max((kind === "envnet" ? 40 : 16) * samples!, ...hidden),
};
