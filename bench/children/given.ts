// What all systems are given of a workload, the same to each: `given.ts ID FOLDER` leaves ID.safetensors there, with the network's
// first weights (as PyTorch names them), the batch as "given.x" and "given.y" and the workload itself as metadata. Of a network
// that is to infer ID.onnx too.
import { join } from "node:path";
import { init, manualSeed, nn, noGrad } from "../../src/index.ts";
import { Graph } from "../../src/train/export/graph.ts";
import { Writer } from "../../src/train/export/layers.ts";
import { KINDS } from "../../src/train/export/networks.ts";
import { encodeModel } from "../../src/train/export/onnx.ts";
import { writeArrays } from "../../src/train/files/safetensors.ts";
import { readWeights } from "../../src/train/learning/checkpoint.ts";
import { workloads } from "../workloads/list.ts";
import { models } from "../workloads/models.ts";

const [id, folder] = process.argv.slice(2) as [string, string];
const workload = workloads.find((each) => each.id === id)!;
await init();
manualSeed(1);
const { build, draw } = models[workload.model];
const model = build();
const { x, y } = draw(workload.batch);
// First weights with no statistics behind them would give a network that is to infer outputs of next to nothing.
if (workload.training === null) {
  for (const module of model.modules()) if (module instanceof nn.BatchNorm2d) module.momentum = 1;
  noGrad(() => model.forward(x));
}
const weights = await readWeights(model);
const host = async (each: typeof x) => ({
  shape: each.shape,
  data: (await each.data()) as Float32Array | Uint32Array,
});
const given = { "given.x": await host(x), "given.y": await host(y) };
writeArrays(
  join(folder, `${id}.safetensors`),
  { ...weights, ...given },
  { workload: JSON.stringify(workload) },
);

if (workload.training === null) {
  model.eval();
  const graph = new Graph();
  const input = graph.input({ name: "x", type: "float32", shape: [...x.shape], says: "a batch" });
  const output = new Writer(graph, KINDS, weights).write(model, input, "");
  graph.output(output, {
    name: "output",
    type: "float32",
    shape: [...model.forward(x).shape],
    says: "logits",
  });
  const { nodes, initializers, inputs, outputs } = graph;
  await Bun.write(
    join(folder, `${id}.onnx`),
    encodeModel({ name: id, version: "1", nodes, initializers, inputs, outputs, metadata: {} }),
  );
}
console.log("{}");
process.exit(0);
