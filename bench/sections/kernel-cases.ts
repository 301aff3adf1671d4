// What the kernels section times: each operation through the public functions, forward and one gradient at a time.

import { sizeOf } from "../../src/gpu/shape.ts";
import { F, noGrad, optim, randn, type Tensor, tensor } from "../../src/index.ts";
import { handleOf } from "../../src/tensor/handle.ts";

export interface Case {
  name: string;
  /** Operations of one call, where arithmetic is what it costs … */
  flops?: number;
  /** … or the bytes that one call must move, where that is. */
  bytes?: number;
  open(): { run: () => void; close: () => void };
}

type Cost = Pick<Case, "flops" | "bytes">;
type Shape = readonly number[];

/** A case of the forward pass alone. */
function forward(name: string, cost: Cost, shapes: readonly Shape[], call: (x: Tensor[]) => Tensor): Case {
  return {
    name,
    ...cost,
    open() {
      const inputs = shapes.map((shape) => randn(shape));
      return {
        // What nobody reads is put off.
        run: () => noGrad(() => handleOf(call(inputs)).array.storage.id),
        close: () => free(inputs),
      };
    },
  };
}

/** A case of the gradient of input `wanted`, for a random gradient of the result. */
function gradient(
  name: string,
  cost: Cost,
  shapes: readonly Shape[],
  wanted: number,
  call: (x: Tensor[]) => Tensor,
): Case {
  return {
    name,
    ...cost,
    open() {
      const inputs = shapes.map((shape) => randn(shape));
      const input = inputs[wanted]!;
      input.requiresGrad = true;
      const result = call(inputs);
      const dy = randn(result.shape);
      return {
        run: () => {
          input.grad = null; // or it would be added to
          result.backward(dy, { retainGraph: true });
        },
        close: () => {
          input.grad = null;
          result.backward(dy); // lets go of what the graph keeps
          input.grad = null;
          free([...inputs, result, dy]);
        },
      };
    },
  };
}

function free(tensors: readonly Tensor[]): void {
  for (const each of tensors) handleOf(each).free("its benchmark is over");
}

/** What no batch size changes: plain products, as libraries are judged by them and awkward ones, and the optimizer. */
export function fixedCases(): Case[] {
  return [
    ...productCases(),
    sgd("SGD update 5000×5000", [5000, 5000]),
    ...depthwise("depthwise 3×3 of 16×96×32×32", [16, 96, 32, 32], 3),
    ...layerNorm("layer norm of 1024×128", [1024, 128]),
    ...attention("attention of 64 heads, 64×32", [16, 4, 64, 32]),
    ...attention("attention of 16 heads, 256×64", [2, 8, 256, 64]),
  ];
}

/** A MobileNet block's own convolution. The forward pass reads x and writes y; each gradient moves as much. */
function depthwise(name: string, x: Shape, kernel: number): Case[] {
  const cost = { bytes: 2 * FLOAT * sizeOf(x) };
  const shapes = [x, [x[1]!, 1, kernel, kernel]];
  const options = { padding: (kernel - 1) / 2, groups: x[1]! };
  const call = ([x, w]: Tensor[]) => F.conv2d(x!, w!, null, options);
  return [
    forward(`${name} forward`, cost, shapes, call),
    gradient(`${name} input gradient`, cost, shapes, 0, call),
    gradient(`${name} weight gradient`, cost, shapes, 1, call),
  ];
}

/** A token's row in a small GPT. Forward reads x, whose row stays at hand, and writes y; the gradient reads x and dy. */
function layerNorm(name: string, shape: Shape): Case[] {
  const row = shape.slice(-1);
  const bytes = FLOAT * sizeOf(shape);
  const shapes = [shape, row, row];
  const call = ([x, weight, bias]: Tensor[]) => F.layerNorm(x!, row, weight!, bias!);
  return [
    forward(`${name} forward`, { bytes: 2 * bytes }, shapes, call),
    gradient(`${name} input gradient`, { bytes: 3 * bytes }, shapes, 0, call),
    gradient(`${name} weight gradient`, { bytes: 2 * bytes }, shapes, 1, call),
  ];
}

