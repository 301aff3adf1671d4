// A run that hears: what `bun run predict` and `listen` make of sounds with it, by the same code.
import type { nn, Tensor } from "../../src/index.ts";
import { listen } from "../../src/train/features/stretches.ts";
import { networkOf } from "../../src/train/learning/checkpoint.ts";
import { refusalOf } from "../../src/train/learning/openset/file.ts";
import { type Refusal, refuses } from "../../src/train/learning/openset/refusal.ts";
import { type Ear, type Heard, runEar } from "../../src/train/listen/ear.ts";
import { type Hearing, Predictor, verdict } from "../../src/train/predict/predictor.ts";
import { type Config, readConfig } from "../../src/train/runs/config.ts";
import type { Waveform } from "../../src/train/sound/waveform.ts";
import type { MemoryRun } from "../train/memory-run.ts";

/** What a whole sound is. */
export interface Told {
  probabilities: Float64Array;
  /** Whether it is none of the classes. */
  other: boolean;
}

export class Opened {
  readonly config: Config;
  readonly model: nn.Module<[Tensor], Tensor>;
  readonly refusal: Refusal | null;
  readonly ear: Ear;

  /** @param maxBytes the largest array that the device can bind. Throws UserError where the run is damaged. */
  constructor(
    readonly run: MemoryRun,
    private readonly maxBytes: number,
  ) {
    this.config = readConfig(run);
    this.refusal = refusalOf(run, this.config, () => {}); // the page says whether it refuses
    this.model = networkOf({ folder: run, config: this.config }, run.readModel());
    this.ear = runEar(this.model, this.trained, maxBytes);
  }

  private get trained() {
    return { ...this.config, refusal: this.refusal };
  }

  /** What a whole sound is, as `bun run predict` says it. */
  async tell(wave: Waveform): Promise<Told> {
    const { config, refusal, model, maxBytes } = this;
    const predictor = new Predictor(model, this.trained, maxBytes);
    const hearing: Hearing = { segments: [], silent: [], pending: 0 };
    const sound = {
      async *blocks() {
        yield wave;
      },
    };
    for await (const stretch of listen(sound, config.recipe.frontEnd)) await predictor.add(hearing, stretch);
    await predictor.finish();
    if (hearing.failed !== undefined) throw hearing.failed;
    const told = verdict(hearing);
    const other = refusal !== null && !told.silent && refuses(refusal, told);
    return { probabilities: told.probabilities, other };
  }

  /** What there is in the last of the samples, as many as one segment takes, as `bun run listen` hears it. */
  async hear(samples: Float32Array, sampleRate: number): Promise<Heard> {
    const { cutting, resamples } = this.ear;
    const [heard] = await this.ear.hear({
      samples,
      sampleRate: resamples ? sampleRate : cutting.sampleRate,
      length: cutting.segmentSamples,
      skip: 0,
      segment: 0,
      whole: false,
    });
    return heard!;
  }
}
