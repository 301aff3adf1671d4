// The public calls of norms and attention.
import { F, nn, ones, zeros } from "otograd";
import { any, type Entry, forward, grid, LIST } from "./entry.ts";

const rowNorm = (name: "LayerNorm" | "RMSNorm"): Entry => ({
  valid: () => new nn[name]([2, 3], { eps: 1e-3 }),
  wrong: [
    [() => new nn[name](any("3")), `${name}: the shape is a list of whole numbers, got "3"`],
    [
      () => new nn[name](3, any(1e-3)),
      `${name}: the second argument is an object of options: { eps: 0.001 }`,
    ],
  ],
  options: [(options) => new nn[name](3, options), "elementwiseAffine"],
});

const instanceNorm = (name: "InstanceNorm1d" | "InstanceNorm2d"): Entry => ({
  valid: () => new nn[name](3, { affine: true }),
  wrong: [
    [() => new nn[name](any("3")), `${name}: numFeatures is a whole number ≥ 1, got "3"`],
    [
      () => new nn[name](3, any(1e-3)),
      `${name}: the second argument is an object of options: { eps: 0.001 }`,
    ],
  ],
  options: [(options) => new nn[name](3, options), "trackRunningStats"],
});

const rows = () => ones([3, 2, 4]);
const sized = { dimFeedforward: 4, dropout: 0 };

const transformerLayer = (name: "TransformerEncoderLayer" | "TransformerDecoderLayer"): Entry => ({
  valid: () => new nn[name](4, 2, { ...sized, activation: (x) => x.relu(), normFirst: true }),
  wrong: [
    [() => new nn[name](any("4"), 2), `${name}: dModel is a whole number ≥ 1, got "4"`],
    [() => new nn[name](4, any(0)), `${name}: nhead is a whole number ≥ 1, got 0`],
    [
      () => new nn[name](4, 2, any(8)),
      `${name}: the third argument is an object of options: { dimFeedforward: 8 }`,
    ],
    [
      () => new nn[name](4, 2, { activation: any("tanh") }),
      `${name}: activation is "relu", "gelu" or a function, got "tanh"`,
    ],
  ],
  options: [(options) => new nn[name](4, 2, options), "layerNormEps"],
});

const encoderLayer = () => new nn.TransformerEncoderLayer(4, 2, sized);
const decoderLayer = () => new nn.TransformerDecoderLayer(4, 2, sized);

