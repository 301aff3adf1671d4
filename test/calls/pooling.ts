// The public calls of pooling, resampling, patches, and dropout of channels.
import { F, nn, ones } from "otograd";
import { any, type Entry, forward, grid, image, LIST } from "./entry.ts";

const line = () => ones([1, 1, 4]);
const four = () => ones([1, 4, 2, 2]);
const WHOLE = "a whole number ≥ 1";
const PAIRS = `${WHOLE} or a pair of them`;

/** Functions whose second argument is one whole number, and that have no options. */
const byNumber = (
  name: "adaptiveAvgPool1d" | "channelShuffle" | "pixelShuffle" | "pixelUnshuffle",
  what: string,
  x: () => ReturnType<typeof line>,
): Entry => ({
  valid: () => F[name](x(), 2),
  wrong: [
    [() => F[name](any([1, 2]), 2), `${name}: the input ${LIST}`],
    [() => F[name](x(), any("2")), `${name}: ${what} is ${WHOLE}, got "2"`],
  ],
  more: (extra) => F[name](x(), 2, extra),
});

const pool1d = (name: "maxPool1d" | "avgPool1d"): Entry => ({
  valid: () => F[name](line(), 2, { stride: 1, padding: 1, ceilMode: true }),
  wrong: [
    [() => F[name](any([1, 2]), 2), `${name}: the input ${LIST}`],
    [() => F[name](line(), any([2])), `${name}: kernelSize is ${WHOLE}, got [2]`],
    [() => F[name](image(), 2), `${name}: wants an input [samples, channels, length], got [1, 1, 4, 4]`],
    [() => F[name](line(), 2, any(2)), `${name}: the third argument is an object of options: { stride: 2 }`],
  ],
  options: [(options) => F[name](line(), 2, options), "ceilMode"],
});

const dropChannels = (
  name: "dropout1d" | "dropout2d" | "alphaDropout" | "featureAlphaDropout",
  x: () => ReturnType<typeof line>,
): Entry => ({
  valid: () => F[name](x(), 0.5, { training: true }),
  wrong: [
    [() => F[name](any([1, 2])), `${name}: the input ${LIST}`],
    [() => F[name](x(), any("0.5")), `${name}: p is a probability from 0 to 1, got "0.5"`],
  ],
  options: [(options) => F[name](x(), 0.5, options), "training"],
});

const pool1dLayer = (name: "MaxPool1d" | "AvgPool1d"): Entry => ({
  valid: () => new nn[name](2, { stride: 1 }),
  wrong: [
    [() => new nn[name](any("2")), `${name}: kernelSize is ${WHOLE}, got "2"`],
    [() => new nn[name](2, any(2)), `${name}: the second argument is an object of options: { stride: 2 }`],
  ],
  options: [(options) => new nn[name](2, options), "ceilMode"],
});

const adaptiveLayer = (
  name: "AdaptiveAvgPool1d" | "AdaptiveMaxPool1d" | "AdaptiveAvgPool2d" | "AdaptiveMaxPool2d",
): Entry => ({
  valid: () => new nn[name](2),
  wrong: [[() => new nn[name](any("2")), `${name}: outputSize is ${WHOLE}, got "2"`]],
  more: (extra) => new nn[name](2, extra),
});

const dropoutLayer = (name: "Dropout1d" | "Dropout2d" | "AlphaDropout" | "FeatureAlphaDropout"): Entry => ({
  valid: () => new nn[name](0.5),
  wrong: [[() => new nn[name](any("0.5")), `${name}: p is a probability from 0 to 1, got "0.5"`]],
  more: (extra) => new nn[name](0.5, extra),
});

const upsampling = (name: "UpsamplingNearest2d" | "UpsamplingBilinear2d"): Entry => ({
  valid: () => new nn[name]({ size: [4, 4] }),
  wrong: [
    [() => new nn[name](any(2)), `${name}: the first argument is an object of options: { size: 2 }`],
    [
      () => new nn[name]({ scaleFactor: any("2") }),
      `${name}: scaleFactor is a number or a list of them, or null, got "2"`,
    ],
  ],
  options: [(options) => new nn[name](options), "scaleFactor"],
});

