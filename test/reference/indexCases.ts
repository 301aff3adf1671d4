// The drawn cases of what picks and places by index, for gradientCases.ts.
import * as gather from "./gather.ts";
import { Random } from "./random.ts";
import { type Arr, arr, type Reference, sizeOf } from "./reference.ts";

interface Drawn {
  name: string;
  reference: Reference<unknown>;
  withoutGradient: number[];
  cases: { inputs: Arr[]; attrs: unknown }[];
}

const r = new Random(601);

const placed = (x: number[], index: number[], axis: number, source = index) => ({
  inputs: [r.array(x), r.integers(index, 0, x[axis] - 1), r.array(source)],
  attrs: { axis },
});

/** The same with places that are named once: what is written over another has no derivative. */
const written = (x: number[], index: number[], axis: number, source = index) => {
  const drawn = placed(x, index, axis, source);
  const inner = sizeOf(index.slice(axis + 1));
  const at = (i: number) => Math.floor(i / inner) % index[axis];
  drawn.inputs[1] = arr(
    index,
    drawn.inputs[1].data.map((_, i) => (2 * at(i) + (i % inner)) % x[axis]), // x has an odd number of them
  );
  return drawn;
};

export const indexCases: Drawn[] = [
  {
    name: "indexSelect",
    reference: gather.indexSelect as Reference<unknown>,
    withoutGradient: [1],
    cases: (
      [
        [[5], 3, 0],
        [[3, 4], 6, 1],
        [[2, 3, 2], 4, 1],
      ] as [number[], number, number][]
    ).map(([x, n, axis]) => ({
      inputs: [r.array(x), r.integers([n], 0, x[axis] - 1)],
      attrs: { axis },
    })),
  },
  {
    name: "scatter",
    reference: gather.scatter as Reference<unknown>,
    withoutGradient: [1],
    cases: [written([5], [3], 0), written([3, 4], [3, 2], 0, [4, 2]), written([2, 5, 3], [2, 5, 2], 1)],
  },
  {
    name: "scatterAdd",
    reference: gather.scatterAdd as Reference<unknown>,
    withoutGradient: [1],
    cases: [placed([5], [7], 0), placed([3, 4], [6, 2], 0, [7, 3]), placed([2, 3, 2], [1, 5, 2], 1)],
  },
  {
    name: "indexAdd",
    reference: gather.indexAdd as Reference<unknown>,
    withoutGradient: [1],
    cases: [placed([4], [6], 0), placed([3, 4], [5], 0, [5, 4]), placed([2, 3, 2], [4], 1, [2, 4, 2])],
  },
];
