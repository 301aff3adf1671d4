// The public calls of F.
import { F, ones, zeros } from "otograd";
import { any, type Entry, grid, image, LIST } from "./entry.ts";

const { relu, sigmoid, tanh, softmax, logSoftmax, nllLoss, crossEntropy, maxPool2d, avgPool2d } = F;
const ACTIVATIONS = { relu, sigmoid, tanh };
const SOFTMAXES = { softmax, logSoftmax };
const LABEL_LOSSES = { nllLoss, crossEntropy };
const POOLS = { maxPool2d, avgPool2d };

const activation = (name: "relu" | "sigmoid" | "tanh"): Entry => ({
  valid: () => [grid()].map(ACTIVATIONS[name]),
  wrong: [[() => ACTIVATIONS[name](any([1, 2])), `${name}: the input ${LIST}`]],
  more: (extra) => ACTIVATIONS[name](grid(), ...([extra] as unknown as [])),
});

const softmaxOf = (name: "softmax" | "logSoftmax"): Entry => ({
  valid: () => SOFTMAXES[name](grid(), 1),
  wrong: [
    [() => SOFTMAXES[name](any([1, 2]), 0), `${name}: the input ${LIST}`],
    [() => SOFTMAXES[name](grid(), any(undefined)), `${name}: the dim is a whole number, got undefined`],
    [
      () => SOFTMAXES[name](grid(), any({ dim: 1 })),
      `${name}: the dim is a whole number, got { dim: 1 }: write 1`,
    ],
  ],
  more: (extra) => SOFTMAXES[name](grid(), 1, extra),
});

const labelLoss = (name: "nllLoss" | "crossEntropy"): Entry => ({
  valid: () => LABEL_LOSSES[name](grid(), [0, -100], { reduction: "none", ignoreIndex: -100 }),
  wrong: [
    [() => LABEL_LOSSES[name](any([1, 2]), [0]), `${name}: the input ${LIST}`],
    [
      () => LABEL_LOSSES[name](grid(), any(1)),
      `${name}: the labels are a list of whole numbers or an int32 tensor, got 1`,
    ],
    [() => LABEL_LOSSES[name](grid(), any(["0", 1])), `${name}: label 0 is "0", not one of 0 … 2`],
    [() => LABEL_LOSSES[name](grid(), ones([2])), `${name}: wants int32 labels [2]`],
    [
      () => LABEL_LOSSES[name](grid(), [0, 1], any("sum")),
      `${name}: the third argument is an object of options: { reduction: "sum" }`,
    ],
    [
      () => LABEL_LOSSES[name](grid(), [0, 1], any(ones([3]))),
      `${name}: the third argument is an object of options (reduction, ignoreIndex, weight${name === "crossEntropy" ? ", labelSmoothing" : ""}), got a tensor [3]`,
    ],
    [
      () => LABEL_LOSSES[name](grid(), [0, 1], { reduction: any("avg") }),
      `${name}: reduction is "mean", "sum" or "none", got "avg"`,
    ],
  ],
  options: [(options) => LABEL_LOSSES[name](grid(), [0, 1], options), "ignoreIndex"],
});

const poolOf = (name: "maxPool2d" | "avgPool2d"): Entry => ({
  valid: () => POOLS[name](image(), 2, { stride: 1, padding: [0, 1] }),
  wrong: [
    [() => POOLS[name](any([1, 2]), 2), `${name}: the input ${LIST}`],
    [
      () => POOLS[name](image(), any("2")),
      `${name}: kernelSize is a whole number ≥ 1 or a pair of them, got "2"`,
    ],
    [
      () => POOLS[name](image(), 2, any(2), any(1)),
      `${name}: the third argument is an object of options: { stride: 2, padding: 1 }`,
    ],
  ],
  options: [(options) => POOLS[name](image(), 2, options), "stride"],
});

