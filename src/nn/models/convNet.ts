// A small convolutional network on whole log-mel pictures, in the manner of VGG (Simonyan & Zisserman 2015) as Kong et al.
// use it for sounds ("PANNs", 2020): blocks of
//
//   conv 3×3 → batch norm → ReLU → conv 3×3 → batch norm → ReLU → pool 2×2
//
// (the last one without pooling), then the mean over the bands, the mean and the maximum over time added up, dropout and a
// dense layer. It takes pictures of any length.

import { formatShape } from "../../gpu/shape.ts";
import { wantNumber, wantTensor, wantWhole } from "../../tensor/check.ts";
import { LIST, NUMBER, oneOf, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { kaimingNormal_ } from "../init.ts";
import { ReLU } from "../layers/activation.ts";
import { Conv2d } from "../layers/conv.ts";
import { Dropout } from "../layers/dropout.ts";
import { Linear } from "../layers/linear.ts";
import { BatchNorm2d } from "../layers/norm.ts";
import { AvgPool2d, MaxPool2d } from "../layers/pool.ts";
import { Sequential } from "../layers/structure.ts";
import { Module } from "../module.ts";

/** How large a ConvNet is. */
export interface ConvNetOptions {
  classes: number;
  /** Of the pictures. Default 2: log-mel values, and which band they are of. */
  channels?: number;
  /** Channels that each block makes. Default [16, 32, 64, 128]. */
  widths?: readonly number[];
  /** How blocks halve bands and frames. Default "max". */
  pool?: "max" | "mean";
  /** Before the dense layer. Default 0. */
  dropout?: number;
}

const convNetOptions = takes("ConvNet", 1, {
  classes: NUMBER,
  channels: NUMBER,
  widths: LIST,
  pool: oneOf("max", "mean"),
  dropout: NUMBER,
});

/**
 * Pictures [n, channels, bands, frames] → log-probabilities [n, classes].
 * @shape [n, channels, bands, frames] → [n, classes]
 * @example new nn.ConvNet({ classes: 10, widths: [4, 8] }).eval().forward(zeros([1, 2, 16, 20])).shape; // → [1, 10]
 */
export class ConvNet extends Module {
  readonly channels: number;
  readonly blocks: readonly Sequential[];
  readonly dropout: Dropout;
  readonly output: Linear;
  /** The fewest bands and frames: each pooling halves them. */
  readonly least: number;

  constructor(options: ConvNetOptions, ...more: never[]) {
    super();
    convNetOptions(options, more);
    wantNumber("ConvNet", "classes", options?.classes);
    const { classes, channels = 2, widths = [16, 32, 64, 128], pool = "max", dropout = 0 } = options;
    wantWhole("ConvNet", { channels, "the number of blocks": widths.length }, 1);
    for (const width of widths) wantWhole("ConvNet", { "a width": width }, 1);
    this.channels = channels;
    this.least = 2 ** (widths.length - 1);
    const Pool = pool === "max" ? MaxPool2d : AvgPool2d;
    this.blocks = widths.map((width, i) => {
      const layers = (inputs: number) => [
        new Conv2d(inputs, width, 3, { padding: 1, bias: false }),
        new BatchNorm2d(width),
        new ReLU(),
      ];
      const last = i === widths.length - 1;
      return new Sequential(
        ...layers(widths[i - 1] ?? channels),
        ...layers(width),
        ...(last ? [] : [new Pool(2)]),
      );
    });
    this.dropout = new Dropout(dropout);
    this.output = new Linear(widths.at(-1)!, classes);
    for (const module of this.modules()) if (module instanceof Conv2d) kaimingNormal_(module.weight);
  }

  forward(x: Tensor): Tensor {
    wantTensor("ConvNet", "the input", x);
    const { channels, least } = this;
    if (x.ndim !== 4 || x.shape[1] !== channels || x.shape[2]! < least || x.shape[3]! < least) {
      throw new RangeError(
        `ConvNet: wants pictures [n, ${channels}, ${least} bands or more, ${least} frames or more], got ${formatShape(x.shape)}`,
      );
    }
    const overTime = this.blocks.reduce((value, block) => block.forward(value), x).mean(2);
    const features = overTime.mean(2).add(overTime.amax(2));
    return F.logSoftmax(this.output.forward(this.dropout.forward(features)), 1);
  }
}
