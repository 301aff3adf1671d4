// A layer of plain recurrent units: what layer.ts is told of its cell.

import { defineKernel } from "../../gpu/kernel.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { type RecurrentAttrs, recurrentLayer } from "./layer.ts";
import shared from "./recurrent.wgsl" with { type: "text" };
import source from "./rnn.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "rnn",
  code: [nan, shared, source],
  entries: {
    forward: ["read", "read", "write"],
    backward: ["read", "read", "read", "write"],
  },
});

export interface RnnAttrs extends RecurrentAttrs {
  /** max(·, 0) instead of tanh. */
  relu: boolean;
}

export const rnn = recurrentLayer<RnnAttrs>({
  name: "rnn",
  kernel,
  gates: 1,
  kept: 0,
  states: 1,
  carries: false,
  ownGradient: false,
  constants: ({ relu }) => ({ RELU: relu ? 1 : 0 }),
});
