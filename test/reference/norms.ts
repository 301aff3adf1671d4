// Layer, group and root mean square normalisation: elements in rows, each by its own mean and variance (biased), then
// times the weight of its channel, plus its bias. With x̂ = (x − μ) / √(σ² + eps) and g = weight · dy,
//
//   dx = (g − mean(g) − x̂ · mean(g · x̂)) / √(σ² + eps),   dweight = Σ dy · x̂,   dbias = Σ dy
//
// RMS norm has μ = 0 and no mean(g). The m elements of a row, and the channel of each, are what `rowsOf` says.
import { type Arr, arr, type Reference, sizeOf } from "./reference.ts";

export interface LayerNormAttrs {
  /** How many of the last dimensions are a row. */
  dims: number;
  eps: number;
}

export interface GroupNormAttrs {
  groups: number;
  eps: number;
}

interface Row {
  start: number;
  length: number;
  /** The channel of its element j. */
  channel(j: number): number;
}

const layerRows = (x: Arr, { dims }: LayerNormAttrs): Row[] => {
  const length = sizeOf(x.shape.slice(x.shape.length - dims));
  const count = sizeOf(x.shape.slice(0, x.shape.length - dims));
  return Array.from({ length: count }, (_, i) => ({ start: i * length, length, channel: (j) => j }));
};

const groupRows = (x: Arr, { groups }: GroupNormAttrs): Row[] => {
  const [samples, channels] = x.shape;
  const inner = sizeOf(x.shape.slice(2));
  const each = channels / groups;
  return Array.from({ length: samples * groups }, (_, i) => ({
    start: i * each * inner,
    length: each * inner,
    channel: (j) => (i % groups) * each + Math.floor(j / inner),
  }));
};

interface Norm<A> extends Reference<A> {
  /** As backward, of g / √(σ² + eps) before anything is taken off it: how large the terms of dx are. */
  uncancelled: Reference<A>["backward"];
}

function define<A extends { eps: number }>(rowsOf: (x: Arr, attrs: A) => Row[], centred: boolean): Norm<A> {
  const mean = (row: Row, of: (j: number) => number) => {
    let sum = 0;
    for (let j = 0; j < row.length; j++) sum += of(j);
    return sum / row.length;
  };
  const statistics = (x: Arr, row: Row, eps: number) => {
    const mu = centred ? mean(row, (j) => x.data[row.start + j]) : 0;
    const deviation = Math.sqrt(mean(row, (j) => (x.data[row.start + j] - mu) ** 2) + eps);
    return (j: number) => ({ normalised: (x.data[row.start + j] - mu) / deviation, deviation });
  };
  const backward = ([x, weight, bias]: Arr[], attrs: A, dy: Arr, share: number) => {
    const [dx, dWeight] = [arr(x.shape), arr(weight.shape)];
    const dBias = bias && arr(bias.shape);
    for (const row of rowsOf(x, attrs)) {
      const at = statistics(x, row, attrs.eps);
      const g = (j: number) => dy.data[row.start + j] * weight.data[row.channel(j)];
      const meanG = centred ? mean(row, g) : 0;
      const meanGX = mean(row, (j) => g(j) * at(j).normalised);
      for (let j = 0; j < row.length; j++) {
        const { normalised, deviation } = at(j);
        dx.data[row.start + j] = (g(j) - share * (meanG + normalised * meanGX)) / deviation;
        dWeight.data[row.channel(j)] += dy.data[row.start + j] * normalised;
        if (dBias) dBias.data[row.channel(j)] += dy.data[row.start + j];
      }
    }
    return bias ? [dx, dWeight, dBias!] : [dx, dWeight];
  };
  return {
    forward([x, weight, bias], attrs) {
      const y = arr(x.shape);
      for (const row of rowsOf(x, attrs)) {
        const at = statistics(x, row, attrs.eps);
        for (let j = 0; j < row.length; j++) {
          const c = row.channel(j);
          y.data[row.start + j] = at(j).normalised * weight.data[c] + (bias?.data[c] ?? 0);
        }
      }
      return y;
    },
    backward: (inputs, attrs, dy) => backward(inputs, attrs, dy, 1),
    uncancelled: (inputs, attrs, dy) => backward(inputs, attrs, dy, 0),
  };
}

/** inputs [x, weight, bias], weight and bias of the shape of a row */
export const layerNorm = define(layerRows, true);
/** inputs [x, weight] */
export const rmsNorm = define(layerRows, false);
/** inputs [x, weight[C], bias[C]] */
export const groupNorm = define(groupRows, true);
