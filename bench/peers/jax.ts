// jax-js, on WebGPU (the same Dawn as otograd) or in WebAssembly: `bun jax.ts webgpu FILE` or `bun jax.ts wasm FILE`. The whole
// step is one `jit`. Every use of an array but the last says `.ref`: that is how jax-js counts references. Batch norm does not
// keep the statistics for evaluation that others keep as they train.
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
import { type Numbers, type Competitor, type Given, serve, type Work } from "../protocol.ts";
import type { ModelName, Training } from "../workloads/list.ts";
import { version } from "./node_modules/@jax-js/jax/package.json" with { type: "json" };

type Weights = Record<string, np.Array>;
type Sides = [number, number];

/** The network, its weights being `w`, in the words of layers. */
class Net {
  constructor(
    private readonly w: Weights,
    /** Of dropout, a row a layer; null is none. */
    private readonly keys: np.Array | null,
  ) {}

  /** Each weight is used once, or asked for with `.ref`. */
  weight(name: string): np.Array {
    return this.w[name]!;
  }

  has(name: string): boolean {
    return `${name}.bias` in this.w;
  }

  linear(name: string, x: np.Array): np.Array {
    const product = np.matmul(x, this.weight(`${name}.weight`));
    return this.has(name) ? product.add(this.weight(`${name}.bias`)) : product;
  }

  conv(name: string, x: np.Array, padding = 0, stride = 1, featureGroupCount = 1): np.Array {
    const pads: Sides[] = [[padding, padding], [padding, padding]]; // prettier-ignore
    const weight = this.weight(`${name}.weight`);
    const y = lax.convGeneralDilated(x, weight, [stride, stride], pads, { featureGroupCount });
    return this.has(name) ? y.add(this.weight(`${name}.bias`).reshape([-1, 1, 1])) : y;
  }

  depthwise(name: string, x: np.Array, stride: number): np.Array {
    const [channels, , kernel] = this.weight(`${name}.weight`).shape as [number, number, number];
    return this.conv(name, x, (kernel - 1) / 2, stride, channels);
  }

  /** By the batch's statistics. */
  norm(name: string, x: np.Array, eps = 1e-5): np.Array {
    return this.scaled(name, nn.standardize(x, [0, 2, 3], { epsilon: eps }));
  }

  /** By those that it has learned. */
  evaluated(name: string, x: np.Array): np.Array {
    const column = (what: string) => this.weight(`${name}.${what}`).reshape([-1, 1, 1]);
    const deviation = np.sqrt(column("running_var").add(1e-3));
    return this.scaled(name, x.sub(column("running_mean")).div(deviation));
  }

  private scaled(name: string, x: np.Array): np.Array {
    const [weight, bias] = ["weight", "bias"].map((what) => this.weight(`${name}.${what}`).reshape([-1, 1, 1]));
    return x.mul(weight!).add(bias!);
  }

  layerNorm(name: string, x: np.Array): np.Array {
    const even = nn.standardize(x, -1, { epsilon: 1e-5 });
    return even.mul(this.weight(`${name}.weight`)).add(this.weight(`${name}.bias`));
  }

  drop(layer: number, x: np.Array): np.Array {
    if (this.keys === null) return x;
    const kept = random.bernoulli(this.keys.ref.slice(layer), 0.5, x.shape);
    return np.where(kept, x.mul(2), 0);
  }
}

const flat = (x: np.Array): np.Array => x.reshape([x.shape[0]!, -1]);

function pool(x: np.Array, size: Sides = [2, 2], stride: Sides = size): np.Array {
  return lax.reduceWindow(x, (window) => np.max(window), [1, 1, ...size], [1, 1, ...stride]);
}

const hardSwish = (x: np.Array): np.Array => x.ref.mul(np.clip(x.add(3), 0, 6)).div(6);

function doubleConv(net: Net, name: string, x: np.Array): np.Array {
  const middle = nn.relu(net.norm(`${name}.norm`, net.conv(`${name}.conv1`, x, 1)));
  return nn.relu(net.conv(`${name}.conv2`, middle, 1));
}

