// Launches foldNorm.wgsl: a batch norm by running statistics that follows a convolution which is put off goes into its weights.
// These are kept until an array that they are made of is written.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { kept } from "../../gpu/kept.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { bare } from "../shared/unfinished.ts";
import source from "./foldNorm.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "foldNorm",
  code: source,
  entries: { fold: ["read", "read", "read", "read", "read", "read", "write", "write"] },
});

/** What is there of a batch norm; null where it is not. */
interface Norm {
  mean: DeviceArray;
  variance: DeviceArray;
  weight: DeviceArray | null;
  shift: DeviceArray | null;
  eps: number;
}

/** The norm of x, put off as x is; null where x is no such convolution. */
export function normLater(x: DeviceArray, { mean, variance, weight, shift, eps }: Norm): DeviceArray | null {
  const put = bare(x);
  if (put === null || !put.foldsInto(x.shape)) return null;
  const { w, bias } = put.parts;
  const there = [bias ?? null, weight, shift];
  const of = [w, mean, variance, ...there.filter((each) => each !== null)];
  const has = { HAS_BIAS: bias ? 1 : 0, HAS_WEIGHT: weight ? 1 : 0, HAS_SHIFT: shift ? 1 : 0 };
  const [foldedW, foldedBias] = kept(of, `${Object.values(has)} ${eps}`, () => {
    const channels = w.shape[0]!;
    const made = [
      empty(w.shape, "float32", "a convolution's weights"),
      empty([channels], "float32", "a convolution's bias"),
    ];
    kernel.launch("fold", {
      arrays: [w, bias ?? w, mean, variance, weight ?? w, shift ?? w, ...made], // something must be bound
      params: { channels, inner: w.size / channels, eps },
      constants: has,
      groups: linearGroups(w.size, 64),
    });
    return made;
  });
  return put.followed(x, { parts: { ...put.parts, w: foldedW!, bias: foldedBias } });
}