/** Causal: half of each product. Forward has two, the gradient of queries three, that of keys and values four. */
function attention(name: string, shape: Shape): Case[] {
  const [batch, heads, rows, width] = shape as [number, number, number, number];
  const product = batch * heads * rows * rows * width;
  const shapes = [shape, shape, shape];
  const call = ([q, k, v]: Tensor[]) => F.scaledDotProductAttention(q!, k!, v!, { isCausal: true });
  return [
    forward(`${name} forward`, { flops: 2 * product }, shapes, call),
    gradient(`${name} query gradient`, { flops: 3 * product }, shapes, 0, call),
    gradient(`${name} key gradient`, { flops: 4 * product }, shapes, 1, call),
  ];
}

function productCases(): Case[] {
  const sizes: readonly (readonly [what: string, m: number, k: number, n: number])[] = [
    ["square", 1024, 1024, 1024],
    ["square", 512, 512, 512],
    ["batch 1", 1, 5000, 5000],
    ["tall and skinny", 16384, 64, 64],
    ["long sums", 64, 16384, 64],
  ];
  return sizes.map(([what, m, k, n]) =>
    forward(
      `matmul ${m}×${k} · ${k}×${n} (${what})`,
      { flops: 2 * m * k * n },
      [
        [m, k],
        [k, n],
      ],
      ([a, b]) => a!.matmul(b!),
    ),
  );
}

/** Every layer of the network at one batch size. */
export function layerCases(batch: number): Case[] {
  const b = `b${batch}`;
  return [
    ...convolution(`conv1 80@57×6, ${b}`, [batch, 2, 60, 41], [80, 2, 57, 6]),
    ...convolution(`conv2 80@1×3, ${b}`, [batch, 80, 1, 12], [80, 80, 1, 3]),
    ...dense(batch, 240, 5000),
    ...dense(batch, 5000, 5000),
    ...dense(batch, 5000, 50),
    ...elementwise(`ReLU conv1, ${b}`, [batch, 80, 4, 36], ([x]) => F.relu(x!), { reads: 1, again: 2 }),
    ...elementwise(`ReLU dense, ${b}`, [batch, 5000], ([x]) => F.relu(x!), { reads: 1, again: 2 }),
    ...elementwise(`dropout dense, ${b}`, [batch, 5000], ([x]) => F.dropout(x!, 0.5), { reads: 1, again: 1 }),
    ...maxPool(`max-pool 4×3, ${b}`, [batch, 80, 4, 36], [4, 3], [1, 3]),
    ...maxPool(`max-pool 1×3, ${b}`, [batch, 80, 1, 10], [1, 3], [1, 3]),
    ...batchNorm(`batch norm conv1, ${b}`, [batch, 80, 4, 36]),
    ...(batch > 1 ? batchNorm(`batch norm dense, ${b}`, [batch, 5000]) : []), // one element has no variance
    softmaxLoss(`softmax + loss, ${b}`, batch, 50),
  ];
}

function convolution(name: string, x: Shape, w: Shape): Case[] {
  const [batch, channels, height, width] = x as [number, number, number, number];
  const [out, , kernelHeight, kernelWidth] = w as [number, number, number, number];
  const positions = (height - kernelHeight + 1) * (width - kernelWidth + 1);
  const cost = { flops: 2 * batch * out * positions * channels * kernelHeight * kernelWidth };
  const shapes = [x, w, [out]];
  const call = ([x, w, bias]: Tensor[]) => F.conv2d(x!, w!, bias!);
  return [
    forward(`${name} forward`, cost, shapes, call),
    gradient(`${name} input gradient`, cost, shapes, 0, call),
    gradient(`${name} weight gradient`, cost, shapes, 1, call),
  ];
}

