// Arrays of one type made arrays of another.
import { type DeviceArray, type DType, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { TYPE } from "../shared/types.ts";
import types from "../shared/types.wgsl" with { type: "text" };
import source from "./cast.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "cast",
  code: [types, source],
  entries: { main: ["read", "write"] },
});

/** x's elements as another type; a new reference to x itself where it is of that type. */
export function castArray(x: DeviceArray, dtype: DType): DeviceArray {
  if (x.dtype === dtype) return x.retain();
  const y = empty(x.shape, dtype, `to ${dtype}`);
  kernel.launch("main", {
    arrays: [x, y],
    params: { n: x.size },
    constants: { FROM: TYPE[x.dtype], TO: TYPE[dtype] },
    groups: linearGroups(x.size, 64),
  });
  return y;
}
