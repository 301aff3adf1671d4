// Moving elements about. Each output element is a copy of one input element (or a constant), so each gradient is
// the same map read backwards: dx[source] += g[destination].
//
//   concat:   y = inputs one after another along `axis`
//   slice:    y[i] = x[starts + i · steps] on every axis, ⌈(ends − starts) / steps⌉ elements long; steps ≥ 1
//   permute:  axis d of y is axis dims[d] of x:  y[i₀, i₁, …] = x[j₀, j₁, …] with j[dims[d]] = i[d]
//   pad:      y[i] = x[i − before] inside, `value` outside; padding[d] = [before, after] ≥ 0
import { type Arr, arr, forEachIndex, offsetOf, type Reference } from "./reference.ts";

function concatShape(inputs: Arr[], axis: number): number[] {
  const shape = [...inputs[0].shape];
  shape[axis] = 0;
  for (const x of inputs) shape[axis] += x.shape[axis];
  return shape;
}

/** Visits each element of each input: input number, its flat position there, and its flat position in the output. */
function forEachConcatenated(
  inputs: Arr[],
  axis: number,
  visit: (input: number, from: number, to: number) => void,
): void {
  const shape = concatShape(inputs, axis);
  let start = 0;
  for (let input = 0; input < inputs.length; input++) {
    forEachIndex(inputs[input].shape, (index, from) => {
      const destination = [...index];
      destination[axis] += start;
      visit(input, from, offsetOf(destination, shape));
    });
    start += inputs[input].shape[axis];
  }
}

export const concat: Reference<{ axis: number }> = {
  forward(inputs, { axis }) {
    const y = arr(concatShape(inputs, axis));
    forEachConcatenated(inputs, axis, (input, from, to) => {
      y.data[to] = inputs[input].data[from];
    });
    return y;
  },
  backward(inputs, { axis }, g) {
    const gradients = inputs.map((x) => arr(x.shape));
    forEachConcatenated(inputs, axis, (input, from, to) => {
      gradients[input].data[from] = g.data[to];
    });
    return gradients;
  },
};

export interface SliceAttrs {
  starts: number[];
  ends: number[];
  steps: number[];
}

export const slice: Reference<SliceAttrs> = {
  forward([x], { starts, ends, steps }) {
    const y = arr(x.shape.map((_, d) => Math.ceil((ends[d] - starts[d]) / steps[d])));
    forEachIndex(y.shape, (index, to) => {
      const source = index.map((i, d) => starts[d] + i * steps[d]);
      y.data[to] = x.data[offsetOf(source, x.shape)];
    });
    return y;
  },
  backward([x], { starts, steps }, g) {
    const dx = arr(x.shape);
    forEachIndex(g.shape, (index, to) => {
      const source = index.map((i, d) => starts[d] + i * steps[d]);
      dx.data[offsetOf(source, x.shape)] = g.data[to];
    });
    return [dx];
  },
};

export const permute: Reference<{ dims: number[] }> = {
  forward([x], { dims }) {
    const y = arr(dims.map((d) => x.shape[d]));
    forEachIndex(x.shape, (index, from) => {
      const destination = dims.map((d) => index[d]);
      y.data[offsetOf(destination, y.shape)] = x.data[from];
    });
    return y;
  },
  backward([x], { dims }, g) {
    const dx = arr(x.shape);
    forEachIndex(x.shape, (index, from) => {
      const destination = dims.map((d) => index[d]);
      dx.data[from] = g.data[offsetOf(destination, g.shape)];
    });
    return [dx];
  },
};

export interface PadAttrs {
  padding: [number, number][];
  value: number;
}

export const pad: Reference<PadAttrs> = {
  forward([x], { padding, value }) {
    const y = arr(x.shape.map((n, d) => padding[d][0] + n + padding[d][1]));
    y.data.fill(value);
    forEachIndex(x.shape, (index, from) => {
      const destination = index.map((i, d) => i + padding[d][0]);
      y.data[offsetOf(destination, y.shape)] = x.data[from];
    });
    return y;
  },
  backward([x], { padding }, g) {
    const dx = arr(x.shape);
    forEachIndex(x.shape, (index, from) => {
      const destination = index.map((i, d) => i + padding[d][0]);
      dx.data[from] = g.data[offsetOf(destination, g.shape)];
    });
    return [dx];
  },
};
