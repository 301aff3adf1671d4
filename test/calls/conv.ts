// The public calls of convolutions in groups and of transposed ones.
import { F, nn, ones } from "otograd";
import { any, type Entry, forward, image, LIST } from "./entry.ts";
import { POOLING } from "./pooling.ts";

const line = () => ones([1, 1, 4]);

export const CONV: Record<string, Entry> = {
  ...POOLING,
  "F.convTranspose2d": {
    valid: () =>
      F.convTranspose2d(image(), image(), ones([1]), { stride: 2, outputPadding: [1, 0], groups: 1 }),
    wrong: [
      [() => F.convTranspose2d(any([1, 2]), image()), `convTranspose2d: the input ${LIST}`],
      [
        () => F.convTranspose2d(image(), image(), null, any(2), any(1)),
        "convTranspose2d: the fourth argument is an object of options: { stride: 2, padding: 1 }",
      ],
      [
        () => F.convTranspose2d(image(), image(), null, { groups: any("2") }),
        'convTranspose2d: groups is a number, got "2"',
      ],
      [() => F.convTranspose2d(image(), image(), ones([2])), "convTranspose2d: the bias is [1], got [2]"],
    ],
    options: [(options) => F.convTranspose2d(image(), image(), null, options), "outputPadding"],
  },
  "F.convTranspose1d": {
    valid: () => F.convTranspose1d(line(), ones([1, 1, 2]), null, { stride: 2, padding: 1 }),
    wrong: [
      [() => F.convTranspose1d(line(), any([1, 2])), `convTranspose1d: the weight ${LIST}`],
      [
        () => F.convTranspose1d(line(), image()),
        "convTranspose1d: wants input [samples, channels, length] and weight [in, out / groups, kernel], got [1, 1, 4] and [1, 1, 4, 4]",
      ],
      [
        () => F.convTranspose1d(line(), line(), null, { stride: any([1]) }),
        "convTranspose1d: stride is a number, got [1]",
      ],
    ],
    options: [(options) => F.convTranspose1d(line(), line(), null, options), "outputPadding"],
  },
  "nn.ConvTranspose2d": {
    valid: () => new nn.ConvTranspose2d(4, 2, 3, { stride: 2, groups: 2, bias: false }),
    wrong: [
      [
        () => new nn.ConvTranspose2d(1, 1, 3, any(2)),
        "ConvTranspose2d: the fourth argument is an object of options: { stride: 2 }",
      ],
      [
        () => new nn.ConvTranspose2d(1, 1, any(undefined)),
        "ConvTranspose2d: kernelSize is a whole number ≥ 1 or a pair of them, got undefined",
      ],
      [
        () => new nn.ConvTranspose2d(4, 2, 3, { groups: 4 }),
        "ConvTranspose2d: outChannels, 2, do not come in 4 groups",
      ],
    ],
    options: [(options) => new nn.ConvTranspose2d(1, 1, 3, options), "outputPadding"],
  },
  "nn.ConvTranspose1d": {
    valid: () => new nn.ConvTranspose1d(1, 1, 3, { dilation: 2 }),
    wrong: [
      [
        () => new nn.ConvTranspose1d(1, 1, any([3])),
        "ConvTranspose1d: kernelSize is a whole number ≥ 1, got [3]",
      ],
    ],
    options: [(options) => new nn.ConvTranspose1d(1, 1, 3, options), "outputPadding"],
  },
  "nn.ConvTranspose2d#forward": forward(
    () => new nn.ConvTranspose2d(1, 1, 2),
    image(),
    `convTranspose2d: the input ${LIST}`,
  ),
  "nn.ConvTranspose1d#forward": forward(
    () => new nn.ConvTranspose1d(1, 1, 2),
    line(),
    `convTranspose1d: the input ${LIST}`,
  ),
};
