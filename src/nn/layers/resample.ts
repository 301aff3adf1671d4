// Layers that change the size of images and sequences, or put their elements elsewhere.
import { show, wantNoMore, wantWhole } from "../../tensor/check.ts";
import { PAIR, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { type NumberOrPair, pair } from "../functional/pair.ts";
import { INTERPOLATE } from "../functional/shared/interpolateOptions.ts";
import { Module } from "../module.ts";

const { size, scaleFactor, ...others } = INTERPOLATE;
const upsample = takes("Upsample", 1, { size, scaleFactor, ...others });
const upsampling = takes("Upsampling2d", 1, { size, scaleFactor });

/** "size: [4, 4], mode: \"bilinear\"" */
const described = (options: object) =>
  Object.entries(options)
    .map(([name, value]) => `${name}: ${show(value)}`)
    .join(", ");

/**
 * Images or sequences at another size, by `size` or `scaleFactor`; see F.interpolate.
 * @shape [samples, channels, length] → [samples, channels, steps]
 * @shape [samples, channels, height, width] → [samples, channels, rows, columns]
 * @example new nn.Upsample({ scaleFactor: 2 }).forward(tensor([[[1, 2]]])); // → [[[1, 1, 2, 2]]]
 */
export class Upsample extends Module {
  constructor(
    readonly options: F.InterpolateOptions,
    ...more: never[]
  ) {
    super();
    upsample(options, more);
  }

  forward(x: Tensor): Tensor {
    return F.interpolate(x, this.options);
  }

  protected override extraRepr(): string {
    return described(this.options);
  }
}

abstract class Upsampling2d extends Module {
  constructor(
    readonly options: Pick<F.InterpolateOptions, "size" | "scaleFactor">,
    ...more: never[]
  ) {
    super();
    upsampling(options, more, this.constructor.name);
  }

  protected override extraRepr(): string {
    return described(this.options);
  }
}

/**
 * Each pixel several times; see F.interpolate.
 * @shape [samples, channels, height, width] → [samples, channels, rows, columns]
 * @example new nn.UpsamplingNearest2d({ scaleFactor: 2 }).forward(ones([1, 3, 4, 4])).shape; // → [1, 3, 8, 8]
 */
export class UpsamplingNearest2d extends Upsampling2d {
  forward(x: Tensor): Tensor {
    return F.interpolate(x, { ...this.options, mode: "nearest" });
  }
}

/**
 * Between pixels, corners on corners; see F.interpolate.
 * @shape [samples, channels, height, width] → [samples, channels, rows, columns]
 * @example new nn.UpsamplingBilinear2d({ scaleFactor: 2 }).forward(ones([1, 3, 4, 4])).shape; // → [1, 3, 8, 8]
 */
export class UpsamplingBilinear2d extends Upsampling2d {
  forward(x: Tensor): Tensor {
    return F.interpolate(x, { ...this.options, mode: "bilinear", alignCorners: true });
  }
}

/**
 * Channels to pixels: [samples, channels · r², height, width] → [samples, channels, height · r, width · r].
 * @example new nn.PixelShuffle(2).forward(ones([1, 8, 3, 3])).shape; // → [1, 2, 6, 6]
 */
export class PixelShuffle extends Module {
  constructor(
    readonly upscaleFactor: number,
    ...more: never[]
  ) {
    super();
    wantWhole("PixelShuffle", { upscaleFactor }, 1);
    wantNoMore("PixelShuffle", more);
  }

  forward(x: Tensor): Tensor {
    return F.pixelShuffle(x, this.upscaleFactor);
  }

  protected override extraRepr(): string {
    return `${this.upscaleFactor}`;
  }
}

/**
 * Pixels to channels: [samples, channels, height · r, width · r] → [samples, channels · r², height, width].
 * @example new nn.PixelUnshuffle(2).forward(ones([1, 2, 6, 6])).shape; // → [1, 8, 3, 3]
 */
export class PixelUnshuffle extends Module {
  constructor(
    readonly downscaleFactor: number,
    ...more: never[]
  ) {
    super();
    wantWhole("PixelUnshuffle", { downscaleFactor }, 1);
    wantNoMore("PixelUnshuffle", more);
  }

  forward(x: Tensor): Tensor {
    return F.pixelUnshuffle(x, this.downscaleFactor);
  }

  protected override extraRepr(): string {
    return `${this.downscaleFactor}`;
  }
}

/**
 * Channels dealt out over groups; see F.channelShuffle.
 * @example new nn.ChannelShuffle(2).forward(tensor([[[1], [2], [3], [4]]])); // → [[[1], [3], [2], [4]]]
 */
export class ChannelShuffle extends Module {
  constructor(
    readonly groups: number,
    ...more: never[]
  ) {
    super();
    wantWhole("ChannelShuffle", { groups }, 1);
    wantNoMore("ChannelShuffle", more);
  }

  forward(x: Tensor): Tensor {
    return F.channelShuffle(x, this.groups);
  }

  protected override extraRepr(): string {
    return `${this.groups}`;
  }
}

const unfoldOptions = takes("Unfold", 2, { dilation: PAIR, padding: PAIR, stride: PAIR });
const foldOptions = takes("Fold", 3, { dilation: PAIR, padding: PAIR, stride: PAIR });

/**
 * The patches of images, as columns; see F.unfold.
 * @example new nn.Unfold(2).forward(ones([1, 1, 3, 3])).shape; // → [1, 4, 4]
 */
export class Unfold extends Module {
  constructor(
    readonly kernelSize: NumberOrPair,
    readonly options: F.UnfoldOptions = {},
    ...more: never[]
  ) {
    super();
    unfoldOptions(options, more);
    pair(kernelSize, "Unfold: kernelSize");
  }

  forward(x: Tensor): Tensor {
    return F.unfold(x, this.kernelSize, this.options);
  }

  protected override extraRepr(): string {
    return described({ kernelSize: this.kernelSize, ...this.options });
  }
}

/**
 * The sum of patches where they came from; see F.fold.
 * @example new nn.Fold([3, 3], 2).forward(ones([1, 4, 4])).shape; // → [1, 1, 3, 3]
 */
export class Fold extends Module {
  constructor(
    readonly outputSize: NumberOrPair,
    readonly kernelSize: NumberOrPair,
    readonly options: F.UnfoldOptions = {},
    ...more: never[]
  ) {
    super();
    foldOptions(options, more);
    pair(outputSize, "Fold: outputSize");
    pair(kernelSize, "Fold: kernelSize");
  }

  forward(x: Tensor): Tensor {
    return F.fold(x, this.outputSize, this.kernelSize, this.options);
  }

  protected override extraRepr(): string {
    return described({ outputSize: this.outputSize, kernelSize: this.kernelSize, ...this.options });
  }
}