const rearrangingLayer = (
  name: "PixelShuffle" | "PixelUnshuffle" | "ChannelShuffle",
  what: string,
): Entry => ({
  valid: () => new nn[name](2),
  wrong: [[() => new nn[name](any("2")), `${name}: ${what} is ${WHOLE}, got "2"`]],
  more: (extra) => new nn[name](2, extra),
});

const bordered = (
  name:
    | "ReflectionPad1d"
    | "ReflectionPad2d"
    | "ReplicationPad1d"
    | "ReplicationPad2d"
    | "CircularPad1d"
    | "CircularPad2d"
    | "ZeroPad2d",
): Record<string, Entry> => {
  const sides = name.endsWith("1d") ? 2 : 4;
  return {
    [`nn.${name}`]: {
      valid: () => new nn[name](1),
      wrong: [
        [() => new nn[name](any("1")), `${name}: padding is a whole number or a list of ${sides}, got "1"`],
        [() => new nn[name]([1]), `${name}: padding is a whole number or a list of ${sides}, got [1]`],
      ],
      more: (extra) => new nn[name](1, extra),
    },
  };
};

const constantPad = (name: "ConstantPad1d" | "ConstantPad2d"): Entry => ({
  valid: () => new nn[name](1, 0.5),
  wrong: [[() => new nn[name](1, any("0.5")), `${name}: value is a number, got "0.5"`]],
  more: (extra) => new nn[name](1, 0.5, extra),
});

