// M5 on waveforms.
import { nn } from "../../../index.ts";
import type { NetworkOf } from "../../recipes/recipe.ts";
import type { NetworkKind } from "./kind.ts";

export const m5: NetworkKind<NetworkOf<"m5">> = {
  standardized: false,

  input: (waves) => waves.unsqueeze(1),

  build: ({ kind: _, ...options }, _shape, classes) => new nn.M5({ classes, ...options }),

  // The input, or what the first convolution makes of it at a stride of four.
  widest: ({ filters }, [samples]) => Math.max(1, filters / 4) * samples!,
};
