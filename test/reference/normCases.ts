// The drawn cases of layer, group and RMS norm, for gradientCases.ts.
import * as norms from "./norms.ts";
import { Random } from "./random.ts";
import type { Arr, Reference } from "./reference.ts";

export interface DrawnCases {
  name: string;
  reference: Reference<unknown>;
  withoutGradient: number[];
  cases: { inputs: Arr[]; attrs: unknown }[];
}

const r = new Random(501);
const EPS = 1e-5;
const LAYERS: [shape: number[], dims: number][] = [
  [[5], 1],
  [[3, 7], 1],
  [[2, 3, 4], 2],
  [[2, 1, 5], 1],
  [[2, 3], 2],
];
const GROUPS: [shape: number[], groups: number][] = [
  [[3, 4], 2],
  [[2, 4, 3], 1],
  [[2, 6, 3], 3],
  [[1, 3, 2, 2], 3],
  [[2, 2, 5], 1],
];

export const normCases: DrawnCases[] = [
  {
    name: "layerNorm",
    reference: norms.layerNorm as Reference<unknown>,
    withoutGradient: [],
    cases: LAYERS.map(([shape, dims]) => {
      const row = shape.slice(shape.length - dims);
      return { inputs: [r.array(shape, -2, 2), r.array(row), r.array(row)], attrs: { dims, eps: EPS } };
    }),
  },
  {
    name: "rmsNorm",
    reference: norms.rmsNorm as Reference<unknown>,
    withoutGradient: [],
    cases: LAYERS.map(([shape, dims]) => ({
      inputs: [r.array(shape, -2, 2), r.array(shape.slice(shape.length - dims))],
      attrs: { dims, eps: EPS },
    })),
  },
  {
    name: "groupNorm",
    reference: norms.groupNorm as Reference<unknown>,
    withoutGradient: [],
    cases: GROUPS.map(([shape, groups]) => ({
      inputs: [r.array(shape, -2, 2), r.array([shape[1]!]), r.array([shape[1]!])],
      attrs: { groups, eps: EPS },
    })),
  },
];
