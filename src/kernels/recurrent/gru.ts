// A layer of gated recurrent units: what layer.ts is told of its cell.

import { defineKernel } from "../../gpu/kernel.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import source from "./gru.wgsl" with { type: "text" };
import { type RecurrentAttrs, recurrentLayer } from "./layer.ts";
import shared from "./recurrent.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "gru",
  code: [nan, shared, source],
  entries: {
    forward: ["read", "read", "write", "write"],
    backward: ["read", "read", "read", "read", "write", "write", "write"],
  },
});

const NONE = {};

export const gru = recurrentLayer<RecurrentAttrs>({
  name: "gru",
  kernel,
  gates: 3,
  kept: 4,
  states: 1,
  carries: true,
  ownGradient: true,
  constants: () => NONE,
});
