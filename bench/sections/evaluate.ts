// Evaluation: segments to class probabilities on the host, as `bun run evaluate` does it, one batch on its way while
// the next is prepared.

import { noGrad, type Tensor } from "../../src/index.ts";
import { handleOf } from "../../src/tensor/handle.ts";
import { type Effort, summarize } from "../measure.ts";
import { buildPiczak, type Piczak, randomBatch } from "../piczak.ts";
import type { Row, Section } from "../report.ts";

export async function measureEvaluation(batches: readonly number[], effort: Effort): Promise<Section> {
  const piczak = buildPiczak();
  piczak.model.eval();
  const rows: Row[] = [];
  for (const batch of batches) rows.push(await measureBatch(piczak, batch, effort));
  return {
    name: "evaluate",
    title: "Evaluation of Piczak's CNN, paper form: segments to probabilities on the host",
    rows,
  };
}

async function measureBatch(piczak: Piczak, batch: number, { runs, milliseconds }: Effort): Promise<Row> {
  const { input, labels } = randomBatch(batch);
  await forwardPasses(piczak, input, 2);
  const once = await forwardPasses(piczak, input, 1);
  const times = Math.max(1, Math.round(milliseconds / once));
  const samples: number[] = [];
  for (let run = 0; run < runs; run++) samples.push((await forwardPasses(piczak, input, times)) / times);
  for (const each of [input, labels]) handleOf(each).free("its benchmark is over");
  return {
    name: `batch ${batch}`,
    values: {
      "segments/s": summarize(
        samples.map((ms) => (1000 * batch) / ms),
        "more",
      ),
      "ms a batch": summarize(samples, "less"),
    },
  };
}

/** Milliseconds of so many batches, each read back. */
async function forwardPasses({ model }: Piczak, input: Tensor, times: number): Promise<number> {
  const start = performance.now();
  let before: Promise<unknown> = Promise.resolve();
  for (let i = 0; i < times; i++) {
    const read = noGrad(() => model.forward(input).exp()).data();
    await before;
    before = read;
  }
  await before;
  return performance.now() - start;
}
