#!/usr/bin/env bun
// What a training step of a small GPT and a small LSTM costs, here and in another checkout of otograd, in turn:
//
//     bun bench/characters.ts [--against DIR] [--batches 1,4,16] [--rounds 5] [--steps 20] [--compiled]
//
// With --compiled, steps here are recorded (compile).
import { help, optionsGiven } from "../build/help.ts";
import { compareSteps, OPTIONS } from "./checkouts.ts";
import { MODELS } from "./workloads/characters.ts";

help(import.meta.path);

const { values } = optionsGiven({
  options: {
    ...OPTIONS,
    batches: { type: "string", default: "1,4,16" },
    compiled: { type: "boolean", default: false },
  },
});

for (const model of MODELS)
  for (const batch of values.batches.split(","))
    await compareSteps(
      `${model} batch ${batch}${values.compiled ? ", compiled" : ""}`,
      ["characters.ts", model, batch],
      values,
      values.compiled ? ["compiled"] : [],
    );
