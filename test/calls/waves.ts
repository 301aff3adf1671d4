// The public calls of nn's networks on raw waveforms, and of the small one on pictures.
import { nn, ones } from "otograd";
import { any, type Entry, forward, LIST } from "./entry.ts";

const network = (name: "EnvNet" | "EnvNetV2"): Entry => ({
  valid: () => new nn[name]({ classes: 2, hidden: [4], dropout: 0 }),
  wrong: [
    [() => new nn[name](any(2)), `${name}: the first argument is an object of options: { classes: 2 }`],
    [() => new nn[name](any(undefined)), `${name}: classes is a number, got undefined`],
    [() => new nn[name]({ classes: 2, hidden: any(4096) }), `${name}: hidden is a list of numbers, got 4096`],
  ],
  options: [(options) => new nn[name]({ classes: 2, hidden: [2], ...(options as object) }), "dropout"],
});

export const WAVES: Record<string, Entry> = {
  "nn.M5": {
    valid: () => new nn.M5({ classes: 2, filters: 2 }),
    wrong: [
      [() => new nn.M5(any(2)), "M5: the first argument is an object of options: { classes: 2 }"],
      [() => new nn.M5(any(undefined)), "M5: classes is a number, got undefined"],
      [() => new nn.M5({ classes: 2, kernelSize: any("80") }), 'M5: kernelSize is a number, got "80"'],
    ],
    options: [(options) => new nn.M5({ classes: 2, ...(options as object) }), "kernelSize"],
  },
  "nn.M5#forward": forward(
    () => new nn.M5({ classes: 2, filters: 1 }),
    ones([1, 1, 2000]),
    `M5: the input ${LIST}`,
  ),
  "nn.EnvNet": network("EnvNet"),
  "nn.EnvNet#forward": forward(
    () => new nn.EnvNet({ classes: 2, samples: 5294, hidden: [] }),
    ones([1, 1, 5294]),
    `EnvNet: the input ${LIST}`,
  ),
  "nn.EnvNetV2": network("EnvNetV2"),
  "nn.ConvNet": {
    valid: () => new nn.ConvNet({ classes: 2, widths: [2] }),
    wrong: [
      [() => new nn.ConvNet(any(2)), "ConvNet: the first argument is an object of options: { classes: 2 }"],
      [() => new nn.ConvNet(any(undefined)), "ConvNet: classes is a number, got undefined"],
      [() => new nn.ConvNet({ classes: 2, widths: any(16) }), "ConvNet: widths is a list of numbers, got 16"],
    ],
    options: [(options) => new nn.ConvNet({ classes: 2, widths: [2], ...(options as object) }), "dropout"],
  },
  "nn.ConvNet#forward": forward(
    () => new nn.ConvNet({ classes: 2, channels: 1, widths: [1] }),
    ones([1, 1, 4, 4]),
    `ConvNet: the input ${LIST}`,
  ),
};
