// A process of bench/characters.ts: MODEL BATCH STEPS CHECKOUT. Prints what a step costs, as JSON.
import { join } from "node:path";
import { type ModelName, trainingStepOf } from "../workloads/characters.ts";

const [model, batch, steps, checkout] = process.argv.slice(2) as [ModelName, string, string, string];
const engine: typeof import("../../src/index.ts") = await import(join(checkout, "src/index.ts"));
const { device }: typeof import("../../src/gpu/device.ts") = await import(
  join(checkout, "src/gpu/device.ts")
);
await engine.init();
const step = trainingStepOf(engine, model, Number(batch));
// Compiles; buffers are found; and small products are through with the plain program, which the first ones run on (gemm.ts).
for (let i = 0; i < 30; i++) await step().item();

const { stream } = device();
const count = Number(steps);
const launches = stream.counts.dispatches;
const [clock, all] = [performance.now(), process.cpuUsage()];
let host = 0;
let loss = 0;
for (let i = 0; i < count; i++) {
  const before = process.threadCpuUsage();
  const result = step();
  const { user, system } = process.threadCpuUsage(before);
  host += user + system;
  loss = await result.item();
}
await stream.finish();
const used = process.cpuUsage(all);
const result = {
  loss,
  launches: (stream.counts.dispatches - launches) / count,
  host: host / 1000 / count,
  processor: (used.user + used.system) / 1000 / count,
  clock: (performance.now() - clock) / count,
};
console.log(JSON.stringify(result));
process.exit(0);
