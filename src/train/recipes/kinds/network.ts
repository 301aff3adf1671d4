// The networks that there are, by kind. How each is built is in learning/networks, by the same kinds.
import { z } from "zod";
import { type FrontEnd, framesOf } from "./front-end.ts";
import { count, positive, probability, upTo } from "./numbers.ts";

/** Which of Piczak's networks: see nn/models/piczak.ts. */
const piczak = z.strictObject({
  kind: z.literal("piczak"),
  /** Frames in the window of the deltas, its second channel. */
  deltaWidth: upTo(1001, 3),
  /** "dropout": as in the paper. "batch-norm": Conv/Linear → BatchNorm → ReLU in its place. */
  form: z.enum(["dropout", "batch-norm"]),
  /** Channels that each convolution makes. */
  filters: count,
  /** Batch norm in the second convolution also in the dropout form. */
  conv2Norm: z.boolean(),
  /** Dropout after the first convolution. */
  convDropout: probability,
  /** Sizes of the hidden dense layers. */
  hidden: z.array(count).max(20),
  /** Dropout after each of them. */
  dropout: probability,
  /** "plain": the last dense layer gives the logits. "activated": they go through what follows a hidden layer first. */
  head: z.enum(["plain", "activated"]),
  /** Initial weights: the paper's own, He et al.'s, or the defaults of PyTorch's layers. */
  init: z.enum(["paper", "kaiming-normal", "pytorch"]),
});

/** Dai et al.'s five layers on waveforms: see nn/models/m5.ts. */
const m5 = z.strictObject({
  kind: z.literal("m5"),
  /** Filters of the first layer, and how many samples each covers. */
  filters: count.default(80),
  kernelSize: count.default(128),
});

/** What Tokozume's networks on waveforms have: see nn/models/envNet.ts. */
const envNet = {
  /** Sizes of the hidden dense layers. */
  hidden: z.array(count).max(20).default([4096, 4096]),
  /** Dropout after each of them. */
  dropout: probability.default(0.5),
};

/** A small network on whole pictures: see nn/models/convNet.ts. */
const convNet = z.strictObject({
  kind: z.literal("convnet"),
  /** Channels that each block makes. */
  widths: z.array(count).min(1).max(6).default([16, 32, 64, 128]),
  /** How blocks halve bands and frames. */
  pool: z.enum(["max", "mean"]).default("max"),
  /** Dropout before the dense layer. */
  dropout: probability.default(0),
});

/** A network trained on AudioSet, and layers of one's own on what it knows: see nn/models/mn.ts. */
const transfer = z.strictObject({
  kind: z.literal("transfer"),
  /** Whose weights it begins with: `bun run weights fetch NAME`. null: with random ones. */
  weights: z.string().nullable().default("mn04_as"),
  /** Its channels as a share of MobileNetV3-Large's, as the weights have them. */
  width: positive.max(8).default(0.4),
  /** How many of its 17 blocks learn, the last ones. What the others make of sounds is computed once, and kept. */
  tunes: z.union([upTo(17, 0), z.literal("all")]).default(0),
  /** Sizes of the hidden dense layers behind it. */
  hidden: z.array(count).max(20).default([]),
  /** Dropout before each dense layer. */
  dropout: probability.default(0),
});

export const network = z.discriminatedUnion("kind", [
  piczak,
  transfer,
  m5,
  z.strictObject({ kind: z.literal("envnet"), ...envNet }),
  z.strictObject({ kind: z.literal("envnet-v2"), ...envNet }),
  convNet,
]);

export type Network = z.infer<typeof network>;
export type NetworkOf<K extends Network["kind"]> = Extract<Network, { kind: K }>;

/** What each hears. */
const HEARS: Record<Network["kind"], FrontEnd["kind"]> = {
  piczak: "log-mel",
  transfer: "audio-set",
  m5: "waveform",
  envnet: "waveform",
  "envnet-v2": "waveform",
  convnet: "log-mel",
};

/** Why a network cannot hear what a front end gives; null where it can. */
export function nonsenseInNetwork(network: Network, frontEnd: FrontEnd): string | null {
  const { kind } = network;
  if (frontEnd.kind !== HEARS[kind])
    return `network ${kind} wants frontEnd.kind=${HEARS[kind]}, not ${frontEnd.kind}`;
  if (frontEnd.kind !== "log-mel") return null;
  const frames = framesOf(frontEnd);
  if (network.kind === "convnet") {
    const least = 2 ** (network.widths.length - 1);
    return Math.min(frames, frontEnd.nMels) < least
      ? `${network.widths.length} blocks halve segments of ${frames} frames and ${frontEnd.nMels} bands to nothing: ${least} of each are the least`
      : null;
  }
  if (frames < 20)
    return `segments of ${frontEnd.segmentSamples} samples are ${frames} frames long, the network wants 20 at least`;
  if (frontEnd.nMels < 4)
    return `the network wants 4 mel bands at least, frontEnd.nMels is ${frontEnd.nMels}`;
  return null;
}
