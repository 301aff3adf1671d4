// The front end in ONNX: what features.ts, batches.ts and voting.ts of the system compute, from a sound's samples to
// the network's input, and from its output to what the sound is.
//
// The spectrum is a product with the matrix of the discrete Fourier transform, window and all, in float64: summed up in
// float32, a quiet band beside a loud one would lose the digits that a fast transform leaves it.
import { hannInFrame } from "../../audio/fourier/window.ts";
import { audio } from "../../index.ts";
import { AUDIO_SET } from "../features/audio-set.ts";
import type { Standardization } from "../learning/batches.ts";
import type { Directions } from "../learning/openset/embeddings.ts";
import type { FrontEnd, LogMel, Recipe } from "../recipes/recipe.ts";
import { type Graph, ints } from "./graph.ts";

const SMALLEST_POWER = 1e-10;

/** 0, 1, … */
const counted = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** [samples] → [samples], divided by its peak; silence stays silence. */
function peakNormalized(graph: Graph, wave: string): string {
  const peak = graph.node("ReduceMax", [graph.node("Abs", [wave])], { keepdims: 1n });
  const silent = graph.node("Equal", [peak, graph.float32(0)]);
  return graph.node("Div", [wave, graph.node("Where", [silent, graph.float32(1), peak])]);
}

/** A number of rows → the places that they cover, [rows, width]: each row begins a step behind the one before. */
function placesOf(graph: Graph, rows: string, width: number, step: number): string {
  const range = (count: string) => graph.node("Range", [graph.int64([0], []), count, graph.int64([1], [])]);
  const starts = graph.node("Mul", [range(rows), graph.int64([step], [])]);
  const column = graph.node("Unsqueeze", [starts, graph.int64([1])]);
  return graph.node("Add", [column, range(graph.int64([width], []))]);
}

/** [samples] → [segments, segmentSamples]: what is too short for one is repeated, the remainder dropped. */
function cut(graph: Graph, wave: string, { segmentSamples, segmentStep }: FrontEnd): string {
  const samples = graph.node("Shape", [wave]);
  const spare = graph.node("Max", [
    graph.node("Sub", [samples, graph.int64([segmentSamples])]),
    graph.int64([0]),
  ]);
  const last = graph.node("Squeeze", [graph.node("Div", [spare, graph.int64([segmentStep])])]);
  const count = graph.node("Add", [last, graph.int64([1], [])]);
  const places = placesOf(graph, count, segmentSamples, segmentStep);
  return graph.node("Gather", [wave, graph.node("Mod", [places, samples])], { axis: 0n });
}

/** A mel power spectrogram. */
interface Mel extends Pick<LogMel, "sampleRate" | "nFft" | "winLength" | "hopLength" | "nMels"> {
  readonly normalized: boolean;
  /** Whether the window is one period of a cosine, or symmetric. */
  readonly periodic: boolean;
  readonly melScale: "htk" | "slaney" | "kaldi";
  readonly norm: "slaney" | null;
  readonly fMax: number | undefined;
}

/** The real and then the imaginary parts of all bins: [nFft, 2 · bins]. */
function fourierMatrix(mel: Mel): Float64Array {
  const { nFft } = mel;
  const window = hannInFrame(mel);
  const bins = Math.floor(nFft / 2) + 1;
  const matrix = new Float64Array(nFft * 2 * bins);
  for (let n = 0; n < nFft; n++) {
    for (let k = 0; k < bins; k++) {
      const angle = (2 * Math.PI * ((n * k) % nFft)) / nFft;
      matrix[n * 2 * bins + k] = window[n]! * Math.cos(angle);
      matrix[n * 2 * bins + bins + k] = -window[n]! * Math.sin(angle);
    }
  }
  return matrix;
}