export const FUNCTIONAL: Record<string, Entry> = {
  "F.relu": activation("relu"),
  "F.sigmoid": activation("sigmoid"),
  "F.tanh": activation("tanh"),
  "F.leakyRelu": {
    valid: () => F.leakyRelu(grid(), 0.1),
    wrong: [
      [
        () => F.leakyRelu(grid(), any({ negativeSlope: 1 })),
        "leakyRelu: negativeSlope is a number, got { negativeSlope: 1 }",
      ],
    ],
    more: (extra) => F.leakyRelu(grid(), 0.1, extra),
  },
  "F.softmax": softmaxOf("softmax"),
  "F.logSoftmax": softmaxOf("logSoftmax"),
  "F.nllLoss": labelLoss("nllLoss"),
  "F.crossEntropy": labelLoss("crossEntropy"),
  "F.mseLoss": {
    valid: () => F.mseLoss(grid(), grid(), { reduction: "none" }),
    wrong: [
      [() => F.mseLoss(grid(), any([1, 2])), `mseLoss: the target ${LIST}`],
      [
        () => F.mseLoss(grid(), grid(), { reduction: any(null) }),
        'mseLoss: reduction is "mean", "sum" or "none", got null',
      ],
    ],
    options: [(options) => F.mseLoss(grid(), grid(), options), "reduction"],
  },
  "F.klDiv": {
    valid: () => F.klDiv(grid(), grid(), { reduction: "mean" }),
    wrong: [
      [() => F.klDiv(any([1, 2]), grid()), `klDiv: the input ${LIST}`],
      [() => F.klDiv(grid(), any([1, 2])), `klDiv: the target ${LIST}`],
    ],
    options: [(options) => F.klDiv(grid(), grid(), options), "reduction"],
  },
  "F.linear": {
    valid: () => F.linear(grid(), ones([4, 3]), null),
    wrong: [
      [() => F.linear(any([1, 2]), grid()), `linear: the input ${LIST}`],
      [() => F.linear(grid(), any([1, 2])), `linear: the weight ${LIST}`],
      [() => F.linear(grid(), grid(), any(false)), "linear: the bias is a tensor or null, got false"],
    ],
    more: (extra) => F.linear(grid(), grid(), null, extra),
  },
  "F.conv2d": {
    valid: () => F.conv2d(image(), image(), null, { stride: [1, 2], padding: 1, dilation: 1 }),
    wrong: [
      [() => F.conv2d(any([1, 2]), image()), `conv2d: the input ${LIST}`],
      [
        () => F.conv2d(image(), image(), null, any(2), any(1)),
        "conv2d: the fourth argument is an object of options: { stride: 2, padding: 1 }",
      ],
      [
        () => F.conv2d(image(), image(), null, { stride: any("2") }),
        'conv2d: stride is a number or a pair of them, got "2"',
      ],
      [
        () => F.conv2d(image(), image(), null, { padding: any("full") }),
        'conv2d: padding is a number or a pair of them, "same" or "valid", got "full"',
      ],
      [
        () => F.conv2d(image(), image(), null, { padding: "same", stride: 2 }),
        'conv2d: padding "same" wants stride 1, got 2, 2',
      ],
    ],
    options: [(options) => F.conv2d(image(), image(), null, options), "dilation"],
  },
  "F.conv1d": {
    valid: () => F.conv1d(ones([1, 1, 4]), ones([1, 1, 2]), null, { stride: 2 }),
    wrong: [
      [() => F.conv1d(ones([1, 1, 4]), any([1, 2])), `conv1d: the weight ${LIST}`],
      [
        () => F.conv1d(ones([1, 1, 4]), ones([1, 1, 2]), null, { padding: any([1]) }),
        'conv1d: padding is a number, "same" or "valid", got [1]',
      ],
    ],
    options: [(options) => F.conv1d(ones([1, 1, 4]), ones([1, 1, 2]), null, options), "padding"],
  },
  "F.embedding": {
    valid: () => F.embedding([0, 1], grid()),
    wrong: [
      [() => F.embedding([0], any([1, 2])), `embedding: the weight ${LIST}`],
      [
        () => F.embedding(any(0), grid()),
        "embedding: the index is a list of whole numbers or an int32 tensor, got 0",
      ],
      [() => F.embedding(any([[0]]), grid()), "embedding: index 0 is [0], not one of 0 … 1"],
      [
        () => F.embedding(ones([1]), grid()),
        "embedding: the index is an int32 or uint32 tensor, got float32",
      ],
    ],
    options: [(options) => F.embedding([0], grid(), options), "paddingIdx"],
  },
  "F.maxPool2d": poolOf("maxPool2d"),
  "F.avgPool2d": poolOf("avgPool2d"),
  "F.dropout": {
    valid: () => F.dropout(grid(), 0.5, { training: true }),
    wrong: [
      [() => F.dropout(any([1, 2])), `dropout: the input ${LIST}`],
      [() => F.dropout(grid(), any("0.5")), 'dropout: p is a probability from 0 to 1, got "0.5"'],
      [
        () => F.dropout(grid(), 0.5, any(false)),
        "dropout: the third argument is an object of options: { training: false }",
      ],
    ],
    options: [(options) => F.dropout(grid(), 0.5, options), "training"],
  },
  "F.batchNorm": {
    valid: () => F.batchNorm(grid(), zeros([3]), ones([3]), null, null, { training: true }),
    wrong: [
      [() => F.batchNorm(any([1, 2]), null, null), `batchNorm: the input ${LIST}`],
      [
        () => F.batchNorm(grid(), any([1, 2]), null),
        "batchNorm: runningMean is a tensor or null, got [1, 2]: write tensor([1, 2])",
      ],
      [
        () => F.batchNorm(grid(), null, null, null, null, any(true)),
        "batchNorm: the sixth argument is an object of options: { training: true }",
      ],
      [
        () => F.batchNorm(grid(), null, null, null, null, any({ training: true, relu: true })),
        "batchNorm: there is no option relu: there are training, momentum, eps",
      ],
    ],
    options: [(options) => F.batchNorm(grid(), zeros([3]), ones([3]), null, null, options), "momentum"],
  },
};
