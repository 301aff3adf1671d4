// What each layer is in ONNX: the operators that give its output, as it computes in evaluation mode.
import { nn } from "../../index.ts";
import { type NumberOrPair, pair } from "../../nn/functional/pair.ts";
import type { HostArray } from "../files/arrays.ts";
import { UserError } from "../terminal/errors.ts";
import { type Graph, ints } from "./graph.ts";
import type { Attribute } from "./onnx.ts";

/** Writes a module's operators; gives the name of its output. `path` is the module's name in the state dict, "" the top. */
export type Write<M> = (module: M, x: string, writer: Writer, path: string) => string;
/** Which kind of module is written how. A kind is a class, and no class that derives from it. */
export type Kinds = ReadonlyMap<unknown, Write<never>>;

/** An entry of the table. */
export function on<M extends nn.Module>(
  kind: new (...args: never[]) => M,
  write: Write<M>,
): [unknown, Write<never>] {
  return [kind, write as Write<never>];
}

/** The name of what is inside a module. */
export const inside = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);

/** Writes modules into a graph, with weights from the state dict. */
export class Writer {
  /** What each module was given. */
  private readonly given = new Map<nn.Module, string>();

  constructor(
    readonly graph: Graph,
    private readonly kinds: Kinds,
    private readonly state: Readonly<Record<string, HostArray>>,
  ) {}

  /** The output of a module for the input x. Throws UserError where there is no ONNX for it. */
  write(module: nn.Module, x: string, path: string): string {
    const write = this.kinds.get(module.constructor) as Write<nn.Module> | undefined;
    if (write === undefined)
      throw this.impossible(module, path, "it is not among the layers that are written");
    this.given.set(module, x);
    return write(module, x, this, path);
  }

  /** The input of a module that was written. */
  inputOf(module: nn.Module): string {
    return this.given.get(module)!;
  }

  /** Modules one after another. */
  chain(modules: readonly [name: string, module: nn.Module][], x: string, path: string): string {
    return modules.reduce((value, [name, module]) => this.write(module, value, inside(path, name)), x);
  }

  weight(path: string, name: string): string {
    const key = inside(path, name);
    return this.graph.weight(key, this.state[key]!);
  }

  impossible(module: nn.Module, path: string, why: string): UserError {
    return new UserError(`${module.constructor.name}${path === "" ? "" : ` (${path})`} has no ONNX: ${why}`);
  }
}

const bare = (operator: string, attributes: Record<string, Attribute> = {}) =>
  ((_, x, { graph }) => graph.node(operator, [x], attributes)) satisfies Write<nn.Module>;

const nothing: Write<nn.Module> = (_, x) => x;

const both = (value: NumberOrPair, what: string, least = 1): number[] => [...pair(value, what, least)];
/** Before and behind each side. */
const around = (sides: readonly number[]): bigint[] => ints([...sides, ...sides]);

const conv =
  (sides: (value: NumberOrPair, what: string, least?: number) => number[]): Write<nn.Conv1d | nn.Conv2d> =>
  (layer, x, writer, path) => {
    const options = layer.options as nn.Conv2d["options"];
    const { stride = 1, padding = 0, dilation = 1, groups = 1, paddingMode = "zeros" } = options;
    if (paddingMode !== "zeros") throw writer.impossible(layer, path, `its padding is "${paddingMode}"`);
    const bias = layer.bias === null ? [] : [writer.weight(path, "bias")];
    return writer.graph.node("Conv", [x, writer.weight(path, "weight"), ...bias], {
      kernel_shape: ints(layer.weight.shape.slice(2)),
      strides: ints(sides(stride, "stride")),
      dilations: ints(sides(dilation, "dilation")),
      group: BigInt(groups),
      // Where one zero more is wanted on one side, it comes behind.
      ...(padding === "same"
        ? { auto_pad: "SAME_UPPER" }
        : { pads: around(sides(padding === "valid" ? 0 : padding, "padding", 0)) }),
    });
  };

const maxPool =
  (
    sides: (value: NumberOrPair, what: string, least?: number) => number[],
  ): Write<nn.MaxPool1d | nn.MaxPool2d> =>
  ({ kernelSize, options }, x, { graph }) => {
    const { stride, padding = 0, dilation = 1, ceilMode = false } = options;
    return graph.node("MaxPool", [x], {
      kernel_shape: ints(sides(kernelSize, "kernelSize")),
      strides: ints(sides(stride ?? kernelSize, "stride")),
      dilations: ints(sides(dilation, "dilation")),
      pads: around(sides(padding, "padding", 0)),
      ceil_mode: ceilMode ? 1n : 0n,
    });
  };

