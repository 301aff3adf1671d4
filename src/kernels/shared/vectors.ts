// Launches over all elements of arrays, four (a vec4) at a time: how many vec4s one invocation takes. A GPU wants
// one each, and many invocations; a CPU adapter pays for every invocation, and wants long loops in small
// workgroups (a quarter to half of the time of an SGD step on lavapipe). The programs walk
//
//   first = group · WORKGROUP · per + lid;  for (i = first; i < min(first + WORKGROUP · per, n4); i += WORKGROUP)
import { device } from "../../gpu/device.ts";
import { linearGroups } from "../../gpu/kernel.ts";

const GPU = { workgroup: 64, longest: 1 };
const SOFTWARE = { workgroup: 8, longest: 256 };
/** Workgroups that keep all cores of a CPU busy. */
const ENOUGH = 64;

/** Invocations of a workgroup, and vec4s that each takes, of n4. */
export function perInvocation(n4: number): { workgroup: number; per: number } {
  const { workgroup, longest } = device().adapter.software ? SOFTWARE : GPU;
  return {
    workgroup,
    per: Math.min(Math.max(Math.floor(n4 / (workgroup * ENOUGH)), 1), longest),
  };
}

export function overVectors(size: number) {
  const n4 = Math.ceil(size / 4);
  const { workgroup, per } = perInvocation(n4);
  return {
    params: { n4, per },
    constants: { WORKGROUP: workgroup },
    groups: linearGroups(n4, workgroup * per),
  };
}
