// Functions of sequences, and others that are made of those of images: their errors are in the caller's words.
import { expect, test } from "bun:test";
import * as F from "../../../src/nn/functional/index.ts";
import { MaxPool1d } from "../../../src/nn/index.ts";
import { zeros } from "../../../src/tensor/index.ts";
import { expectRefused } from "../../refuses.ts";

test("what is made of another function is what its errors name, with the numbers that it was given", () => {
  const x = zeros([1, 2, 5]);
  const whole = x.int();
  const none = zeros([1, 2, 0]);
  const image = zeros([1, 1, 4, 4]);
  const weight = zeros([4, 2, 3]);
  const back = zeros([2, 4, 3]);
  const int32 = "wants float32 tensors, got an int32 one: float() makes it one";
  expectRefused([
    [() => F.maxPool1d(x, 9), "maxPool1d: kernel 9 does not fit into [1, 2, 5] with padding 0"],
    [
      () => F.maxPool1d(x, 3, { dilation: 4, padding: 1, returnIndices: true }),
      "maxPool1d: kernel 3 of dilation 4 does not fit into [1, 2, 5] with padding 1",
    ],
    [() => F.avgPool1d(x, 3, { padding: 2 }), "avgPool1d: padding 2 is more than half of the kernel 3"],
    [() => F.avgPool1d(zeros([2]), 2), "avgPool1d: wants an input [samples, channels, length], got [2]"],
    [() => new MaxPool1d(2).forward(none), "maxPool1d: kernel 2 does not fit into [1, 2, 0] with padding 0"],
    [() => F.maxPool1d(whole, 2), `maxPool1d: ${int32}`],
    [() => F.avgPool1d(whole, 2), `avgPool1d: ${int32}`],
    [() => F.lpPool1d(whole, 2, 2), `lpPool1d: ${int32}`],
    [() => F.lpPool1d(x, 2, 9), "lpPool1d: kernel 9 does not fit into [1, 2, 5] with padding 0"],
    [() => F.lpPool2d(image.int(), 2, 2), `lpPool2d: ${int32}`],
    [
      () => F.lpPool2d(image, 2, 9),
      "lpPool2d: kernel [9,9] does not fit into [1, 1, 4, 4] with padding [0,0]",
    ],
    [
      () => F.lpPool2d(image, 2, 2, { stride: 0 }),
      "lpPool2d: stride is a whole number ≥ 1 or a pair of them, got 0",
    ],
    [() => F.adaptiveAvgPool1d(whole, 2), `adaptiveAvgPool1d: ${int32}`],
    [() => F.adaptiveMaxPool1d(whole, 2), `adaptiveMaxPool1d: ${int32}`],
    [
      () => F.adaptiveAvgPool1d(none, 2),
      "adaptiveAvgPool1d: wants an input [samples, channels, length] with an element a sequence, got [1, 2, 0]",
    ],
    [
      () => F.adaptiveMaxPool1d(none, 2),
      "adaptiveMaxPool1d: wants an input [samples, channels, length] with an element a sequence, got [1, 2, 0]",
    ],
    [
      () => F.maxUnpool1d(x, whole.slice([[0], [0], [0, 4]]), 2),
      "maxUnpool1d: wants an input [samples, channels, length] and indices of its shape, got [1, 2, 5] and [1, 2, 4]",
    ],
    [
      () => F.maxUnpool1d(x, x, 2),
      "maxUnpool1d: the index is an int32 or uint32 tensor, got float32: int() makes it one",
    ],
    [() => F.maxUnpool1d(whole, whole, 2), `maxUnpool1d: ${int32}`],
    [
      () => F.maxUnpool1d(x, whole, 2, { padding: 50 }),
      "maxUnpool1d: padding [50] leaves nothing of the result",
    ],
    [() => F.maxUnpool1d(x, whole, 2, { outputSize: [0] }), "maxUnpool1d: outputSize is [length], got [0]"],
    [
      () => F.conv1d(x, zeros([4, 2, 9])),
      "conv1d: the kernel 9 (dilation 1) is larger than the input 5 with padding 0",
    ],
    [
      () => F.conv1d(x, weight, null, { dilation: 4, padding: 1 }),
      "conv1d: the kernel 3 (dilation 4) is larger than the input 5 with padding 1",
    ],
    [() => F.conv1d(whole, weight), `conv1d: ${int32}`],
    [() => F.conv1d(x, weight, zeros([3])), "conv1d: the bias is [4], got [3]"],
    [
      () => F.conv1d(zeros([1, 6, 5]), weight, null, { groups: 3 }),
      "conv1d: the 4 output channels of weight [4, 2, 3] do not come in 3 groups",
    ],
    [() => F.convTranspose1d(whole, back), `convTranspose1d: ${int32}`],
    [() => F.convTranspose1d(x, back, zeros([3])), "convTranspose1d: the bias is [4], got [3]"],
    [
      () => F.convTranspose1d(zeros([1, 3, 5]), back),
      "convTranspose1d: weight [2, 4, 3] wants 2 input channels, input [1, 3, 5] has 3",
    ],
    [
      () => F.convTranspose1d(x, back, null, { groups: 3 }),
      "convTranspose1d: the 2 input channels of weight [2, 4, 3] do not come in 3 groups",
    ],
    [
      () => F.convTranspose1d(x, back, null, { outputPadding: 3 }),
      "convTranspose1d: outputPadding 3 is to be below the stride 1 or the dilation 1",
    ],
    [
      () => F.convTranspose1d(x, back, null, { padding: 9 }),
      "convTranspose1d: padding 9 leaves nothing of the result of kernel 3 and input 5",
    ],
  ]);
  // What just fits is not refused.
  expect(F.maxPool1d(x, 6, { ceilMode: true, stride: 2 }).shape).toEqual([1, 2, 1]);
  expect(F.conv1d(x, zeros([4, 2, 9]), null, { padding: "same" }).shape).toEqual([1, 4, 5]);
  expect(F.conv1d(x, zeros([4, 2, 7]), null, { padding: 1 }).shape).toEqual([1, 4, 1]);
  expect(F.convTranspose1d(x, back, null, { padding: 3 }).shape).toEqual([1, 4, 1]);
  expect(F.convTranspose1d(x, back, null, { stride: 3, outputPadding: 2 }).shape).toEqual([1, 4, 17]);
});
