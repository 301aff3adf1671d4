// Draws from rows of probabilities, with replacement.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { nextDraw } from "../../gpu/random.ts";
import philox from "../shared/philox.wgsl" with { type: "text" };
import source from "./multinomial.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "multinomial",
  code: [philox, source],
  entries: { main: ["read", "read", "write"] },
});

/** int32 [rows, samples], drawn from probabilities [rows, n], whose running sums are `sums`. They need not add up to 1. */
export function multinomialArray(p: DeviceArray, sums: DeviceArray, samples: number): DeviceArray {
  const [rows, n] = p.shape as [number, number];
  const out = empty([rows, samples], "int32", "multinomial");
  kernel.launch("main", {
    arrays: [p, sums, out],
    params: { rows, n, samples, ...nextDraw() },
    groups: linearGroups(rows * Math.ceil(samples / 4), 64),
  });
  return out;
}
