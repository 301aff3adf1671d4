// Joining dimensions: the same elements, reached through as few strides as they allow.
import { expect, test } from "bun:test";
import { coalesce } from "../../../src/kernels/shared/strides.ts";
import { Random } from "../../reference/random.ts";
import { forEachIndex } from "../../reference/reference.ts";

/** The positions that walking a shape with strides visits. */
function visited(shape: readonly number[], strides: readonly number[]): number[] {
  const positions: number[] = [];
  forEachIndex(shape, (index) => positions.push(index.reduce((at, i, d) => at + i * strides[d]!, 0)));
  return positions;
}

test("contiguous dimensions become one, broadcast ones become one, mixed ones stay", () => {
  expect(coalesce([2, 3, 4], [12, 4, 1])).toEqual({ rank: 1, shape: [24], walks: [[1]] });
  expect(coalesce([2, 3, 4], [0, 0, 0])).toEqual({ rank: 1, shape: [24], walks: [[0]] });
  expect(coalesce([2, 3, 4], [12, 4, 1], [0, 4, 1])).toEqual({
    rank: 2,
    shape: [2, 12],
    walks: [
      [12, 1],
      [0, 1],
    ],
  });
  expect(coalesce([5, 1, 4], [1, 99, 5])).toEqual({ rank: 2, shape: [5, 4], walks: [[1, 5]] });
  expect(coalesce([])).toEqual({ rank: 0, shape: [], walks: [] });
});

test("the same positions are visited, in the same order", () => {
  const random = new Random(24);
  for (let n = 0; n < 200; n++) {
    const shape = random.shape(random.int(0, 5), 3);
    const walks = [0, 1].map(() => shape.map(() => [0, 1, 2, 3, 4, 6, 9][random.int(0, 6)]!));
    const joined = coalesce(shape, ...walks);
    for (const [i, walk] of walks.entries())
      expect(visited(joined.shape, joined.walks[i]!)).toEqual(visited(shape, walk));
  }
});
