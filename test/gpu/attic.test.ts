// Small storages that nobody uses wait packed in the attic: their buffers come back, and their next use finds them whole.
import { expect, test } from "bun:test";
import { device } from "../../src/gpu/device.ts";
import { BufferPool } from "../../src/gpu/pool.ts";

const { stream, adapter } = device();
const read = async (pool: BufferPool, storage: ReturnType<BufferPool["take"]>, n: number) => {
  expect(storage.isIn(pool)).toBe(true);
  return [...new Float32Array(await storage.read(4 * n))];
};

test("two steps unused, a small storage's buffer is free again; its contents wait, and come back for good", async () => {
  const pool = new BufferPool(stream, adapter.limits, true); // poisoned: what is not brought back whole is NaN
  const kept = Array.from({ length: 50 }, (_, i) => {
    const storage = pool.take(12, "a test");
    stream.upload(storage.buffer, new Uint8Array(Float32Array.of(i, i + 0.5, -i).buffer));
    pool.endStep();
    return storage;
  });
  const { buffersCreated } = pool;
  console.log(`  50 storages kept over 50 steps: ${buffersCreated} buffers`);
  expect(buffersCreated).toBeLessThanOrEqual(3);
  for (const [i, storage] of kept.entries()) expect(await read(pool, storage, 3)).toEqual([i, i + 0.5, -i]);
  for (let step = 0; step < 5; step++) pool.endStep();
  expect(kept.slice(0, 48).every((storage) => storage.shelf === null)).toBe(true); // fetched once: they stay
  expect(await read(pool, kept[7]!, 3)).toEqual([7, 7.5, -7]);
  for (const storage of kept) storage.release();
  expect(pool.bytesInUse).toBe(0);
});

test("what is used at every step stays where it is, and so does what is large", () => {
  const pool = new BufferPool(stream, adapter.limits, false);
  const [used, large] = [pool.take(256, "a test"), pool.take(2 ** 20, "a test")];
  const buffers = [used.buffer, large.buffer];
  for (let step = 0; step < 10; step++) {
    used.buffer;
    pool.endStep();
  }
  expect([used.shelf, large.shelf]).toEqual([null, null]);
  expect([used.buffer, large.buffer]).toEqual(buffers);
});

test("the free buffer of the lowest number is taken, in whatever order they came back", () => {
  const pool = new BufferPool(stream, adapter.limits, false);
  const storages = Array.from({ length: 6 }, () => pool.take(1000, "a test"));
  const ids = storages.map((storage) => storage.id);
  for (const at of [3, 0, 5, 1, 4, 2]) storages[at]!.release();
  expect(Array.from({ length: 6 }, () => pool.take(1000, "a test").id)).toEqual(ids);
});

test("what is found dead counts no more at once, and its buffer is free when its step has ended", () => {
  const pool = new BufferPool(stream, adapter.limits, false);
  pool.endStep();
  const dead = pool.take(100, "a test");
  const place = dead.place.id;
  dead.bury(() => dead.release());
  expect(pool.bytesInUse).toBe(0);
  expect(pool.take(100, "a test").place.id).not.toBe(place);
  pool.endStep();
  pool.endStep();
  expect(pool.take(100, "a test").place.id).toBe(place);
});
