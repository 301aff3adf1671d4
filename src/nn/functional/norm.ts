// F: Normalisation.
import { formatShape, type Shape, sameShape, sizeOf } from "../../gpu/shape.ts";
import { type BatchNormAttrs, batchNorm as batchNormOp } from "../../kernels/norms/batchNorm.ts";
import {
  groupNorm as groupNormOp,
  layerNorm as layerNormOp,
  type RowNormAttrs,
  rmsNorm as rmsNormOp,
} from "../../kernels/norms/rowNorm.ts";
import { pad } from "../../kernels/shapes/pad.ts";
import { requireFloat } from "../../kernels/shared/require.ts";
import { derive } from "../../tensor/autograd/derive.ts";
import { noGrad } from "../../tensor/autograd/grad-mode.ts";
import { composed } from "../../tensor/autograd/gradients.ts";
import { wantNumbers, wantTensor, wantTensorOrNull, wantWhole } from "../../tensor/check.ts";
import { arrayOf } from "../../tensor/handle.ts";
import { naming } from "../../tensor/naming.ts";
import { BOOLEAN, NUMBER, takes } from "../../tensor/options.ts";
import { scope } from "../../tensor/scope.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import { avgPool2d } from "./pooling.ts";

/** What batchNorm takes beside its tensors. */
export interface BatchNormOptions {
  /** Whether to normalise by the batch's own statistics, and move the running ones, or by the running ones. */
  training?: boolean;
  /** Share of the batch's statistics that goes into the running ones. */
  momentum?: number;
  /** Added to the variance. */
  eps?: number;
}

const batchNormOptions = takes("batchNorm", 6, { training: BOOLEAN, momentum: NUMBER, eps: NUMBER });

/**
 * Each channel of x [samples, channels, …] to mean 0 and variance 1, times weight plus bias (each [channels] or null).
 * Training changes runningMean and runningVar in place, as PyTorch does: (1 − momentum) · running + momentum · batch,
 * with the unbiased variance. They may be null there.
 * @shape [samples, channels, ...], [channels], [channels], [channels], [channels] → the same
 * @example F.batchNorm(tensor([[1], [3]]), null, null, null, null, { training: true }); // → [[-1], [1]]
 */
export function batchNorm(
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  options?: BatchNormOptions,
  ...more: never[]
): Tensor {
  batchNormOptions(options, more);
  return batchNormThen(x, runningMean, runningVar, weight, bias, { ...options, relu: false });
}

/** The same, and in the same pass over memory max(·, 0) where `relu` says so. It is not F's: layers use it. */
export function batchNormThen(
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  weight: Tensor | null,
  bias: Tensor | null,
  { training = false, momentum = 0.1, eps = 1e-5, relu }: BatchNormOptions & { relu: boolean },
): Tensor {
  wantTensor("batchNorm", "the input", x);
  wantTensorOrNull("batchNorm", "runningMean", runningMean);
  wantTensorOrNull("batchNorm", "runningVar", runningVar);
  wantTensorOrNull("batchNorm", "the weight", weight);
  wantTensorOrNull("batchNorm", "the bias", bias);
  const inputs = [x, weight, bias].filter((tensor) => tensor !== null);
  return apply(batchNormOp, inputs, {
    training,
    momentum,
    eps,
    runningMean: runningMean && arrayOf(runningMean),
    runningVar: runningVar && arrayOf(runningVar),
    weight: weight !== null,
    bias: bias !== null,
    relu,
  });
}

/** x̂ · weight + bias, each of which may not be there. */
function scaled(normalized: Tensor, [weight, bias]: readonly (Tensor | null)[]): Tensor {
  const y = weight ? normalized.mul(weight) : normalized;
  return bias ? y.add(bias) : y;
}

/** Weight and bias among the inputs behind x. */
function affine([, ...rest]: readonly Tensor[], { weight, bias }: { weight: boolean; bias: boolean }) {
  return [weight ? rest[0]! : null, bias ? rest.at(-1)! : null];
}

