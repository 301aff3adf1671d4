// The buffer pool: sizes, reuse, and tensors that are too large.
import { expect, spyOn, test } from "bun:test";
import { empty } from "../../src/gpu/array.ts";
import { formatBytes } from "../../src/gpu/bytes.ts";
import { device } from "../../src/gpu/device.ts";
import { BufferPool, sizeClass } from "../../src/gpu/pool.ts";
import { TEXTURE_BYTES } from "../../src/gpu/texture.ts";
import { memory, zeros } from "../../src/tensor/index.ts";
import { expectRefused } from "../refuses.ts";

const MIB = 2 ** 20;

test("sizes are rounded up to an eighth of a power of two: enough, and at most an eighth too much", () => {
  expect([0, 1, 256, 257, 4096, 4097, 5000].map(sizeClass)).toEqual([256, 256, 256, 512, 4096, 4608, 5120]);
  let previous = 0;
  for (let bytes = 4; bytes < 300 * MIB; bytes = Math.ceil(bytes * 1.01 + 4)) {
    const size = sizeClass(bytes);
    expect(size).toBeGreaterThanOrEqual(Math.max(bytes, previous));
    expect(size % 256).toBe(0);
    if (bytes >= 4096) expect(size).toBeLessThanOrEqual(bytes * 1.125);
    previous = size;
  }
});

test("a buffer that comes back is used again, for anything of about its size", () => {
  const first = empty([3000]);
  const { storage } = first;
  const before = memory();
  first.release();
  const between = memory();
  const second = empty([61, 50], "uint32");
  const after = memory();
  expect(second.storage.buffer).toBe(storage.buffer);
  expect(second.storage.version).toBe(0); // versions start anew
  expect(between.bytesInUse - before.bytesInUse).toBe(-storage.capacity);
  expect(between.bytesInPool - before.bytesInPool).toBe(storage.capacity);
  expect(after.buffersCreated).toBe(before.buffersCreated);
  expect([after.bytesInUse, after.bytesInPool]).toEqual([before.bytesInUse, before.bytesInPool]);
  second.release();
});

test("views share a buffer, and the last of them gives it back", () => {
  const array = empty([10, 10]);
  const view = array.view([100]);
  const before = memory().bytesInUse;
  array.release();
  expect(memory().bytesInUse).toBe(before);
  view.release();
  expect(memory().bytesInUse).toBe(before - view.storage.capacity);
  expect(() => view.release()).toThrow("released an array twice");
});

test("the peak is remembered", () => {
  const { peakBytesInUse, bytesInUse } = memory();
  const count = Math.ceil(peakBytesInUse / (32 * MIB)) + 1; // more than ever before, in arrays that an adapter can bind
  const arrays = Array.from({ length: count }, () => empty([(32 * MIB) / 4]));
  for (const array of arrays) array.release();
  expect(memory().bytesInUse).toBe(bytesInUse);
  expect(memory().peakBytesInUse).toBeGreaterThanOrEqual(bytesInUse + count * 32 * MIB);
});

test("a program whose sizes keep changing does not hoard all that it ever used", async () => {
  const { stream, adapter } = device();
  const pool = new BufferPool(stream, adapter.limits, false);
  const buffers = Array.from({ length: 12 }, (_, i) => {
    const storage = pool.take((8 + 4 * i) * MIB, "a test"); // no two of one size
    storage.release();
    return storage.buffer;
  });
  const destroyed = buffers.map((buffer) => spyOn(buffer, "destroy"));
  const count = () => destroyed.filter((spy) => spy.mock.calls.length > 0).length;
  await stream.finish();
  expect(pool.bytesInUse).toBe(0);
  expect(count()).toBeGreaterThan(0); // 360 MiB passed through it, 52 MiB at most at a time
  expect(pool.bytesFree).toBeLessThanOrEqual(256 * MIB);
  expect(pool.peakBytesInUse).toBe(52 * MIB);
  pool.trim();
  expect(pool.bytesFree).toBe(0);
  await stream.finish();
  expect(count()).toBe(12);
});

test("a texture is there for all operands of its slot, grows with the largest, and goes with the free buffers", async () => {
  const { stream, adapter } = device();
  const pool = new BufferPool(stream, adapter.limits, false);
  const first = pool.texture(0, 100 * 1024);
  expect(pool.texture(0, 64)).toBe(first);
  expect(pool.texture(0, first.capacity)).toBe(first);
  const destroyed = spyOn(first.texture, "destroy");
  const larger = pool.texture(0, first.capacity + 16);
  const other = pool.texture(3, 64); // slots between the two were never used
  expect(new Set([first.id, larger.id, other.id]).size).toBe(3);
  expect(larger.capacity).toBeGreaterThan(first.capacity);
  expect([pool.texturesCreated, pool.bytesInTextures]).toEqual([3, larger.capacity + other.capacity]);
  await stream.finish();
  expect(destroyed).toHaveBeenCalledTimes(1);

  const whole = pool.texture(3, TEXTURE_BYTES); // as many rows as a texture may have
  expect([whole.capacity, whole.texture.height]).toEqual([TEXTURE_BYTES, 8192]);
  pool.forgetTextures();
  const last = [larger, whole].map(({ texture }) => spyOn(texture, "destroy"));
  pool.trim();
  expect(pool.bytesInTextures).toBe(0);
  await stream.finish();
  expect(last.map((spy) => spy.mock.calls.length)).toEqual([1, 1]);
});

test("a tensor too large for the adapter is refused by name and size, and nothing is taken", () => {
  const limit = device().adapter.limits.maxStorageBufferBindingSize;
  const rows = Math.floor(limit / 4 / 1000) + 1;
  const [column, row] = [zeros([rows, 1]), zeros([1, 1000])];
  const before = memory();
  expectRefused([
    [
      () => zeros([rows, 1000]),
      `a tensor [${rows}, 1000] needs ${formatBytes(rows * 4000)}, more than the ${formatBytes(limit)} that this adapter binds at once: use smaller batches`,
    ],
    [() => column.matmul(row), `matmul [${rows}, 1000] needs ${formatBytes(rows * 4000)}, more than the`],
    [
      () => zeros([2 ** 30, 2 ** 30]),
      "a tensor [1073741824, 1073741824] needs 4294967296 GiB, more than the",
    ],
  ]);
  expect(memory()).toEqual(before);
});

test("sizes are printed for people", () => {
  expect([0, 1023, 1024, 1536, 128 * MIB, 2.5 * 1024 * MIB].map(formatBytes)).toEqual([
    "0 B",
    "1023 B",
    "1 KiB",
    "1.5 KiB",
    "128 MiB",
    "2.5 GiB",
  ]);
});
