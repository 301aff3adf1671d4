// Arrays of random numbers from the seeded generator of gpu/random.ts.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { nextDraw } from "../../gpu/random.ts";
import type { Shape } from "../../gpu/shape.ts";
import philox from "../shared/philox.wgsl" with { type: "text" };
import source from "./random.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "random",
  code: [philox, source],
  entries: { main: ["write"] },
});

function randomArray(shape: Shape, NORMAL: number, a: number, b: number): DeviceArray {
  const out = empty(shape);
  const n4 = Math.ceil(out.size / 4);
  kernel.launch("main", {
    arrays: [out],
    params: { n4, ...nextDraw(), a, b },
    constants: { NORMAL },
    groups: linearGroups(n4, 64),
  });
  return out;
}

/** Uniform in [low, high). */
export function uniformArray(shape: Shape, low: number, high: number): DeviceArray {
  return randomArray(shape, 0, low, high);
}

export function normalArray(shape: Shape, mean: number, deviation: number): DeviceArray {
  return randomArray(shape, 1, mean, deviation);
}
