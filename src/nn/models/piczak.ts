// The convolutional network of K. J. Piczak, "Environmental sound classification with convolutional neural
// networks", MLSP 2015, on log-mel segments with their deltas:
//
//   conv 80 @ 57×6 → ReLU → max-pool 4×3, stride 1×3 → dropout ½ → conv 80 @ 1×3 → ReLU → max-pool 1×3, stride 1×3
//   → (dense 5000 → ReLU → dropout ½) twice → dense → log-softmax
//
// and a form with batch norm in place of dropout, in which each layer is conv or dense → batch norm → ReLU. Other
// options say by how much a network departs from these two.

import { formatShape } from "../../gpu/shape.ts";
import { wantNumber, wantTensor, wantWhole } from "../../tensor/check.ts";
import { BOOLEAN, LIST, NUMBER, oneOf, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { constant_, kaimingNormal_, normal_, uniform_ } from "../init.ts";
import { ReLU } from "../layers/activation.ts";
import { Conv2d } from "../layers/conv.ts";
import { Dropout } from "../layers/dropout.ts";
import { Linear } from "../layers/linear.ts";
import { BatchNorm1d, BatchNorm2d } from "../layers/norm.ts";
import { MaxPool2d } from "../layers/pool.ts";
import { Sequential } from "../layers/structure.ts";
import { Module } from "../module.ts";

/** How a network departs from the paper's. */
export interface PiczakOptions {
  classes: number;
  /** Frames of a segment: 41 are the paper's short ones (0.95 s), 101 its long ones (2.3 s). */
  frames?: number;
  /** Bands of a segment; the first kernel is three lower. */
  melBands?: number;
  /** "batch-norm" puts batch norm before each ReLU and leaves dropout out. */
  form?: "dropout" | "batch-norm";
  /** Channels that each convolution makes. */
  filters?: number;
  /** Batch norm before the second convolution's ReLU in the dropout form too. */
  conv2Norm?: boolean;
  /** Dropout after the first convolution's pooling. In the dropout form ½ unless given, else 0. */
  convDropout?: number;
  /** Sizes of the hidden dense layers. */
  hidden?: readonly number[];
  /** Dropout after each hidden layer. In the dropout form ½ unless given, else 0. */
  dropout?: number;
  /**
   * What the last dense layer's outputs go through before log-softmax. "plain": nothing, they are the logits.
   * "activated": what follows a hidden layer of this form, ReLU → dropout or batch norm → ReLU.
   */
  head?: "plain" | "activated";
  /**
   * "paper": the paper's own (conv 1 uniform ±0.001 with bias 0.1, conv 2 uniform ±0.1, dense normal 0.01, other
   * biases 0). "kaiming-normal": He et al.'s for all weights. "pytorch": the defaults of PyTorch's layers.
   */
  init?: "paper" | "kaiming-normal" | "pytorch";
}

const piczakOptions = takes("Piczak", 1, {
  classes: NUMBER,
  frames: NUMBER,
  melBands: NUMBER,
  form: oneOf("dropout", "batch-norm"),
  filters: NUMBER,
  conv2Norm: BOOLEAN,
  convDropout: NUMBER,
  hidden: LIST,
  dropout: NUMBER,
  head: oneOf("plain", "activated"),
  init: oneOf("paper", "kaiming-normal", "pytorch"),
});

const CHANNELS = 2;

/**
 * [segments, 2, melBands, frames] → log-probabilities [segments, classes].
 * @shape [segments, 2, melBands, frames] → [segments, classes]
 * @example
 * const model = new nn.Piczak({ classes: 10, filters: 4, hidden: [8] }).eval();
 * model.forward(zeros([2, 2, 60, 41])).shape; // → [2, 10]
 */
export class Piczak extends Module {
  readonly frames: number;
  readonly melBands: number;
  readonly conv1: Sequential;
  readonly conv2: Sequential;
  /** fc.0, fc.1, …: the hidden dense layers. */
  readonly fc: readonly Sequential[];
  /** The last dense layer; with an activated head it is output.0. */
  readonly output: Linear | Sequential;

  constructor(options: PiczakOptions, ...more: never[]) {
    super();
    piczakOptions(options, more);
    wantNumber("Piczak", "classes", options?.classes);
    const {
      classes,
      frames = 41,
      melBands = 60,
      form = "dropout",
      filters = 80,
      hidden = [5000, 5000],
    } = options;
    const { head = "plain", init = "paper" } = options;
    wantWhole("Piczak", { melBands }, 4); // the first pooling is over four bands
    this.melBands = melBands;
    const normed = form === "batch-norm";
    const { conv2Norm = normed, convDropout = normed ? 0 : 0.5, dropout = normed ? 0 : 0.5 } = options;
    wantWhole("Piczak", { frames }, 20); // fewer leave the second pooling without a window
    this.frames = frames;
    this.conv1 = new Sequential(
      new Conv2d(CHANNELS, filters, [melBands - 3, 6]),
      ...(normed ? [new BatchNorm2d(filters)] : []),
      new ReLU(),
      new MaxPool2d([4, 3], { stride: [1, 3] }),
      ...dropping(convDropout),
    );
    this.conv2 = new Sequential(
      new Conv2d(filters, filters, [1, 3]),
      ...(normed || conv2Norm ? [new BatchNorm2d(filters)] : []),
      new ReLU(),
      new MaxPool2d([1, 3], { stride: [1, 3] }),
    );
    const activated = (inputs: number, outputs: number) =>
      new Sequential(
        new Linear(inputs, outputs),
        ...(normed ? [new BatchNorm1d(outputs)] : []),
        new ReLU(),
        ...dropping(dropout),
      );
    let inputs = filters * pooled(pooled(frames - 5) - 2);
    this.fc = hidden.map((outputs) => {
      const layer = activated(inputs, outputs);
      inputs = outputs;
      return layer;
    });
    this.output = head === "plain" ? new Linear(inputs, classes) : activated(inputs, classes);
    if (init === "paper") this.initAsPaper();
    else if (init === "kaiming-normal") for (const { weight } of this.weighted()) kaimingNormal_(weight);
  }

  forward(x: Tensor): Tensor {
    wantTensor("Piczak", "the input", x);
    const wanted = [CHANNELS, this.melBands, this.frames];
    if (x.ndim !== 4 || wanted.some((n, axis) => x.shape[axis + 1] !== n)) {
      throw new RangeError(`Piczak: wants segments [n, ${wanted.join(", ")}], got ${formatShape(x.shape)}`);
    }
    const features = this.conv2.forward(this.conv1.forward(x)).flatten(1);
    const hidden = this.fc.reduce((value, layer) => layer.forward(value), features);
    return F.logSoftmax(this.output.forward(hidden), 1);
  }

  private weighted(): (Conv2d | Linear)[] {
    return this.modules().filter((module) => module instanceof Conv2d || module instanceof Linear);
  }

  private initAsPaper(): void {
    const [conv1, conv2, ...dense] = this.weighted();
    uniform_(conv1!.weight, -0.001, 0.001);
    uniform_(conv2!.weight, -0.1, 0.1);
    for (const { weight } of dense) normal_(weight, 0, 0.01);
    for (const { bias } of this.weighted()) constant_(bias!, 0);
    constant_(conv1!.bias!, 0.1);
  }
}

function dropping(p: number): Dropout[] {
  return p > 0 ? [new Dropout(p)] : [];
}

/** Columns that pooling over three with a stride of three leaves. */
function pooled(columns: number): number {
  return Math.floor((columns - 3) / 3) + 1;
}
