// TensorFlow.js's WebGPU backend, on the same Dawn as otograd. Pictures are [samples, height, width, channels] here, and weights
// are turned to that when they are loaded. Batch norm does not keep the statistics for evaluation that others keep as they train.
import * as tf from "@tensorflow/tfjs";
import { openGpu } from "../../src/platform/dawn.ts";
import { type Numbers, type Competitor, type Given, serve, type Work } from "../protocol.ts";
import type { ModelName, Training } from "../workloads/list.ts";

type Weights = Record<string, tf.Variable>;
type Picture = tf.Tensor4D;
type Sides = [number, number];
type Pad = number | "valid" | "same";

/** Layers that read a flattened picture of so many channels: their weights go by its channels first. */
const FLATTENED: Record<string, number> = { "lenet fc1": 16, "piczak fc.0.0": 80, "envnet fc.0": 50 };

function load(name: string, { shape, data }: Numbers, model: ModelName): tf.Variable {
  const value = tf.tensor(data as Float32Array, [...shape]);
  if (shape.length === 4) return tf.variable(value.transpose([2, 3, 1, 0]));
  if (shape.length !== 2 || /embedding|tokens|places/.test(name)) return tf.variable(value);
  const channels = FLATTENED[`${model} ${name.replace(".weight", "")}`];
  if (channels === undefined) return tf.variable(value.transpose());
  const apart = value.reshape([shape[0]!, channels, shape[1]! / channels]);
  return tf.variable(apart.transpose([2, 1, 0]).reshape([shape[1]!, shape[0]!]));
}

/** The network, its weights being `w`, in the words of layers. */
class Net {
  constructor(
    private readonly w: Weights,
    private readonly dropout: boolean,
  ) {}

  weight<T extends tf.Tensor>(name: string): T {
    return this.w[name] as tf.Tensor as T;
  }

  has(name: string): boolean {
    return `${name}.bias` in this.w;
  }

  linear<T extends tf.Tensor>(name: string, x: T): T {
    const [weight, last] = [this.weight<tf.Tensor2D>(`${name}.weight`), x.shape.at(-1)!];
    const product = tf.matMul(x.reshape<tf.Tensor2D>([-1, last]), weight);
    const sum = this.has(name) ? product.add(this.weight(`${name}.bias`)) : product;
    return sum.reshape([...x.shape.slice(0, -1), weight.shape[1]]) as T;
  }

  conv(name: string, x: Picture, pad: Pad = "valid", stride = 1): Picture {
    const y = tf.conv2d(x, this.weight<tf.Tensor4D>(`${name}.weight`), stride, pad);
    return this.has(name) ? y.add(this.weight(`${name}.bias`)) : y;
  }

  depthwise(name: string, x: Picture, stride: number): Picture {
    const weight = this.weight<tf.Tensor4D>(`${name}.weight`);
    const [height, width] = weight.shape;
    const filter = weight.reshape<tf.Tensor4D>([height, width, -1, 1]);
    return tf.depthwiseConv2d(x, filter, stride, (height - 1) / 2);
  }

  /** By the batch's statistics. */
  norm(name: string, x: Picture, eps = 1e-5): Picture {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    return this.scaled(name, x, mean, variance, eps);
  }

  /** By those that it has learned. */
  evaluated(name: string, x: Picture): Picture {
    const [mean, variance] = [this.weight(`${name}.running_mean`), this.weight(`${name}.running_var`)];
    return this.scaled(name, x, mean, variance, 1e-3);
  }

  private scaled(name: string, x: Picture, mean: tf.Tensor, variance: tf.Tensor, eps: number): Picture {
    const [offset, scale] = [this.weight(`${name}.bias`), this.weight(`${name}.weight`)] as tf.Tensor1D[];
    return tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, offset, scale, eps);
  }

  layerNorm(name: string, x: tf.Tensor3D): tf.Tensor3D {
    const { mean, variance } = tf.moments(x, -1, true);
    const even = x.sub(mean).div(variance.add(1e-5).sqrt());
    return even.mul(this.weight(`${name}.weight`)).add(this.weight(`${name}.bias`));
  }

  drop<T extends tf.Tensor>(x: T): T {
    return this.dropout ? (tf.dropout(x, 0.5) as T) : x;
  }
}

const flat = (x: tf.Tensor): tf.Tensor2D => x.reshape([x.shape[0]!, -1]);
const relu = (x: Picture): Picture => tf.relu(x);
const pool = (x: Picture, size: Sides = [2, 2], stride = size): Picture => tf.maxPool(x, size, stride, "valid");
const hardSwish = <T extends tf.Tensor>(x: T): T => x.mul(x.add(3).clipByValue(0, 6)).div(6) as T;

function doubleConv(net: Net, name: string, x: Picture): Picture {
  const middle = relu(net.norm(`${name}.norm`, net.conv(`${name}.conv1`, x, "same")));
  return relu(net.conv(`${name}.conv2`, middle, "same"));
}

