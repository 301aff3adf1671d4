// Each hot kernel by itself, at the shapes that it has in Piczak's network, held against the adapter's ceilings.
import { type Effort, elapsed, type Quantity, summarize, time } from "../measure.ts";
import type { Row, Section } from "../report.ts";
import { hostMeter } from "../thread-time.ts";
import type { Ceilings } from "./ceilings.ts";
import { type Case, fixedCases, layerCases } from "./kernel-cases.ts";

export async function measureKernels(
  batches: readonly number[],
  effort: Effort,
  ceilings: Ceilings,
  note: (what: string) => void,
): Promise<Section> {
  const rows: Row[] = [];
  for (const each of [...fixedCases(), ...batches.flatMap(layerCases)]) {
    note(each.name);
    rows.push(await measureCase(each, effort, ceilings));
  }
  return {
    name: "kernels",
    title: "Kernels at the shapes of Piczak's network (b: the batch)",
    rows,
    notes: [
      `ceilings in this run: ${ceilings.arithmetic.toFixed(1)} GFLOP/s of fused multiply-adds, ${ceilings.memory.toFixed(1)} GB/s copied`,
      "* the host takes most of this time to launch it: the kernel itself is faster",
      "operations are the sum's own (2·m·n·k); bytes are those of inputs and results, once for each pass that must read them",
    ],
  };
}

async function measureCase(
  { name, flops, bytes, open }: Case,
  effort: Effort,
  ceilings: Ceilings,
): Promise<Row> {
  const opened = open();
  const milliseconds = await time(opened.run, effort);
  const hostBound = await waitsForHost(opened.run, summarize(milliseconds).median);
  opened.close();
  const rate = (amount: number) =>
    summarize(
      milliseconds.map((ms) => amount / ms / 1e6),
      "more",
    );
  const [arithmetic, memory] = [flops && rate(flops), bytes && rate(bytes)];
  const share = arithmetic
    ? arithmetic.median / ceilings.arithmetic
    : (memory as Quantity).median / ceilings.memory;
  return {
    name,
    values: {
      ms: summarize(milliseconds, "less"),
      "GFLOP/s": arithmetic || "",
      "GB/s": memory || "",
      "of the ceiling": percent(share) + (hostBound ? " *" : ""),
    },
  };
}

/** Whether launching takes more than half of a call's time. */
async function waitsForHost(run: () => void, milliseconds: number): Promise<boolean> {
  const meter = hostMeter();
  const took = await elapsed(meter.metered(run), Math.max(1, Math.min(256, Math.round(50 / milliseconds))));
  return meter.milliseconds() > took / 2;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}
