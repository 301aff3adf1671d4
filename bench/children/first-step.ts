// A process that does one training step and says when each part of it was done: see sections/startup.ts.

import { device } from "../../src/gpu/device.ts";
import { init, manualSeed } from "../../src/index.ts";
import { buildPiczak, randomBatch, trainingStep } from "../piczak.ts";
import { sharedClock } from "./run.ts";

const loaded = sharedClock();
await init();
const opened = sharedClock();
manualSeed(1);
const piczak = buildPiczak();
const { input, labels } = randomBatch(Number(process.argv[2] ?? 32));
const loss = trainingStep(piczak, input, labels);
await device().stream.finish();
const stepped = sharedClock();
if (!Number.isFinite(await loss.item())) throw new Error("the first step's loss is not a number");
console.log(JSON.stringify({ loaded, opened, stepped }));
process.exit(0);
