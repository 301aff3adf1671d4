// Small copies between launches are done by a program (copyWords), so that all are one pass; elsewhere by WebGPU itself.
import { afterAll, expect, test } from "bun:test";
import { device } from "../../src/gpu/device.ts";
import { BufferPool } from "../../src/gpu/pool.ts";
import { zeros } from "../../src/index.ts";

const { stream, adapter, gpu } = device();
const pool = new BufferPool(stream, adapter.limits, false);

let passes = 0;
const create = gpu.createCommandEncoder;
gpu.createCommandEncoder = function (this: GPUDevice, ...given) {
  const encoder = create.apply(this, given);
  const begin = encoder.beginComputePass.bind(encoder);
  encoder.beginComputePass = (...asked) => {
    passes++;
    return begin(...asked);
  };
  return encoder;
};
afterAll(() => {
  gpu.createCommandEncoder = create;
});

const launch = () => zeros([4]).add(1);
const bytesOf = (words: readonly number[]) => new Uint8Array(Uint32Array.from(words).buffer);
const read = async (storage: ReturnType<BufferPool["take"]>, bytes: number) => [
  ...new Uint32Array(await storage.read(bytes)),
];

test("launches and small copies in turn are one pass, and every copy is seen by the next", async () => {
  const words = Array.from({ length: 16 * 1024 }, (_, i) => (i * 2654435761) >>> 0);
  const [from, middle, to] = [1, 2, 3].map(() => pool.take(64 * 1024, "a test"));
  await stream.finish();
  passes = 0;
  launch();
  stream.upload(from!.buffer, bytesOf(words));
  launch();
  stream.copySmall(from!.buffer, 0, middle!.buffer, 0, 64 * 1024);
  launch();
  stream.copySmall(middle!.buffer, 4 * 1000, to!.buffer, 4 * 10, 4 * 7);
  launch();
  stream.copySmall(middle!.buffer, 4 * 16383, to!.buffer, 0, 4);
  expect((await read(middle!, 64 * 1024)).every((word, i) => word === words[i])).toBe(true);
  const found = await read(to!, 4 * 17);
  console.log(`  four copies between launches: ${passes} pass`);
  expect(passes).toBe(1);
  expect(found.slice(10)).toEqual(words.slice(1000, 1007));
  expect(found[0]).toBe(words[16383]!);
});

test("a copy that comes before any launch gives the same, without a pass", async () => {
  const [from, to] = [1, 2].map(() => pool.take(64, "a test"));
  await stream.finish();
  passes = 0;
  stream.upload(from!.buffer, bytesOf([1, 2, 3, 4]));
  stream.copySmall(from!.buffer, 4, to!.buffer, 8, 8);
  expect((await read(to!, 16)).slice(2)).toEqual([2, 3]);
  expect(passes).toBe(0);
});

test("uploads of any number fit between launches: what was written goes with its own batch", async () => {
  const storages = Array.from({ length: 3000 }, (_, i) => {
    const storage = pool.take(16, "a test");
    stream.upload(storage.buffer, bytesOf([i, i + 1]));
    return storage;
  });
  for (const i of [0, 1023, 1024, 2999]) expect(await read(storages[i]!, 8)).toEqual([i, i + 1]);
});

test("copies of any number fit between submissions: none is lost where the room for uniforms is full", async () => {
  const count = 2500;
  const numbers = Array.from({ length: count }, (_, i) => i);
  const [from, to] = [pool.take(4 * count, "a test"), pool.take(4 * count, "a test")];
  stream.upload(from.buffer, bytesOf(numbers));
  for (const i of numbers) stream.copySmall(from.buffer, 4 * i, to.buffer, 4 * i, 4);
  expect(await read(to, 4 * count)).toEqual(numbers);
});

test("nothing is copied without a word of the driver: it warns of launches of no workgroups", async () => {
  const buffer = pool.take(64, "a test").buffer;
  launch();
  const before = stream.counts.uploads;
  stream.upload(buffer, bytesOf([]));
  stream.copySmall(buffer, 0, pool.take(64, "a test").buffer, 0, 0);
  expect(stream.counts.uploads).toBe(before);
  await stream.finish();
});
