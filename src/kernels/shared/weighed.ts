// x · s of x [n, channels, height, width] and s [n, channels, 1, 1], as squeeze-and-excitation weighs channels: put off where no
// gradient is recorded of it, since a small 1 × 1 convolution multiplies while it reads (conv2dPointwise.wgsl), and saves a pass
// over x. Anything else that reads it has it computed.
import { Deferred, DeviceArray } from "../../gpu/array.ts";
import { type Shape, sameShape } from "../../gpu/shape.ts";

class Weighed extends Deferred {
  constructor(
    readonly shape: Shape,
    x: DeviceArray,
    s: DeviceArray,
    multiply: (x: DeviceArray, s: DeviceArray) => DeviceArray,
  ) {
    super([x, s], () => multiply(this.x, this.s));
  }

  get x(): DeviceArray {
    return this.inputs[0]!;
  }
  get s(): DeviceArray {
    return this.inputs[1]!;
  }
}

/** x · s, put off; null where s is no number a channel. */
export function weighLater(
  x: DeviceArray,
  s: DeviceArray,
  multiply: (x: DeviceArray, s: DeviceArray) => DeviceArray,
): DeviceArray | null {
  const isMany = x.shape.length === 4 && x.size > s.size;
  if (!isMany || x.dtype !== "float32" || s.dtype !== "float32") return null;
  const [n, channels] = x.shape as [number, number, number, number];
  if (!sameShape(s.shape, [n, channels, 1, 1]) || s.size === 0) return null;
  return new DeviceArray(x.shape, "float32", new Weighed(x.shape, x, s, multiply));
}

/** What x is put off as the product of, if it is: borrowed. */
export function factorsOf(x: DeviceArray): { x: DeviceArray; s: DeviceArray } | null {
  const { deferred } = x;
  if (!(deferred instanceof Weighed) || !sameShape(deferred.shape, x.shape)) return null;
  return { x: deferred.x, s: deferred.s };
}
