#!/usr/bin/env bun
// What a step of each workload costs, here and in another checkout of otograd, in turn:
//
//     bun bench/steps.ts --workloads lenet,unet [--against DIR] [--rounds 5] [--steps 20]
import { help, optionsGiven } from "../build/help.ts";
import { compareSteps, OPTIONS } from "./checkouts.ts";

help(import.meta.path);

const { values } = optionsGiven({
  options: { ...OPTIONS, workloads: { type: "string", default: "mlp,lenet,unet" } },
});

for (const workload of values.workloads.split(","))
  await compareSteps(workload, ["steps.ts", workload], values);
