// The engine of the pages that hear: a published network in a worker, so that the page stays awake. Calls come by name, and
// each is answered once; while a call lasts it may tell how far it is.
import { strToU8, zipSync } from "fflate";
import { version } from "../../package.json" with { type: "json" };
import {
  F,
  init,
  loadTorch,
  nn,
  noGrad,
  optim,
  saveSafetensors,
  type Tensor,
  tensor,
} from "../../src/index.ts";
import { AUDIO_SET, pictures } from "../../src/train/features/audio-set.ts";
import { featuresOf } from "../../src/train/features/features.ts";
import { buildModel, parameterCount, recipeExtractor } from "../../src/train/learning/model.ts";
import { transfer } from "../../src/train/recipes/transfer.ts";

/** What can be asked of the worker. */
export interface Calls {
  /** Takes the network's weights, a .pt file. */
  load(weights: Uint8Array): Promise<void>;
  /** Samples at 32 kHz → their log-mel picture, [bands, frames] row-major, and the probability of each class, if the network is there. */
  hear(
    samples: Float32Array,
  ): Promise<{ bands: number; picture: Float32Array; probabilities: Float32Array | null }>;
  /** What the network knows of each sound: an embedding a window of five seconds, as `--recipe transfer` has them. */
  embed(sounds: readonly Float32Array[]): Promise<Float32Array[][]>;
  /** Trains a linear layer on embeddings. Tells the loss of each epoch. */
  teach(task: {
    embeddings: readonly Float32Array[];
    labels: readonly number[];
    classes: number;
  }): Promise<void>;
  /** The probabilities of a sound of these embeddings: the mean of theirs. */
  judge(embeddings: readonly Float32Array[]): Promise<Float32Array>;
  /** What was taught as a run's folder in a ZIP archive, which `bun run predict` takes. */
  run(of: Run): Promise<Uint8Array>;
}

/** What a run's folder says besides the weights. */
export interface Run {
  classes: readonly string[];
  /** Mean embeddings [classes, size] of length 1, and how alike a sound must be to one of them to be any. */
  means: readonly Float32Array[];
  least: number;
  /** How many sounds were learned from, and windows of them. */
  clips: number;
  segments: number;
}

export interface Call {
  id: number;
  name: keyof Calls;
  argument: unknown;
}

export type Answer =
  | { id: number; result: unknown }
  | { id: number; error: string }
  | { id: number; told: { share: number; loss?: number } };

const SEED = 1;
const EPOCHS = 60;

/** The weights that were trained on AudioSet. */
let base: nn.StateDict | null = null;
/** What names AudioSet's sounds, … */
let network: nn.MN | null = null;
/** … and what was taught here. */
let taught: nn.Module<[Tensor], Tensor> | null = null;

function loaded(): nn.StateDict {
  if (base === null) throw new Error("the network's weights are not here yet");
  return base;
}

type Tell = (told: { share: number; loss?: number }) => void;

