// otograd as one of the systems that bench/protocol.ts times: each step written as a user would.
import { device } from "../src/gpu/device.ts";
import { compile, init, nn, noGrad, optim, type Tensor, tensor } from "../src/index.ts";
import { type Competitor, type Given, type Numbers, serve, type Work } from "./protocol.ts";
import type { Training } from "./workloads/list.ts";
import { models } from "./workloads/models.ts";

const toTensor = ({ shape, data }: Numbers): Tensor => tensor(data, { shape });

function begin({ workload, weights, x, y }: Given, dropout: boolean): Work {
  const { build, loss } = models[workload.model];
  const model = build();
  model.loadStateDict(
    Object.fromEntries(Object.entries(weights).map(([name, array]) => [name, toTensor(array)])),
  );
  const [input, target] = [toTensor(x), toTensor(y)];
  if (workload.training === null) return inference(model.eval(), input);
  if (!dropout) for (const module of model.modules()) if (module instanceof nn.Dropout) module.eval();
  const optimizer = optimizerOf(model, workload.training);
  return async (times) => {
    const losses: Tensor[] = [];
    for (let i = 0; i < times; i++) {
      optimizer.zeroGrad();
      const value = loss(model.forward(input), target);
      value.backward();
      optimizer.step();
      losses.push(value);
    }
    await device().stream.finish(); // the losses alone would not wait for the last update
    return Promise.all(losses.map((value) => value.item()));
  };
}

function inference(model: nn.Module<[Tensor], Tensor>, input: Tensor): Work {
  const fast = compile(model);
  return async (times) => {
    for (let i = 1; i < times; i++) await noGrad(() => fast(input)).data();
    return noGrad(() => fast(input)).data();
  };
}

function optimizerOf(model: nn.Module, training: Training): optim.Adam | optim.SGD {
  if (training.optimizer === "adam") return new optim.Adam(model.parameters(), { lr: training.lr });
  const { lr, momentum, weightDecay } = training;
  return new optim.SGD(model.parameters(), { lr, momentum, weightDecay, nesterov: true });
}

await serve(async (): Promise<Competitor> => {
  await init();
  return { name: "otograd", begin: async (given, dropout) => begin(given, dropout) };
});
