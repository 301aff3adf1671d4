// Products where workgroups have no more memory than WebGPU promises.
import { expect, test } from "bun:test";
import { device } from "../../../src/gpu/device.ts";
import { kernels, type Launch } from "../../../src/gpu/kernel.ts";
import { useFamily } from "../../../src/kernels/gemm/gemm.ts";
import { full } from "../../../src/tensor/creation.ts";

test("tiles take no more of workgroups' memory than the adapter has", async () => {
  const kernel = kernels.get("matmulTiled")!;
  const { limits } = device().adapter;
  const most = limits.maxComputeWorkgroupStorageSize;
  const launch = kernel.launch.bind(kernel);
  const taken: number[] = [];
  kernel.launch = (entry, what: Launch) => {
    const { DEPTH, M, N } = what.sizes as { DEPTH: number; M: number; N: number };
    taken.push(32 * DEPTH * (M / 4 + N / 4 + 2));
    launch(entry, what);
  };
  useFamily("tiled");
  limits.maxComputeWorkgroupStorageSize = 16_384;
  try {
    for (const m of [8, 40, 70]) {
      const y = full([m, 20], 2).matmul(full([20, 130], 0.5));
      expect(new Set(await y.data())).toEqual(new Set([20]));
    }
  } finally {
    limits.maxComputeWorkgroupStorageSize = most;
    useFamily(null);
    Reflect.deleteProperty(kernel, "launch");
  }
  expect(taken.length).toBe(3);
  for (const bytes of taken) expect(bytes).toBeLessThanOrEqual(16_384);
});
