// The networks that F. Schmid, K. Koutini and G. Widmer trained on AudioSet ("Efficient large-scale audio tagging via
// transformer-to-CNN knowledge distillation", ICASSP 2023; github.com/fschmid56/EfficientAT), mn04, mn10, … by their width:
// MobileNetV3-Large (A. Howard et al. 2019) over a log-mel picture of one channel, with fewer or more channels.
//
//   conv 3×3, stride 2 → 15 inverted residuals → conv 1×1 → mean over the picture: the embedding
//   → dense → hard-swish → dropout → dense: the logits
//
// An inverted residual widens by a 1×1 convolution, looks around in each channel by itself, weighs the channels by what all of
// the picture has in them (squeeze-and-excitation), and narrows again. Names are those of the published files, which load as
// they are: `loadStateDict(loadTorch(bytes))`.
import { formatShape } from "../../gpu/shape.ts";
import { excitation, excitesAtOnce } from "../../kernels/convolution/excitation.ts";
import { isRecording } from "../../tensor/autograd/grad-mode.ts";
import { wantNoMore, wantPositive, wantProbability, wantTensor, wantWhole } from "../../tensor/check.ts";
import { NUMBER, takes } from "../../tensor/options.ts";
import { scope } from "../../tensor/scope.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { isPlain } from "../hooks.ts";
import { kaimingNormal_, normal_, zeros_ } from "../init.ts";
import { ReLU } from "../layers/activation.ts";
import { Conv2d } from "../layers/conv.ts";
import { Dropout } from "../layers/dropout.ts";
import { Linear } from "../layers/linear.ts";
import { BatchNorm2d } from "../layers/norm.ts";
import { Hardswish } from "../layers/piecewise.ts";
import { AdaptiveAvgPool2d } from "../layers/pool.ts";
import { Flatten, Identity, Sequential } from "../layers/structure.ts";
import { Module } from "../module.ts";

/** How large an MN is. */
export interface MNOptions {
  /** Channels as a share of MobileNetV3-Large's: 0.4 is mn04, 1 mn10. Default 1. */
  width?: number;
  /** Logits. AudioSet has 527, the default. */
  classes?: number;
  /** Dropout before the last dense layer. Default 0.2. */
  dropout?: number;
}

const mnOptions = takes("MN", 1, { width: NUMBER, classes: NUMBER, dropout: NUMBER }, ["width", "classes"]);

/** What one of the 15 is: MobileNetV3-Large's table. */
type Row = readonly [
  kernel: number,
  expanded: number,
  out: number,
  se: boolean,
  act: "RE" | "HS",
  stride: number,
];

const ROWS: readonly Row[] = [
  [3, 16, 16, false, "RE", 1],
  [3, 64, 24, false, "RE", 2],
  [3, 72, 24, false, "RE", 1],
  [5, 72, 40, true, "RE", 2],
  [5, 120, 40, true, "RE", 1],
  [5, 120, 40, true, "RE", 1],
  [3, 240, 80, false, "HS", 2],
  [3, 200, 80, false, "HS", 1],
  [3, 184, 80, false, "HS", 1],
  [3, 184, 80, false, "HS", 1],
  [3, 480, 112, true, "HS", 1],
  [3, 672, 112, true, "HS", 1],
  [5, 672, 160, true, "HS", 2],
  [5, 960, 160, true, "HS", 1],
  [5, 960, 160, true, "HS", 1],
];

/** MobileNetV3's rule: the multiple of 8 that is nearest, but no more than a tenth below. */
function divisible(channels: number): number {
  const nearest = Math.max(8, 8 * Math.floor((channels + 4) / 8));
  return nearest < 0.9 * channels ? nearest + 8 : nearest;
}

const activation = (act: "RE" | "HS" | null) =>
  act === null ? [] : [act === "RE" ? new ReLU() : new Hardswish()];

