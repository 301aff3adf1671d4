// The Train page's worker: the program's own trainer, told by the page what the command line would tell it, and leaving its
// run in memory. It begins, is stopped and goes on as `bun run train` does.
import { init } from "../../src/index.ts";
import {
  foldsAsked,
  parseBatchSize,
  parseEpochs,
  parseFold,
  parseSeed,
  positive,
  settingsOf,
} from "../../src/train/commands/options.ts";
import { checkClasses } from "../../src/train/dataset/classes.ts";
import { checkSplit, describe, splitFolds } from "../../src/train/dataset/dataset.ts";
import { openSynthetic } from "../../src/train/dataset/synthetic.ts";
import { buildModel, largestArray, recipeExtractor } from "../../src/train/learning/model.ts";
import {
  type Beginning,
  beginTraining,
  type Ground,
  openTrainer,
} from "../../src/train/learning/training.ts";
import { findRecipe } from "../../src/train/recipes/index.ts";
import { override, parseSetting, recorded } from "../../src/train/recipes/settings.ts";
import type { EpochMetrics } from "../../src/train/runs/metrics.ts";
import type { Waveform } from "../../src/train/sound/waveform.ts";
import { Interrupted, oneLine, UserError } from "../../src/train/terminal/errors.ts";
import type { Reporter, Standing, Stop } from "../../src/train/terminal/talk.ts";
import { type Dropped, openDropped } from "./dropped.ts";
import { LastFeatures } from "./last-features.ts";
import { MemoryRun } from "./memory-run.ts";

/** The fields of the page, by the command line's names, as they were written. */
export interface Fields {
  recipe: string;
  fold: string;
  epochs: string;
  "batch-size": string;
  lr: string;
  seed: string;
  /** Several `--set`, with spaces between. */
  set: string;
}

/** What the page asks. */
export type Asked =
  | { ask: "train"; fields: Fields; data: "synthetic" | Dropped }
  | { ask: "stop" }
  | { ask: "go on"; epochs: string }
  | { ask: "zip" }
  | { ask: "decoded"; id: number; sound: Waveform | string };

/** A convolution's weights, `[filters, channels, bands, frames]`. */
export interface Filters {
  shape: readonly number[];
  data: Float32Array;
}

/** What the worker tells. */
export type Told =
  | { tell: "line"; line: string }
  | { tell: "work"; what: string; share: number; standing?: Standing }
  | { tell: "begun"; classes: readonly string[]; epochs: number }
  | { tell: "epoch"; metrics: EpochMetrics; confusion: number[][] }
  | { tell: "filters"; epoch: number; filters: Filters }
  /** `epochs`: how many are done, null where nothing was begun. */
  | { tell: "ended"; how: "done" | "stopped" | "failed"; says: string; epochs: number | null }
  | { tell: "zip"; zip: Uint8Array }
  | { tell: "decode"; id: number; bytes: Uint8Array; name: string };

const tell = (told: Told) => postMessage(told);

const stop: Stop = { signal: null, onFirst: "" };

/** Bars move, but the page is not told of every step. */
const MS_BETWEEN = 100;

class PageReporter implements Reporter {
  private what = "";
  private total = 1;
  private last = 0;

  note = (line: string) => tell({ tell: "line", line });
  warn = (line: string) => tell({ tell: "line", line: `note: ${line}` });
  begin(what: string, total: number, standing?: Standing): void {
    [this.what, this.total, this.last] = [what, total, 0];
    this.update(0, standing);
  }
  beginEpoch(total: number, standing: Standing): void {
    this.begin("training", total, standing);
  }
  update(done: number, standing?: Standing): void {
    const now = performance.now();
    if (now - this.last < MS_BETWEEN) return;
    this.last = now;
    tell({ tell: "work", what: this.what, share: done / this.total, standing });
  }
  epoch(standing: Standing): void {
    tell({ tell: "work", what: "training", share: 1, standing });
  }
  clear(): void {}
}

const progress = new PageReporter();
const talk = { progress, stop };

/** What was begun last. */
let begun: { ground: Ground; beginning: Beginning; run: MemoryRun } | null = null;
const lastFeatures = new LastFeatures();

function optionsOf({ fold, epochs, lr, seed, set, ...fields }: Fields) {
  const given = <T>(text: string, parse: (text: string) => T) =>
    text.trim() === "" ? undefined : parse(text.trim());
  const named = given(fold, parseFold);
  return {
    fold: named === "none" ? null : named,
    epochs: given(epochs, parseEpochs),
    batchSize: given(fields["batch-size"], parseBatchSize),
    lr: given(lr, positive("--lr")),
    seed: given(seed, parseSeed) ?? 1,
    set: set
      .split(/\s+/)
      .filter((word) => word !== "")
      .map(parseSetting),
  };
}

