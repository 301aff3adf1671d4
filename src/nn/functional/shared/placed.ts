// What max-pooling picked, put back where it was.
import { zeros } from "../../../tensor/creation.ts";
import type { Tensor } from "../../../tensor/tensor.ts";

/** Images [samples, channels, height, width] of zeros, to which each of `dy` is added at its place, row · width + column. */
export function placed(dy: Tensor, places: Tensor, shape: readonly number[]): Tensor {
  const [samples, channels, height, width] = shape as [number, number, number, number];
  const planes = samples * channels;
  const flat = (x: Tensor) => x.reshape([planes, planes === 0 ? 0 : x.numel() / planes]);
  return zeros([planes, height * width])
    .scatterAdd(1, flat(places), flat(dy))
    .reshape(shape);
}