const avgPool =
  (
    sides: (value: NumberOrPair, what: string, least?: number) => number[],
  ): Write<nn.AvgPool1d | nn.AvgPool2d> =>
  (layer, x, writer, path) => {
    const options = layer.options as nn.AvgPool2d["options"];
    const { stride, padding = 0, ceilMode = false, countIncludePad = true, divisorOverride = null } = options;
    if (ceilMode || divisorOverride !== null)
      throw writer.impossible(layer, path, "ceilMode and divisorOverride are PyTorch's alone");
    return writer.graph.node("AveragePool", [x], {
      kernel_shape: ints(sides(layer.kernelSize, "kernelSize")),
      strides: ints(sides(stride ?? layer.kernelSize, "stride")),
      pads: around(sides(padding, "padding", 0)),
      count_include_pad: countIncludePad ? 1n : 0n,
    });
  };

const oneSide = (value: NumberOrPair): number[] => [value as number];

const batchNorm: Write<nn.BatchNorm1d | nn.BatchNorm2d> = (layer, x, writer, path) => {
  if (layer.weight === null || layer.runningMean === null)
    throw writer.impossible(layer, path, "it has no weights, or remembers no statistics");
  const weights = ["weight", "bias", "running_mean", "running_var"].map((name) => writer.weight(path, name));
  return writer.graph.node("BatchNormalization", [x, ...weights], { epsilon: layer.eps });
};

const linear: Write<nn.Linear> = (layer, x, writer, path) => {
  const bias = layer.bias === null ? [] : [writer.weight(path, "bias")];
  return writer.graph.node("Gemm", [x, writer.weight(path, "weight"), ...bias], { transB: 1n });
};

/** Means over what is left of each channel. */
const globalAverage: Write<nn.AdaptiveAvgPool1d | nn.AdaptiveAvgPool2d> = (layer, x, writer, path) => {
  if ([layer.outputSize].flat().some((n) => n !== 1))
    throw writer.impossible(layer, path, "only windows that are the whole of a channel are written");
  return writer.graph.node("GlobalAveragePool", [x]);
};

const flatten: Write<nn.Flatten> = (layer, x, writer, path) => {
  if (layer.start !== 1 || layer.end !== -1)
    throw writer.impossible(layer, path, "only what follows the first dimension is joined");
  return writer.graph.node("Flatten", [x], { axis: 1n });
};

const silu: Write<nn.SiLU> = (_, x, { graph }) => graph.node("Mul", [x, graph.node("Sigmoid", [x])]);

/** ½ x (1 + erf(x / √2)) */
const gelu: Write<nn.GELU> = (layer, x, writer, path) => {
  if (layer.approximate !== "none") throw writer.impossible(layer, path, 'approximate is not "none"');
  const { graph } = writer;
  const erf = graph.node("Erf", [graph.node("Div", [x, graph.float32(Math.SQRT2)])]);
  const half = graph.node("Mul", [x, graph.float32(0.5)]);
  return graph.node("Mul", [half, graph.node("Add", [erf, graph.float32(1)])]);
};

export const LAYERS: Kinds = new Map([
  on(nn.Sequential, (layer, x, writer, path) => writer.chain(layer.namedChildren(), x, path)),
  on(nn.Conv1d, conv(oneSide)),
  on(nn.Conv2d, conv(both)),
  on(nn.Linear, linear),
  on(nn.BatchNorm1d, batchNorm),
  on(nn.BatchNorm2d, batchNorm),
  on(nn.MaxPool1d, maxPool(oneSide)),
  on(nn.MaxPool2d, maxPool(both)),
  on(nn.AvgPool1d, avgPool(oneSide)),
  on(nn.AvgPool2d, avgPool(both)),
  on(nn.AdaptiveAvgPool1d, globalAverage),
  on(nn.AdaptiveAvgPool2d, globalAverage),
  on(nn.Flatten, flatten),
  on(nn.Identity, nothing),
  on(nn.Dropout, nothing),
  on(nn.Dropout1d, nothing),
  on(nn.Dropout2d, nothing),
  on(nn.ReLU, bare("Relu")),
  on(nn.Sigmoid, bare("Sigmoid")),
  on(nn.Tanh, bare("Tanh")),
  on(nn.Hardswish, bare("HardSwish")),
  on(nn.Hardsigmoid, bare("HardSigmoid", { alpha: 1 / 6, beta: 0.5 })),
  on(nn.ReLU6, (_, x, { graph }) => graph.node("Clip", [x, graph.float32(0), graph.float32(6)])),
  on(nn.LeakyReLU, (layer, x, { graph }) => graph.node("LeakyRelu", [x], { alpha: layer.negativeSlope })),
  on(nn.ELU, (layer, x, { graph }) => graph.node("Elu", [x], { alpha: layer.alpha })),
  on(nn.SiLU, silu),
  on(nn.GELU, gelu),
  on(nn.Softmax, (layer, x, { graph }) => graph.node("Softmax", [x], { axis: BigInt(layer.axis) })),
  on(nn.LogSoftmax, (layer, x, { graph }) => graph.node("LogSoftmax", [x], { axis: BigInt(layer.axis) })),
]);