/** Convolution → batch norm → activation, if any; the picture keeps its size but for the stride. */
function convNormActivation(
  channels: number,
  out: number,
  kernel: number,
  act: "RE" | "HS" | null,
  { stride = 1, groups = 1 } = {},
): Sequential {
  return new Sequential(
    new Conv2d(channels, out, kernel, { stride, padding: (kernel - 1) / 2, groups, bias: false }),
    new BatchNorm2d(out, { eps: 1e-3, momentum: 0.01 }),
    ...activation(act),
  );
}

/** Weighs the channels of [n, channels, height, width] by sigmoid(fc2 relu(fc1 m)), m being their means (J. Hu et al. 2018). */
export class SqueezeExcitation extends Module {
  readonly fc1: Linear;
  readonly fc2: Linear;

  constructor(channels: number, squeezed: number) {
    super();
    this.fc1 = new Linear(channels, squeezed);
    this.fc2 = new Linear(squeezed, channels);
  }

  forward(x: Tensor): Tensor {
    return x.mul(this.weights(x));
  }

  /** [n, channels, height, width] → [n, channels, 1, 1]. */
  private weights(x: Tensor): Tensor {
    const { fc1, fc2 } = this;
    const inputs = [x, fc1.weight, fc1.bias!, fc2.weight, fc2.bias!];
    const arePlain = [fc1, fc2].every((each) => each.constructor === Linear && isPlain(each));
    const records = isRecording() && inputs.some(({ requiresGrad }) => requiresGrad);
    if (arePlain && !records && excitesAtOnce(x.shape, fc1.weight.shape))
      return apply(excitation, inputs, undefined);
    const means = F.adaptiveAvgPool2d(x, 1).flatten(1);
    return fc2
      .forward(fc1.forward(means).relu())
      .sigmoid()
      .reshape([...x.shape.slice(0, 2), 1, 1]);
  }
}

/** The published networks weigh channels only; their authors tried rows and columns too, beside this one. */
export class ConcurrentSE extends Module {
  readonly concSeLayers: readonly SqueezeExcitation[];

  constructor(channels: number) {
    super();
    this.concSeLayers = [new SqueezeExcitation(channels, divisible(channels / 4))];
  }

  forward(x: Tensor): Tensor {
    return this.concSeLayers[0]!.forward(x);
  }
}

export class InvertedResidual extends Module {
  readonly block: Sequential;
  /** Whether its input is added to what it makes. */
  readonly residual: boolean;

  constructor(channels: number, width: number, [kernel, expanded, out, se, act, stride]: Row) {
    super();
    const wide = divisible(expanded * width);
    const made = divisible(out * width);
    this.residual = stride === 1 && channels === made;
    this.block = new Sequential(
      ...(wide === channels ? [] : [convNormActivation(channels, wide, 1, act)]),
      convNormActivation(wide, wide, kernel, act, { stride, groups: wide }),
      ...(se ? [new ConcurrentSE(wide)] : []),
      convNormActivation(wide, made, 1, null),
    );
  }

  forward(x: Tensor): Tensor {
    const made = this.block.forward(x);
    return this.residual ? x.add(made) : made;
  }
}

/**
 * Log-mel pictures [n, 1, bands, frames] → logits [n, classes], of labels that do not exclude one another: `sigmoid()` of each
 * is its probability. Any number of bands and frames will do, 32 or more of each lose nothing; AudioSet's have 128 bands and 100
 * frames a second.
 *
 * `features` are 17 modules in a row. What learns only in the last of them computes the others once:
 * `net.classify(net.pool(net.blocks(kept, 13)))`, with `kept = net.blocks(pictures, 0, 13)`.
 * @shape [n, 1, bands, frames] → [n, classes]
 * @example new nn.MN({ width: 0.1, classes: 2 }).eval().forward(ones([1, 1, 32, 32])).shape; // → [1, 2]
 */
export class MN extends Module<[Tensor], Tensor> {
  readonly features: Sequential;
  readonly classifier: Sequential;
  /** Numbers of an embedding: 384 of mn04, 960 of mn10. */
  readonly embeddingSize: number;

