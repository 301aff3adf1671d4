// The clips that a run's networks get most confidently wrong: tested anew on the GPU, with what there is to see
// and hear of each.
import { existsSync } from "node:fs";
import { WaveFile } from "wavefile";
import { audio, type nn, noGrad, type Tensor, tensor } from "../../index.ts";
import { type Dataset, foldName } from "../dataset/dataset.ts";
import { extractorOf } from "../features/extractor.ts";
import { featuresOf } from "../features/features.ts";
import { networkOf } from "../learning/checkpoint.ts";
import { evaluate } from "../learning/evaluate.ts";
import { datasetOf, otherData } from "../learning/open-run.ts";
import type { Scores } from "../learning/openset/curve.ts";
import { refusalOf } from "../learning/openset/file.ts";
import { openSetOf } from "../learning/openset/learn.ts";
import { openGpu, type Prepared, prepare } from "../learning/prepare.ts";
import { testing } from "../learning/training.ts";
import { spectrogramPng } from "../pictures/spectrogram.ts";
import { asLogMel, type LogMel } from "../recipes/recipe.ts";
import type { Config } from "../runs/config.ts";
import { type Confusion, sumOfConfusions } from "../runs/confusion.ts";
import type { OpenSet } from "../runs/metrics.ts";
import { dataOf, otherOf } from "../runs/places.ts";
import type { Waveform } from "../sound/waveform.ts";
import { SoundError, UserError } from "../terminal/errors.ts";
import type { Session } from "../terminal/session.ts";
import { throwIfStopped } from "../terminal/talk.ts";
import type { FoldRun, Run } from "./runs.ts";

/** The players' rate in Hz, and the most of a clip that is shown and embedded: 0.35 MB of base64 a clip. */
const PLAYER_RATE = 22050;
const MOST_SECONDS = 6;

/** One clip taken for something else. */
export interface Mistake {
  /** The clip's name in its dataset. */
  readonly clip: string;
  /** Null where none was held out. */
  readonly fold: number | null;
  /** The true class, and the one that was said. */
  readonly label: number;
  readonly said: number;
  /** Of each class, by probability voting. */
  readonly probabilities: readonly number[];
  /** The clip as a WAV file. */
  readonly wav: Uint8Array;
  /** Whether the clip goes on after that. */
  readonly cut: boolean;
  readonly picture: Picture;
}

/** A log-mel spectrogram as a PNG file, a pixel a value, the lowest band at the bottom. */
export interface Picture {
  readonly png: Uint8Array;
  readonly seconds: number;
  /** Of the samples behind it, in Hz: not the front end's own where that takes samples of any rate for its own. */
  readonly sampleRate: number;
  readonly frontEnd: LogMel;
}

export interface Examination {
  /** The worst first. */
  readonly mistakes: readonly Mistake[];
  readonly wrong: number;
  readonly clips: number;
  /** By probability voting: of the model as it is now. */
  readonly confusion: Confusion;
  /** Of each fold whose network says "none of these". */
  readonly openSets: readonly FoldOpenSet[];
}

export interface FoldOpenSet {
  readonly fold: number | null;
  readonly scores: Scores;
  readonly openSet: OpenSet;
}

export interface ExamineOptions {
  /** Where the sounds are, instead of where each run's config says. */
  data?: string;
  cache?: string | false;
}

/** Examines runs, and prepares each dataset once. */
export class Examiner {
  private readonly prepared = new Map<string, Prepared>();

  constructor(
    private readonly options: ExamineOptions,
    private readonly session: Session,
  ) {}

  /**
   * Tests every fold of a run, and shows the `most` worst mistakes.
   * @returns a sentence saying what is missing where the run cannot be tested here
   * @throws UserError where a model is damaged, or --data is of no use
   */
  async examine({ folds, label }: Run, most: number): Promise<Examination | string> {
    const tested: Tested[] = [];
    for (const fold of folds) {
      const found = await this.test(fold, label);
      if (typeof found === "string") return found;
      tested.push(found);
    }
    const wrong = tested.flatMap(({ mistakes }) => mistakes).sort((a, b) => b.margin - a.margin);
    const { progress } = this.session;
    const worst = wrong.slice(0, most);
    const mistakes: Mistake[] = [];
    if (worst.length > 0) progress.begin(`${label}: drawing mistakes`, worst.length);
    for (const each of worst) {
      this.unlessStopped();
      try {
        mistakes.push(await show(each));
      } catch (error) {
        if (!(error instanceof SoundError)) throw error;
        progress.warn(`${label}: a mistake is not shown: ${error.message}`); // the file is not what it was a moment ago
      }
      progress.update(mistakes.length);
    }
    progress.clear();
    return {
      mistakes,
      wrong: wrong.length,
      clips: tested.reduce((total, { clips }) => total + clips, 0),
      confusion: sumOfConfusions(tested.map(({ confusion }) => confusion)),
      openSets: tested.flatMap(({ openSet }) => openSet ?? []),
    };
  }

