// EnvNet (Y. Tokozume & T. Harada, "Learning environmental sounds with end-to-end convolutional neural network", ICASSP
// 2017) and EnvNet-v2 (Y. Tokozume, Y. Ushiku & T. Harada, "Learning from between-class examples for deep sound
// recognition", ICLR 2018). Filters along the wave, pooled over time, make a picture whose rows are the filters, as a
// spectrogram's are frequencies; convolutions over the picture follow, then dense layers:
//
//   EnvNet     16 kHz     conv 40 @ 8 → conv 40 @ 8 → max-pool 160 → picture [1, 40, 150]
//                         → conv 50 @ 8×13 → max-pool 3×3 → conv 50 @ 1×5 → max-pool 1×3
//   EnvNet-v2  44.1 kHz   conv 32 @ 64, stride 2 → conv 64 @ 16, stride 2 → max-pool 64 → picture [1, 64, 260]
//                         → 2 × conv 32 @ 8×8 → max-pool 5×3 → 2 × conv 64 @ 1×4 → max-pool 1×2
//                         → 2 × conv 128 @ 1×2 → max-pool 1×2 → 2 × conv 256 @ 1×2 → max-pool 1×2
//   both                  → (dense 4096 → ReLU → dropout ½) twice → dense → log-softmax
//
// Every convolution is followed by batch norm and ReLU. What the papers leave open is as in their authors' code, which is
// Chainer's: no biases under batch norm, its epsilon, and first weights by He et al. in convolutions, by LeCun in dense
// layers.

