// otograd as one of the systems that bench/protocol.ts times.

import { device } from "../src/gpu/device.ts";
import { init, manualSeed, noGrad, randn } from "../src/index.ts";
import { buildPiczak, type Piczak, randomBatch, trainingStep } from "./piczak.ts";
import { type Competitor, serve } from "./protocol.ts";

async function open(): Promise<Competitor> {
  await init();
  manualSeed(1);
  let piczak: Piczak | null = null;
  return {
    name: "otograd",
    async step(batch) {
      piczak ??= buildPiczak();
      const model = piczak;
      const { input, labels } = randomBatch(batch);
      return async (times) => {
        for (let i = 1; i < times; i++) trainingStep(model, input, labels);
        const loss = trainingStep(model, input, labels);
        await device().stream.finish(); // the loss alone would not wait for the update
        return await loss.item();
      };
    },
    async matmul(size) {
      const [a, b] = [randn([size, size]), randn([size, size])];
      return async (times) => {
        for (let i = 0; i < times; i++) {
          noGrad(() => {
            a.matmul(b);
          });
        }
        await device().stream.finish();
        return undefined;
      };
    },
  };
}

await serve(open);
