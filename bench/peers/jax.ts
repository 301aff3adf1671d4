// jax-js, on WebGPU (the same Dawn as otograd) or in WebAssembly: `bun jax.ts webgpu` or `bun jax.ts wasm`.
// The whole step is one `jit`. Every use of an array but the last says `.ref`: that is how jax-js counts references.
import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  random,
  tree,
  valueAndGrad,
} from "@jax-js/jax";

import { openGpu } from "../../src/platform/dawn.ts";
import { type Competitor, serve } from "../protocol.ts";
import { version } from "./node_modules/@jax-js/jax/package.json" with { type: "json" };

const CLASSES = 50;
const LEARNING_RATE = 0.002;
const MOMENTUM = 0.9;
const WEIGHT_DECAY = 0.001;

type Weights = {
  conv1: np.Array;
  bias1: np.Array;
  conv2: np.Array;
  bias2: np.Array;
  dense1: np.Array;
  bias3: np.Array;
  dense2: np.Array;
  bias4: np.Array;
  output: np.Array;
  bias5: np.Array;
};

async function open(): Promise<Competitor> {
  const device = process.argv[2] === "wasm" ? "wasm" : "webgpu";
  if (device === "webgpu") {
    // Dawn's objects must stay referenced or Bun collects them while they are in use: openGpu sees to that.
    Object.defineProperty(globalThis.navigator, "gpu", { value: await openGpu(), configurable: true });
  }
  if (!(await init(device)).includes(device)) throw new Error(`jax-js does not start its ${device} backend`);
  defaultDevice(device);
  let state: State | null = null;
  const product = jit((a: np.Array, b: np.Array) => np.matmul(a, b));
  return {
    name: `jax-js ${version} ${device === "wasm" ? "Wasm" : "WebGPU"}`,
    async step(batch) {
      state ??= initialState();
      const input = random.normal(random.key(2), [batch, 2, 60, 41]);
      const labels = np.array(
        Int32Array.from({ length: batch }, (_, i) => i % CLASSES),
        { dtype: np.int32 },
      );
      const oneHot = nn.oneHot(labels, CLASSES);
      await blockUntilReady([input, oneHot]);
      return async (times) => {
        let loss = np.array(0);
        for (let i = 0; i < times; i++) {
          loss.dispose();
          [state, loss] = step(state!, input.ref, oneHot.ref);
        }
        await blockUntilReady(state);
        return (await loss.data())[0];
      };
    },
    async matmul(size) {
      const a = random.normal(random.key(3), [size, size]);
      const b = random.normal(random.key(4), [size, size]);
      await blockUntilReady([a, b]);
      return async (times) => {
        for (let i = 0; i < times; i++) {
          const c = product(a.ref, b.ref);
          await c.blockUntilReady(); // a product that nobody waits for is not computed
          c.dispose();
        }
        return undefined;
      };
    },
  };
}

type State = { weights: Weights; velocity: Weights; key: np.Array };

function initialState(): State {
  const uniform = (seed: number, shape: number[], bound: number) =>
    random.uniform(random.key(seed), shape, { minval: -bound, maxval: bound });
  const normal = (seed: number, shape: number[]) => random.normal(random.key(seed), shape).mul(0.01);
  const weights: Weights = {
    conv1: uniform(11, [80, 2, 57, 6], 0.001),
    bias1: np.full([80], 0.1),
    conv2: uniform(12, [80, 80, 1, 3], 0.1),
    bias2: np.zeros([80]),
    dense1: normal(13, [240, 5000]),
    bias3: np.zeros([5000]),
    dense2: normal(14, [5000, 5000]),
    bias4: np.zeros([5000]),
    output: normal(15, [5000, CLASSES]),
    bias5: np.zeros([CLASSES]),
  };
  const velocity = tree.map((weight: np.Array) => np.zerosLike(weight), tree.ref(weights)) as Weights;
  return { weights, velocity, key: random.key(1) };
}

function convolution(x: np.Array, weight: np.Array, bias: np.Array): np.Array {
  return nn.relu(lax.conv(x, weight, [1, 1], "VALID").add(bias.reshape([-1, 1, 1])));
}

function dropout(x: np.Array, key: np.Array): np.Array {
  const kept = random.bernoulli(key, 0.5, x.shape);
  return np.where(kept, x.mul(2), 0);
}

function lossOf(w: Weights, input: np.Array, oneHot: np.Array, keys: np.Array): np.Array {
  let x = convolution(input, w.conv1, w.bias1);
  x = lax.reduceWindow(x, (window) => np.max(window), [1, 1, 4, 3], [1, 1, 1, 3]);
  x = dropout(x, keys.ref.slice(1));
  x = convolution(x, w.conv2, w.bias2);
  x = lax.reduceWindow(x, (window) => np.max(window), [1, 1, 1, 3], [1, 1, 1, 3]);
  x = x.reshape([-1, 240]);
  x = dropout(nn.relu(np.matmul(x, w.dense1).add(w.bias3)), keys.ref.slice(2));
  x = dropout(nn.relu(np.matmul(x, w.dense2).add(w.bias4)), keys.slice(3));
  const logits = np.matmul(x, w.output).add(w.bias5);
  return nn.logSoftmax(logits).mul(oneHot).sum(1).mean().neg();
}

const step = jit(
  ({ weights, velocity, key }: State, input: np.Array, oneHot: np.Array): [State, np.Array] => {
    const keys = random.split(key, 4);
    const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(weights), input, oneHot, keys.ref);
    const pairs = tree.map(
      (weight: np.Array, v: np.Array, gradient: np.Array) => {
        const g = gradient.add(weight.ref.mul(WEIGHT_DECAY));
        const next = v.mul(MOMENTUM).add(g.ref);
        return { weight: weight.sub(g.add(next.ref.mul(MOMENTUM)).mul(LEARNING_RATE)), velocity: next };
      },
      weights,
      velocity,
      gradients as Weights,
    ) as unknown as Record<keyof Weights, { weight: np.Array; velocity: np.Array }>;
    const pick = (of: "weight" | "velocity") =>
      Object.fromEntries(Object.entries(pairs).map(([name, pair]) => [name, pair[of]])) as Weights;
    return [{ weights: pick("weight"), velocity: pick("velocity"), key: keys.slice(0) }, loss];
  },
);

await serve(open);
