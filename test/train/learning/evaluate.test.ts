// That a fold's segments go through the network in parts that the adapter can bind, and come out the same.
import { expect, setDefaultTimeout, test } from "bun:test";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { nn, type Tensor } from "../../../src/index.ts";
import { SegmentStore } from "../../../src/train/learning/batches.ts";
import { predict } from "../../../src/train/learning/evaluate.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";

setDefaultTimeout(60_000);

const [SEGMENTS, SAMPLES, CLASSES, FILTERS] = [7, 2000, 3, 8];

/** A network that notes how many waves it was given at once. */
class Counting extends nn.Module<[Tensor], Tensor> {
  readonly net = new nn.M5({ classes: CLASSES, filters: FILTERS });
  readonly batches: number[] = [];

  forward(x: Tensor): Tensor {
    this.batches.push(x.shape[0]!);
    return this.net.forward(x);
  }
}

test("waves go through the network as many at once as an array of the first layer's may hold", async () => {
  const random = new HostRandom(1);
  const features = {
    shape: [SAMPLES],
    values: Float32Array.from({ length: SEGMENTS * SAMPLES }, () => random.normal()),
    clipOf: Uint32Array.from({ length: SEGMENTS }, (_, i) => i),
    silent: new Uint32Array(SEGMENTS),
  };
  const found = findRecipe("m5");
  const recipe = {
    ...found,
    frontEnd: { ...found.frontEnd, segmentSamples: SAMPLES },
    network: { kind: "m5", filters: FILTERS, kernelSize: 128 } as const,
  };
  const all = [...features.clipOf];
  const model = new Counting();
  const one = 4 * (FILTERS / 4) * SAMPLES; // bytes of what the first layer makes of a wave
  const outcomes: Float32Array[] = [];
  for (const [maxBytes, batches] of [
    [2 ** 27, [7]],
    [3.5 * one, [2, 3, 2]], // shared out evenly
  ] as const) {
    const store = new SegmentStore(features, all, all, { mean: 0, deviation: 1 }, maxBytes);
    model.batches.length = 0;
    outcomes.push(await predict(model, store, CLASSES, recipe));
    expect(model.batches).toEqual([...batches]);
  }
  const [whole, parts] = outcomes as [Float32Array, Float32Array];
  expect(whole.length).toBe(SEGMENTS * CLASSES);
  for (const [i, p] of whole.entries()) expect(parts[i]!).toBeCloseTo(p, 6);
});