import { formatShape } from "../../gpu/shape.ts";
import { wantNumber, wantTensor, wantWhole } from "../../tensor/check.ts";
import { LIST, NUMBER, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { constant_, kaimingNormal_ } from "../init.ts";
import { ReLU } from "../layers/activation.ts";
import { Conv2d } from "../layers/conv.ts";
import { Dropout } from "../layers/dropout.ts";
import { Linear } from "../layers/linear.ts";
import { BatchNorm2d } from "../layers/norm.ts";
import { MaxPool2d } from "../layers/pool.ts";
import { Sequential } from "../layers/structure.ts";
import { Module } from "../module.ts";

/** How large an EnvNet is. */
export interface EnvNetOptions {
  classes: number;
  /** Samples of a wave: 24,014 at 16 kHz for EnvNet and 66,650 at 44.1 kHz for EnvNet-v2, both 1.5 s. */
  samples?: number;
  /** Sizes of the hidden dense layers. */
  hidden?: readonly number[];
  /** Dropout after each of them. */
  dropout?: number;
}

type Size = readonly [height: number, width: number];

/** One convolution with what follows it. */
interface Block {
  filters: number;
  kernel: Size;
  stride?: Size;
  pool?: Size;
}

const OPTIONS = { classes: NUMBER, samples: NUMBER, hidden: LIST, dropout: NUMBER };
const EPS = 2e-5;

function layersOf(blocks: readonly Block[]): Sequential {
  let inputs = 1;
  const layers = blocks.flatMap(({ filters, kernel, stride = [1, 1], pool }) => {
    const conv = new Conv2d(inputs, filters, kernel, { stride, bias: false });
    inputs = filters;
    const pooling = pool === undefined ? [] : [new MaxPool2d(pool)];
    return [conv, new BatchNorm2d(filters, { eps: EPS }), new ReLU(), ...pooling];
  });
  return new Sequential(...layers);
}

/** How long a side is behind the blocks. */
function sizeBehind(blocks: readonly Block[], side: 0 | 1, size: number): number {
  return blocks.reduce((n, { kernel, stride = [1, 1], pool = [1, 1] }) => {
    return Math.floor((Math.floor((n - kernel[side]) / stride[side]) + 1) / pool[side]);
  }, size);
}

/** The shortest width of which `size` is left behind the blocks. */
function widthBefore(blocks: readonly Block[], size: number): number {
  return blocks.reduceRight((n, { kernel, stride = [1, 1], pool = [1, 1] }) => {
    return (n * pool[1] - 1) * stride[1] + kernel[1];
  }, size);
}

/** What both networks are: filters along the wave, convolutions over the picture that they make, dense layers. */
abstract class WaveNetwork extends Module {
  readonly samples: number;
  /** Along the wave: [waves, 1, 1, samples] → [waves, filters, 1, time]. */
  readonly wave: Sequential;
  /** Over the picture [waves, 1, filters, time]. */
  readonly picture: Sequential;
  /** The dense layers, the last of which gives the logits. */
  readonly fc: Sequential;

  protected constructor(options: EnvNetOptions, samples: number, wave: Block[], picture: Block[]) {
    super();
    const { name } = this.constructor;
    wantNumber(name, "classes", options?.classes);
    const { classes, hidden = [4096, 4096], dropout = 0.5 } = options;
    this.samples = options.samples ?? samples;
    wantWhole(name, { samples: this.samples }, widthBefore(wave, widthBefore(picture, 1)));
    this.wave = layersOf(wave);
    this.picture = layersOf(picture);
    const height = sizeBehind(picture, 0, wave.at(-1)!.filters);
    const width = sizeBehind(picture, 1, sizeBehind(wave, 1, this.samples));
    let inputs = picture.at(-1)!.filters * height * width;
    const layers = hidden.flatMap((outputs) => {
      const layer = new Linear(inputs, outputs);
      inputs = outputs;
      return [layer, new ReLU(), ...(dropout > 0 ? [new Dropout(dropout)] : [])];
    });
    this.fc = new Sequential(...layers, new Linear(inputs, classes));
    for (const module of this.modules()) {
      if (module instanceof Conv2d) kaimingNormal_(module.weight);
      if (module instanceof Linear) {
        kaimingNormal_(module.weight, { nonlinearity: "linear" });
        constant_(module.bias!, 0);
      }
    }
  }

  forward(x: Tensor): Tensor {
    const { name } = this.constructor;
    wantTensor(name, "the input", x);
    if (x.ndim !== 3 || x.shape[1] !== 1 || x.shape[2] !== this.samples) {
      throw new RangeError(`${name}: wants waves [n, 1, ${this.samples}], got ${formatShape(x.shape)}`);
    }
    const filtered = this.wave.forward(x.unsqueeze(1));
    const features = this.picture.forward(filtered.transpose(1, 2)).flatten(1);
    return F.logSoftmax(this.fc.forward(features), 1);
  }
}

const envNetOptions = takes("EnvNet", 1, OPTIONS);
const envNetV2Options = takes("EnvNetV2", 1, OPTIONS);

/**
 * Waves of 1.5 s at 16 kHz, [waves, 1, 24014] → log-probabilities [waves, classes].
 * @shape [waves, 1, 24014] → [waves, classes]
 * @example
 * const [options, wave] = [{ classes: 50, hidden: [8] }, zeros([1, 1, 24014])];
 * new nn.EnvNet(options).eval().forward(wave).shape; // → [1, 50]
 */
export class EnvNet extends WaveNetwork {
  constructor(options: EnvNetOptions, ...more: never[]) {
    envNetOptions(options, more);
    const wave: Block[] = [
      { filters: 40, kernel: [1, 8] },
      { filters: 40, kernel: [1, 8], pool: [1, 160] },
    ];
    const picture: Block[] = [
      { filters: 50, kernel: [8, 13], pool: [3, 3] },
      { filters: 50, kernel: [1, 5], pool: [1, 3] },
    ];
    super(options, 24_014, wave, picture);
  }
}

/**
 * Waves of 1.5 s at 44.1 kHz, [waves, 1, 66650] → log-probabilities [waves, classes].
 * @shape [waves, 1, 66650] → [waves, classes]
 * @example
 * const [options, wave] = [{ classes: 50, hidden: [8] }, zeros([1, 1, 66650])];
 * new nn.EnvNetV2(options).eval().forward(wave).shape; // → [1, 50]
 */
export class EnvNetV2 extends WaveNetwork {
  constructor(options: EnvNetOptions, ...more: never[]) {
    envNetV2Options(options, more);
    const wave: Block[] = [
      { filters: 32, kernel: [1, 64], stride: [1, 2] },
      { filters: 64, kernel: [1, 16], stride: [1, 2], pool: [1, 64] },
    ];
    const twice = (filters: number, kernel: Size, pool: Size): Block[] => [
      { filters, kernel },
      { filters, kernel, pool },
    ];
    const picture = [
      ...twice(32, [8, 8], [5, 3]),
      ...twice(64, [1, 4], [1, 2]),
      ...twice(128, [1, 2], [1, 2]),
      ...twice(256, [1, 2], [1, 2]),
    ];
    super(options, 66_650, wave, picture);
  }
}
