// --profile: the timeline has every launch of the watched steps, and the table sums them up.

import { expect, test } from "bun:test";
import { device } from "../../../src/gpu/device.ts";
import { randn } from "../../../src/index.ts";
import { handleOf } from "../../../src/tensor/handle.ts";
import { StepProfile, table, timeline } from "../../../src/train/learning/profile.ts";

const launches = [
  { name: "a.main", start: 0, end: 3, operations: 7e6, bytes: 10 },
  { name: "b.main", start: 3, end: 4, operations: 0, bytes: 1e6 },
  { name: "a.main", start: 4, end: 8, operations: 7e6, bytes: 10 },
];

test("the table is sorted by cost, a step", () => {
  // At 4 GFLOP/s, 14 million operations take 3.5 ms of the 7; at 2 GB/s, a megabyte half of the millisecond.
  expect(table(launches, 2, { arithmetic: 4, memory: 2 })).toEqual([
    "kernel  ms a step  launches  share  of its ceiling",
    "a.main       3.50         1  87.5%           50.0%",
    "b.main       0.50         1  12.5%           50.0%",
    "ceilings, measured just now: 4 GFLOP/s, 2.0 GB/s",
  ]);
});

test("the timeline is Chrome's trace format, in microseconds", () => {
  const { traceEvents } = JSON.parse(timeline(launches));
  expect(traceEvents[1]).toEqual({
    name: "b.main",
    cat: "gpu",
    ph: "X",
    ts: 3000,
    dur: 1000,
    pid: 1,
    tid: 1,
  });
});

const timed = test.if(device().adapter.features.includes("timestamp-query"));

timed("ten steps are watched, the first three are not", async () => {
  let json = "";
  const lines: string[] = [];
  const profile = new StepProfile(
    (text) => {
      json = text;
    },
    (line) => lines.push(line),
  );
  const x = randn([100, 100]);
  for (let step = 0; step < 20; step++) {
    await profile.beforeStep();
    handleOf(x.matmul(x).relu()).free("the step is over");
  }
  await profile.finish();
  const names = JSON.parse(json).traceEvents.map(({ name }: { name: string }) => name);
  expect(names.length).toBe(20);
  expect(names.slice(0, 2)).toEqual([expect.stringMatching(/^matmul/), "unary.forward"]);
  expect(lines.length).toBe(4);
  expect(device().stream.profiler).toBeNull();
  console.log(lines.map((line) => `  ${line}`).join("\n"));
});

timed("a training that ends early still leaves its profile", async () => {
  let written = 0;
  const profile = new StepProfile(
    () => {
      written++;
    },
    () => {},
  );
  const x = randn([10]);
  for (let step = 0; step < 6; step++) {
    await profile.beforeStep();
    handleOf(x.relu()).free("the step is over");
  }
  await profile.finish();
  await profile.finish();
  expect(written).toBe(1);
});
