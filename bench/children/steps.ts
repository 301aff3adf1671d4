// A process of bench/steps.ts: WORKLOAD STEPS CHECKOUT. Prints what a step costs, as JSON.
import { join } from "node:path";
import type { Step } from "../checkouts.ts";
import { workloads } from "../workloads/list.ts";
import { measureSteps } from "./steps-taken.ts";

const [id, steps, checkout] = process.argv.slice(2) as [string, string, string];
const from = <T>(path: string): Promise<T> => import(join(checkout, path));
const { init, manualSeed, noGrad, optim } = await from<typeof import("../../src/index.ts")>("src/index.ts");
const { device } = await from<typeof import("../../src/gpu/device.ts")>("src/gpu/device.ts");
const { models } = await from<typeof import("../workloads/models.ts")>("bench/workloads/models.ts");

await init();
manualSeed(1);
const workload = workloads.find((each) => each.id === id)!;
const { build, draw, loss } = models[workload.model];
const model = build();
const { x, y } = draw(workload.batch);
const optimizer = new optim.Adam(model.parameters(), { lr: 0.001 });

function training() {
  optimizer.zeroGrad();
  const value = loss(model.forward(x), y);
  value.backward();
  optimizer.step();
  return value;
}
const step =
  workload.training !== null
    ? training
    : () =>
        noGrad(() => model.forward(x))
          .square()
          .mean();
if (workload.training === null) model.eval();
const result = await step().item();
for (let i = 0; i < 29; i++) await step().item(); // compiles; buffers are found; small products leave the plain program

const measured: Step = { result, ...(await measureSteps(device().stream, Number(steps), step)) };
console.log(JSON.stringify(measured));
process.exit(0);
