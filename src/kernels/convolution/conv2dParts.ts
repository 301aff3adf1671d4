// Convolutions in a few groups of many channels: each group is a convolution of its own, on copies of its channels, so that
// the fast products do it.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { type Shape, stridesOf } from "../../gpu/shape.ts";
import { pick, place } from "../shapes/copy.ts";
import { type Geometry, sizesOf } from "./conv2dGeometry.ts";

/** Channels that a group reads, and makes, from which on products are faster than conv2dGroups.wgsl. */
const MANY = 24;

export function inParts({ groups, channels, outChannels }: Geometry): boolean {
  return groups > 1 && channels / groups >= MANY && outChannels / groups >= MANY;
}

/**
 * Runs `one` for each group on its share of the inputs, and puts the results together along `axis` of `shape`. Inputs come
 * with the axis that their groups lie along.
 */
export function byParts(
  g: Geometry,
  inputs: readonly (readonly [array: DeviceArray, axis: 0 | 1])[],
  shape: Shape,
  axis: 0 | 1,
  one: (shares: DeviceArray[], g: Geometry) => DeviceArray,
): DeviceArray {
  const { groups } = g;
  const of = (whole: Shape, axis: 0 | 1) => whole.with(axis, whole[axis]! / groups);
  const offset = (whole: Shape, axis: 0 | 1, group: number) =>
    (group * whole[axis]! * stridesOf(whole)[axis]!) / groups;
  const own = sizesOf(of(g.inShape, 1), of(g.outShape, 1), [g.kernelHeight, g.kernelWidth], 1);
  const result = empty(shape, "float32", "conv2d");
  for (let group = 0; group < groups; group++) {
    const shares = inputs.map(([x, along]) =>
      pick(x, of(x.shape, along), stridesOf(x.shape), offset(x.shape, along, group), 1, "a group's share"),
    );
    const part = one(shares, own);
    place(part, result, stridesOf(shape), offset(shape, axis, group));
    for (const each of [...shares, part]) each.release();
  }
  return result;
}
