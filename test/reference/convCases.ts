// The drawn cases on which the gradients of convolutions in groups, transposed ones and resampling are checked (see
// gradientCases.ts).
import * as conv2d from "./conv2d.ts";
import { Random } from "./random.ts";
import type { Arr, Reference } from "./reference.ts";

interface OwnCases {
  name: string;
  reference: Reference<unknown>;
  withoutGradient: number[];
  cases: { inputs: Arr[]; attrs: unknown }[];
}

export const convCases: OwnCases[] = [];

function add<A>(
  name: string,
  reference: Reference<A>,
  draw: (random: Random) => { inputs: Arr[]; attrs: A }[],
  withoutGradient: number[] = [],
): void {
  const cases = draw(new Random(5000 + convCases.length));
  convCases.push({ name, reference: reference as Reference<unknown>, withoutGradient, cases });
}

type Pair = [number, number];

/** Sizes of a convolution in groups, every kind of stride, padding and dilation among them. */
function grouped(r: Random) {
  const groups = r.int(1, 3);
  const [ins, outs] = [r.int(1, 2), r.int(1, 2)];
  const pair = (low: number, high: number): Pair => [r.int(low, high), r.int(low, high)];
  const attrs = { stride: pair(1, 3), padding: pair(0, 2), dilation: pair(1, 3), groups };
  return { N: r.int(1, 2), C: groups * ins, O: groups * outs, ins, outs, kernel: pair(1, 3), attrs };
}

add("convTranspose2d", conv2d.convTranspose2d, (r) =>
  Array.from({ length: 12 }, () => {
    const { N, C, outs, kernel, attrs } = grouped(r);
    const outputPadding = [0, 1].map((d) =>
      r.int(0, Math.max(attrs.stride[d], attrs.dilation[d]) - 1),
    ) as Pair;
    const padding = [0, 1].map((d) =>
      Math.min(attrs.padding[d], attrs.dilation[d] * (kernel[d] - 1)),
    ) as Pair;
    // Two rows or more, so that something is left where padding takes the rest.
    const inputs = [r.array([N, C, r.int(2, 4), r.int(2, 4)]), r.array([C, outs, ...kernel])];
    return { inputs, attrs: { ...attrs, padding, outputPadding } };
  }).filter(({ inputs, attrs }) => conv2d.convTranspose2d.forward(inputs, attrs).shape.every((n) => n > 0)),
);

add("conv2d's weight gradient", conv2d.conv2dWeight, (r) =>
  Array.from({ length: 12 }, () => {
    const { N, C, O, ins, kernel, attrs } = grouped(r);
    const image = [0, 1].map((d) => attrs.dilation[d] * (kernel[d] - 1) + 1 + r.int(0, 3));
    const x = r.array([N, C, ...image]);
    const w = r.array([O, ins, ...kernel]);
    const dy = r.array(conv2d.conv2d.forward([x, w], attrs).shape);
    return { inputs: [x, dy], attrs: { ...attrs, kernel } };
  }),
);