function raise(net: Net, name: string, x: np.Array): np.Array {
  const y = lax.convTranspose(x, net.weight(`${name}.weight`), [2, 2], "VALID", { transposeKernel: true });
  return y.add(net.weight(`${name}.bias`).reshape([-1, 1, 1]));
}

function attention(net: Net, name: string, x: np.Array): np.Array {
  const [n, t, width] = x.shape as [number, number, number];
  const parts = np.split(net.linear(`${name}.qkv`, x), 3, 2);
  const [q, k, v] = parts.map((part) => part.reshape([n, t, 4, width / 4]));
  const seen = nn.dotProductAttention(q!, k!, v!, { isCausal: true });
  return net.linear(`${name}.output`, seen.reshape([n, t, width]));
}

/** Rows of a table by whole numbers, as a product: what is looked up has no gradient in jax-js. */
const lookUp = (table: np.Array, rows: np.Array): np.Array => np.matmul(nn.oneHot(rows, table.shape[0]!), table);

/** What each network makes of a batch. */
const NETWORKS: Record<ModelName, (net: Net, x: np.Array) => np.Array> = {
  mlp: (net, x) => net.linear("2", nn.relu(net.linear("0", x))),

  lenet(net, x) {
    const edges = pool(nn.relu(net.conv("conv1", x, 2)));
    const parts = pool(nn.relu(net.conv("conv2", edges)));
    const hidden = nn.relu(net.linear("fc2", nn.relu(net.linear("fc1", flat(parts)))));
    return net.linear("fc3", hidden);
  },

  piczak(net, input) {
    let x = net.drop(0, pool(nn.relu(net.conv("conv1.0", input)), [4, 3], [1, 3]));
    x = pool(nn.relu(net.conv("conv2.0", x)), [1, 3]);
    x = net.drop(1, nn.relu(net.linear("fc.0.0", flat(x))));
    return net.linear("output", net.drop(2, nn.relu(net.linear("fc.1.0", x))));
  },

  lstm(net, text) {
    const inputs = np.matmul(lookUp(net.weight("embedding.weight"), text), net.weight("lstm.weight_ih_l0"));
    const [steps, batch, gates] = inputs.shape as [number, number, number];
    const bias = net.weight("lstm.bias_ih_l0").add(net.weight("lstm.bias_hh_l0"));
    const biased = inputs.add(bias);
    let h = np.zeros([batch, gates / 4]);
    let c = np.zeros([batch, gates / 4]);
    const hidden: np.Array[] = [];
    for (let step = 0; step < steps; step++) {
      const sum = biased.ref.slice(step).add(np.matmul(h, net.weight("lstm.weight_hh_l0").ref));
      const [i, f, g, o] = np.split(sum, 4, 1) as [np.Array, np.Array, np.Array, np.Array];
      c = nn.sigmoid(f).mul(c).add(nn.sigmoid(i).mul(np.tanh(g)));
      h = nn.sigmoid(o).mul(np.tanh(c.ref));
      hidden.push(h.ref);
    }
    return net.linear("output", np.stack(hidden));
  },

  gpt(net, text) {
    let x = lookUp(net.weight("tokens.weight"), text).add(net.weight("places.weight"));
    for (let i = 0; i < 4; i++) {
      x = x.ref.add(attention(net, `blocks.${i}`, net.layerNorm(`blocks.${i}.norm1`, x)));
      const up = nn.gelu(net.linear(`blocks.${i}.up`, net.layerNorm(`blocks.${i}.norm2`, x.ref)), { approximate: false });
      x = x.add(net.linear(`blocks.${i}.down`, up));
    }
    return net.linear("head", net.layerNorm("norm", x));
  },

  envnet(net, wave) {
    const conv = (layer: string, norm: string, y: np.Array) => nn.relu(net.norm(norm, net.conv(layer, y), 2e-5));
    let x = conv("wave.0", "wave.1", np.expandDims(wave, 1));
    x = np.transpose(pool(conv("wave.3", "wave.4", x), [1, 160]), [0, 2, 1, 3]);
    x = pool(conv("picture.0", "picture.1", x), [3, 3]);
    x = pool(conv("picture.4", "picture.5", x), [1, 3]);
    x = net.drop(0, nn.relu(net.linear("fc.0", flat(x))));
    return net.linear("fc.6", net.drop(1, nn.relu(net.linear("fc.3", x))));
  },

  unet(net, x) {
    const sharp = doubleConv(net, "down1", x);
    const middle = doubleConv(net, "down2", pool(sharp.ref));
    const large = doubleConv(net, "bottom", pool(middle.ref));
    const back = doubleConv(net, "up2", np.concatenate([middle, raise(net, "raise2", large)], 1));
    return net.conv("output", doubleConv(net, "up1", np.concatenate([sharp, raise(net, "raise1", back)], 1)));
  },

  mn04(net, input) {
    let x = hardSwish(net.evaluated("features.0.1", net.conv("features.0.0", input, 1, 2)));
    for (let i = 1; i <= 15; i++) {
      const act = i < 7 ? (value: np.Array) => nn.relu(value) : hardSwish;
      const stride = [2, 4, 7, 13].includes(i) ? 2 : 1;
      let at = 0;
      const next = () => `features.${i}.block.${at++}`;
      let [y, name] = [x.ref, next()];
      if (i > 1) {
        y = act(net.evaluated(`${name}.1`, net.conv(`${name}.0`, y)));
        name = next();
      }
      y = act(net.evaluated(`${name}.1`, net.depthwise(`${name}.0`, y, stride)));
      name = next();
      const se = `${name}.conc_se_layers.0`;
      if (net.has(`${se}.fc1`)) {
        const squeezed = nn.relu(net.linear(`${se}.fc1`, np.mean(y.ref, [2, 3])));
        const scales = nn.sigmoid(net.linear(`${se}.fc2`, squeezed));
        y = y.mul(scales.reshape([...scales.shape, 1, 1]));
        name = next();
      }
      y = net.evaluated(`${name}.1`, net.conv(`${name}.0`, y));
      if (stride === 1 && x.shape[1] === y.shape[1]) y = x.add(y);
      else x.dispose();
      x = y;
    }
    x = hardSwish(net.evaluated("features.16.1", net.conv("features.16.0", x)));
    return net.linear("classifier.5", hardSwish(net.linear("classifier.2", np.mean(x, [2, 3]))));
  },
};