  private async test(run: FoldRun, label: string): Promise<Tested | string> {
    const { folder, config } = run;
    const { recipe, classes, folds, standardization } = config;
    if (!folder.hasModel()) return `no model was saved in ${folder.path}.`;
    const weights = folder.readModel();
    const refusal = refusalOf(folder, config, (line) => this.session.progress.warn(line));
    const dataset = this.dataset(run);
    if (typeof dataset === "string") return dataset;
    try {
      await openGpu();
    } catch (error) {
      if (error instanceof UserError) return `${error.message}.`;
      throw error;
    }
    const model = networkOf(run, weights);
    const prepared = await this.prepare(dataset, config, model);
    if (typeof prepared === "string") return prepared;
    const other = otherData(run, dataset, prepared.content);
    if (other !== null) this.session.progress.warn(other);
    const { store, set } = testing(prepared, folds.test, standardization);
    const { progress } = this.session;
    progress.begin(
      `${label}: testing on ${folds.test === null ? "all clips" : foldName(folds.test)}`,
      store.size,
    );
    const update = (segments: number) => {
      this.unlessStopped();
      progress.update(segments);
    };
    this.unlessStopped();
    const { votes, clips, confusion } = await evaluate(model, store, set, classes.length, recipe, update);
    progress.clear();
    if (!votes.probabilities.every(Number.isFinite)) return `the model in ${folder.path} answers with NaN.`;
    const mistakes = set.clips.flatMap((clip, i): Candidate[] => {
      const probabilities = Array.from(
        votes.probabilities.subarray(i * classes.length, (i + 1) * classes.length),
      );
      const [labelled, said] = [set.labels[i]!, votes.byProbability[i]!];
      if (said === labelled) return [];
      const margin = probabilities[said]! - probabilities[labelled]!;
      return [{ dataset, clip, fold: folds.test, label: labelled, said, probabilities, margin, config }];
    });
    const openSet =
      refusal === null
        ? null
        : { fold: folds.test, ...(await openSetOf(prepared, { model, config }, refusal)) };
    return { mistakes, clips, confusion, openSet };
  }

  private unlessStopped(): void {
    throwIfStopped(this.session.stop, "stopped; no report was written");
  }

  /** The dataset of a run, or a sentence saying why it is of no use. */
  private dataset(run: FoldRun): Dataset | string {
    const source = this.options.data ?? dataOf(run.config);
    try {
      if (source !== "synthetic" && !existsSync(source)) {
        throw new UserError(
          `the sounds that it was tested on are not at ${source}; --data says where they are`,
        );
      }
      return datasetOf(run, source);
    } catch (error) {
      if (this.options.data !== undefined || !(error instanceof UserError)) throw error;
      return `${error.message}.`;
    }
  }

  /** The dataset made ready, or a sentence saying which of its sounds cannot be used. */
  private async prepare(
    dataset: Dataset,
    config: Config,
    model: nn.Module<[Tensor], Tensor>,
  ): Promise<Prepared | string> {
    // Two runs' views of one place may differ: in folds, in what is left out, in whose sounds are none of the classes.
    // And a part of a network that stays as it is makes the features.
    const { recipe } = config;
    const { frontEnd, network } = recipe;
    const { source, classes, leftOut, clips } = dataset;
    const key = JSON.stringify([
      [source, classes, leftOut, otherOf(config)],
      clips.map(({ name, fold, label }) => [name, fold, label]),
      frontEnd,
      network.kind === "transfer" && network,
    ]);
    try {
      const prepared =
        this.prepared.get(key) ?? (await prepare(dataset, recipe, this.options.cache, this.session, model));
      this.prepared.set(key, prepared);
      return prepared;
    } catch (error) {
      if (error instanceof SoundError) return `${error.message}.`;
      throw error;
    }
  }
}

interface Candidate extends Pick<Mistake, "fold" | "label" | "said" | "probabilities"> {
  dataset: Dataset;
  clip: number;
  config: Config;
  /** How much more probable the network finds what it says than what is true. */
  margin: number;
}

interface Tested {
  mistakes: Candidate[];
  clips: number;
  confusion: number[][];
  openSet: FoldOpenSet | null;
}

async function show({
  dataset,
  clip,
  fold,
  label,
  said,
  probabilities,
  config,
}: Candidate): Promise<Mistake> {
  const whole = await dataset.load(clip);
  const wave = { ...whole, samples: whole.samples.subarray(0, MOST_SECONDS * whole.sampleRate) };
  return {
    clip: dataset.clips[clip]!.name,
    fold,
    label,
    said,
    probabilities,
    wav: await wavOf(wave),
    cut: wave.samples.length < whole.samples.length,
    picture: await pictureOf(wave, asLogMel(config.recipe.frontEnd)),
  };
}

/** A WAV file of 16 bits at PLAYER_RATE, or less where the sound has less. */
async function wavOf({ samples, sampleRate }: Waveform): Promise<Uint8Array> {
  const rate = Math.min(sampleRate, PLAYER_RATE);
  const wave = noGrad(() => audio.resample(tensor(samples), sampleRate, rate));
  const full = await wave.data();
  const file = new WaveFile();
  const clipped = Int16Array.from(full, (x) => Math.round(32767 * Math.min(1, Math.max(-1, x))));
  file.fromScratch(1, rate, "16", clipped);
  return file.toBuffer();
}

/** The whole sound through the recipe's front end, as one long segment. */
async function pictureOf(wave: Waveform, frontEnd: LogMel): Promise<Picture> {
  const sampleRate = frontEnd.resamples ? frontEnd.sampleRate : wave.sampleRate;
  const samples = Math.floor((wave.samples.length * sampleRate) / wave.sampleRate);
  const length = Math.max(samples, frontEnd.segmentSamples);
  const whole = { ...frontEnd, segmentSamples: length, segmentStep: length };
  const { values, shape } = await featuresOf([wave], extractorOf(whole));
  return {
    png: spectrogramPng(values, shape as [number, number]),
    seconds: length / sampleRate,
    sampleRate,
    frontEnd,
  };
}
