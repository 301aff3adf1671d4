import { beforeAll, expect, test } from "bun:test";
import { device } from "../../../src/gpu/device.ts";
import { Uniforms } from "../../../src/gpu/stream/uniforms.ts";
import { init, ones } from "../../../src/index.ts";

beforeAll(() => init());

test("a slot is bound by one group, made once", () => {
  const uniforms = new Uniforms(device().gpu);
  const [first, second] = [uniforms.take(), uniforms.take()];
  expect(second).toBeGreaterThan(first);
  expect(uniforms.groupAt(second)).toBe(uniforms.groupAt(second));
  expect(uniforms.groupAt(first)).not.toBe(uniforms.groupAt(second));
});

test("launches bind no dynamic offsets, of which lavapipe makes a mapping each", async () => {
  const offsets: unknown[] = [];
  const pass = GPUComputePassEncoder.prototype;
  const { setBindGroup } = pass;
  pass.setBindGroup = function (this: GPUComputePassEncoder, ...given: unknown[]) {
    offsets.push(given[2]);
    return (setBindGroup as (...given: unknown[]) => undefined).apply(this, given);
  };
  try {
    expect(await ones([3]).add(1).mul(2).sum().item()).toBe(12);
  } finally {
    pass.setBindGroup = setBindGroup;
  }
  expect(offsets.length).toBeGreaterThan(0);
  expect(offsets.every((each) => each === undefined)).toBe(true);
});
