// What kernels are timed at on the site: every kernel has a call, which launches it and has something to count.
import { expect, test } from "bun:test";
import { device } from "../../../src/gpu/device.ts";
import { kernels } from "../../../src/gpu/kernel.ts";
import { noGrad } from "../../../src/index.ts";
import { families } from "../../../src/kernels/gemm/gemm.ts";
import { shownKernels } from "../../../web/kernels/list.ts";
import { launchesOf, lineOf, timeKernel } from "../../../web/kernels/measure.ts";
import { speeds } from "../../../web/kernels/speeds.ts";

const all = speeds(4 ** 7);

test("every kernel that the site shows is timed by a call that launches it", async () => {
  for (const { kernel, does, open } of all) {
    const before = launchesOf(kernel);
    const { run, amount, close } = open();
    run();
    noGrad(close);
    expect(launchesOf(kernel), does).toBeGreaterThan(before);
    expect(amount, does).toBeGreaterThan(0);
  }
  await device().stream.finish();
  const programs = shownKernels().flatMap(({ name }) => (kernels.has(name) ? [name] : []));
  const timed = new Set(all.map(({ kernel }) => kernel));
  const absent = [
    "depthwisePlain", // of the first few alone
    ...(families().includes("texture")
      ? []
      : [
          "attentionTiles",
          "rowNormTiles",
          "softmaxLanes",
          "matmulTexture",
          "pack",
          "matmulSubgroup",
          "conv2dRows",
          "conv2dPointwise",
        ]),
    ...(device().adapter.software ? [] : ["lstmSequence"]),
  ];
  expect(programs.filter((name) => !timed.has(name) && !absent.includes(name))).toEqual([]);
  console.log(`${all.length} calls time ${timed.size} kernels`);
}, 180_000);

test("a time is a median of runs, and of what it is said to be", async () => {
  const copy = all.find(({ kernel }) => kernel === "copy")!;
  const timed = await timeKernel(copy, { runs: 3, milliseconds: 1 });
  expect(timed.low).toBeLessThanOrEqual(timed.median);
  expect(timed.median).toBeLessThanOrEqual(timed.high);
  expect(timed.runs).toBe(3);
  const bytes = 2 * 4 * 4 ** 7;
  expect((timed.median * timed.millisecondsPerCall) / 1000 / bytes).toBeCloseTo(1, 5);
  expect(lineOf(timed)).toContain("GB/s  x.transpose(0, 1).clone() of [128, 128]: ");
  const wrong = timeKernel({ ...copy, kernel: "softmax" }, { runs: 1, milliseconds: 1 });
  expect(wrong).rejects.toThrow("does not launch softmax");
});
