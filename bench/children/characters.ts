// A process of bench/characters.ts: MODEL BATCH STEPS CHECKOUT [compiled]. Prints what a step costs, as JSON.
import { join } from "node:path";
import type { Step } from "../checkouts.ts";
import { type ModelName, trainingStepOf } from "../workloads/characters.ts";
import { measureSteps } from "./steps-taken.ts";

const [model, batch, steps, checkout, compiled] = process.argv.slice(2) as [
  ModelName,
  string,
  string,
  string,
  string?,
];
const engine: typeof import("../../src/index.ts") = await import(join(checkout, "src/index.ts"));
const { device }: typeof import("../../src/gpu/device.ts") = await import(
  join(checkout, "src/gpu/device.ts")
);
await engine.init();
const step = trainingStepOf(engine, model, Number(batch), compiled !== undefined);
// Compiles; buffers are found; and small products are through with the plain program, which the first ones run on (gemm.ts).
for (let i = 0; i < 30; i++) await step().item();

let result = 0;
const costs = await measureSteps(device().stream, Number(steps), step, async (loss) => {
  result = await loss.item();
});
const measured: Step = { result, ...costs };
console.log(JSON.stringify(measured));
process.exit(0);