async function begin(fields: Fields, data: "synthetic" | Dropped): Promise<void> {
  begun = null;
  const { seed, ...options } = optionsOf(fields);
  const settings = settingsOf(options);
  const recipe = override(findRecipe(fields.recipe), settings);
  if (recipe.network.kind !== "piczak")
    throw new UserError(
      `this page trains Piczak's network: \`bun run train --recipe ${recipe.name}\` trains this one`,
    );
  const dataset = data === "synthetic" ? openSynthetic() : await openDropped(data, decodedByPage);
  const [fold] = foldsAsked(dataset, options) as [number | null];
  const folds = splitFolds(dataset, fold, recipe.validates);
  checkSplit(dataset, folds);
  checkClasses(dataset, fold, folds, talk);
  const facts = await init();
  const { vendor, architecture, description, software } = facts;
  progress.note(
    `${describe(dataset)} · ${description || `${vendor} ${architecture}`}${software ? " (a CPU)" : ""}`,
  );
  const extractor = recipeExtractor(recipe, () => buildModel(recipe, dataset.classes.length, 0));
  const ground: Ground = {
    dataset,
    recipe,
    extractor,
    ...(await lastFeatures.of(dataset, extractor, talk)),
    keep: (_, compute) => compute(),
    adapter: { vendor, architecture, description, software },
    base: null,
    maxBytes: largestArray(facts),
  };
  const beginning = await beginTraining(ground, folds, { seed, overridden: recorded(settings) }, talk);
  begun = { ground, beginning, run: new MemoryRun("this page", beginning.config) };
  tell({ tell: "begun", classes: dataset.classes, epochs: recipe.epochs });
  await train(false);
}

async function goOn(epochs: string): Promise<void> {
  const { ground, beginning, run } = begun!;
  const { config, training } = beginning;
  const done = run.checkpoints()[0] ?? 0;
  const wanted = epochs.trim() === "" ? config.recipe.epochs : parseEpochs(epochs.trim());
  if (wanted < done)
    throw new UserError(`${run.path} has ${done} epochs already: --epochs wants ${done} or more`);
  const recipe = { ...config.recipe, epochs: wanted };
  const overridden =
    wanted === config.recipe.epochs ? config.overridden : { ...config.overridden, epochs: wanted };
  const changed = { ...config, recipe, overridden };
  const model = buildModel(recipe, config.classes.length, config.seed);
  run.writeConfig(changed);
  begun = { ground: { ...ground, recipe }, beginning: { config: changed, model, training }, run };
  tell({ tell: "begun", classes: config.classes, epochs: wanted });
  await train(true);
}

async function train(resumed: boolean): Promise<void> {
  const { ground, beginning, run } = begun!;
  const { model } = beginning;
  const showFilters = (epoch: number) => {
    const weight = model.stateDict()["conv1.0.weight"]!;
    weight.data().then(
      (data) =>
        tell({ tell: "filters", epoch, filters: { shape: weight.shape, data: data as Float32Array } }),
      () => {}, // a lost GPU is told by whatever comes next
    );
  };
  const how = {
    resumed,
    resumePath: run.path,
    observer: (epochsDone: number) => {
      showFilters(epochsDone);
      return {
        step: () => {},
        epoch(metrics: EpochMetrics, _lr: number, confusion: number[][]) {
          tell({ tell: "epoch", metrics, confusion });
          showFilters(metrics.epoch);
        },
      };
    },
  };
  const { accuracy, clips, fold, epochs, seconds } = await openTrainer(
    ground,
    beginning,
    run,
    talk,
    how,
  ).run();
  const whose = fold === null ? "that it was trained on" : `of fold ${fold}`;
  const right = Math.round(accuracy * clips);
  const says = `${right} of ${clips} clips ${whose} are told right (${(100 * accuracy).toFixed(1)} %), after ${epochs} epochs and ${seconds.toFixed(0)} s`;
  tell({ tell: "ended", how: "done", says, epochs });
}

/** Runs to its end, or to where the page stops it, or to what is wrong. */
async function trying(work: () => Promise<void>): Promise<void> {
  stop.signal = null;
  try {
    await work();
  } catch (error) {
    const epochs = begun === null ? null : (begun.run.checkpoints()[0] ?? 0);
    if (error instanceof Interrupted) {
      const says =
        epochs === null ? "Stopped before training began" : `Stopped: it goes on from epoch ${epochs + 1}`;
      tell({ tell: "ended", how: "stopped", says, epochs });
    } else tell({ tell: "ended", how: "failed", says: oneLine(error), epochs });
  }
}

const decoding = new Map<number, { resolve(sound: Waveform): void; reject(error: Error): void }>();
let asked = 0;

/** The browser decodes in pages, not in workers. */
function decodedByPage(bytes: Uint8Array, name: string): Promise<Waveform> {
  const id = asked++;
  return new Promise((resolve, reject) => {
    decoding.set(id, { resolve, reject });
    tell({ tell: "decode", id, bytes, name });
  });
}

addEventListener("message", ({ data }: MessageEvent<Asked>) => {
  if (data.ask === "train") trying(() => begin(data.fields, data.data));
  else if (data.ask === "go on") trying(() => goOn(data.epochs));
  else if (data.ask === "stop") stop.signal = "SIGINT";
  else if (data.ask === "zip") begun!.run.zip().then((zip) => tell({ tell: "zip", zip }));
  else {
    const { resolve, reject } = decoding.get(data.id)!;
    decoding.delete(data.id); // its sound would stay as long as the page
    if (typeof data.sound === "string") reject(new UserError(data.sound));
    else resolve(data.sound);
  }
});