function lossOf(model: ModelName, output: np.Array, y: np.Array): np.Array {
  // −y log σ(x) − (1 − y) log(1 − σ(x)) = softplus(x) − x y
  if (model === "unet") return np.mean(nn.softplus(output.ref).sub(output.mul(y)));
  const scores = nn.logSoftmax(output.reshape([-1, output.shape.at(-1)!]));
  return np.mean(scores.mul(y).sum(1)).neg();
}

type State = { weights: Weights; moments: Weights; squares: Weights; time: np.Array; key: np.Array };

const map = (f: (...leaves: np.Array[]) => np.Array, ...trees: Weights[]): Weights =>
  tree.map(f as never, trees[0] as never, ...(trees.slice(1) as never[])) as Weights;

/** The state after an update. */
function updated(training: Training, state: State, g: Weights): State {
  const { weights, moments, squares, time } = state;
  if (training.optimizer === "nesterov") {
    const { lr, momentum, weightDecay } = training;
    const gradients = map((each, w) => each.add(w.mul(weightDecay)), g, tree.ref(weights));
    const velocity = map((v, each) => v.mul(momentum).add(each), moments, tree.ref(gradients));
    const next = map((w, each, v) => w.sub(each.add(v.mul(momentum)).mul(lr)), weights, gradients, tree.ref(velocity));
    return { ...state, weights: next, moments: velocity };
  }
  const now = time.add(1);
  const m = map((old, each) => old.mul(0.9).add(each.mul(0.1)), moments, tree.ref(g));
  const v = map((old, each) => old.mul(0.999).add(np.square(each).mul(0.001)), squares, g);
  const [unbiasM, unbiasV] = [0.9, 0.999].map((beta) => np.array(1).sub(np.exp(now.ref.mul(Math.log(beta)))));
  const next = map(
    (w, m, v) => {
      const size = np.sqrt(v.div(unbiasV!.ref)).add(1e-8);
      return w.sub(m.div(unbiasM!.ref).div(size).mul(training.lr));
    },
    weights,
    tree.ref(m),
    tree.ref(v),
  );
  tree.dispose([unbiasM!, unbiasV!]);
  return { ...state, weights: next, moments: m, squares: v, time: now };
}