derive(
  batchNormOp,
  composed<BatchNormAttrs>((inputs, attrs, of) => {
    const x = inputs[0]!;
    const channels = [x.shape[1]!, ...x.shape.slice(2).fill(1)];
    const axes = x.shape.flatMap((_, dim) => (dim === 1 ? [] : [dim]));
    // The running statistics as forward found them (its Channel in batchNorm.wgsl): they may have moved since.
    const known = (column: number) => of.kept()[1]!.select(1, column).reshape(channels);
    const centred = x.sub(attrs.training ? x.mean(axes, true) : known(0));
    const variance = attrs.training ? centred.square().mean(axes, true) : known(3);
    const each = affine(inputs, attrs).map((tensor) => tensor?.reshape(channels) ?? null);
    const y = scaled(centred.div(variance.add(attrs.eps).sqrt()), each);
    return attrs.relu ? y.relu() : y;
  }),
);

for (const op of [layerNormOp, rmsNormOp, groupNormOp])
  derive(
    op,
    composed<RowNormAttrs>((inputs, attrs) => {
      const x = inputs[0]!;
      const { dims, groups, eps } = attrs;
      const rows = dims === undefined ? x.reshape([x.shape[0]!, groups!, -1]) : x.flatten(x.ndim - dims);
      const centred = op === rmsNormOp ? rows : rows.sub(rows.mean(-1, true));
      const normalized = centred.div(centred.square().mean(-1, true).add(eps).sqrt()).reshape(x.shape);
      const channels = dims === undefined ? [x.shape[1]!, ...x.shape.slice(2).fill(1)] : null;
      const each = affine(inputs, attrs).map((tensor) =>
        channels ? (tensor?.reshape(channels) ?? null) : tensor,
      );
      return scaled(normalized, each);
    }),
  );

/** What layer, group and RMS norms take beside their tensors. */
export interface NormOptions {
  /** Added to the variance. */
  eps?: number;
}

const layerNormOptions = takes("layerNorm", 5, { eps: NUMBER });

/**
 * Each row of x to mean 0 and variance 1, times weight plus bias (each of the row's shape, or null). A row is what the
 * last dimensions hold, whose sizes `shape` names: x [..., ...shape] → the same shape (Ba, Kiros & Hinton 2016).
 * @shape [..., ...row], [...row], [...row] → the same
 * @example F.layerNorm(tensor([[1, 3]]), [2]); // → [[-1, 1]]
 */
export function layerNorm(
  x: Tensor,
  shape: Shape,
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  options?: NormOptions,
  ...more: never[]
): Tensor {
  checkRow("layerNorm", x, shape, weight);
  wantTensorOrNull("layerNorm", "the bias", bias);
  layerNormOptions(options, more);
  const attrs = { dims: shape.length, eps: options?.eps ?? 1e-5 };
  return normalized(layerNormOp, x, weight, bias, attrs);
}

const rmsNormOptions = takes("rmsNorm", 4, { eps: NUMBER });

/** Float32's, which is PyTorch's default. */
const EPSILON = 2 ** -23;

/**
 * Each row of x over its root mean square, times weight (of the row's shape, or null); rows as layerNorm's (Zhang & Sennrich 2019).
 * @shape [..., ...row], [...row] → the same
 * @example F.rmsNorm(tensor([[3, 4]]), [2]); // → [[0.8485, 1.1314]]
 */
export function rmsNorm(
  x: Tensor,
  shape: Shape,
  weight: Tensor | null = null,
  options?: NormOptions,
  ...more: never[]
): Tensor {
  checkRow("rmsNorm", x, shape, weight);
  rmsNormOptions(options, more);
  return normalized(rmsNormOp, x, weight, null, { dims: shape.length, eps: options?.eps ?? EPSILON });
}

