// Batch normalisation over each channel, in training (statistics of the batch, running ones updated) and in
// evaluation (running statistics), and its gradients.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "../../gpu/shape.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { requireFloat } from "../shared/require.ts";
import { unroll } from "../shared/unroll.ts";
import source from "./batchNorm.wgsl" with { type: "text" };
import { normLater } from "./foldNorm.ts";

const kernel = defineKernel({
  name: "batchNorm",
  code: (sizes) => [nan, unroll(source, sizes)].join("\n"),
  entries: {
    partialMoments: ["read", "write"],
    mergeMoments: ["read", "read", "write"],
    updateRunning: ["read", "write", "write"],
    fromRunning: ["read", "read", "write"],
    normalize: ["read", "write", "read", "read", "read"],
    partialGradients: ["read", "write", "read", "read", "read", "read"],
    mergeGradients: ["read", "write", "write"],
    gradient: ["read", "write", "read", "read", "read", "read", "read", "read"],
  },
});

export interface BatchNormAttrs {
  training: boolean;
  /** The weight of the new batch in the running statistics. */
  momentum: number;
  eps: number;
  /** Float32 [channels] each. Updated in place by the forward pass in training, where they may be null. */
  runningMean: DeviceArray | null;
  runningVar: DeviceArray | null;
  /** Whether a weight, and a bias, is among the inputs. */
  weight: boolean;
  bias: boolean;
  /** Whether relu follows. */
  relu?: boolean;
}

/** Elements that one invocation of a GPU writes at most, where each is computed on its own; a CPU's takes long runs. */
const CHUNK = { gpu: 16, software: 1024 };

/**
 * How x [samples, channels, …] is walked in splits of about `length` elements: see `Params` in batchNorm.wgsl. A CPU's eight
 * lanes walk side by side, and four elements at a time where rows are whole vec4s. There workgroups that shared a row would
 * fetch the same stretches of memory in turn, in half the speed: only long rows are shared.
 */
function geometry(x: Shape, { eps, momentum }: BatchNormAttrs, length: number) {
  const [samples, channels] = x as [number, number];
  const { software } = device().adapter;
  const elements = sizeOf(x.slice(2));
  const VECTORS = software && elements % 4 === 0 ? 1 : 0;
  const width = VECTORS === 1 ? 4 : 1;
  const inner = elements / width;
  const wanted = Math.ceil(elements / length);
  const splitsInner = software ? Math.min(inner, 8 * Math.max(Math.round(wanted / 32), 1)) : wanted;
  const rows = Math.max(1, Math.floor((length * splitsInner) / Math.max(elements, 1)));
  const splitsOuter = Math.ceil(samples / rows);
  const params = { samples, channels, inner, splitsOuter, splitsInner, eps, momentum };
  const workgroup = software ? 8 : 64;
  return {
    params,
    sizes: { VECTORS },
    constants: { WORKGROUP: workgroup },
    perChannel: linearGroups(channels, workgroup),
    perSplit: linearGroups(channels * splitsOuter * splitsInner, workgroup),
  };
}

type Geometry = ReturnType<typeof geometry>;

/** For sums: a split takes about √m of a channel's m elements; splitting and merging are then equally long chains. */
function forSums(x: Shape, attrs: BatchNormAttrs): Geometry {
  return geometry(x, attrs, Math.max(64, Math.ceil(Math.sqrt(sizeOf(x) / Math.max(x[1]!, 1)))));
}

/** For each element on its own. */
function forElements(x: Shape, attrs: BatchNormAttrs): Geometry {
  return geometry(x, attrs, device().adapter.software ? CHUNK.software : CHUNK.gpu);
}

function parts({ params: { splitsOuter, channels, splitsInner } }: Geometry): DeviceArray {
  return empty([splitsOuter, channels, splitsInner, 2], "float32", "batchNorm's partial sums");
}

function requireInputs(inputs: DeviceArray[], attrs: BatchNormAttrs): void {
  const { shape } = inputs[0]!;
  requireFloat("batchNorm", ...inputs);
  if (shape.length < 2) {
    throw new RangeError(`batchNorm: wants an input [samples, channels, …], got ${formatShape(shape)}`);
  }
  const names = [...(attrs.weight ? ["weight"] : []), ...(attrs.bias ? ["bias"] : [])];
  const perChannel: (readonly [string, DeviceArray | null])[] = [
    ...names.map((name, i) => [name, inputs[i + 1]!] as const),
    ["runningMean", attrs.runningMean],
    ["runningVar", attrs.runningVar],
  ];
  for (const [name, array] of perChannel) {
    if (array !== null && !sameShape(array.shape, [shape[1]!])) {
      throw new RangeError(
        `batchNorm: ${name} ${formatShape(array.shape)} does not fit the ${shape[1]} channels of ${formatShape(shape)}`,
      );
    }
  }
  if (attrs.training && sizeOf(shape) / shape[1]! === 1) {
    throw new RangeError(
      `batchNorm: training wants more than one element a channel, ${formatShape(shape)} has 1`,
    );
  }
  const known = [attrs.runningMean, attrs.runningVar].filter((array) => array !== null).length;
  if (known === 1 || (known === 0 && !attrs.training)) {
    throw new RangeError(
      "batchNorm: evaluation wants a running mean and a running variance, training both or neither",
    );
  }
}