const calls: { [N in keyof Calls]: (argument: Parameters<Calls[N]>[0], tell: Tell) => ReturnType<Calls[N]> } =
  {
    async load(weights) {
      base = loadTorch<nn.StateDict>(weights);
      network = new nn.MN({ width: 0.4 });
      network.loadStateDict(base);
      network.eval();
    },

    async hear(samples) {
      const [picture, probabilities] = noGrad(() => {
        const one = pictures(tensor(samples, { shape: [1, samples.length] }));
        return [one, network === null ? null : network.forward(one).sigmoid()];
      });
      const values = (await picture.data()) as Float32Array;
      return {
        bands: AUDIO_SET.nMels,
        picture: values,
        probabilities: probabilities === null ? null : ((await probabilities.data()) as Float32Array),
      };
    },

    async embed(sounds, tell) {
      const weights = loaded();
      const extractor = recipeExtractor(transfer, () => buildModel(transfer, 2, SEED, weights));
      const embedded: Float32Array[][] = [];
      for (const [i, samples] of sounds.entries()) {
        const wave = { samples, sampleRate: AUDIO_SET.sampleRate };
        const { values, silent } = await featuresOf([wave], extractor);
        const size = values.length / silent.length;
        const all = Array.from(silent.keys(), (k) => values.slice(k * size, (k + 1) * size));
        const audible = all.filter((_, k) => silent[k] === 0);
        embedded.push(audible.length > 0 ? audible : all);
        tell({ share: (i + 1) / sounds.length });
      }
      return embedded;
    },

    // As `--recipe transfer` trains its layer, but with all that there is in one batch.
    async teach({ embeddings, labels, classes }, tell) {
      const model = buildModel(transfer, classes, SEED, loaded());
      const learning = model.parameters().filter(({ requiresGrad }) => requiresGrad);
      const weights = learning.filter(({ ndim }) => ndim > 1);
      const biases = learning.filter(({ ndim }) => ndim === 1);
      const { lr, momentum, nesterov, weightDecay } = transfer.optimizer as {
        kind: "sgd";
      } & optim.SgdOptions;
      const optimizer = new optim.SGD([{ params: weights }, { params: biases, weightDecay: 0 }], {
        lr,
        momentum,
        nesterov,
        weightDecay,
      });
      const scheduler = new optim.lrScheduler.CosineAnnealingLR(optimizer, { tMax: EPOCHS });
      const inputs = joined(embeddings);
      for (let epoch = 1; epoch <= EPOCHS; epoch++) {
        optimizer.zeroGrad();
        const loss = F.nllLoss(model.forward(inputs), [...labels]);
        loss.backward();
        optimizer.step();
        scheduler.step();
        tell({ share: epoch / EPOCHS, loss: await loss.item() });
      }
      taught = model.eval();
    },

    async judge(embeddings) {
      if (taught === null) throw new Error("nothing was taught yet");
      const model = taught;
      const probabilities = noGrad(() => model.forward(joined(embeddings)).exp().mean(0));
      return (await probabilities.data()) as Float32Array;
    },

    async run({ classes, means, least, clips, segments }) {
      if (taught === null) throw new Error("nothing was taught yet");
      const { vendor, architecture, description, software } = await init();
      const json = (value: unknown) => strToU8(`${JSON.stringify(value, null, 2)}\n`);
      const config = {
        version,
        started: new Date().toISOString(),
        data: "sounds of a page",
        fold: null,
        folds: { train: [1], validation: null, test: null },
        seed: SEED,
        classes,
        other: { kind: "threshold", keep: 0.95 },
        standardization: { mean: 0, deviation: 1 },
        trainingSegments: segments,
        parameters: parameterCount(taught),
        adapter: { vendor, architecture, description, software },
        recipe: { ...transfer, epochs: EPOCHS },
        overridden: { epochs: EPOCHS },
      };
      const other = {
        threshold: least,
        segmentThreshold: least,
        keep: 0.95,
        heldOut: { folds: [], clips, kept: clips },
      };
      return zipSync(
        {
          "config.json": json(config),
          "model.safetensors": await saveSafetensors(taught.stateDict(), { epoch: String(EPOCHS) }),
          "other.json": json(other),
          "other.safetensors": await saveSafetensors({ means: joined(means) }),
        },
        { level: 0 }, // weights do not become smaller
      );
    },
  };

function joined(rows: readonly Float32Array[]) {
  const size = rows[0]!.length;
  const values = new Float32Array(rows.length * size);
  for (const [i, row] of rows.entries()) values.set(row, i * size);
  return tensor(values, { shape: [rows.length, size] });
}

/** One call after the other: they share the GPU. */
let before: Promise<unknown> = init();

addEventListener("message", ({ data: { id, name, argument } }: MessageEvent<Call>) => {
  const tell: Tell = (told) => postMessage({ id, told } satisfies Answer);
  const call = calls[name] as (argument: unknown, tell: Tell) => Promise<unknown>;
  before = before
    .then(() => call(argument, tell))
    .then(
      (result) => postMessage({ id, result } satisfies Answer),
      (error) =>
        postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies Answer),
    );
});
