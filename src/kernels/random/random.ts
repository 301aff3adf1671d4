// Arrays of random numbers from the seeded generator of gpu/random.ts.
import { type DeviceArray, type DType, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { nextDraw } from "../../gpu/random.ts";
import type { Shape } from "../../gpu/shape.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import philox from "../shared/philox.wgsl" with { type: "text" };
import sine from "../shared/sine.wgsl" with { type: "text" };
import source from "./random.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "random",
  code: [nan, philox, sine, source],
  entries: { main: ["write"] },
});

const [UNIFORM, NORMAL, WHOLE] = ["uniform", "normal", "whole"].map((name) => kernel.constant(name)) as [
  number,
  number,
  number,
];

interface Range {
  a?: number;
  b?: number;
  low?: number;
  range?: number;
}

function randomArray(shape: Shape, KIND: number, range: Range, dtype: DType = "float32"): DeviceArray {
  const out = empty(shape, dtype);
  const n4 = Math.ceil(out.size / 4);
  kernel.launch("main", {
    arrays: [out],
    params: { n4, ...nextDraw(), a: 0, b: 0, low: 0, range: 0, ...range },
    constants: { KIND },
    groups: linearGroups(n4, 64),
  });
  return out;
}

/** Uniform in [low, high). */
export function uniformArray(shape: Shape, low: number, high: number): DeviceArray {
  return randomArray(shape, UNIFORM, { a: low, b: high });
}

export function normalArray(shape: Shape, mean: number, deviation: number): DeviceArray {
  return randomArray(shape, NORMAL, { a: mean, b: deviation });
}

/** Whole numbers in [low, high), high − low at most 2³² − 1. */
export function wholeArray(shape: Shape, low: number, high: number): DeviceArray {
  return randomArray(shape, WHOLE, { low, range: high - low }, "int32");
}

/** Any 32 bits, as uint32. */
export function wordArray(shape: Shape): DeviceArray {
  return randomArray(shape, WHOLE, {}, "uint32");
}