/** Waves [n, samples] → their mel power spectra, float64 [n, frames, nMels]. */
function melPower(graph: Graph, waves: string, mel: Mel): string {
  const { nFft, hopLength, nMels, sampleRate, melScale, norm, fMax } = mel;
  const bins = Math.floor(nFft / 2) + 1;
  const side = Math.floor(nFft / 2);
  const padded = graph.node("Pad", [waves, graph.int64([0, side, 0, side])], { mode: "reflect" });
  const samples = graph.node("Gather", [graph.node("Shape", [padded]), graph.int64([1], [])]);
  const hops = graph.node("Div", [
    graph.node("Sub", [samples, graph.int64([nFft], [])]),
    graph.int64([hopLength], []),
  ]);
  const frames = graph.node("Add", [hops, graph.int64([1], [])]);
  const framed = graph.node("Gather", [padded, placesOf(graph, frames, nFft, hopLength)], { axis: 1n });
  const exact = graph.node("Cast", [framed], { to: 11n });
  const matrix = graph.float64(fourierMatrix(mel), [nFft, 2 * bins]);
  const spectrum = graph.node("MatMul", [exact, matrix]);
  const squares = graph.node("Mul", [spectrum, spectrum]);
  const bank = audio.melFilterBank(bins, { sampleRate, nMels, melScale, norm, fMax });
  // Real and imaginary parts have the same weights: their squares are added up with those of a band.
  const twice = new Float64Array([...bank, ...bank]);
  return graph.node("MatMul", [squares, graph.float64(twice, [2 * bins, nMels])]);
}

/** [n, frames, nMels], float64 → [n, nMels, frames], float32. */
function turned(graph: Graph, spectra: string): string {
  return graph.node("Transpose", [graph.node("Cast", [spectra], { to: 1n })], { perm: ints([0, 2, 1]) });
}

/** Segments [n, samples] → [n, nMels, frames] in dB, no lower than topDb below each segment's loudest. */
function decibels(graph: Graph, segments: string, frontEnd: LogMel): string {
  const mel = { ...frontEnd, periodic: true, fMax: undefined };
  const power = melPower(graph, segments, mel);
  const audible = graph.node("Max", [power, graph.float64(SMALLEST_POWER)]);
  const exact = graph.node("Mul", [graph.node("Log", [audible]), graph.float64(10 / Math.LN10)]);
  const rows = turned(graph, exact);
  const loudest = graph.node("ReduceMax", [rows], { axes: ints([1, 2]), keepdims: 1n });
  return graph.node("Max", [rows, graph.node("Sub", [loudest, graph.float32(frontEnd.topDb)])]);
}

/** Waves [n, samples] → pictures [n, 1, nMels, frames] as networks trained on AudioSet hear: see features/audio-set.ts. */
export function pictures(graph: Graph, waves: string): string {
  const { preemphasis, ...settings } = AUDIO_SET;
  const part = (from: number, to: number) =>
    graph.node("Slice", [waves, graph.int64([from]), graph.int64([to]), graph.int64([1])]);
  const before = graph.node("Mul", [part(0, -1), graph.float32(preemphasis)]);
  const lifted = graph.node("Sub", [part(1, 2 ** 31 - 1), before]);
  const mel = { ...settings, normalized: false, periodic: false, melScale: "kaldi", norm: null } as const;
  const power = melPower(graph, lifted, mel);
  const logarithm = graph.node("Log", [graph.node("Add", [power, graph.float64(1e-5)])]);
  const raised = graph.node("Add", [logarithm, graph.float64(4.5)]);
  const rows = turned(graph, graph.node("Div", [raised, graph.float64(5)]));
  return graph.node("Unsqueeze", [rows, graph.int64([1])]);
}

/** A sound [samples] → its examples [n, …shape], and which are silent, [n]. */
export function examplesOf(
  graph: Graph,
  wave: string,
  frontEnd: FrontEnd,
): { examples: string; silent: string } {
  const segments = cut(graph, frontEnd.peakNormalized ? peakNormalized(graph, wave) : wave, frontEnd);
  if (frontEnd.kind === "log-mel") {
    const examples = decibels(graph, segments, frontEnd);
    const mean = graph.node("ReduceMean", [examples], { axes: ints([1, 2]), keepdims: 0n });
    const below = frontEnd.silenceIncludesEqual ? "LessOrEqual" : "Less";
    return { examples, silent: graph.node(below, [mean, graph.float32(frontEnd.silenceDb)]) };
  }
  const squares = graph.node("Mul", [segments, segments]);
  const power = graph.node("ReduceMean", [squares], { axes: [1n], keepdims: 0n });
  const silent = graph.node("Less", [power, graph.float32(10 ** (frontEnd.silenceDb / 10))]);
  return { examples: frontEnd.kind === "waveform" ? segments : pictures(graph, segments), silent };
}