function raise(net: Net, name: string, x: Picture): Picture {
  const filter = net.weight<tf.Tensor4D>(`${name}.weight`);
  const [n, height, width] = x.shape;
  const size: [number, number, number, number] = [n, 2 * height, 2 * width, filter.shape[2]];
  return tf.conv2dTranspose(x, filter, size, 2, "valid").add(net.weight(`${name}.bias`));
}

function attention(net: Net, name: string, x: tf.Tensor3D): tf.Tensor3D {
  const [n, t, width] = x.shape;
  const parts = tf.split(net.linear(`${name}.qkv`, x), 3, 2);
  const [q, k, v] = parts.map((part) => part.reshape([n, t, 4, width / 4]).transpose([0, 2, 1, 3]));
  const later = tf.linalg.bandPart(tf.ones([t, t]), 0, -1).sub(tf.eye(t)).mul(-1e9);
  const scores = tf.matMul(q!, k!, false, true).div(Math.sqrt(width / 4)).add(later);
  const seen = tf.matMul(tf.softmax(scores), v!).transpose([0, 2, 1, 3]);
  return net.linear(`${name}.output`, seen.reshape<tf.Tensor3D>([n, t, width]));
}

/** ½ x (1 + erf(x / √2)) */
const gelu = (x: tf.Tensor3D): tf.Tensor3D => x.mul(x.div(Math.SQRT2).erf().add(1)).div(2);

/** What each network makes of a batch. */
const NETWORKS: Record<ModelName, (net: Net, x: never) => tf.Tensor> = {
  mlp: (net, x: tf.Tensor2D) => net.linear("2", net.linear("0", x).relu()),

  lenet(net, x: Picture) {
    const edges = pool(relu(net.conv("conv1", x, "same")));
    const parts = pool(relu(net.conv("conv2", edges)));
    return net.linear("fc3", net.linear("fc2", net.linear("fc1", flat(parts)).relu()).relu());
  },

  piczak(net, input: Picture) {
    let image = net.drop(pool(relu(net.conv("conv1.0", input)), [4, 3], [1, 3]));
    image = pool(relu(net.conv("conv2.0", image)), [1, 3]);
    const hidden = net.drop(net.linear("fc.0.0", flat(image)).relu());
    return net.linear("output", net.drop(net.linear("fc.1.0", hidden).relu()));
  },

  lstm(net, text: tf.Tensor2D) {
    const inputs = net.linear("lstm.i", tf.gather(net.weight("embedding.weight"), text)) as tf.Tensor3D;
    const [, batch, gates] = inputs.shape;
    let h: tf.Tensor2D = tf.zeros([batch, gates / 4]);
    let c = h;
    const hidden = tf.unstack(inputs).map((x) => {
      const [i, f, g, o] = tf.split(net.linear("lstm.h", h).add(x), 4, 1) as [
        tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D,
      ]; // prettier-ignore
      c = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
      h = o.sigmoid().mul(c.tanh());
      return h;
    });
    return net.linear("output", tf.stack(hidden));
  },

  gpt(net, text: tf.Tensor2D) {
    let x = tf.gather(net.weight<tf.Tensor2D>("tokens.weight"), text).add(net.weight("places.weight")) as tf.Tensor3D;
    for (let i = 0; i < 4; i++) {
      x = x.add(attention(net, `blocks.${i}`, net.layerNorm(`blocks.${i}.norm1`, x)));
      const up = gelu(net.linear(`blocks.${i}.up`, net.layerNorm(`blocks.${i}.norm2`, x)));
      x = x.add(net.linear(`blocks.${i}.down`, up));
    }
    return net.linear("head", net.layerNorm("norm", x));
  },

  envnet(net, wave: tf.Tensor3D) {
    const [n, samples] = wave.shape;
    const conv = (layer: string, norm: string, x: Picture) => relu(net.norm(norm, net.conv(layer, x), 2e-5));
    let x = conv("wave.0", "wave.1", wave.reshape([n, 1, samples, 1]));
    x = pool(conv("wave.3", "wave.4", x), [1, 160]).transpose([0, 3, 2, 1]);
    x = pool(conv("picture.0", "picture.1", x), [3, 3]);
    x = pool(conv("picture.4", "picture.5", x), [1, 3]);
    const hidden = net.drop(net.linear("fc.0", flat(x)).relu());
    return net.linear("fc.6", net.drop(net.linear("fc.3", hidden).relu()));
  },

  unet(net, x: Picture) {
    const sharp = doubleConv(net, "down1", x);
    const middle = doubleConv(net, "down2", pool(sharp));
    const large = doubleConv(net, "bottom", pool(middle));
    const back = doubleConv(net, "up2", tf.concat([middle, raise(net, "raise2", large)], 3));
    return net.conv("output", doubleConv(net, "up1", tf.concat([sharp, raise(net, "raise1", back)], 3)));
  },

  mn04(net, input: Picture) {
    let x = hardSwish(net.evaluated("features.0.1", net.conv("features.0.0", input, 1, 2)));
    for (let i = 1; i <= 15; i++) {
      const act = i < 7 ? relu : hardSwish<Picture>;
      const stride = [2, 4, 7, 13].includes(i) ? 2 : 1;
      let at = 0;
      const next = () => `features.${i}.block.${at++}`;
      let [y, name] = [x, next()];
      if (i > 1) {
        y = act(net.evaluated(`${name}.1`, net.conv(`${name}.0`, y)));
        name = next();
      }
      y = act(net.evaluated(`${name}.1`, net.depthwise(`${name}.0`, y, stride)));
      name = next();
      const se = `${name}.conc_se_layers.0`;
      if (net.has(`${se}.fc1`)) {
        const squeezed = net.linear(`${se}.fc1`, y.mean<tf.Tensor4D>([1, 2], true)).relu();
        y = y.mul(net.linear(`${se}.fc2`, squeezed).sigmoid());
        name = next();
      }
      y = net.evaluated(`${name}.1`, net.conv(`${name}.0`, y));
      x = stride === 1 && x.shape[3] === y.shape[3] ? x.add(y) : y;
    }
    x = hardSwish(net.evaluated("features.16.1", net.conv("features.16.0", x)));
    return net.linear("classifier.5", hardSwish(net.linear("classifier.2", x.mean([1, 2]))));
  },
};

