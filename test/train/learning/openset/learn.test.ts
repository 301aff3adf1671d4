// What the directions of classes and the threshold are found on. The whole of it is in none-of-these.test.ts.
import { expect, test } from "bun:test";
import { nn, type Tensor } from "../../../../src/index.ts";
import type { Dataset } from "../../../../src/train/dataset/dataset.ts";
import { extractorOf } from "../../../../src/train/features/extractor.ts";
import {
  findThreshold,
  heldOutClips,
  type Learned,
  warnOfTooFew,
} from "../../../../src/train/learning/openset/learn.ts";
import { trainingSegments } from "../../../../src/train/learning/split.ts";
import type { Ground } from "../../../../src/train/learning/training.ts";
import { findRecipe } from "../../../../src/train/recipes/index.ts";
import { Quiet } from "../../features/made-sounds.ts";

const clip = (fold: number, label: number) => ({ name: "", fold, label });

test("clips of a class that no other training fold has, or of the test fold, are none that can be held out", () => {
  const clips = [clip(1, 0), clip(1, 1), clip(2, 0), clip(2, 0), clip(2, 2), clip(3, 0), clip(3, 1)];
  const folds = { train: [1, 2], validation: null, test: 3 };
  expect(heldOutClips({ clips } as unknown as Dataset, folds)).toBe(3);
  expect(heldOutClips({ clips } as unknown as Dataset, { train: [1, 2], validation: 3, test: 4 })).toBe(2);
});

test("too few are told", () => {
  const progress = new Quiet();
  for (const clips of [9, 8]) warnOfTooFew(0.9, clips, { progress });
  expect(progress.lines.length).toBe(1);
  expect(progress.lines[0]).toContain("8 clips that can be held out are too few");
});

test("where a recipe draws examples, the directions are those of the clips that were drawn", async () => {
  const recipe = { ...findRecipe("blog-bn"), examples: 1, masks: null };
  const { shape } = extractorOf(recipe.frontEnd);
  const size = shape.reduce((a, b) => a * b);
  const clips = [1, 2, 3].flatMap((fold) => [0, 0, 1, 1].map((label) => clip(fold, label)));
  const dataset = { source: "drawn", classes: ["a", "b"], clips, folds: 3 } as unknown as Dataset;
  const values = Float32Array.from({ length: clips.length * size }, (_, i) => Math.sin(i * (1 + (i % 7))));
  const clipOf = Uint32Array.from(clips, (_, i) => i);
  const features = { shape, values, clipOf, silent: new Uint32Array(clips.length) };
  // The embedding is the picture's first numbers.
  class Looks extends nn.Module<[Tensor], Tensor> {
    last = new nn.Linear(4, 2);
    forward(x: Tensor): Tensor {
      return this.last.forward(x.reshape([x.shape[0]!, -1]).narrow(1, 0, 4));
    }
  }
  const folds = { train: [1, 2], validation: null, test: 3 };
  const config = {
    classes: dataset.classes,
    folds,
    recipe,
    seed: 5,
    standardization: { mean: 0, deviation: 1 },
  };
  const learned = { model: new Looks(), config } as unknown as Learned;
  const ground = { dataset, features, maxBytes: 2 ** 27 } as unknown as Ground;
  let means = new Float32Array();
  const writeOther = (_: unknown, arrays: { means?: { data: unknown } }) => {
    means = arrays.means!.data as typeof means;
  };
  await findThreshold(
    ground,
    learned,
    0.5,
    { writeOther } as never,
    { progress: new Quiet() },
    async () => learned,
  );
  const drawn = trainingSegments(dataset, features, folds, 1, 5);
  expect(drawn.length).toBe(2);
  for (const segment of drawn) {
    const own = values.subarray(segment * size, segment * size + 4);
    const length = Math.hypot(...own);
    const { label } = clips[segment]!;
    for (const [i, value] of own.entries()) expect(means[label * 4 + i]).toBeCloseTo(value / length, 4);
  }
});
