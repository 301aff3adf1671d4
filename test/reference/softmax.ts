// Softmax and its logarithm along one axis (non-negative), j running over that axis:
//
//   softmax:     yᵢ = e^(xᵢ − m) / Σⱼ e^(xⱼ − m)         dxᵢ = yᵢ · (gᵢ − Σⱼ gⱼ yⱼ)
//   logSoftmax:  yᵢ = xᵢ − m − ln Σⱼ e^(xⱼ − m)          dxᵢ = gᵢ − e^(yᵢ) · Σⱼ gⱼ
//
// with m = maxⱼ xⱼ, which changes nothing but keeps the exponentials from overflowing.
import { type Arr, arr, type Reference, sizeOf } from "./reference.ts";

/** The flat positions of the elements along `axis`, one list for each line of the array in that direction. */
function linesAlong(x: Arr, axis: number): number[][] {
  const length = x.shape[axis];
  const stride = sizeOf(x.shape.slice(axis + 1));
  const lines: number[][] = [];
  for (let outer = 0; outer < sizeOf(x.shape.slice(0, axis)); outer++) {
    for (let inner = 0; inner < stride; inner++) {
      lines.push(Array.from({ length }, (_, j) => (outer * length + j) * stride + inner));
    }
  }
  return lines;
}

export const logSoftmax: Reference<{ axis: number }> = {
  forward([x], { axis }) {
    const y = arr(x.shape);
    for (const line of linesAlong(x, axis)) {
      let largest = -Infinity;
      for (const j of line) largest = Math.max(largest, x.data[j]);
      let sum = 0;
      for (const j of line) sum += Math.exp(x.data[j] - largest);
      for (const i of line) y.data[i] = x.data[i] - largest - Math.log(sum);
    }
    return y;
  },
  backward([x], { axis }, g) {
    const y = logSoftmax.forward([x], { axis });
    const dx = arr(x.shape);
    for (const line of linesAlong(x, axis)) {
      let sum = 0;
      for (const j of line) sum += g.data[j];
      for (const i of line) dx.data[i] = g.data[i] - Math.exp(y.data[i]) * sum;
    }
    return [dx];
  },
};

export const softmax: Reference<{ axis: number }> = {
  forward([x], { axis }) {
    const y = arr(x.shape);
    for (const line of linesAlong(x, axis)) {
      let largest = -Infinity;
      for (const j of line) largest = Math.max(largest, x.data[j]);
      let sum = 0;
      for (const j of line) sum += Math.exp(x.data[j] - largest);
      for (const i of line) y.data[i] = Math.exp(x.data[i] - largest) / sum;
    }
    return y;
  },
  backward([x], { axis }, g) {
    const y = softmax.forward([x], { axis });
    const dx = arr(x.shape);
    for (const line of linesAlong(x, axis)) {
      let dot = 0;
      for (const j of line) dot += g.data[j] * y.data[j];
      for (const i of line) dx.data[i] = y.data[i] * (g.data[i] - dot);
    }
    return [dx];
  },
};