/** Examples with the training's mean and deviation taken out. */
export function standardized(graph: Graph, examples: string, { mean, deviation }: Standardization): string {
  const centred = graph.node("Sub", [examples, graph.float32(mean)]);
  return graph.node("Div", [centred, graph.float32(deviation)]);
}

/** What the network is fed with, of examples. */
export function networkInput(graph: Graph, examples: string, { network, frontEnd }: Recipe): string {
  if (network.kind === "transfer") return examples;
  const channel = graph.node("Unsqueeze", [examples, graph.int64([1])]);
  if (network.kind === "piczak") return withDeltas(graph, channel, network.deltaWidth);
  if (network.kind === "convnet") return withHeights(graph, channel, frontEnd as LogMel);
  return channel;
}

/** Segments [n, 1, nMels, frames] → [n, 2, nMels, frames], the band the second channel, from −1 to 1. */
function withHeights(graph: Graph, channel: string, { nMels }: LogMel): string {
  const heights = graph.float32(
    counted(nMels).map((band) => (2 * band) / Math.max(1, nMels - 1) - 1),
    [1, 1, nMels, 1],
  );
  const everywhere = graph.node("Expand", [heights, graph.node("Shape", [channel])]);
  return graph.node("Concat", [channel, everywhere], { axis: 1n });
}

/** Segments [n, 1, nMels, frames] → [n, 2, nMels, frames], their deltas the second channel. */
function withDeltas(graph: Graph, channel: string, deltaWidth: number): string {
  const reach = Math.floor((deltaWidth - 1) / 2);
  const slopes = counted(2 * reach + 1).map((i) => i - reach);
  const denominator = slopes.reduce((sum, n) => sum + n * n, 0);
  const kernel = graph.float32(
    slopes.map((n) => n / denominator),
    [1, 1, 1, slopes.length],
  );
  const sides = graph.int64([0, 0, 0, reach, 0, 0, 0, reach]);
  const deltas = graph.node("Conv", [graph.node("Pad", [channel, sides], { mode: "edge" }), kernel]);
  return graph.node("Concat", [channel, deltas], { axis: 1n });
}

/** Probabilities, or similarities, of segments [n, classes] → the sound's [classes]: the mean of the audible ones, or of all where none is. */
export function voted(graph: Graph, probabilities: string, silent: string): string {
  const audible = graph.node("Cast", [graph.node("Not", [silent])], { to: 1n });
  const most = graph.node("ReduceMax", [audible], { keepdims: 1n });
  const some = graph.node("Greater", [most, graph.float32(0)]);
  const votes = graph.node("Where", [some, audible, graph.float32(1)]);
  const row = graph.node("Unsqueeze", [votes, graph.int64([0])]);
  const sum = graph.node("MatMul", [row, probabilities]);
  const count = graph.node("ReduceSum", [votes], { keepdims: 1n });
  return graph.node("Squeeze", [graph.node("Div", [sum, count]), graph.int64([0])]);
}

/** Embeddings [n, size] → their cosine similarities to the classes' means, [n, classes]: see learning/openset/embeddings.ts. */
export function similaritiesTo(graph: Graph, embeddings: string, { values, size }: Directions): string {
  const classes = values.length / size;
  const columns = Float32Array.from(
    values,
    (_, i) => values[(i % classes) * size + Math.floor(i / classes)]!,
  );
  const lengths = graph.node("ReduceL2", [embeddings], { axes: [1n], keepdims: 1n });
  const unit = graph.node("Div", [embeddings, graph.node("Max", [lengths, graph.float32(1e-12)])]);
  return graph.node("MatMul", [unit, graph.float32(columns, [size, classes])]);
}
