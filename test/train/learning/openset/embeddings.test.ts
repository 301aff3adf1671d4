// Class means and cosine similarities, as a network's hook tells them, beside the same in plain float64.
import { expect, test } from "bun:test";
import { HostRandom } from "../../../../src/gpu/host-random.ts";
import { F, manualSeed, nn, noGrad, type Tensor, tensor } from "../../../../src/index.ts";
import { MeanEmbeddings, withSimilarities } from "../../../../src/train/learning/openset/embeddings.ts";
import { type Refusal, refuses, scoreOf } from "../../../../src/train/learning/openset/refusal.ts";

class Net extends nn.Module<[Tensor], Tensor> {
  readonly hidden = new nn.Linear(5, 4);
  readonly output = new nn.Linear(4, 3);
  forward(x: Tensor): Tensor {
    return F.logSoftmax(this.output.forward(this.hidden.forward(x).relu()), 1);
  }
}

test("the embedding is what the last dense layer is given; a class's direction is its mean's", async () => {
  manualSeed(3);
  const model = new Net();
  const random = new HostRandom(4);
  const rows = Array.from({ length: 6 }, () => Array.from({ length: 5 }, () => 2 * random.uniform() - 1));
  const labels = [0, 2, 0, 2, 2, 0]; // class 1 has none
  const embeddings = await Promise.all(
    rows.map(async (row) => [...(await noGrad(() => model.hidden.forward(tensor([row])).relu()).data())]),
  );
  const through = (some: number[][]) => async () => {
    for (const part of [some.slice(0, 4), some.slice(4)].filter(({ length }) => length > 0))
      await noGrad(() => model.forward(tensor(part))).data();
    return "done";
  };
  const means = new MeanEmbeddings(3);
  await means.add(model, labels.slice(0, 5), through(rows.slice(0, 5)));
  await means.add(model, [0], through([rows[5]!, rows[5]!].slice(0, 1)));
  const directions = means.directions();
  expect(directions.size).toBe(4);
  const length = (v: number[]) => Math.hypot(...v);
  const wanted = [0, 1, 2].map((k) => {
    const mine = embeddings.filter((_, i) => labels[i] === k);
    const sum = [0, 1, 2, 3].map((d) => mine.reduce((total, each) => total + each[d]!, 0));
    return sum.map((value) => value / (length(sum) || 1));
  });
  wanted.flat().forEach((value, i) => {
    expect(directions.values[i]).toBeCloseTo(value, 5);
  });

  const { result, similarities } = await withSimilarities(model, directions, through(rows));
  expect(result).toBe("done");
  for (const [i, embedding] of embeddings.entries())
    for (const [k, mean] of wanted.entries()) {
      const dot = embedding.reduce((sum, value, d) => sum + value * mean[d]!, 0);
      expect(similarities[3 * i + k]).toBeCloseTo(dot / length(embedding), 5);
    }
  const after = await withSimilarities(model, { values: new Float32Array(12), size: 4 }, async () => null);
  expect(after.similarities.length).toBe(0); // the hook is gone, nothing was sent
  console.log(
    `similarities to the classes' means: ${[...similarities.slice(0, 3)].map((s) => s.toFixed(3)).join(", ")}`,
  );
});

test("a network without a dense layer, or of another width, is named", async () => {
  const directions = { values: new Float32Array(6), size: 2 };
  await expect(withSimilarities(new nn.ReLU(), directions, async () => null)).rejects.toThrow(
    "no dense layer",
  );
  const model = new Net();
  await expect(
    withSimilarities(model, directions, async () => noGrad(() => model.forward(tensor([[1, 2, 3, 4, 5]])))),
  ).rejects.toThrow("embeddings are of 4 numbers, the classes' means of 2");
});

test("below its threshold a sound is none of the classes; a segment has a threshold of its own", () => {
  const directions = { values: new Float32Array(2), size: 1 };
  const refusal: Refusal = { kind: "threshold", directions, threshold: 0.5, segmentThreshold: 0.25 };
  const said = { probabilities: [0.9, 0.1], similarities: [-0.1, 0.4] };
  expect(scoreOf(refusal, said)).toBe(0.4);
  expect([refuses(refusal, said), refuses(refusal, said, "segment")]).toEqual([true, false]);
  expect(refuses(refusal, { ...said, similarities: [0.5, 0] })).toBe(false);
});