function load(name: string, { shape, data }: Numbers): np.Array {
  const value = np.array(data as Float32Array<ArrayBuffer>).reshape([...shape]);
  if (shape.length !== 2 || /embedding|tokens|places/.test(name)) return value;
  return np.transpose(value); // dense layers multiply from the left
}

async function begin({ workload, weights, x, y }: Given, dropout: boolean): Promise<Work> {
  const { model, training } = workload;
  const w = Object.fromEntries(Object.entries(weights).map(([name, numbers]) => [name, load(name, numbers)]));
  const whole = ({ shape, data }: Numbers) =>
    np.array(Int32Array.from(data), { dtype: np.int32 }).reshape([...shape]);
  const real = ({ shape, data }: Numbers) => np.array(data as Float32Array<ArrayBuffer>).reshape([...shape]);
  const input = x.data instanceof Uint32Array ? whole(x) : real(x);
  if (training === null) {
    const forward = jit((weights: Weights, x: np.Array) => NETWORKS[model](new Net(weights, null), x));
    return async (times) => {
      for (let i = 1; ; i++) {
        const values = (await forward(tree.ref(w), input.ref).data()) as Float32Array;
        if (i === times) return values;
      }
    };
  }
  const learned = Object.fromEntries(Object.entries(w).filter(([name]) => !name.includes("running_")));
  const classes = model === "lstm" || model === "gpt" ? 65 : model === "mlp" || model === "lenet" ? 10 : 50;
  const target = model === "unet" ? real(y) : nn.oneHot(whole(y), classes);
  const dropped = dropout && workload.dropout === true;
  const step = jit((state: State, x: np.Array, y: np.Array): [State, np.Array] => {
    const keys = dropped ? random.split(state.key.ref, 4) : state.key.ref;
    const loss = (weights: Weights, x: np.Array, y: np.Array, keys: np.Array) =>
      lossOf(model, NETWORKS[model](new Net(weights, dropped ? keys : null), x), y);
    const [value, gradients] = valueAndGrad(loss)(tree.ref(state.weights), x, y, keys.ref);
    return [{ ...updated(training, state, gradients as Weights), key: dropped ? keys.slice(3) : keys }, value];
  });
  const zeros = () => map((weight) => np.zerosLike(weight), tree.ref(learned));
  const squares = training.optimizer === "adam" ? zeros() : {};
  let state: State = { weights: learned, moments: zeros(), squares, time: np.array(0), key: random.key(1) };
  await blockUntilReady([input, target]);
  return async (times) => {
    const losses: np.Array[] = [];
    for (let i = 0; i < times; i++) {
      const [next, loss] = step(state, input.ref, target.ref);
      state = next;
      losses.push(loss);
    }
    await blockUntilReady(state);
    return Promise.all(losses.map(async (loss) => (await loss.data())[0]!));
  };
}

await serve(async (): Promise<Competitor> => {
  const device = process.argv[2] === "wasm" ? "wasm" : "webgpu";
  if (device === "webgpu") {
    // Dawn's objects must stay referenced or Bun collects them while they are in use: openGpu sees to that.
    Object.defineProperty(globalThis.navigator, "gpu", { value: await openGpu(), configurable: true });
  }
  if (!(await init(device)).includes(device)) throw new Error(`jax-js does not start its ${device} backend`);
  defaultDevice(device);
  return { name: `jax-js ${version} ${device === "wasm" ? "Wasm" : "WebGPU"}`, begin };
});