function dense(batch: number, inputs: number, outputs: number): Case[] {
  const name = `dense ${inputs}→${outputs}, b${batch}`;
  const cost = { flops: 2 * batch * inputs * outputs };
  const shapes = [[batch, inputs], [outputs, inputs], [outputs]];
  const call = ([x, w, bias]: Tensor[]) => F.linear(x!, w!, bias!);
  return [
    forward(`${name} forward`, cost, shapes, call),
    gradient(`${name} input gradient`, cost, shapes, 0, call),
    gradient(`${name} weight gradient`, cost, shapes, 1, call),
  ];
}

const FLOAT = 4;

/** `reads`, `again`: arrays of the input's size that the forward pass and the gradient read; each writes one. */
function elementwise(
  name: string,
  shape: Shape,
  call: (x: Tensor[]) => Tensor,
  { reads, again }: { reads: number; again: number },
): Case[] {
  const bytes = FLOAT * sizeOf(shape);
  return [
    forward(`${name} forward`, { bytes: bytes * (reads + 1) }, [shape], call),
    gradient(`${name} gradient`, { bytes: bytes * (again + 1) }, [shape], 0, call),
  ];
}

function maxPool(name: string, shape: Shape, kernel: [number, number], stride: [number, number]): Case[] {
  const [batch, channels, height, width] = shape as [number, number, number, number];
  const rows = Math.floor((height - kernel[0]) / stride[0]) + 1;
  const columns = Math.floor((width - kernel[1]) / stride[1]) + 1;
  // The forward pass leaves the winners' places besides the values; the gradient reads both, and writes everything.
  const bytes = FLOAT * (sizeOf(shape) + 2 * batch * channels * rows * columns);
  const call = ([x]: Tensor[]) => F.maxPool2d(x!, kernel, { stride });
  return [
    forward(`${name} forward`, { bytes }, [shape], call),
    gradient(`${name} gradient`, { bytes }, [shape], 0, call),
  ];
}

/** Training reads x for its statistics and again to normalise it; the gradient reads x and dy twice each. */
function batchNorm(name: string, shape: Shape): Case[] {
  const channels = [shape[1]!];
  const call = ([x, weight, bias]: Tensor[]) =>
    F.batchNorm(x!, null, null, weight!, bias!, { training: true });
  const bytes = FLOAT * sizeOf(shape);
  const shapes = [shape, channels, channels];
  return [
    forward(`${name} forward`, { bytes: 3 * bytes }, shapes, call),
    gradient(`${name} gradient`, { bytes: 5 * bytes }, shapes, 0, call),
  ];
}

/** Log-softmax, negative log-likelihood and the gradient of both: what a step does after the last layer. */
function softmaxLoss(name: string, batch: number, classes: number): Case {
  return {
    name,
    bytes: FLOAT * batch * classes * 3, // logits in, log-probabilities kept, gradient out
    open() {
      const logits = randn([batch, classes], { requiresGrad: true });
      const labels = tensor(Uint32Array.from({ length: batch }, (_, i) => i % classes));
      return {
        run: () => {
          logits.grad = null;
          F.nllLoss(F.logSoftmax(logits, 1), labels).backward();
        },
        close: () => {
          logits.grad = null;
          free([logits, labels]);
        },
      };
    },
  };
}

/** Reads parameter, gradient and velocity, writes parameter and velocity. */
function sgd(name: string, shape: Shape): Case {
  return {
    name,
    bytes: 5 * FLOAT * sizeOf(shape),
    open() {
      const weight = randn(shape, { requiresGrad: true });
      const gradient = randn(shape);
      weight.grad = gradient;
      const optimizer = new optim.SGD([weight], {
        lr: 0.002,
        momentum: 0.9,
        nesterov: true,
        weightDecay: 0.001,
      });
      return {
        run: () => optimizer.step(),
        close: () => {
          weight.grad = null;
          free([weight, gradient]);
        },
      };
    },
  };
}
