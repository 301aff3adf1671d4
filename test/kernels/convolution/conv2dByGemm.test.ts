// Convolutions' gradients where an adapter binds less at once than one sample's patches take.
import { afterEach } from "bun:test";
import { device } from "../../../src/gpu/device.ts";
import { conv2d as conv2dOp } from "../../../src/kernels/convolution/conv2d.ts";
import { convTranspose2d as convTranspose2dOp } from "../../../src/kernels/convolution/convTranspose2d.ts";
import { useFamily } from "../../../src/kernels/gemm/gemm.ts";
import { apply } from "../../../src/tensor/tensor.ts";
import { check } from "../../harness.ts";
import {
  type Conv2dAttrs,
  type ConvTranspose2dAttrs,
  conv2d,
  convTranspose2d,
} from "../../reference/conv2d.ts";
import { Random } from "../../reference/random.ts";

const random = new Random(5);
const { limits } = device().adapter;
const { maxStorageBufferBindingSize } = limits;
/** Has so little be bound at once until the test has ended. */
function squeezed(): void {
  limits.maxStorageBufferBindingSize = 8 * 1024;
  useFamily("plain");
}
afterEach(() => {
  limits.maxStorageBufferBindingSize = maxStorageBufferBindingSize;
  useFamily(null);
});

check<Conv2dAttrs>({
  name: "conv2d (patch gradients of some channels at a time)",
  covers: ["conv2d"],
  run: (inputs, attrs) => {
    squeezed();
    return apply(conv2dOp, inputs, attrs);
  },
  reference: conv2d,
  cases: [
    {
      // 36 positions of 11 × 9 elements: 14 KiB, of which 5 channels' fit, and then 5 and 1
      inputs: [random.array([2, 11, 6, 6]), random.array([5, 11, 3, 3])],
      attrs: { stride: [1, 1], padding: [1, 1], dilation: [1, 1] } as unknown as Conv2dAttrs,
    },
  ],
  terms: () => 100,
});

check<ConvTranspose2dAttrs>({
  name: "convTranspose2d (patch gradients of some channels at a time)",
  covers: ["conv2d"],
  run: (inputs, attrs) => {
    squeezed();
    return apply(convTranspose2dOp, inputs, attrs);
  },
  reference: convTranspose2d,
  cases: [
    {
      inputs: [random.array([1, 3, 6, 5]), random.array([3, 7, 4, 4])],
      attrs: { stride: [2, 2], padding: [1, 1], outputPadding: [0, 0], dilation: [1, 1], groups: 1 },
    },
  ],
  terms: () => 112,
});