function lossOf(model: ModelName, output: tf.Tensor, y: tf.Tensor): tf.Scalar {
  if (model === "unet") return tf.losses.sigmoidCrossEntropy(y, output);
  const classes = output.shape.at(-1)!;
  return tf.losses.softmaxCrossEntropy(y, output.reshape([-1, classes]));
}

function begin({ workload, weights, x, y }: Given, dropout: boolean): Work {
  const { model, training } = workload;
  const w = Object.fromEntries(
    Object.entries(weights).map(([name, numbers]) => [name, load(name, numbers, model)]),
  );
  // The LSTM's two products as layers, and no more of what is not learned than is used.
  if (model === "lstm")
    for (const [old, layer] of Object.entries({ ih: "i", hh: "h" }))
      for (const part of ["weight", "bias"]) w[`lstm.${layer}.${part}`] = w[`lstm.${part}_${old}_l0`]!;
  const net = new Net(w, dropout);
  const whole = x.data instanceof Uint32Array;
  const input = tf.tensor(whole ? Int32Array.from(x.data) : (x.data as Float32Array), [...x.shape], whole ? "int32" : "float32");
  const given = x.shape.length === 4 ? input.transpose([0, 2, 3, 1]) : model === "envnet" ? input.transpose([0, 2, 1]) : input;
  const forward = () => NETWORKS[model](net, given as never);
  if (training === null)
    return async (times) => {
      for (let i = 1; ; i++) {
        const output = tf.tidy(forward);
        const values = (await output.data()) as Float32Array;
        output.dispose();
        if (i === times) return values;
      }
    };
  const classes = model === "lstm" || model === "gpt" ? 65 : model === "mlp" || model === "lenet" ? 10 : 50;
  const target = model === "unet" ? tf.tensor(y.data as Float32Array, [...y.shape]).transpose([0, 2, 3, 1]) : tf.oneHot(Int32Array.from(y.data), classes);
  const learned = Object.entries(w).filter(([name]) => !name.includes("running_") && !/_l0$/.test(name));
  const step = stepOf(Object.fromEntries(learned), training, () => lossOf(model, forward(), target));
  return async (times) => {
    const losses: tf.Scalar[] = [];
    for (let i = 0; i < times; i++) losses.push(step());
    await learned.at(-1)![1].data(); // updated by the last step: everything before it is done
    const values = await Promise.all(losses.map((loss) => loss.data()));
    tf.dispose(losses);
    return values.map(([value]) => value!);
  };
}

function stepOf(w: Weights, training: Training, loss: () => tf.Scalar): () => tf.Scalar {
  const list = Object.values(w);
  if (training.optimizer === "adam") {
    const adam = tf.train.adam(training.lr, 0.9, 0.999, 1e-8);
    return () => adam.minimize(loss, true, list)!;
  }
  const { lr, momentum, weightDecay } = training;
  const sgd = tf.train.momentum(lr, momentum, true);
  return () =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss, list);
      const decayed = list.map(({ name }) => ({ name, tensor: grads[name]! }));
      for (const [i, each] of decayed.entries()) each.tensor = each.tensor.add(list[i]!.mul(weightDecay));
      sgd.applyGradients(decayed);
      return value;
    });
}

await serve(async (): Promise<Competitor> => {
  // Dawn's objects must stay referenced or Bun collects them while they are in use: openGpu sees to that.
  Object.defineProperty(globalThis.navigator, "gpu", { value: await openGpu(), configurable: true });
  await import("@tensorflow/tfjs-backend-webgpu"); // registers itself only where it finds a GPU
  if (!(await tf.setBackend("webgpu"))) throw new Error("TensorFlow.js does not start its WebGPU backend");
  await tf.ready();
  return {
    name: `TensorFlow.js ${tf.version_core} WebGPU`,
    begin: async (given, dropout) => begin(given, dropout),
  };
});
