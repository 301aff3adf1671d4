// The engine of the pages that hear: a published network in a worker, so that the page stays awake. Calls come by name, and
// each is answered once; while a call lasts it may tell how far it is.
import { F, init, loadTorch, manualSeed, nn, noGrad, optim, tensor } from "../../src/index.ts";
import { AUDIO_SET, pictures, shortestWave } from "../../src/train/features/audio-set.ts";

/** A linear layer on embeddings, and what it takes to be sure enough. */
export interface Head {
  /** [classes, embedding], row-major. */
  weight: Float32Array;
  bias: Float32Array;
}

/** What can be asked of the worker. */
export interface Calls {
  /** Takes the network's weights (a .pt file). Gives the number of its classes. */
  load(weights: Uint8Array): Promise<number>;
  /** Samples at 32 kHz → their log-mel picture, [bands, frames] row-major, and the probability of each class, if the network is there. */
  hear(
    samples: Float32Array,
  ): Promise<{ bands: number; picture: Float32Array; probabilities: Float32Array | null }>;
  /** What the network knows of each sound: the mean over windows of five seconds. */
  embed(sounds: readonly Float32Array[]): Promise<Float32Array[]>;
  /** Trains a linear layer on embeddings. Tells the loss of each epoch. */
  teach(task: {
    embeddings: readonly Float32Array[];
    labels: readonly number[];
    classes: number;
  }): Promise<Head>;
  /** The probabilities that a head gives each embedding. */
  judge(task: { head: Head; embeddings: readonly Float32Array[] }): Promise<Float32Array[]>;
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

const RATE = AUDIO_SET.sampleRate;
const WINDOW = 5 * RATE;
const EPOCHS = 60;

let network: nn.MN | null = null;

function loaded(): nn.MN {
  if (network === null) throw new Error("the network's weights are not here yet");
  return network;
}

/** Windows of five seconds, each half over the last; a shorter sound is one. */
function windows(samples: Float32Array): Float32Array[] {
  if (samples.length <= WINDOW) {
    const long = new Float32Array(Math.max(samples.length, shortestWave(AUDIO_SET)));
    long.set(samples);
    return [long];
  }
  const count = 1 + Math.ceil((samples.length - WINDOW) / (WINDOW / 2));
  return Array.from({ length: count }, (_, i) => {
    const begin = Math.min((i * WINDOW) / 2, samples.length - WINDOW);
    return samples.slice(begin, begin + WINDOW);
  });
}

type Tell = (told: { share: number; loss?: number }) => void;

const calls: { [N in keyof Calls]: (argument: Parameters<Calls[N]>[0], tell: Tell) => ReturnType<Calls[N]> } =
  {
    async load(weights) {
      const made = new nn.MN({ width: 0.4 });
      made.loadStateDict(loadTorch<nn.StateDict>(weights));
      network = made.eval();
      return 527;
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
      const known = loaded();
      const embeddings: Float32Array[] = [];
      for (const [i, sound] of sounds.entries()) {
        const sum = new Float32Array(known.embeddingSize);
        const parts = windows(sound);
        for (const part of parts) {
          const one = noGrad(() => known.embed(pictures(tensor(part, { shape: [1, part.length] }))));
          for (const [k, value] of ((await one.data()) as Float32Array).entries())
            sum[k]! += value / parts.length;
        }
        embeddings.push(sum);
        tell({ share: (i + 1) / sounds.length });
      }
      return embeddings;
    },

    // As `--recipe transfer` trains its head.
    async teach({ embeddings, labels, classes }, tell) {
      manualSeed(1);
      const size = embeddings[0]!.length;
      const inputs = joined(embeddings);
      const head = new nn.Linear(size, classes);
      const optimizer = new optim.SGD([{ params: [head.weight] }, { params: [head.bias!], weightDecay: 0 }], {
        lr: 0.1,
        momentum: 0.9,
        nesterov: true,
        weightDecay: 0.001,
      });
      const scheduler = new optim.lrScheduler.CosineAnnealingLR(optimizer, { tMax: EPOCHS });
      for (let epoch = 1; epoch <= EPOCHS; epoch++) {
        optimizer.zeroGrad();
        const loss = F.crossEntropy(head.forward(inputs), [...labels]);
        loss.backward();
        optimizer.step();
        scheduler.step();
        tell({ share: epoch / EPOCHS, loss: await loss.item() });
      }
      return {
        weight: (await head.weight.data()) as Float32Array,
        bias: (await head.bias!.data()) as Float32Array,
      };
    },

    async judge({ head, embeddings }) {
      const classes = head.bias.length;
      const probabilities = noGrad(() => {
        const weight = tensor(head.weight, { shape: [classes, head.weight.length / classes] });
        return F.softmax(F.linear(joined(embeddings), weight, tensor(head.bias)), 1);
      });
      const values = (await probabilities.data()) as Float32Array;
      return embeddings.map((_, i) => values.slice(i * classes, (i + 1) * classes));
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
