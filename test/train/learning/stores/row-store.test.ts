// A store of rows gives those that it is asked for, in whatever pieces they lie on the GPU, and where few or none of them
// may stay there.
import { expect, test } from "bun:test";
import { HostRandom } from "../../../../src/gpu/host-random.ts";
import { RowStore } from "../../../../src/train/learning/stores/row-store.ts";

const [SIZE, WIDTH] = [11, 6];
const element = (row: number, i: number) => 10 * row + i;

test("rows in any order, some of them twice: in pieces, sent with the batch, and partly so", async () => {
  const random = new HostRandom(3);
  const orders = [
    [4],
    [0, 10, 3, 3, 7],
    random.shuffle(Array.from({ length: SIZE }, (_, i) => i)),
    [9, 8],
    [],
  ];
  for (const pieceRows of [SIZE, 4, 1])
    for (const keptRows of [SIZE, 6, 1, 0]) {
      let written = 0;
      const write = (row: number, into: Float32Array) => {
        written++;
        for (let i = 0; i < WIDTH; i++) into[i] = element(row, i);
      };
      const store = new RowStore(SIZE, WIDTH, write, 4 * WIDTH * pieceRows, 4 * WIDTH * keptRows + 3);
      expect(written).toBe(keptRows);
      for (const order of orders) {
        const rows = store.gather(order);
        expect(rows.shape).toEqual([order.length, WIDTH]);
        const wanted = order.flatMap((row) => Array.from({ length: WIDTH }, (_, i) => element(row, i)));
        expect(Array.from(await rows.data())).toEqual(wanted);
      }
      const sent = orders.flat().filter((row) => row >= keptRows).length;
      expect(written).toBe(keptRows + sent);
    }
});