function checkRow(name: string, x: Tensor, shape: Shape, weight: Tensor | null): void {
  wantTensor(name, "the input", x);
  wantNumbers(name, "the row's shape is a list", shape);
  wantTensorOrNull(name, "the weight", weight);
  if (shape.length > 0 && sameShape(x.shape.slice(-shape.length), shape)) return;
  throw new RangeError(
    `${name}: rows ${formatShape(shape)} are not the last dimensions of ${formatShape(x.shape)}`,
  );
}

function normalized(
  op: typeof layerNormOp,
  x: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  attrs: Omit<RowNormAttrs, "weight" | "bias">,
): Tensor {
  const inputs = [x, weight, bias].filter((tensor) => tensor !== null);
  return apply(op, inputs, { ...attrs, weight: weight !== null, bias: bias !== null });
}

const groupNormOptions = takes("groupNorm", 5, { eps: NUMBER });

/**
 * The channels of each sample of x [samples, channels, …] in `groups` groups, each to mean 0 and variance 1; then each
 * channel times weight plus bias (each [channels] or null) (Wu & He 2018).
 * @shape [samples, channels, ...], [channels], [channels] → the same
 * @example F.groupNorm(ones([2, 6, 5]), 3).shape; // → [2, 6, 5]
 */
export function groupNorm(
  x: Tensor,
  groups: number,
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  options?: NormOptions,
  ...more: never[]
): Tensor {
  wantTensor("groupNorm", "the input", x);
  wantWhole("groupNorm", { groups }, 1);
  wantTensorOrNull("groupNorm", "the weight", weight);
  wantTensorOrNull("groupNorm", "the bias", bias);
  groupNormOptions(options, more);
  const { shape } = x;
  wantChannels("groupNorm", shape);
  if (shape[1]! % groups !== 0) {
    throw new RangeError(
      `groupNorm: ${shape[1]} channels of ${formatShape(shape)} do not make ${groups} groups`,
    );
  }
  // PyTorch counts over the samples, too.
  if (x.numel() / groups === 1) throw tooFew("groupNorm", "group", shape);
  return normalized(groupNormOp, x, weight, bias, { groups, eps: options?.eps ?? 1e-5 });
}

function wantChannels(name: string, shape: Shape): void {
  if (shape.length >= 2) return;
  throw new RangeError(`${name}: wants an input [samples, channels, …], got ${formatShape(shape)}`);
}

function tooFew(name: string, what: string, shape: Shape): RangeError {
  return new RangeError(`${name}: wants more than one element a ${what}, ${formatShape(shape)} has 1`);
}

/** What instanceNorm takes beside its tensors. */
export interface InstanceNormOptions extends NormOptions {
  /** Whether to normalise by the input's own statistics, and move the running ones, or by the running ones. */
  useInputStats?: boolean;
  /** Share of the input's statistics that goes into the running ones. */
  momentum?: number;
}

const instanceNormOptions = takes("instanceNorm", 6, {
  useInputStats: BOOLEAN,
  momentum: NUMBER,
  eps: NUMBER,
});

/**
 * Each channel of each sample of x [samples, channels, …] to mean 0 and variance 1, times weight plus bias (each [channels]
 * or null) (Ulyanov, Vedaldi & Lempitsky 2016). Running statistics, where there are any, move in place as PyTorch's do, by
 * the average over the samples, or are what is normalised by where `useInputStats` is false.
 * @shape [samples, channels, ...], [channels], [channels], [channels], [channels] → the same
 * @example F.instanceNorm(tensor([[[1, 3]]])); // → [[[-1, 1]]]
 */