export const ATTENTION: Record<string, Entry> = {
  "F.layerNorm": {
    valid: () => F.layerNorm(grid(), [3], ones([3]), zeros([3]), { eps: 1e-3 }),
    wrong: [
      [() => F.layerNorm(any([1, 2]), [2]), `layerNorm: the input ${LIST}`],
      [() => F.layerNorm(grid(), any(3)), "layerNorm: the row's shape is a list of whole numbers: write [3]"],
      [
        () => F.layerNorm(grid(), [3], any([1, 2])),
        "layerNorm: the weight is a tensor or null, got [1, 2]: write tensor([1, 2])",
      ],
      [
        () => F.layerNorm(grid(), [3], null, null, any(1e-3)),
        "layerNorm: the fifth argument is an object of options: { eps: 0.001 }",
      ],
    ],
    options: [(options) => F.layerNorm(grid(), [3], null, null, options), "eps"],
  },
  "F.rmsNorm": {
    valid: () => F.rmsNorm(grid(), [3], ones([3]), { eps: 1e-3 }),
    wrong: [
      [() => F.rmsNorm(any([1, 2]), [2]), `rmsNorm: the input ${LIST}`],
      [
        () => F.rmsNorm(grid(), [3], null, any(1e-3)),
        "rmsNorm: the fourth argument is an object of options: { eps: 0.001 }",
      ],
    ],
    options: [(options) => F.rmsNorm(grid(), [3], null, options), "eps"],
  },
  "F.groupNorm": {
    valid: () => F.groupNorm(ones([2, 4, 3]), 2, ones([4]), zeros([4])),
    wrong: [
      [() => F.groupNorm(any([1, 2]), 1), `groupNorm: the input ${LIST}`],
      [() => F.groupNorm(ones([2, 4, 3]), any("2")), 'groupNorm: groups is a whole number ≥ 1, got "2"'],
      [
        () => F.groupNorm(ones([2, 4, 3]), 2, null, null, any(1e-3)),
        "groupNorm: the fifth argument is an object of options: { eps: 0.001 }",
      ],
    ],
    options: [(options) => F.groupNorm(ones([2, 4, 3]), 2, null, null, options), "eps"],
  },
  "F.instanceNorm": {
    valid: () => F.instanceNorm(ones([2, 4, 3]), null, null, ones([4])),
    wrong: [
      [() => F.instanceNorm(any([1, 2])), `instanceNorm: the input ${LIST}`],
      [
        () => F.instanceNorm(ones([2, 4, 3]), null, null, null, null, any(true)),
        "instanceNorm: the sixth argument is an object of options: { useInputStats: true }",
      ],
    ],
    options: [(options) => F.instanceNorm(ones([2, 4, 3]), null, null, null, null, options), "momentum"],
  },
  "F.scaledDotProductAttention": {
    valid: () => F.scaledDotProductAttention(grid(), grid(), grid(), { isCausal: true, scale: 1 }),
    wrong: [
      [
        () => F.scaledDotProductAttention(any([1, 2]), grid(), grid()),
        `scaledDotProductAttention: the query ${LIST}`,
      ],
      [
        () => F.scaledDotProductAttention(grid(), any(null), grid()),
        "scaledDotProductAttention: the key is a tensor, got null",
      ],
      [
        () => F.scaledDotProductAttention(grid(), grid(), grid(), { attnMask: any([true]) }),
        "scaledDotProductAttention: attnMask is a tensor, or null, got [true]",
      ],
      [
        () => F.scaledDotProductAttention(grid(), grid(), grid(), any(ones([2, 2]))),
        "scaledDotProductAttention: the fourth argument is an object of options",
      ],
    ],
    options: [(options) => F.scaledDotProductAttention(grid(), grid(), grid(), options), "dropoutP"],
  },
  "F.localResponseNorm": {
    valid: () => F.localResponseNorm(ones([2, 4, 3]), 2, { k: 2 }),
    wrong: [
      [() => F.localResponseNorm(any([1, 2]), 2), `localResponseNorm: the input ${LIST}`],
      [
        () => F.localResponseNorm(ones([2, 4, 3]), any("2")),
        'localResponseNorm: size is a whole number ≥ 1, got "2"',
      ],
      [
        () => F.localResponseNorm(grid(), 2),
        "localResponseNorm: wants an input [samples, channels, length, …]",
      ],
    ],
    options: [(options) => F.localResponseNorm(ones([2, 4, 3]), 2, options), "alpha"],
  },
  "nn.LocalResponseNorm": {
    valid: () => new nn.LocalResponseNorm(2, { alpha: 1e-3 }),
    wrong: [
      [() => new nn.LocalResponseNorm(any("2")), 'LocalResponseNorm: size is a whole number ≥ 1, got "2"'],
      [
        () => new nn.LocalResponseNorm(2, any(1e-4)),
        "LocalResponseNorm: the second argument is an object of options: { alpha: 0.0001 }",
      ],
    ],
    options: [(options) => new nn.LocalResponseNorm(2, options), "alpha"],
  },
  "nn.LocalResponseNorm#forward": forward(
    () => new nn.LocalResponseNorm(2),
    ones([2, 4, 3]),
    `localResponseNorm: the input ${LIST}`,
  ),
  "nn.LayerNorm": rowNorm("LayerNorm"),
  "nn.RMSNorm": rowNorm("RMSNorm"),
  "nn.GroupNorm": {
    valid: () => new nn.GroupNorm(2, 4, { affine: false }),
    wrong: [
      [() => new nn.GroupNorm(any("2"), 4), 'GroupNorm: numGroups is a whole number ≥ 1, got "2"'],
      [
        () => new nn.GroupNorm(2, any(undefined)),
        "GroupNorm: numChannels is a whole number ≥ 1, got undefined",
      ],
      [() => new nn.GroupNorm(3, 4), "GroupNorm: 4 channels do not make 3 groups"],
      [
        () => new nn.GroupNorm(2, 4, any(1e-3)),
        "GroupNorm: the third argument is an object of options: { eps: 0.001 }",
      ],
    ],
    options: [(options) => new nn.GroupNorm(2, 4, options), "affine"],
  },
  "nn.InstanceNorm1d": instanceNorm("InstanceNorm1d"),
  "nn.InstanceNorm2d": instanceNorm("InstanceNorm2d"),
  "nn.LayerNorm#forward": forward(() => new nn.LayerNorm(3), grid(), `layerNorm: the input ${LIST}`),
  "nn.RMSNorm#forward": forward(() => new nn.RMSNorm(3), grid(), `rmsNorm: the input ${LIST}`),
  "nn.GroupNorm#forward": forward(() => new nn.GroupNorm(1, 3), grid(), `GroupNorm: the input ${LIST}`),
  "nn.InstanceNorm1d#forward": forward(
    () => new nn.InstanceNorm1d(2),
    ones([2, 3]),
    `InstanceNorm1d: the input ${LIST}`,
  ),
  "nn.MultiheadAttention": {
    valid: () => new nn.MultiheadAttention(4, 2, { kdim: 3, bias: false }),
    wrong: [
      [
        () => new nn.MultiheadAttention(any("4"), 2),
        'MultiheadAttention: embedDim is a whole number ≥ 1, got "4"',
      ],
      [() => new nn.MultiheadAttention(4, 3), "MultiheadAttention: 4 elements do not make 3 heads"],
      [
        () => new nn.MultiheadAttention(4, 2, any(0.1)),
        "MultiheadAttention: the third argument is an object of options: { dropout: 0.1 }",
      ],
    ],
    options: [(options) => new nn.MultiheadAttention(4, 2, options), "batchFirst"],
  },
  "nn.MultiheadAttention#forward": {
    valid: () => new nn.MultiheadAttention(4, 2).forward(rows(), rows(), rows(), { needWeights: false }),
    wrong: [
      [
        () => new nn.MultiheadAttention(4, 2).forward(any([1, 2]), rows(), rows()),
        `MultiheadAttention: the query ${LIST}`,
      ],
      [
        () => new nn.MultiheadAttention(4, 2).forward(rows(), rows(), ones([3, 2, 5])),
        "MultiheadAttention: wants a query [rows, batch, 4], a key [rows, batch, 4] and a value [rows, batch, 4]",
      ],
      [
        () => new nn.MultiheadAttention(4, 2).forward(rows(), rows(), rows(), any(rows())),
        "MultiheadAttention.forward: the fourth argument is an object of options",
      ],
      [
        () => new nn.MultiheadAttention(4, 2).forward(rows(), rows(), rows(), { attnMask: ones([3, 4]) }),
        "MultiheadAttention: attnMask is [3, 3] or [4, 3, 3], got [3, 4]",
      ],
    ],
    options: [
      (options) => new nn.MultiheadAttention(4, 2).forward(rows(), rows(), rows(), options),
      "keyPaddingMask",
    ],
  },
  "nn.TransformerEncoderLayer": transformerLayer("TransformerEncoderLayer"),
  "nn.TransformerDecoderLayer": transformerLayer("TransformerDecoderLayer"),
  "nn.TransformerDecoderLayer#copy": {
    valid: () => decoderLayer().copy(),
    more: (extra) => decoderLayer().copy(extra),
  },
  "nn.TransformerEncoderLayer#forward": {
    valid: () => encoderLayer().forward(rows(), { isCausal: true }),
    wrong: [
      [() => encoderLayer().forward(any([1, 2])), `TransformerEncoderLayer: src ${LIST}`],
      [
        () => encoderLayer().forward(rows(), any(rows())),
        "TransformerEncoderLayer.forward: the second argument is an object of options",
      ],
    ],
    options: [(options) => encoderLayer().forward(rows(), options), "srcMask"],
  },
  "nn.TransformerDecoderLayer#forward": {
    valid: () => decoderLayer().forward(rows(), rows(), { tgtIsCausal: true }),
    wrong: [
      [() => decoderLayer().forward(rows(), any(3)), "TransformerDecoderLayer: memory is a tensor, got 3"],
    ],
    options: [(options) => decoderLayer().forward(rows(), rows(), options), "memoryMask"],
  },
  "nn.TransformerEncoder": {
    valid: () => new nn.TransformerEncoder(encoderLayer(), 2, { norm: new nn.LayerNorm(4) }),
    wrong: [
      [
        () => new nn.TransformerEncoder(any(decoderLayer()), 2),
        "TransformerEncoder: the layer is a TransformerEncoderLayer, got a TransformerDecoderLayer",
      ],
      [
        () => new nn.TransformerEncoder(encoderLayer(), any("2")),
        'TransformerEncoder: numLayers is a whole number ≥ 1, got "2"',
      ],
    ],
    options: [(options) => new nn.TransformerEncoder(encoderLayer(), 1, options), "norm"],
  },
  "nn.TransformerDecoder": {
    valid: () => new nn.TransformerDecoder(decoderLayer(), 2),
    wrong: [
      [
        () => new nn.TransformerDecoder(any(null), 2),
        "TransformerDecoder: the layer is a TransformerDecoderLayer, got null",
      ],
    ],
    options: [(options) => new nn.TransformerDecoder(decoderLayer(), 1, options), "norm"],
  },
  "nn.TransformerEncoder#forward": {
    valid: () => new nn.TransformerEncoder(encoderLayer(), 1).forward(rows(), { isCausal: true }),
    wrong: [
      [
        () => new nn.TransformerEncoder(encoderLayer(), 1).forward(any([1, 2])),
        `TransformerEncoderLayer: src ${LIST}`,
      ],
    ],
    options: [
      (options) => new nn.TransformerEncoder(encoderLayer(), 1).forward(rows(), options),
      "srcKeyPaddingMask",
    ],
  },
  "nn.TransformerDecoder#forward": {
    valid: () => new nn.TransformerDecoder(decoderLayer(), 1).forward(rows(), rows()),
    wrong: [
      [
        () => new nn.TransformerDecoder(decoderLayer(), 1).forward(any([1, 2]), rows()),
        `TransformerDecoderLayer: tgt ${LIST}`,
      ],
    ],
    options: [
      (options) => new nn.TransformerDecoder(decoderLayer(), 1).forward(rows(), rows(), options),
      "tgtMask",
    ],
  },
  "nn.Transformer": {
    valid: () => new nn.Transformer(4, 2, { numEncoderLayers: 1, numDecoderLayers: 1, ...sized }),
    wrong: [
      [
        () => new nn.Transformer(4, 2, any(6)),
        "Transformer: the third argument is an object of options: { numEncoderLayers: 6 }",
      ],
    ],
    options: [(options) => new nn.Transformer(4, 2, options), "numEncoderLayers"],
  },
  "nn.Transformer#forward": {
    valid: () => transformer().forward(rows(), rows(), { tgtIsCausal: true }),
    wrong: [[() => transformer().forward(any([1, 2]), rows()), `TransformerEncoderLayer: src ${LIST}`]],
    options: [(options) => transformer().forward(rows(), rows(), options), "srcMask"],
  },
};

function transformer() {
  return new nn.Transformer(4, 2, { numEncoderLayers: 1, numDecoderLayers: 1, ...sized });
}
