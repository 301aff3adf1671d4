// What each of nn's networks is in ONNX: how its layers follow each other, which no table of layers can tell.
import { nn } from "../../index.ts";
import { ConcurrentSE, InvertedResidual, SqueezeExcitation } from "../../nn/models/mn.ts";
import { Transfer } from "../learning/networks/transfer.ts";
import { inside, type Kinds, LAYERS, on, type Write } from "./layers.ts";

const piczak: Write<nn.Piczak> = (net, x, writer, path) => {
  const { graph } = writer;
  const convolved = writer.chain(
    [
      ["conv1", net.conv1],
      ["conv2", net.conv2],
    ],
    x,
    path,
  );
  const hidden = net.fc.map((layer, i): [string, nn.Module] => [String(i), layer]);
  const features = writer.chain(hidden, graph.node("Flatten", [convolved]), inside(path, "fc"));
  const logits = writer.write(net.output, features, inside(path, "output"));
  return graph.node("LogSoftmax", [logits], { axis: 1n });
};

const m5: Write<nn.M5> = (net, x, writer, path) => {
  const { graph } = writer;
  const layers = { conv1: net.conv1, conv2: net.conv2, conv3: net.conv3, conv4: net.conv4 };
  const convolved = writer.chain(Object.entries(layers), x, path);
  const features = graph.node("ReduceMean", [convolved], { axes: [2n], keepdims: 0n });
  return graph.node("LogSoftmax", [writer.write(net.output, features, inside(path, "output"))], { axis: 1n });
};

const convNet: Write<nn.ConvNet> = (net, x, writer, path) => {
  const { graph } = writer;
  const blocks = net.blocks.map((block, i): [string, nn.Module] => [String(i), block]);
  const overBands = { axes: [2n], keepdims: 0n };
  const pictures = writer.chain(blocks, x, inside(path, "blocks"));
  const overTime = graph.node("ReduceMean", [pictures], overBands);
  const [mean, loudest] = ["ReduceMean", "ReduceMax"].map((kind) => graph.node(kind, [overTime], overBands));
  const features = graph.node("Add", [mean!, loudest!]);
  return graph.node("LogSoftmax", [writer.write(net.output, features, inside(path, "output"))], { axis: 1n });
};

const envNet: Write<nn.EnvNet | nn.EnvNetV2> = (net, x, writer, path) => {
  const { graph } = writer;
  const wave = graph.node("Unsqueeze", [x, graph.int64([1])]);
  const filtered = writer.write(net.wave, wave, inside(path, "wave"));
  const picture = graph.node("Transpose", [filtered], { perm: [0n, 2n, 1n, 3n] });
  const features = graph.node("Flatten", [writer.write(net.picture, picture, inside(path, "picture"))]);
  return graph.node("LogSoftmax", [writer.write(net.fc, features, inside(path, "fc"))], { axis: 1n });
};

const mn: Write<nn.MN> = (net, x, writer, path) => {
  const features = writer.write(net.features, x, inside(path, "features"));
  return writer.write(net.classifier, features, inside(path, "classifier"));
};

/** From pictures, where training begins at what the frozen blocks made of them. */
const transfer: Write<Transfer> = ({ network, head }, x, writer, path) => {
  const { graph } = writer;
  const features = writer.write(network.features, x, inside(path, "network.features"));
  const embedding = graph.node("Flatten", [graph.node("GlobalAveragePool", [features])]);
  return graph.node("LogSoftmax", [writer.write(head, embedding, inside(path, "head"))], { axis: 1n });
};

const invertedResidual: Write<InvertedResidual> = ({ block, residual }, x, writer, path) => {
  const made = writer.write(block, x, inside(path, "block"));
  return residual ? writer.graph.node("Add", [x, made]) : made;
};

const concurrentSE: Write<ConcurrentSE> = ({ concSeLayers }, x, writer, path) =>
  writer.write(concSeLayers[0]!, x, inside(path, "conc_se_layers.0"));

const squeezeExcitation: Write<SqueezeExcitation> = ({ fc1, fc2 }, x, writer, path) => {
  const { graph } = writer;
  const means = graph.node("Flatten", [graph.node("GlobalAveragePool", [x])]);
  const squeezed = graph.node("Relu", [writer.write(fc1, means, inside(path, "fc1"))]);
  const weights = graph.node("Sigmoid", [writer.write(fc2, squeezed, inside(path, "fc2"))]);
  return graph.node("Mul", [x, graph.node("Unsqueeze", [weights, graph.int64([2, 3])])]);
};

/** All that can be written. */
export const KINDS: Kinds = new Map([
  ...LAYERS,
  on(nn.Piczak, piczak),
  on(nn.M5, m5),
  on(nn.ConvNet, convNet),
  on(nn.EnvNet, envNet),
  on(nn.EnvNetV2, envNet),
  on(nn.MN, mn),
  on(Transfer, transfer),
  on(InvertedResidual, invertedResidual),
  on(ConcurrentSE, concurrentSE),
  on(SqueezeExcitation, squeezeExcitation),
]);