export function instanceNorm(
  x: Tensor,
  runningMean: Tensor | null = null,
  runningVar: Tensor | null = null,
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  options?: InstanceNormOptions,
  ...more: never[]
): Tensor {
  wantTensor("instanceNorm", "the input", x);
  wantTensorOrNull("instanceNorm", "runningMean", runningMean);
  wantTensorOrNull("instanceNorm", "runningVar", runningVar);
  wantTensorOrNull("instanceNorm", "the weight", weight);
  wantTensorOrNull("instanceNorm", "the bias", bias);
  instanceNormOptions(options, more);
  const { useInputStats = true, momentum = 0.1, eps = 1e-5 } = options ?? {};
  wantChannels("instanceNorm", x.shape);
  if ((runningMean === null) !== (runningVar === null) || (runningMean === null && !useInputStats)) {
    const instead = useInputStats ? ", or neither" : "";
    throw new RangeError(`instanceNorm: wants a running mean and a running variance${instead}`);
  }
  if (!useInputStats)
    return naming("instanceNorm", () => batchNorm(x, runningMean, runningVar, weight, bias, { eps }));
  if (sizeOf(x.shape.slice(2)) === 1) throw tooFew("instanceNorm", "channel", x.shape);
  requireFloat("instanceNorm", arrayOf(x));
  for (const [what, running] of Object.entries({ runningMean, runningVar }))
    if (running !== null && !sameShape(running.shape, [x.shape[1]!]))
      throw new RangeError(
        `instanceNorm: ${what} ${formatShape(running.shape)} does not fit the ${x.shape[1]} channels of ${formatShape(x.shape)}`,
      );
  const y = normalized(groupNormOp, x, weight, bias, { groups: x.shape[1]!, eps });
  if (runningMean !== null && runningVar !== null) moveRunning(x, runningMean, runningVar, momentum);
  return y;
}

/** running ← (1 − momentum) · running + momentum · the average over the samples; variances are the unbiased ones. */
function moveRunning(x: Tensor, runningMean: Tensor, runningVar: Tensor, momentum: number): void {
  noGrad(() => {
    const rows = x.reshape([x.shape[0]!, x.shape[1]!, -1]);
    const variances = rows.variance(2, { correction: 1 });
    for (const [running, found] of [
      [runningMean, rows.mean([0, 2])],
      [runningVar, variances.mean(0)],
    ] as const)
      running.copy_(running.mul(1 - momentum).add(found.mul(momentum)));
  });
}

/** What localResponseNorm takes beside the tensor and the size. */
export interface LocalResponseNormOptions {
  alpha?: number;
  beta?: number;
  k?: number;
}

const localResponseNormOptions = takes("localResponseNorm", 3, { alpha: NUMBER, beta: NUMBER, k: NUMBER });

/**
 * x / (k + alpha · mean of the squares of `size` neighbouring channels)^beta, channels beyond the ends being 0: x [samples,
 * channels, …] → the same shape (Krizhevsky, Sutskever & Hinton 2012).
 * @shape [samples, channels, ...] → the same
 * @example F.localResponseNorm(ones([1, 4, 3]), 2).shape; // → [1, 4, 3]
 */
export function localResponseNorm(
  x: Tensor,
  size: number,
  options?: LocalResponseNormOptions,
  ...more: never[]
): Tensor {
  wantTensor("localResponseNorm", "the input", x);
  wantWhole("localResponseNorm", { size }, 1);
  localResponseNormOptions(options, more);
  const { alpha = 1e-4, beta = 0.75, k = 1 } = options ?? {};
  const { shape } = x;
  if (shape.length < 3)
    throw new RangeError(
      `localResponseNorm: wants an input [samples, channels, length, …], got ${formatShape(shape)}`,
    );
  if (x.numel() === 0) return x;
  return scope(() => {
    const squares = x.square().reshape([shape[0]!, 1, shape[1]!, sizeOf(shape.slice(2))]);
    const around: [number, number] = [Math.floor(size / 2), Math.floor((size - 1) / 2)];
    const padded = apply(pad, [squares], { padding: [[0, 0], [0, 0], around, [0, 0]], value: 0 });
    const means = avgPool2d(padded, [size, 1], { stride: 1 }).reshape(shape);
    return x.div(means.mul(alpha).add(k).pow(beta));
  }, "localResponseNorm");
}
