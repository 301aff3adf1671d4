// Every recipe through the commands, in this process: trained, resumed, evaluated.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { evaluateCommand } from "../../../src/train/commands/evaluate.ts";
import type { TrainOptions } from "../../../src/train/commands/options.ts";
import { trainCommand } from "../../../src/train/commands/train.ts";
import { recipes } from "../../../src/train/recipes/index.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";
import { layOutSounds } from "./hums.ts";

setDefaultTimeout(120_000);
const root = mkdtempSync(join(tmpdir(), "otograd-every-recipe-"));
afterAll(() => rmSync(root, { recursive: true }));
const json = (...path: string[]) => JSON.parse(readFileSync(join(root, ...path), "utf8"));

beforeAll(() => layOutSounds(join(root, "data")));

class Noted extends Progress {
  readonly said: string[] = [];
  override say(line: string): void {
    this.said.push(line);
  }
  override begin(): void {}
  override beginEpoch(): void {}
  override update(): void {}
}

/** The command in this process, where the programs of the networks are compiled once. */
async function train(options: Partial<TrainOptions> & { recipe: string }) {
  const progress = new Noted();
  const session = { progress, stop: { signal: null, onFirst: "" }, print: () => {} };
  await trainCommand({ seed: 1, cache: join(root, "cache"), ...options }, session);
  return { said: progress.said.join("\n") };
}

test("every recipe trains end to end", async () => {
  // Shorter waves, as their networks take long. EnvNet-v2, which is EnvNet with more layers, takes too long all the same;
  // envnet and envnet-bc are parts of envnet-bc-strong.
  const shorter: Record<string, { samples: number; step: number }> = {
    m5: { samples: 8000, step: 8000 },
    "envnet-bc-strong": { samples: 8000, step: 24000 }, // one a clip
    transfer: { samples: 24000, step: 24000 },
  };
  const drawn = [
    { path: ["network", "weights"], value: null }, // the published ones need not be here
    { path: ["network", "width"], value: 0.1 },
  ];
  const tried = recipes.filter(({ name }) => !/^envnet(-v2.*|-bc)?$/.test(name));
  for (const { name, validates, network } of tried) {
    const wave = shorter[name];
    await train({
      data: join(root, "data"),
      fold: 2,
      recipe: name,
      set: [
        ...(network.kind === "transfer" ? drawn : []),
        ...("hidden" in network ? [{ path: ["network", "hidden"], value: [40] }] : []),
        ...(network.kind === "piczak" ? [{ path: ["network", "filters"], value: 16 }] : []),
        ...(network.kind === "convnet" ? [{ path: ["network", "widths"], value: [4, 8, 16, 32] }] : []),
        ...(wave === undefined ? [] : [{ path: ["frontEnd", "segmentSamples"], value: wave.samples }]),
        ...(wave === undefined ? [] : [{ path: ["frontEnd", "segmentStep"], value: wave.step }]),
      ],
      epochs: 2,
      batchSize: 16,
      run: join(root, `run-${name}`),
    });
    const { trainingSegments, folds } = json(`run-${name}`, "config.json");
    const copies = validates ? 5 : 1; // of the validating recipes, the paper's: the clip and four that are delayed
    // 1.5 s are a long segment, padded, or two short ones that overlap by half; 8 kHz taken for 22.05 they are 0.5 s.
    const perClip =
      { "paper-long": 1, "blog-code": 1, "blog-mixed": 3, m5: 1, "envnet-bc-strong": 1, otograd: 1 }[name] ??
      2;
    expect(trainingSegments).toBeLessThanOrEqual(4 * folds.train.length * copies * perClip);
    expect(trainingSegments).toBeGreaterThan(4 * folds.train.length * copies * perClip * 0.7);
    const [first, second] = readFileSync(join(root, `run-${name}`, "metrics.jsonl"), "utf8").split("\n");
    expect([first!, second!].map((line) => Number.isFinite(JSON.parse(line).loss))).toEqual([true, true]);
    console.log(`  ${name}: ${trainingSegments} segments of ${4 * folds.train.length} clips`);
  }
  // A network with a frozen part comes with it.
  const said: string[] = [];
  await evaluateCommand(
    join(root, "run-transfer"),
    { json: true, cache: false },
    { progress: new Noted(), stop: { signal: null, onFirst: "" }, print: (line) => said.push(line) },
  );
  const { accuracy, confusion } = json("run-transfer", "result.json");
  expect(JSON.parse(said[0]!)).toMatchObject({ accuracy, confusion });
  const longer = await train({ resume: join(root, "run-blog-mixed"), recipe: "blog-mixed", epochs: 3 });
  expect(longer.said).toContain(
    "the cosine schedule is that of 3 epochs now: epoch 3 has a learning rate of 0.00250, epoch 2 had 0.00500",
  );
});
