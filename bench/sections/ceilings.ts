// The most that this adapter does: arithmetic by an fma loop, memory by copies. Kernels are held against both.
import { type DeviceArray, empty } from "../../src/gpu/array.ts";
import { defineKernel, linearGroups } from "../../src/gpu/kernel.ts";
import { measureRates } from "../../src/kernels/ceilings.ts";
import copySource from "../copy.wgsl" with { type: "text" };
import { type Effort, type Quantity, summarize, time } from "../measure.ts";
import type { Section } from "../report.ts";

const copy = defineKernel({
  name: "bench/copy",
  code: copySource,
  entries: { main: ["read", "write"] },
});

export interface Ceilings {
  /** GFLOP/s, an fma being two operations. */
  arithmetic: number;
  /** GB/s read and written together, by the fastest of the copies. */
  memory: number;
  section: Section;
}

export async function measureCeilings(effort: Effort): Promise<Ceilings> {
  const rates = await measureRates(effort.runs);
  const arithmetic = summarize(rates.arithmetic, "more");
  const [x, y] = [empty([COPY_BYTES / 4]), empty([COPY_BYTES / 4])];
  const copies: [name: string, rate: Quantity][] = [
    ["copy, workgroups of 64, a vec4 each", await copyRate(() => launchCopy(x, y, 64, 1), effort)],
    ["copy, workgroups of 8, 16 vec4s each", await copyRate(() => launchCopy(x, y, 8, 16), effort)],
    ["copy by copyBufferToBuffer", summarize(rates.memory, "more")],
  ];
  x.release();
  y.release();
  return {
    arithmetic: arithmetic.median,
    memory: Math.max(...copies.map(([, rate]) => rate.median)),
    section: {
      name: "ceilings",
      title: "Ceilings: what the adapter can do at most (128 MiB copied; bytes read and written are counted)",
      rows: [
        { name: "fused multiply-adds in registers", values: { "GFLOP/s": arithmetic } },
        ...copies.map(([name, rate]) => ({ name, values: { "GB/s": rate } })),
      ],
    },
  };
}

const COPY_BYTES = 128 * 2 ** 20;

async function copyRate(launch: () => void, effort: Effort): Promise<Quantity> {
  const milliseconds = await time(launch, effort);
  return summarize(
    milliseconds.map((ms) => (2 * COPY_BYTES) / ms / 1e6),
    "more",
  );
}

function launchCopy(x: DeviceArray, y: DeviceArray, workgroup: number, vectors: number): void {
  const n4 = COPY_BYTES / 16;
  copy.launch("main", {
    arrays: [x, y],
    params: { n4 },
    constants: { WORKGROUP: workgroup, VECTORS: vectors },
    groups: linearGroups(n4 / vectors, workgroup),
  });
}
