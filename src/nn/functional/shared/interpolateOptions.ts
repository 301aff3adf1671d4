// The options of interpolate, which layers take too.
import { BOOLEAN, type Kind, oneOf, orNull, PAIR } from "../../../tensor/options.ts";

export const MODES = ["nearest", "linear", "bilinear", "bicubic", "area", "nearest-exact"] as const;

const SIZES: Kind = { ...PAIR, says: "a number or a list of them" };

export const INTERPOLATE = {
  size: orNull(SIZES),
  scaleFactor: orNull(SIZES),
  mode: oneOf(...MODES),
  alignCorners: orNull(BOOLEAN),
  recomputeScaleFactor: orNull(BOOLEAN),
};
