// The whole training step: how fast, what it costs the host, and whether later steps still make anything new.

import { bindGroupsCreated } from "../../src/gpu/bindings.ts";
import { device } from "../../src/gpu/device.ts";
import { pipelinesCreated } from "../../src/gpu/kernel.ts";
import type { Tensor } from "../../src/index.ts";
import { handleOf } from "../../src/tensor/handle.ts";
import { count, type Effort, elapsed, repetitions, summarize } from "../measure.ts";
import { buildPiczak, FLOPS_A_SAMPLE, type Piczak, randomBatch, trainingStep } from "../piczak.ts";
import type { Row, Section } from "../report.ts";
import { hostMeter } from "../thread-time.ts";
import type { Ceilings } from "./ceilings.ts";

const MIB = 2 ** 20;

export async function measureSteps(
  batches: readonly number[],
  effort: Effort,
  ceilings: Ceilings,
): Promise<Section> {
  const piczak = buildPiczak();
  const rows: Row[] = [];
  for (const batch of batches) rows.push(await measureStep(piczak, batch, effort, ceilings));
  return {
    name: "step",
    title: "Training step of Piczak's CNN, paper form: forward, backward, dropout, Nesterov SGD",
    rows,
    notes: [
      "host: processor time of the JavaScript thread; new: GPU buffers, textures, pipelines and bind groups made by the measured steps, in all",
      `of the ceiling: ${(FLOPS_A_SAMPLE / 1e6).toFixed(0)} million operations a sample in matrix products, against the fma loop`,
    ],
  };
}

async function measureStep(piczak: Piczak, batch: number, effort: Effort, ceilings: Ceilings): Promise<Row> {
  const { stream, pool } = device();
  const { input, labels } = randomBatch(batch);
  const step = () => {
    trainingStep(piczak, input, labels);
  };
  pool.trim();
  const times = await repetitions(step, effort.milliseconds);
  await elapsed(step, 2 * times); // until the pool holds all that the steps in flight at once need
  pool.peakBytesInUse = pool.bytesInUse;
  const before = { ...made(), dispatches: stream.counts.dispatches };
  const [milliseconds, host]: [number[], number[]] = [[], []];
  for (let run = 0; run < effort.runs; run++) {
    const meter = hostMeter();
    milliseconds.push((await elapsed(meter.metered(step), times)) / times);
    host.push(meter.milliseconds() / times);
  }
  const after = made();
  const dispatches = (stream.counts.dispatches - before.dispatches) / (times * effort.runs);
  const samples = summarize(
    milliseconds.map((ms) => (1000 * batch) / ms),
    "more",
  );
  const hostTime = summarize(host, "less");
  free(input, labels);
  return {
    name: `batch ${batch}`,
    values: {
      "samples/s": samples,
      "ms a step": summarize(milliseconds, "less"),
      "of the ceiling": `${((100 * samples.median * FLOPS_A_SAMPLE) / 1e9 / ceilings.arithmetic).toFixed(0)} %`,
      "dispatches a step": count(dispatches, "less"),
      "host ms a step": hostTime,
      "host share": `${((100 * hostTime.median) / summarize(milliseconds).median).toFixed(1)} %`,
      "host µs a dispatch": summarize(
        host.map((ms) => (1000 * ms) / dispatches),
        "less",
      ),
      "new buffers": count(after.buffers - before.buffers, "less"),
      "new textures": count(after.textures - before.textures, "less"),
      "new pipelines": count(after.pipelines - before.pipelines, "less"),
      "new bind groups": count(after.bindGroups - before.bindGroups, "less"),
      "peak MiB": count(Math.round(pool.peakBytesInUse / MIB), "less"),
      "resident MiB": count(Math.round(process.memoryUsage.rss() / MIB)),
    },
  };
}

function made() {
  return {
    buffers: device().pool.buffersCreated,
    textures: device().pool.texturesCreated,
    pipelines: pipelinesCreated,
    bindGroups: bindGroupsCreated,
  };
}

function free(...tensors: Tensor[]): void {
  for (const each of tensors) handleOf(each).free("its benchmark is over");
}
