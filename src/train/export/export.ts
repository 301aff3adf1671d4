// A trained network as an ONNX model: from a sound's samples to its probabilities, or the network alone.
import { version } from "../../../package.json" with { type: "json" };
import { nn } from "../../index.ts";
import { extractorOf } from "../features/extractor.ts";
import { readWeights } from "../learning/checkpoint.ts";
import { kindOf } from "../learning/networks/kinds.ts";
import type { Refusal } from "../learning/openset/refusal.ts";
import type { Recipe } from "../recipes/recipe.ts";
import type { Config } from "../runs/config.ts";
import { examplesOf, networkInput, similaritiesTo, standardized, voted } from "./front-end.ts";
import { Graph } from "./graph.ts";
import { Writer } from "./layers.ts";
import { KINDS } from "./networks.ts";
import { encodeModel, OPSET, type Port } from "./onnx.ts";

/** Where the model begins: at a sound's samples, or at what the network itself is fed with. */
export type Beginning = "wave" | "segments";

/** What must be known to use the model, and how it came to be. */
export interface About {
  readonly classes: readonly string[];
  /** Hz, of the sounds that the model is given. */
  readonly sampleRate: number;
  readonly standardization: { readonly mean: number; readonly deviation: number };
  readonly recipe: Exported["recipe"];
  /** null where the network was trained on all folds. */
  readonly testFold?: number | null;
  readonly seed?: number;
  /** What is less similar to every class is none of them, where that was learned. */
  readonly threshold?: number;
}

/** What of a run's settings is needed, and goes with the model; and how it says "none of these", if it does. */
export type Exported = Pick<Config, "recipe" | "classes" | "standardization"> &
  Partial<Config> & { readonly refusal?: Refusal | null };

export interface OnnxFile<A = About> {
  readonly bytes: Uint8Array;
  /** What is in the model's metadata too, which not every runtime shows. */
  readonly about: A;
  readonly opset: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** The model's file; with `half`, its weights are kept as float16. Throws UserError where a layer cannot be written. */
export async function toOnnx(
  net: nn.Module,
  run: Exported,
  from: Beginning,
  { half = false } = {},
): Promise<OnnxFile> {
  const graph = new Graph(half);
  const writer = new Writer(graph, KINDS, await readWeights(net));
  if (from === "wave") fromWave(graph, writer, net, run);
  else fromSegments(graph, writer, net, run);
  return encoded(graph, run.recipe.name, aboutOf(run));
}

/** A graph's file, and what is said about it. */
export function encoded<A extends object>(graph: Graph, name: string, about: A): OnnxFile<A> {
  const { nodes, initializers, inputs, outputs } = graph;
  const metadata = Object.fromEntries(
    Object.entries(about).map(([key, value]) => [key, JSON.stringify(value)]),
  );
  const bytes = encodeModel({ name, version, nodes, initializers, inputs, outputs, metadata });
  const names = (ports: readonly { name: string }[]) => ports.map((port) => port.name);
  return { bytes, about, opset: OPSET, inputs: names(inputs), outputs: names(outputs) };
}

function fromWave(graph: Graph, writer: Writer, net: nn.Module, run: Exported): void {
  const { recipe, classes, standardization } = run;
  const { frontEnd } = recipe;
  const wave = graph.input({
    name: "wave",
    type: "float32",
    shape: ["samples"],
    says: `a sound of one channel, full scale ±1, ${frontEnd.resamples ? `${frontEnd.sampleRate} samples a second` : "its samples as they are, whatever their rate"}`,
  });
  const { examples, silent } = examplesOf(graph, wave, frontEnd);
  const even = kindOf(recipe.network).standardized
    ? standardized(graph, examples, standardization)
    : examples;
  const input = networkInput(graph, even, recipe);
  const each = graph.node("Exp", [writer.write(net, input, "")]);
  graph.output(voted(graph, each, silent), {
    name: "probabilities",
    type: "float32",
    shape: [classes.length],
    says: "of each class, for the whole sound: the mean of its audible segments",
  });
  graph.output(each, {
    name: "segments",
    type: "float32",
    shape: ["segments", classes.length],
    says: `of each class, for each segment of ${frontEnd.segmentSamples} samples, one every ${frontEnd.segmentStep}`,
  });
  graph.output(silent, {
    name: "silent",
    type: "bool",
    shape: ["segments"],
    says: "segments that have no vote, unless all are silent",
  });
  if (run.refusal) sayNone(graph, writer, net, run.refusal, each, silent);
}

/** Whether a sound is none of the classes: see learning/openset/refusal.ts. */
function sayNone(
  graph: Graph,
  writer: Writer,
  net: nn.Module,
  refusal: Refusal,
  each: string,
  silent: string,
): void {
  const highest = (values: string) => graph.node("ReduceMax", [values], { keepdims: 0n });
  let refused: string;
  if (refusal.kind === "threshold") {
    const last = net.modules().findLast((module) => module instanceof nn.Linear)!;
    const similarities = similaritiesTo(graph, writer.inputOf(last), refusal.directions);
    const mean = voted(graph, similarities, silent);
    refused = graph.node("Less", [highest(mean), graph.float32(refusal.threshold)]);
    graph.output(mean, {
      name: "similarities",
      type: "float32",
      shape: [refusal.directions.values.length / refusal.directions.size],
      says: "of the whole sound to what was learned of each class, −1 … 1",
    });
  } else {
    const mean = voted(graph, each, silent);
    const other = graph.node("Gather", [mean, graph.int64([refusal.label], [])]);
    refused = graph.node("GreaterOrEqual", [other, highest(mean)]);
  }
  const audible = graph.node("Cast", [graph.node("Not", [silent])], { to: 1n });
  const isAny = graph.node("Greater", [highest(audible), graph.float32(0)]);
  graph.output(graph.node("And", [refused, isAny]), {
    name: "other",
    type: "bool",
    shape: [],
    says: "whether the whole sound is none of the classes; silence is not",
  });
}

/** What the network itself is fed with. */
function inputOf({ frontEnd, network }: Recipe): Pick<Port, "shape" | "says"> {
  const [n, { shape }] = ["segments", extractorOf(frontEnd)];
  if (frontEnd.kind === "waveform") return { shape: [n, 1, ...shape], says: "segments of samples" };
  if (frontEnd.kind === "audio-set") return { shape: [n, ...shape], says: "log-mel pictures" };
  const second = network.kind === "convnet" ? "how high a band is, −1 to 1" : "their deltas";
  return { shape: [n, 2, ...shape], says: `standardised log-mel segments, and ${second}` };
}

function fromSegments(graph: Graph, writer: Writer, net: nn.Module, { recipe, classes }: Exported): void {
  const segments = graph.input({
    name: "segments",
    type: "float32",
    ...inputOf(recipe),
  });
  graph.output(writer.write(net, segments, ""), {
    name: "log_probabilities",
    type: "float32",
    shape: ["segments", classes.length],
    says: "of each class, for each segment",
  });
}

function aboutOf({ recipe, classes, standardization, fold, seed, refusal }: Exported): About {
  return {
    classes,
    sampleRate: recipe.frontEnd.sampleRate,
    standardization,
    recipe,
    ...(fold === undefined ? {} : { testFold: fold }),
    ...(seed === undefined ? {} : { seed }),
    ...(refusal?.kind === "threshold" ? { threshold: refusal.threshold } : {}),
  };
}