export const POOLING: Record<string, Entry> = {
  "F.adaptiveAvgPool1d": byNumber("adaptiveAvgPool1d", "outputSize", line),
  "F.channelShuffle": byNumber("channelShuffle", "groups", four),
  "F.pixelShuffle": byNumber("pixelShuffle", "upscaleFactor", four),
  "F.pixelUnshuffle": byNumber("pixelUnshuffle", "downscaleFactor", four),
  "F.adaptiveAvgPool2d": {
    valid: () => F.adaptiveAvgPool2d(image(), [3, null]),
    wrong: [
      [() => F.adaptiveAvgPool2d(any([1, 2]), 2), `adaptiveAvgPool2d: the input ${LIST}`],
      [
        () => F.adaptiveAvgPool2d(image(), any("2")),
        `adaptiveAvgPool2d: outputSize is ${PAIRS}, or of null, got "2"`,
      ],
    ],
    more: (extra) => F.adaptiveAvgPool2d(image(), 2, extra),
  },
  "F.adaptiveMaxPool2d": {
    valid: () => F.adaptiveMaxPool2d(image(), 3, { returnIndices: true }),
    wrong: [
      [() => F.adaptiveMaxPool2d(any([1, 2]), 2), `adaptiveMaxPool2d: the input ${LIST}`],
      [
        () => F.adaptiveMaxPool2d(image(), any([1, 2, 3])),
        `adaptiveMaxPool2d: outputSize is ${PAIRS}, or of null, got [1, 2, 3]`,
      ],
    ],
    options: [(options) => F.adaptiveMaxPool2d(image(), 2, options), "returnIndices"],
  },
  "F.adaptiveMaxPool1d": {
    valid: () => F.adaptiveMaxPool1d(line(), 3),
    wrong: [
      [() => F.adaptiveMaxPool1d(line(), any([2])), `adaptiveMaxPool1d: outputSize is ${WHOLE}, got [2]`],
    ],
    options: [(options) => F.adaptiveMaxPool1d(line(), 2, options), "returnIndices"],
  },
  "F.maxPool1d": pool1d("maxPool1d"),
  "F.avgPool1d": pool1d("avgPool1d"),
  "F.lpPool2d": {
    valid: () => F.lpPool2d(image(), 2, 2, { stride: 1, ceilMode: true }),
    wrong: [
      [() => F.lpPool2d(any([1, 2]), 2, 2), `lpPool2d: the input ${LIST}`],
      [() => F.lpPool2d(image(), any("2"), 2), 'lpPool2d: normType is a number above 0, got "2"'],
      [() => F.lpPool2d(image(), 2, any("2")), `lpPool2d: kernelSize is ${PAIRS}, got "2"`],
    ],
    options: [(options) => F.lpPool2d(image(), 2, 2, options), "ceilMode"],
  },
  "F.lpPool1d": {
    valid: () => F.lpPool1d(line(), 2, 2, { stride: 1, ceilMode: true }),
    wrong: [
      [() => F.lpPool1d(line(), any("2"), 2), 'lpPool1d: normType is a number above 0, got "2"'],
      [() => F.lpPool1d(line(), 2, any([2])), `lpPool1d: kernelSize is ${WHOLE}, got [2]`],
    ],
    options: [(options) => F.lpPool1d(line(), 2, 2, options), "ceilMode"],
  },
  "F.maxUnpool1d": {
    valid: () => F.maxUnpool1d(...F.maxPool1d(line(), 2, { returnIndices: true }), 2, { outputSize: [5] }),
    wrong: [
      [() => F.maxUnpool1d(line(), any([1, 2]), 2), `maxUnpool1d: the indices ${LIST}`],
      [
        () => F.maxUnpool1d(line(), image(), 2),
        "maxUnpool1d: wants an input [samples, channels, length] and indices of its shape, got [1, 1, 4] and [1, 1, 4, 4]",
      ],
    ],
    options: [(options) => F.maxUnpool1d(line(), line(), 2, options), "outputSize"],
  },
  "F.maxUnpool2d": {
    valid: () =>
      F.maxUnpool2d(...F.maxPool2d(image(), 2, { returnIndices: true }), 2, { outputSize: [5, 4] }),
    wrong: [
      [() => F.maxUnpool2d(image(), any([1, 2]), 2), `maxUnpool2d: the indices ${LIST}`],
      [
        () => F.maxUnpool2d(image(), line(), 2),
        "maxUnpool2d: wants an input [samples, channels, height, width] and indices of its shape, got [1, 1, 4, 4] and [1, 1, 4]",
      ],
      [
        () => F.maxUnpool2d(image(), image(), 2, { outputSize: [4] }),
        "maxUnpool2d: outputSize is [height, width], got [4]",
      ],
    ],
    options: [(options) => F.maxUnpool2d(image(), image(), 2, options), "outputSize"],
  },
  "F.interpolate": {
    valid: () => F.interpolate(image(), { scaleFactor: [2, 1.5], mode: "bilinear", alignCorners: false }),
    wrong: [
      [() => F.interpolate(any([1, 2]), { size: 2 }), `interpolate: the input ${LIST}`],
      [
        () => F.interpolate(image(), any(2)),
        "interpolate: the second argument is an object of options: { size: 2 }",
      ],
      [
        () => F.interpolate(image(), { size: 2, mode: any("trilinear") }),
        'interpolate: mode is "nearest", "linear", "bilinear", "bicubic", "area" or "nearest-exact", got "trilinear"',
      ],
    ],
    options: [(options) => F.interpolate(image(), options), "scaleFactor"],
  },
  "F.gridSample": {
    valid: () => F.gridSample(image(), ones([1, 2, 2, 2]), { mode: "nearest", paddingMode: "border" }),
    wrong: [
      [() => F.gridSample(image(), any([1, 2])), `gridSample: the grid ${LIST}`],
      [
        () => F.gridSample(image(), ones([1, 2, 2, 2]), { paddingMode: any("wrap") }),
        'gridSample: paddingMode is "zeros", "border" or "reflection", got "wrap"',
      ],
    ],
    options: [(options) => F.gridSample(image(), ones([1, 2, 2, 2]), options), "paddingMode"],
  },
  "F.affineGrid": {
    valid: () => F.affineGrid(ones([1, 2, 3]), [1, 1, 4, 4], { alignCorners: true }),
    wrong: [
      [() => F.affineGrid(any([1, 2]), [1, 1, 4, 4]), `affineGrid: theta ${LIST}`],
      [
        () => F.affineGrid(ones([1, 2, 3]), any(4)),
        "affineGrid: the size is [samples, channels, height, width], whole numbers ≥ 1, got 4",
      ],
    ],
    options: [(options) => F.affineGrid(ones([1, 2, 3]), [1, 1, 4, 4], options), "alignCorners"],
  },
  "F.unfold": {
    valid: () => F.unfold(image(), [2, 3], { padding: 1 }),
    wrong: [
      [() => F.unfold(any([1, 2]), 2), `unfold: the input ${LIST}`],
      [() => F.unfold(grid(), 2), "unfold: wants an input [samples, channels, height, width], got [2, 3]"],
      [() => F.unfold(image(), 5), "unfold: the kernel 5 × 5 (dilation 1,1) is larger than the image 4 × 4"],
      [
        () => F.unfold(image(), 2, any(2)),
        "unfold: the third argument is an object of options: { dilation: 2 }",
      ],
    ],
    options: [(options) => F.unfold(image(), 2, options), "dilation"],
  },
  "F.fold": {
    valid: () => F.fold(ones([1, 4, 9]), 4, 2),
    wrong: [
      [() => F.fold(any([1, 2]), 4, 2), `fold: the input ${LIST}`],
      [
        () => F.fold(line(), 4, 2),
        "fold: wants [samples, channels · 4, 9] for an image 4 × 4, got [1, 1, 4]",
      ],
    ],
    options: [(options) => F.fold(ones([1, 4, 9]), 4, 2, options), "stride"],
  },
  "F.dropout1d": dropChannels("dropout1d", line),
  "F.dropout2d": dropChannels("dropout2d", image),
  "F.alphaDropout": dropChannels("alphaDropout", line),
  "F.featureAlphaDropout": dropChannels("featureAlphaDropout", line),

  "nn.MaxPool1d": pool1dLayer("MaxPool1d"),
  "nn.AvgPool1d": pool1dLayer("AvgPool1d"),
  "nn.LPPool2d": {
    valid: () => new nn.LPPool2d(2, 2, { stride: 1 }),
    wrong: [[() => new nn.LPPool2d(any("2"), 2), 'LPPool2d: normType is a number above 0, got "2"']],
    options: [(options) => new nn.LPPool2d(2, 2, options), "ceilMode"],
  },
  "nn.AdaptiveAvgPool1d": adaptiveLayer("AdaptiveAvgPool1d"),
  "nn.AdaptiveAvgPool2d": adaptiveLayer("AdaptiveAvgPool2d"),
  "nn.AdaptiveMaxPool1d": adaptiveLayer("AdaptiveMaxPool1d"),
  "nn.AdaptiveMaxPool2d": adaptiveLayer("AdaptiveMaxPool2d"),
  "nn.Upsample": {
    valid: () => new nn.Upsample({ scaleFactor: 2, mode: "bicubic" }),
    wrong: [
      [() => new nn.Upsample(any(2)), "Upsample: the first argument is an object of options: { size: 2 }"],
      [
        () => new nn.Upsample({ size: 2, alignCorners: any(1) }),
        "Upsample: alignCorners is true or false, or null, got 1",
      ],
    ],
    options: [(options) => new nn.Upsample(options), "alignCorners"],
  },
  "nn.UpsamplingNearest2d": upsampling("UpsamplingNearest2d"),
  "nn.UpsamplingBilinear2d": upsampling("UpsamplingBilinear2d"),
  "nn.PixelShuffle": rearrangingLayer("PixelShuffle", "upscaleFactor"),
  "nn.PixelUnshuffle": rearrangingLayer("PixelUnshuffle", "downscaleFactor"),
  "nn.ChannelShuffle": rearrangingLayer("ChannelShuffle", "groups"),
  "nn.Unfold": {
    valid: () => new nn.Unfold(2, { stride: 2 }),
    wrong: [[() => new nn.Unfold(any("2")), `Unfold: kernelSize is ${PAIRS}, got "2"`]],
    options: [(options) => new nn.Unfold(2, options), "dilation"],
  },
  "nn.Fold": {
    valid: () => new nn.Fold([4, 5], 2),
    wrong: [[() => new nn.Fold(any("4"), 2), `Fold: outputSize is ${PAIRS}, got "4"`]],
    options: [(options) => new nn.Fold(4, 2, options), "dilation"],
  },
  "nn.Dropout1d": dropoutLayer("Dropout1d"),
  "nn.Dropout2d": dropoutLayer("Dropout2d"),
  "nn.AlphaDropout": dropoutLayer("AlphaDropout"),
  "nn.FeatureAlphaDropout": dropoutLayer("FeatureAlphaDropout"),
  "nn.FeatureAlphaDropout#forward": forward(
    () => new nn.FeatureAlphaDropout(),
    line(),
    `featureAlphaDropout: the input ${LIST}`,
  ),
  ...bordered("ReflectionPad1d"),
  ...bordered("ReflectionPad2d"),
  ...bordered("ReplicationPad1d"),
  ...bordered("ReplicationPad2d"),
  ...bordered("CircularPad1d"),
  ...bordered("CircularPad2d"),
  ...bordered("ZeroPad2d"),
  "nn.ConstantPad1d": constantPad("ConstantPad1d"),
  "nn.ConstantPad2d": constantPad("ConstantPad2d"),
  "nn.CircularPad1d#forward": {
    valid: () => new nn.CircularPad1d(1).forward(line()),
    wrong: [
      [() => new nn.ZeroPad2d(1).forward(any([1, 2])), `ZeroPad2d: the input ${LIST}`],
      [
        () => new nn.ReflectionPad2d(1).forward(ones([4, 4])),
        "ReflectionPad2d: wants an input […, channels, height, width], got one of 2 dimensions",
      ],
    ],
  },

  "nn.MaxPool1d#forward": forward(() => new nn.MaxPool1d(2), line(), `maxPool1d: the input ${LIST}`),
  "nn.AvgPool1d#forward": forward(() => new nn.AvgPool1d(2), line(), `avgPool1d: the input ${LIST}`),
  "nn.LPPool1d": {
    valid: () => new nn.LPPool1d(2, 2, { stride: 1 }),
    wrong: [[() => new nn.LPPool1d(2, any("2")), `LPPool1d: kernelSize is ${WHOLE}, got "2"`]],
    options: [(options) => new nn.LPPool1d(2, 2, options), "ceilMode"],
  },
  "nn.LPPool1d#forward": forward(() => new nn.LPPool1d(2, 2), line(), `lpPool1d: the input ${LIST}`),
  "nn.LPPool2d#forward": forward(() => new nn.LPPool2d(2, 2), image(), `lpPool2d: the input ${LIST}`),
  "nn.AdaptiveAvgPool1d#forward": forward(
    () => new nn.AdaptiveAvgPool1d(2),
    line(),
    `adaptiveAvgPool1d: the input ${LIST}`,
  ),
  "nn.AdaptiveAvgPool2d#forward": forward(
    () => new nn.AdaptiveAvgPool2d(2),
    image(),
    `adaptiveAvgPool2d: the input ${LIST}`,
  ),
  "nn.AdaptiveMaxPool1d#forward": forward(
    () => new nn.AdaptiveMaxPool1d(2),
    line(),
    `adaptiveMaxPool1d: the input ${LIST}`,
  ),
  "nn.AdaptiveMaxPool2d#forward": forward(
    () => new nn.AdaptiveMaxPool2d(2),
    image(),
    `adaptiveMaxPool2d: the input ${LIST}`,
  ),
  "nn.Upsample#forward": forward(
    () => new nn.Upsample({ size: 2 }),
    image(),
    `interpolate: the input ${LIST}`,
  ),
  "nn.UpsamplingNearest2d#forward": forward(
    () => new nn.UpsamplingNearest2d({ size: 2 }),
    image(),
    `interpolate: the input ${LIST}`,
  ),
  "nn.UpsamplingBilinear2d#forward": forward(
    () => new nn.UpsamplingBilinear2d({ scaleFactor: 2 }),
    image(),
    `interpolate: the input ${LIST}`,
  ),
  "nn.PixelShuffle#forward": forward(() => new nn.PixelShuffle(2), four(), `pixelShuffle: the input ${LIST}`),
  "nn.PixelUnshuffle#forward": forward(
    () => new nn.PixelUnshuffle(2),
    four(),
    `pixelUnshuffle: the input ${LIST}`,
  ),
  "nn.ChannelShuffle#forward": forward(
    () => new nn.ChannelShuffle(2),
    four(),
    `channelShuffle: the input ${LIST}`,
  ),
  "nn.Unfold#forward": forward(() => new nn.Unfold(2), image(), `unfold: the input ${LIST}`),
  "nn.Fold#forward": forward(() => new nn.Fold(4, 2), ones([1, 4, 9]), `fold: the input ${LIST}`),
  "nn.Dropout1d#forward": forward(() => new nn.Dropout1d(), line(), `dropout1d: the input ${LIST}`),
  "nn.Dropout2d#forward": forward(() => new nn.Dropout2d(), image(), `dropout2d: the input ${LIST}`),
  "nn.AlphaDropout#forward": forward(() => new nn.AlphaDropout(), line(), `alphaDropout: the input ${LIST}`),
};
