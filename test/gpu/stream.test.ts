// The command stream as it reads back.
import { expect, test } from "bun:test";
import { device } from "../../src/gpu/device.ts";
import { filled } from "../../src/kernel.ts";

test("large arrays are read back by buffers of their own size: of the next power of two an adapter may have none", async () => {
  const { gpu } = device();
  const create = gpu.createBuffer.bind(gpu);
  const sizes: number[] = [];
  gpu.createBuffer = (descriptor) => {
    if (descriptor.usage & GPUBufferUsage.MAP_READ) sizes.push(descriptor.size);
    return create(descriptor);
  };
  const n = 5 * 2 ** 20 + 1;
  const x = filled([n], 3);
  try {
    const read = new Float32Array(await x.storage.read(4 * n));
    expect([read.length, read[0], read[n - 1]]).toEqual([n, 3, 3]);
    expect(sizes).toEqual([4 * n]);
  } finally {
    gpu.createBuffer = create;
    x.release();
  }
});
