// The cases on which the further losses' gradients are checked: see gradientCases.ts.
import { type CtcAttrs, ctcLoss } from "./ctc.ts";
import * as losses from "./losses.ts";
import { Random } from "./random.ts";
import { type Arr, arr, type Reference } from "./reference.ts";

interface LossCases {
  name: string;
  reference: Reference<unknown>;
  withoutGradient: number[];
  cases: { inputs: Arr[]; attrs: unknown }[];
}

const random = new Random(1201);
const REDUCTIONS = ["mean", "sum", "none"] as const;
const IGNORED = 2 ** 32 - 100;

/** Targets from 0 to 1 whose sum along the classes is 1. */
function softTargets(random: Random, shape: number[]): Arr {
  const [batch, classes, ...rest] = shape as [number, number, ...number[]];
  const inner = rest.reduce((a, b) => a * b, 1);
  const soft = random.array(shape, 0.1, 1);
  for (let n = 0; n < batch; n++) {
    for (let s = 0; s < inner; s++) {
      const places = Array.from({ length: classes }, (_, c) => (n * classes + c) * inner + s);
      const sum = places.reduce((total, at) => total + soft.data[at]!, 0);
      for (const at of places) soft.data[at]! /= sum;
    }
  }
  return soft;
}

/** Labels of which every third one, but not the first, counts nothing. */
function labels(random: Random, shape: number[], classes: number): Arr {
  const found = random.integers(shape, 0, classes - 1);
  for (let n = 2; n < found.data.length; n += 3) found.data[n] = IGNORED;
  return found;
}

const LABELLED = [[2, 3], [4, 5], [3, 4, 2], [2, 3, 2, 3], [1, 1, 5]]; // biome-ignore format: as it looks

/** Of x [B, C, …]: with and without weights and smoothing. */
export const labelled = (logits: boolean): { inputs: Arr[]; attrs: losses.LabelAttrs }[] => {
  const random = new Random(1202);
  return LABELLED.flatMap((shape, i) => {
    const [batch, classes, ...rest] = shape as [number, number, ...number[]];
    const x = () => random.array(shape, -3, logits ? 3 : 0);
    const weight = () => random.array([classes], 0.2, 2);
    const reduction = REDUCTIONS[i % 3]!;
    const target = () => labels(random, [batch, ...rest], classes);
    return [
      { inputs: [x(), target()], attrs: { reduction, logits } },
      { inputs: [x(), target(), weight()], attrs: { reduction: REDUCTIONS[(i + 1) % 3]!, logits } },
      { inputs: [x(), target(), weight()], attrs: { reduction: "mean", logits, smoothing: 0.3 } },
      { inputs: [x(), target()], attrs: { reduction, logits, smoothing: 0.1 } },
    ];
  });
};

/** Of x [B, C, …] and probabilities of its shape. */
export const soft = (): { inputs: Arr[]; attrs: losses.LabelAttrs }[] => {
  const random = new Random(1203);
  return LABELLED.flatMap((shape, i) => [
    {
      inputs: [random.array(shape, -3, 3), softTargets(random, shape)],
      attrs: { reduction: REDUCTIONS[i % 3]!, logits: true, soft: true },
    },
    {
      inputs: [random.array(shape, -3, 3), softTargets(random, shape), random.array([shape[1]!], 0.2, 2)],
      attrs: { reduction: REDUCTIONS[(i + 1) % 3]!, logits: true, soft: true, smoothing: 0.2 },
    },
  ]);
};

