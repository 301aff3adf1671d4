// A published network that names AudioSet's sounds, as an ONNX model: from a sound's samples to the probability of each name.
// It hears the sound as one picture, as `bun run tag` does with sounds of up to fifteen seconds (features/windows.ts).
import type { nn } from "../../index.ts";
import { LEAST_SECONDS, type PictureSettings } from "../features/audio-set.ts";
import { readWeights } from "../learning/checkpoint.ts";
import { encoded, type OnnxFile } from "./export.ts";
import { pictures } from "./front-end.ts";
import { Graph } from "./graph.ts";
import { Writer } from "./layers.ts";
import { KINDS } from "./networks.ts";

/** What must be known to use the model. */
export interface TagsAbout {
  readonly classes: readonly string[];
  /** Hz, of the sounds that the model is given. */
  readonly sampleRate: number;
  readonly network: string;
  /** Whose it is. */
  readonly description: string;
}

/** What pretrained/network.ts makes of files, which pages and other runtimes do without. */
interface Named extends Omit<TagsAbout, "network" | "sampleRate"> {
  readonly name: string;
  readonly network: nn.MN;
  readonly settings: PictureSettings;
}

/** The model's file; with `half`, its weights are kept as float16. */
export async function tagsToOnnx(
  { name, description, network, settings, classes }: Named,
  { half = false } = {},
): Promise<OnnxFile<TagsAbout>> {
  const { sampleRate } = settings;
  const graph = new Graph(half);
  const wave = graph.input({
    name: "wave",
    type: "float32",
    shape: ["samples"],
    says: `a sound of one channel, full scale ±1, ${sampleRate} samples a second, of up to fifteen seconds`,
  });
  // Silence behind what is short.
  const missing = graph.node("Sub", [graph.int64([LEAST_SECONDS * sampleRate]), graph.node("Shape", [wave])]);
  const behind = graph.node("Max", [missing, graph.int64([0])]);
  const long = graph.node("Pad", [wave, graph.node("Concat", [graph.int64([0]), behind], { axis: 0n })]);
  const picture = pictures(graph, graph.node("Unsqueeze", [long, graph.int64([0])]));
  const logits = new Writer(graph, KINDS, await readWeights(network)).write(network, picture, "");
  graph.output(graph.node("Squeeze", [graph.node("Sigmoid", [logits]), graph.int64([0])]), {
    name: "probabilities",
    type: "float32",
    shape: [classes.length],
    says: "of each class, several of which may be heard at once",
  });
  return encoded(graph, name, { classes, sampleRate, network: name, description });
}