  constructor(options: MNOptions = {}, ...more: never[]) {
    super();
    mnOptions(options, more);
    const { width = 1, classes = 527, dropout = 0.2 } = options;
    wantPositive("MN", { width });
    wantWhole("MN", { classes }, 1);
    wantProbability("MN", { dropout });
    const stem = divisible(16 * width);
    const outputs = ROWS.map(([, , out]) => divisible(out * width));
    const last = outputs.at(-1)!;
    this.embeddingSize = 6 * last;
    this.features = new Sequential(
      convNormActivation(1, stem, 3, "HS", { stride: 2 }),
      ...ROWS.map((row, i) => new InvertedResidual(outputs[i - 1] ?? stem, width, row)),
      convNormActivation(last, this.embeddingSize, 1, "HS"),
    );
    const hidden = divisible(1280 * width);
    this.classifier = new Sequential(
      new AdaptiveAvgPool2d(1),
      new Flatten(1),
      new Linear(this.embeddingSize, hidden),
      new Hardswish(),
      dropout > 0 ? new Dropout(dropout) : new Identity(),
      new Linear(hidden, classes),
    );
    this.apply((module) => {
      if (module instanceof Conv2d) kaimingNormal_(module.weight, { mode: "fanOut" });
      else if (module instanceof Linear) {
        normal_(module.weight, 0, 0.01);
        zeros_(module.bias!);
      }
    });
  }

  forward(x: Tensor): Tensor {
    return this.classify(this.embed(x));
  }

  /** [n, 1, bands, frames] → [n, embeddingSize]: what the network knows of a sound before it names it.
   * @shape [n, 1, bands, frames] → [n, embeddingSize] */
  embed(x: Tensor, ...more: never[]): Tensor {
    wantNoMore("MN.embed", more);
    return scope(() => this.pool(this.blocks(x)), "MN.embed");
  }

  /** What the modules `from` … `to` − 1 of `features` make of what those before them made; the picture itself, where `from` is 0.
   * @shape [n, ...] → [n, channels, height, width] */
  blocks(x: Tensor, from = 0, to = this.features.layers.length, ...more: never[]): Tensor {
    wantNoMore("MN.blocks", more);
    wantTensor("MN.blocks", "the input", x);
    wantWhole("MN.blocks", { from, to }, 0);
    const { layers } = this.features;
    if (from > to || to > layers.length)
      throw new RangeError(`MN.blocks: wants 0 ≤ from ≤ to ≤ ${layers.length}, got ${from} and ${to}`);
    if (x.ndim !== 4 || (from === 0 && x.shape[1] !== 1))
      throw new RangeError(
        `MN.blocks: wants ${from === 0 ? "pictures [n, 1, bands, frames]" : "[n, channels, bands, frames]"}, got ${formatShape(x.shape)}`,
      );
    return scope(() => layers.slice(from, to).reduce((value, layer) => layer.forward(value), x), "MN.blocks");
  }

  /** What the last of `features` made → the embedding: [n, embeddingSize, height, width] → [n, embeddingSize].
   * @shape [n, embeddingSize, height, width] → [n, embeddingSize] */
  pool(x: Tensor, ...more: never[]): Tensor {
    wantNoMore("MN.pool", more);
    wantTensor("MN.pool", "the input", x);
    return scope(() => F.adaptiveAvgPool2d(x, 1).flatten(1), "MN.pool");
  }

  /** Embeddings [n, embeddingSize] → logits [n, classes].
   * @shape [n, embeddingSize] → [n, classes] */
  classify(embedding: Tensor, ...more: never[]): Tensor {
    wantNoMore("MN.classify", more);
    wantTensor("MN.classify", "the input", embedding);
    const layers = this.classifier.layers.slice(2);
    return scope(() => layers.reduce((value, layer) => layer.forward(value), embedding), "MN.classify");
  }
}