/** Labels with repeats, none at all, other lengths, another blank. */
export const ctcCases = (): { inputs: Arr[]; attrs: CtcAttrs }[] => {
  const random = new Random(1204);
  return [
    { inputs: [random.array([6, 2, 4], -2, 2)], attrs: { labels: [[1, 1, 2], [3]], lengths: [6, 4], blank: 0, reduction: "mean" } },
    { inputs: [random.array([5, 3, 3], -2, 2)], attrs: { labels: [[], [1], [0, 1]], lengths: [3, 5, 5], blank: 2, reduction: "none" } },
    { inputs: [random.array([1, 1, 2], -2, 2)], attrs: { labels: [[1]], lengths: [1], blank: 0, reduction: "sum" } },
    { inputs: [random.array([8, 4, 4], -2, 2)], attrs: { labels: [[1, 1, 2], [3], [], [2, 3]], lengths: [8, 7, 8, 8], blank: 0, reduction: "mean" } },
    { inputs: [random.array([2, 7, 3], -2, 2)], attrs: { labels: [[1], [2], [], [1, 2], [2, 1], [1], [2]], lengths: [2, 1, 2, 2, 2, 1, 2], blank: 0, reduction: "none" } },
  ]; // biome-ignore format: a line each
};

const SHAPES = [[], [1], [3, 5], [2, 3, 2]];
const anywhere = (shape: number[]) => random.array(shape, -2, 2);
const probability = (shape: number[]) => random.array(shape, 0.05, 0.95);
const sides = (shape: number[]) => arr(shape, random.integers(shape, 0, 1).data.map((bit) => 2 * bit - 1)); // biome-ignore format: as it looks

/** x and targets whose difference keeps away from 0 and from ±p. */
function apart(shape: number[], p: number): Arr[] {
  const target = anywhere(shape);
  const away = random.awayFrom([-p, 0, p], shape, -2, 2);
  return [arr(shape, target.data.map((t, i) => t + away.data[i]!)), target]; // biome-ignore format: as it looks
}

const REFERENCES = { ...losses };

const pointwise = (
  name: Exclude<keyof typeof losses, "labelLoss">,
  p: number,
  draw: (shape: number[]) => Arr[],
  withoutGradient: number[] = [],
): LossCases => ({
  name,
  reference: REFERENCES[name] as Reference<unknown>,
  withoutGradient,
  cases: SHAPES.flatMap((shape) =>
    REDUCTIONS.map((reduction) => ({ inputs: draw(shape), attrs: { reduction, p } })),
  ),
});

const withLogits = pointwise("binaryCrossEntropyWithLogits", 0, (shape) => [
  anywhere(shape),
  probability(shape),
]);

export const lossCases: LossCases[] = [
  { name: "ctcLoss", reference: ctcLoss as Reference<unknown>, withoutGradient: [], cases: ctcCases() },
  {
    name: "labelLoss",
    reference: losses.labelLoss as Reference<unknown>,
    withoutGradient: [1, 2],
    cases: [...labelled(true), ...labelled(false), ...soft()],
  },
  pointwise("l1Loss", 0, (shape) => apart(shape, 1)),
  pointwise("smoothL1Loss", 0.7, (shape) => apart(shape, 0.7)),
  pointwise("huberLoss", 0.7, (shape) => apart(shape, 0.7)),
  pointwise("binaryCrossEntropy", 0, (shape) => [probability(shape), probability(shape)]),
  {
    ...withLogits,
    withoutGradient: [2],
    cases: [
      ...withLogits.cases,
      ...SHAPES.slice(1).map((shape) => ({
        inputs: [anywhere(shape), probability(shape), random.array(shape.slice(-1), 0.3, 3)],
        attrs: { reduction: "none", p: 0 },
      })),
    ],
  },
  pointwise("poissonNllLoss", 0, (shape) => [anywhere(shape), random.array(shape, 0, 4)]),
  pointwise("poissonNllLossOfRates", 1e-3, (shape) => [
    random.array(shape, 0.2, 3),
    random.array(shape, 0, 4),
  ]),
  pointwise("softMarginLoss", 0, (shape) => [anywhere(shape), sides(shape)]),
  pointwise("hingeEmbeddingLoss", 0.8, (shape) => [random.awayFrom([0.8], shape, 0, 2), sides(shape)], [1]),
];