/** What normalising each channel takes, in training after the batch moved the running statistics. */
function channelsOf(x: DeviceArray, g: Geometry, attrs: BatchNormAttrs): DeviceArray {
  const { training, runningMean, runningVar } = attrs;
  const { perChannel, perSplit, ...launch } = g;
  const channels = empty([x.shape[1]!, 4], "float32", "batchNorm's statistics");
  if (x.size === 0) return channels; // read by no element; the running ones stay as they are, as in PyTorch
  if (!training) {
    const arrays = [runningMean!, runningVar!, channels];
    kernel.launch("fromRunning", { arrays, groups: perChannel, ...launch });
    return channels;
  }
  const found = parts(g);
  kernel.launch("partialMoments", { arrays: [x, found], groups: perSplit, ...launch });
  kernel.launch("mergeMoments", { arrays: [x, found, channels], groups: perChannel, ...launch });
  found.release();
  if (runningMean !== null && runningVar !== null) {
    const arrays = [channels, runningMean, runningVar];
    kernel.launch("updateRunning", { arrays, groups: perChannel, ...launch });
  }
  return channels;
}

/** What is compiled in of what y is made of. */
function chosen({ weight, bias, relu = false }: BatchNormAttrs) {
  return { WEIGHT: weight ? 1 : 0, BIAS: bias ? 1 : 0, RELU: relu ? 1 : 0 };
}

/**
 * Inputs: x [samples, channels] or [samples, channels, …]; then weight and bias [channels], as far as `attrs` says
 * that there are. Running statistics as PyTorch keeps them: (1 − momentum) · running + momentum · batch, the
 * batch's variance being the unbiased one.
 */
export const batchNorm: Op<BatchNormAttrs> = {
  name: "batchNorm",
  forward(ctx, inputs, attrs) {
    requireInputs(inputs, attrs);
    const x = inputs[0]!;
    const weight = attrs.weight ? inputs[1]! : null;
    const bias = attrs.bias ? inputs[attrs.weight ? 2 : 1]! : null;
    if (!attrs.training && !ctx.recording) {
      const { runningMean: mean, runningVar: variance, eps } = attrs;
      const put = normLater(x, { mean: mean!, variance: variance!, weight, shift: bias, eps });
      if (put !== null) return put;
    }
    const channels = channelsOf(x, forSums(x.shape, attrs), attrs);
    const y = empty(x.shape, "float32", "batchNorm");
    const { params, sizes, constants, perSplit } = forElements(x.shape, attrs);
    kernel.launch("normalize", {
      arrays: [x, y, channels, bias ?? channels, weight ?? channels],
      params,
      sizes,
      constants: { ...constants, ...chosen(attrs) },
      groups: perSplit,
    });
    ctx.save(x, channels, weight ?? channels, (attrs.relu && bias) || channels);
    channels.release();
    return y;
  },
  backward(ctx, dy) {
    const [x, channels, weight, bias] = ctx.saved as [DeviceArray, DeviceArray, DeviceArray, DeviceArray];
    const { attrs } = ctx;
    const g = forSums(x.shape, attrs);
    const { perChannel, perSplit, ...launch } = g;
    const dWeight = empty([x.shape[1]!], "float32", "batchNorm's gradient");
    const dBias = empty([x.shape[1]!], "float32", "batchNorm's gradient");
    const sums = parts(g);
    kernel.launch("partialGradients", {
      arrays: [x, sums, channels, dy, weight, bias],
      ...launch,
      constants: { ...launch.constants, ...chosen(attrs) },
      groups: perSplit,
    });
    kernel.launch("mergeGradients", { arrays: [sums, dWeight, dBias], groups: perChannel, ...launch });
    sums.release();
    let dx: DeviceArray | null = null;
    if (ctx.needsInputGrad[0]) {
      dx = empty(x.shape, "float32", "batchNorm's gradient");
      const { params, sizes, constants, perSplit } = forElements(x.shape, attrs);
      kernel.launch("gradient", {
        arrays: [x, dx, channels, dy, weight, bias, dWeight, dBias],
        params,
        sizes,
        constants: { ...constants, ...chosen(attrs), TRAINING: attrs.training ? 1 : 0 },
        groups: perSplit,
      });
    }
    const gradients = [dx, ...(attrs.weight ? [dWeight] : []), ...(attrs.bias ? [dBias] : [])];
    if (!attrs.weight) dWeight.release();
    if (!attrs.bias) dBias.release();
    return gradients;
  },
};
