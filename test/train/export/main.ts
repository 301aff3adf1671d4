#!/usr/bin/env bun
// `bun run export-check RUN…`: whether ONNX Runtime hears in every clip of a run's test fold what `bun run predict` does, once
// the run's network is exported. Exit codes: 0 each probability differs by 1e-5 at most · 1 one differs by more, or one line
// says why it failed.
import { Command, CommanderError } from "commander";
import { audio, tensor } from "../../../src/index.ts";
import { toOnnx } from "../../../src/train/export/export.ts";
import { listen } from "../../../src/train/features/stretches.ts";
import { networkOf } from "../../../src/train/learning/checkpoint.ts";
import { largestArray } from "../../../src/train/learning/model.ts";
import { datasetOf, openRun } from "../../../src/train/learning/open-run.ts";
import { openGpu } from "../../../src/train/learning/prepare.ts";
import { type Hearing, Predictor, verdict } from "../../../src/train/predict/predictor.ts";
import { oneLine } from "../../../src/train/terminal/errors.ts";
import { load } from "./onnx-runtime.ts";

const ALLOWED = 1e-5;

/** By how much a run's probabilities differ at the most, of each clip of its test fold; printed. */
async function check(path: string, data: string | undefined): Promise<boolean> {
  const run = openRun(path);
  const { recipe, folds } = run.config;
  const { frontEnd } = recipe;
  const dataset = datasetOf(run, data);
  const maxBytes = largestArray(await openGpu());
  const net = networkOf(run, run.folder.readModel());
  const predictor = new Predictor(net, run.config, maxBytes);
  const hear = await load((await toOnnx(net, run.config, "wave")).bytes);
  const clips = dataset.clips.flatMap(({ fold }, clip) => (fold === folds.test ? [clip] : []));
  let [worst, where, agree, short] = [0, "", 0, 0];
  for (const clip of clips) {
    const wave = await dataset.load(clip);
    const hearing: Hearing = { segments: [], silent: [], pending: 0 };
    for await (const stretch of listen(
      {
        blocks: async function* () {
          yield wave;
        },
      },
      frontEnd,
    ))
      await predictor.add(hearing, stretch);
    await predictor.finish();
    const { probabilities } = verdict(hearing);
    const rate = frontEnd.resamples ? wave.sampleRate : frontEnd.sampleRate;
    const samples = (await audio
      .resample(tensor(wave.samples), rate, frontEnd.sampleRate)
      .data()) as Float32Array;
    if (samples.length < frontEnd.segmentSamples) short++;
    const made = (await hear({ wave: { data: samples, shape: [samples.length] } })).probabilities!.data;
    const best = (row: ArrayLike<number>) => Array.from(row).indexOf(Math.max(...Array.from(row)));
    if (best(made) === best(probabilities)) agree++;
    for (const [k, p] of probabilities.entries()) {
      const off = Math.abs(p - made[k]!);
      if (!(off <= worst)) [worst, where] = [off, dataset.clips[clip]!.name];
    }
  }
  console.log(
    `${recipe.name.padEnd(14)} ${clips.length} clips, ${short} shorter than a segment: ${worst.toExponential(1)} of ${ALLOWED} (${where}), ${agree} have the same likeliest class  (${path})`,
  );
  return worst <= ALLOWED && agree === clips.length;
}

const command = new Command("export-check")
  .description(
    "compare runs' networks under ONNX Runtime with what predict says, on every clip of their test folds",
  )
  .argument("<run...>", "folders of runs")
  .option("--data <dir>", "the sounds, where they are elsewhere now")
  .configureOutput({ outputError: () => {} })
  .exitOverride();

try {
  command.parse();
  const { data } = command.opts<{ data?: string }>();
  let failed = 0;
  for (const path of command.args) if (!(await check(path, data))) failed++;
  process.exit(failed === 0 ? 0 : 1);
} catch (error) {
  if (error instanceof CommanderError && error.exitCode === 0) process.exit(0); // --help
  console.error(`error: ${oneLine(error).replace(/^error: /, "")}`);
  process.exit(1);
}
