// How cost grows: a training step by its batch, the classes and the parameters, and training by the clips there are, up to
// ten times ESC-50, of which most segments stay in the host's memory and go to the GPU with the batch that wants them.

import { device } from "../../src/gpu/device.ts";
import { HostRandom } from "../../src/gpu/host-random.ts";
import { nn, optim, tensor } from "../../src/index.ts";
import { handleOf } from "../../src/tensor/handle.ts";
import type { Features } from "../../src/train/features/features.ts";
import { SegmentStore } from "../../src/train/learning/batches.ts";
import { findRecipe } from "../../src/train/recipes/index.ts";
import { count, type Effort, elapsed, repetitions, summarize, time } from "../measure.ts";
import { CLASSES, type Piczak, randomBatch, SEGMENT, trainingStep } from "../piczak.ts";
import type { Row, Section } from "../report.ts";

const BATCH = 32;
const HIDDEN = 5000;
/** Segments of a five-second clip: paper-short's. */
const SEGMENTS = 20;
const RECIPE = { ...findRecipe("paper-short"), masks: null };

export async function measureScale(quick: boolean, effort: Effort, maxBytes: number): Promise<Section> {
  const rows: Row[] = [];
  const [few, clips] = quick ? [2, [50, 100, 200, 400]] : [4, [500, 2000, 5000, 20_000]];
  for (const batch of [16, 32, 64, 128].slice(0, few))
    rows.push(await stepRow(`batch ${batch}`, { batch }, effort));
  for (const classes of [10, 50, 200, 527].slice(0, few))
    rows.push(await stepRow(`${classes} classes`, { classes }, effort));
  for (const hidden of [500, 1000, 2500, 5000].slice(0, few))
    rows.push(await stepRow(`hidden layers of ${hidden}`, { hidden }, effort));
  rows.push(...(await clipRows(clips, effort, maxBytes)));
  return {
    name: "scale",
    title: `Scale: Piczak's step, with batch ${BATCH}, ${CLASSES} classes and hidden layers of ${HIDDEN} where nothing else is said`,
    rows,
    notes: [
      "peak MiB: of GPU buffers, weights, gradients and momentum among them; the clips' rows leave out the segments that stay there",
      "kept: segments that stay on the GPU; the others are sent with their batch; against kept: samples/s as a share of the same with all of them kept, alternating",
    ],
  };
}

function build({ classes = CLASSES, hidden = HIDDEN }): Piczak {
  const model = new nn.Piczak({ classes, form: "dropout", hidden: [hidden, hidden] });
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.002, momentum: 0.9, nesterov: true });
  return { model, optimizer };
}

async function stepRow(
  name: string,
  { batch = BATCH, ...sizes }: { batch?: number; classes?: number; hidden?: number },
  effort: Effort,
): Promise<Row> {
  const { pool } = device();
  const piczak = build(sizes);
  const { input, labels } = randomBatch(batch, sizes.classes);
  pool.trim();
  pool.peakBytesInUse = pool.bytesInUse;
  const milliseconds = await time(() => void trainingStep(piczak, input, labels), effort);
  const parameters = [...piczak.model.parameters()].reduce((sum, parameter) => sum + parameter.numel(), 0);
  for (const each of [input, labels, ...piczak.model.parameters()]) handleOf(each).free("it was measured");
  return {
    name,
    values: {
      parameters: count(parameters),
      "ms a step": summarize(milliseconds, "less"),
      "samples/s": summarize(
        milliseconds.map((ms) => (1000 * batch) / ms),
        "more",
      ),
      "peak MiB": count(Math.round(pool.peakBytesInUse / 2 ** 20), "less"),
    },
  };
}

async function clipRows(sizes: readonly number[], effort: Effort, maxBytes: number): Promise<Row[]> {
  const rows: Row[] = [];
  const piczak = build({});
  for (const clips of sizes) {
    const features = drawn(clips);
    const bytes = features.values.byteLength;
    const megabytes = (rows: number) => Math.round((rows * bytes) / features.clipOf.length / 1e6);
    const own = trainer(piczak, features, maxBytes);
    const kept = trainer(piczak, features, maxBytes, bytes);
    const times = await repetitions(kept.step, effort.milliseconds);
    await elapsed(own.step, times);
    const samples: [number[], number[]] = [[], []];
    for (let run = 0; run < effort.runs; run++)
      for (const [i, { step }] of [own, kept].entries())
        samples[i]!.push((1000 * BATCH * times) / (await elapsed(step, times)));
    rows.push({
      name: `${clips.toLocaleString("en")} clips`,
      values: {
        "samples/s": summarize(samples[0], "more"),
        "kept, of segments": `${megabytes(own.rows.kept)} of ${megabytes(own.rows.size)} MB`,
        "against kept": summarize(
          samples[0].map((each, i) => each / samples[1][i]!),
          "more",
        ),
      },
    });
    for (const piece of [...own.rows.pieces, ...kept.rows.pieces]) handleOf(piece).free("it was measured");
  }
  return rows;
}

/** Steps on random segments of a store, as an epoch takes them. */
function trainer(piczak: Piczak, features: Features, maxBytes: number, keptBytes?: number) {
  const size = features.clipOf.length;
  const all = Array.from({ length: size }, (_, i) => i);
  const store = new SegmentStore(features, all, all, { mean: -40, deviation: 10 }, maxBytes, keptBytes);
  const random = new HostRandom(1);
  const step = () => {
    const positions = Array.from({ length: BATCH }, () => random.int(size));
    const input = store.input(positions, RECIPE, false);
    const labels = tensor(Uint32Array.from(positions, (position) => position % CLASSES));
    trainingStep(piczak, input, labels);
  };
  return { rows: store.rows, step };
}

/** Segments of so many clips, of cheap noise. */
function drawn(clips: number): Features {
  const [, mels, frames] = SEGMENT;
  const size = clips * SEGMENTS;
  const values = new Float32Array(size * mels * frames);
  for (let i = 0, state = 1; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = -80 * (state / 2 ** 32);
  }
  const clipOf = Uint32Array.from({ length: size }, (_, i) => Math.floor(i / SEGMENTS));
  return { shape: [mels, frames], values, clipOf, silent: new Uint32Array(size) };
}
