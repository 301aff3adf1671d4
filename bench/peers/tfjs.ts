// TensorFlow.js's WebGPU backend, on the same Dawn as otograd. Images are [samples, height, width, channels] here.
import * as tf from "@tensorflow/tfjs";
import { openGpu } from "../../src/platform/dawn.ts";
import { type Competitor, serve } from "../protocol.ts";

const CLASSES = 50;

async function open(): Promise<Competitor> {
  // Dawn's objects must stay referenced or Bun collects them while they are in use: openGpu sees to that.
  Object.defineProperty(globalThis.navigator, "gpu", { value: await openGpu(), configurable: true });
  await import("@tensorflow/tfjs-backend-webgpu"); // registers itself only where it finds a GPU
  if (!(await tf.setBackend("webgpu"))) throw new Error("TensorFlow.js does not start its WebGPU backend");
  await tf.ready();
  let model: Model | null = null;
  return {
    name: `TensorFlow.js ${tf.version_core} WebGPU`,
    async step(batch) {
      model ??= new Model();
      const input = tf.randomNormal<tf.Rank.R4>([batch, 60, 41, 2]);
      const labels = tf.tensor1d(
        Int32Array.from({ length: batch }, (_, i) => i % CLASSES),
        "int32",
      );
      const oneHot = tf.oneHot(labels, CLASSES).toFloat();
      const trained = model;
      return async (times) => {
        for (let i = 1; i < times; i++) trained.step(input, oneHot).dispose();
        const loss = trained.step(input, oneHot);
        await trained.lastBias.data(); // updated last: everything before it is done
        const [value] = await loss.data();
        loss.dispose();
        return value;
      };
    },
    async matmul(size) {
      const a = tf.randomNormal<tf.Rank.R2>([size, size]);
      const b = tf.randomNormal<tf.Rank.R2>([size, size]);
      return async (times) => {
        for (let i = 1; i < times; i++) tf.matMul(a, b).dispose();
        const last = tf.matMul(a, b);
        const corner = last.slice([0, 0], [1, 1]);
        await corner.data();
        tf.dispose([last, corner]);
        return undefined;
      };
    },
  };
}

const LEARNING_RATE = 0.002;
const MOMENTUM = 0.9;
const WEIGHT_DECAY = 0.001;

class Model {
  private readonly weights = {
    conv1: tf.variable(tf.randomUniform<tf.Rank.R4>([57, 6, 2, 80], -0.001, 0.001)),
    bias1: tf.variable(tf.fill([80], 0.1)),
    conv2: tf.variable(tf.randomUniform<tf.Rank.R4>([1, 3, 80, 80], -0.1, 0.1)),
    bias2: tf.variable(tf.zeros([80])),
    dense1: tf.variable(tf.randomNormal<tf.Rank.R2>([240, 5000], 0, 0.01)),
    bias3: tf.variable(tf.zeros([5000])),
    dense2: tf.variable(tf.randomNormal<tf.Rank.R2>([5000, 5000], 0, 0.01)),
    bias4: tf.variable(tf.zeros([5000])),
    output: tf.variable(tf.randomNormal<tf.Rank.R2>([5000, CLASSES], 0, 0.01)),
    bias5: tf.variable(tf.zeros([CLASSES])),
  };
  private readonly optimizer = tf.train.momentum(LEARNING_RATE, MOMENTUM, true);

  get lastBias(): tf.Tensor {
    return this.weights.bias5;
  }

  private loss(input: tf.Tensor4D, oneHot: tf.Tensor): tf.Scalar {
    const w = this.weights;
    let image = tf.conv2d(input, w.conv1, 1, "valid").add(w.bias1).relu() as tf.Tensor4D;
    image = tf.maxPool(image, [4, 3], [1, 3], "valid");
    image = tf.dropout(image, 0.5) as tf.Tensor4D;
    image = tf.conv2d(image, w.conv2, 1, "valid").add(w.bias2).relu() as tf.Tensor4D;
    image = tf.maxPool(image, [1, 3], [1, 3], "valid");
    let x = image.reshape([-1, 240]) as tf.Tensor2D;
    x = tf.dropout(tf.matMul(x, w.dense1).add(w.bias3).relu(), 0.5) as tf.Tensor2D;
    x = tf.dropout(tf.matMul(x, w.dense2).add(w.bias4).relu(), 0.5) as tf.Tensor2D;
    const logits = tf.matMul(x, w.output).add(w.bias5);
    return tf.logSoftmax(logits).mul(oneHot).sum(1).mean().neg() as tf.Scalar;
  }

  /** Returns the loss. */
  step(input: tf.Tensor4D, oneHot: tf.Tensor): tf.Scalar {
    return tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => this.loss(input, oneHot));
      const decayed = Object.values(this.weights).map((weight) => ({
        name: weight.name,
        tensor: grads[weight.name]!.add(weight.mul(WEIGHT_DECAY)),
      }));
      this.optimizer.applyGradients(decayed);
      return value;
    });
  }
}

await serve(open);
