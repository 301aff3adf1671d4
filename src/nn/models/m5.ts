// M5, the five-layer network on raw waveforms of W. Dai et al., "Very deep convolutional neural networks for raw
// waveforms", ICASSP 2017, with the first layer as the replication has it (80 filters of 128 samples; the paper's own:
// { filters: 128, kernelSize: 80 }):
//
//   conv 80 @ 128, stride 4 → conv 128 @ 3 → conv 256 @ 3 → conv 512 @ 3, each → batch norm → ReLU → max-pool 4
//   → mean over time → dense → log-softmax

import { formatShape } from "../../gpu/shape.ts";
import { wantNumber, wantTensor, wantWhole } from "../../tensor/check.ts";
import { NUMBER, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { ReLU } from "../layers/activation.ts";
import { Conv1d } from "../layers/conv.ts";
import { Linear } from "../layers/linear.ts";
import { BatchNorm1d } from "../layers/norm.ts";
import { MaxPool1d } from "../layers/pool.ts";
import { Sequential } from "../layers/structure.ts";
import { Module } from "../module.ts";

/** How large an M5 is. */
export interface M5Options {
  classes: number;
  /** Filters of the first layer … */
  filters?: number;
  /** … and how many samples each covers. */
  kernelSize?: number;
}

const m5Options = takes("M5", 1, { classes: NUMBER, filters: NUMBER, kernelSize: NUMBER });

const STRIDE = 4;
const POOL = 4;

function block(inputs: number, outputs: number, kernelSize: number, stride: number): Sequential {
  return new Sequential(
    new Conv1d(inputs, outputs, kernelSize, { stride }),
    new BatchNorm1d(outputs),
    new ReLU(),
    new MaxPool1d(POOL),
  );
}

/**
 * Waves [waves, 1, samples] of any length that leaves something to average → log-probabilities [waves, classes].
 * @shape [waves, 1, samples] → [waves, classes]
 * @example new nn.M5({ classes: 10 }).eval().forward(zeros([1, 1, 8000])).shape; // → [1, 10]
 */
export class M5 extends Module {
  readonly conv1: Sequential;
  readonly conv2: Sequential;
  readonly conv3: Sequential;
  readonly conv4: Sequential;
  readonly output: Linear;
  /** The shortest wave of which one value is left to average. */
  readonly leastSamples: number;

  constructor(options: M5Options, ...more: never[]) {
    super();
    m5Options(options, more);
    wantNumber("M5", "classes", options?.classes);
    const { classes, filters = 80, kernelSize = 128 } = options;
    wantWhole("M5", { filters, kernelSize }, 1);
    this.conv1 = block(1, filters, kernelSize, STRIDE);
    this.conv2 = block(filters, 128, 3, 1);
    this.conv3 = block(128, 256, 3, 1);
    this.conv4 = block(256, 512, 3, 1);
    this.output = new Linear(512, classes);
    const conv2 = POOL * (POOL * (POOL + 2) + 2) + 2;
    this.leastSamples = (POOL * conv2 - 1) * STRIDE + kernelSize;
  }

  forward(x: Tensor): Tensor {
    wantTensor("M5", "the input", x);
    if (x.ndim !== 3 || x.shape[1] !== 1 || x.shape[2]! < this.leastSamples) {
      throw new RangeError(
        `M5: wants waves [n, 1, ${this.leastSamples} samples or more], got ${formatShape(x.shape)}`,
      );
    }
    const layers = [this.conv1, this.conv2, this.conv3, this.conv4];
    const features = layers.reduce((value, layer) => layer.forward(value), x);
    return F.logSoftmax(this.output.forward(features.mean(2)), 1);
  }
}
