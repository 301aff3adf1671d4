// A layer of long short-term memory: what layer.ts is told of its cell.

import { defineKernel } from "../../gpu/kernel.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { type RecurrentAttrs, recurrentLayer } from "./layer.ts";
import source from "./lstm.wgsl" with { type: "text" };
import { lstmSequence } from "./lstmSequence.ts";
import shared from "./recurrent.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "lstm",
  code: [nan, shared, source],
  entries: {
    forward: ["read", "read", "write", "write"],
    backward: ["read", "read", "read", "read", "write", "write"],
  },
});

const NONE = {};

export const lstm = recurrentLayer<RecurrentAttrs>({
  name: "lstm",
  kernel,
  gates: 4,
  kept: 4,
  states: 2,
  carries: true,
  ownGradient: false,
  constants: () => NONE,
  sequence: lstmSequence,
});
