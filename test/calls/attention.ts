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

export const ATTENTION: Record<string, Entry> = {
  "F.layerNorm": {
    valid: () => F.layerNorm(grid(), [3], ones([3]), zeros([3]), { eps: 1e-3 }),
    wrong: [
      [() => F.layerNorm(any([1, 2]), [2]), `layerNorm: the input ${LIST}`],
      [
        () => F.layerNorm(grid(), any(3)),
        "layerNorm: the row's shape is a list of whole numbers: layerNorm([3])",
      ],
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
};
