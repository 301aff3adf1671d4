// The public calls of recurrent layers and cells.
import { nn, ones } from "otograd";
import { any, type Entry } from "./entry.ts";

const sequence = () => ones([5, 2, 3]);

const layer = (name: "LSTM" | "GRU" | "RNN"): Entry => ({
  valid: () => new nn[name](3, 4, { numLayers: 2, bidirectional: true }),
  wrong: [
    [() => new nn[name](any("3"), 4), `${name}: inputSize is a whole number ≥ 1, got "3"`],
    [() => new nn[name](3, any(undefined)), `${name}: hiddenSize is a whole number ≥ 1, got undefined`],
    [
      () => new nn[name](3, 4, any(2)),
      `${name}: the third argument is an object of options: { numLayers: 2 }`,
    ],
    [() => new nn[name](3, 4, { dropout: 2 }), `${name}: dropout is a probability from 0 to 1, got 2`],
    [() => new nn[name](3, 4, { bias: any(0) }), `${name}: bias is true or false, got 0`],
  ],
  options: [(options) => new nn[name](3, 4, options), "batchFirst"],
});

const cell = (name: "LSTMCell" | "GRUCell" | "RNNCell"): Entry => ({
  valid: () => new nn[name](3, 4, { bias: false }),
  wrong: [
    [() => new nn[name](any([3]), 4), `${name}: inputSize is a whole number ≥ 1, got [3]`],
    [
      () => new nn[name](3, 4, any(false)),
      `${name}: the third argument is an object of options: { bias: false }`,
    ],
  ],
  options: [(options) => new nn[name](3, 4, options), "bias"],
});

const forward = (name: "LSTM" | "GRU" | "RNN"): Entry => ({
  valid: () => new nn[name](3, 4).forward(sequence()),
  wrong: [
    [() => new nn[name](3, 4).forward(any([1])), `${name}: the input is a tensor, got [1]`],
    [
      () => new nn[name](3, 4).forward(ones([5, 2, 4])),
      `${name}: wants an input [steps, batch, 3] or [steps, 3], got [5, 2, 4]`,
    ],
  ],
});

const cellForward = (name: "LSTMCell" | "GRUCell" | "RNNCell"): Entry => ({
  valid: () => new nn[name](3, 4).forward(ones([2, 3])),
  wrong: [
    [() => new nn[name](3, 4).forward(any(1)), `${name}: the input is a tensor, got 1`],
    [() => new nn[name](3, 4).forward(ones([2, 4])), `${name}: wants an input [batch, 3] or [3], got [2, 4]`],
  ],
});

export const RECURRENT: Record<string, Entry> = {
  "nn.LSTM": layer("LSTM"),
  "nn.GRU": layer("GRU"),
  "nn.RNN": layer("RNN"),
  "nn.LSTMCell": cell("LSTMCell"),
  "nn.GRUCell": cell("GRUCell"),
  "nn.RNNCell": cell("RNNCell"),
  "nn.LSTM#forward": {
    ...forward("LSTM"),
    wrong: [
      ...forward("LSTM").wrong!,
      [
        () => new nn.LSTM(3, 4).forward(sequence(), any(ones([1, 2, 4]))),
        "LSTM: the state is a pair [h, c], got a tensor [1, 2, 4]",
      ],
      [
        () => new nn.LSTM(3, 4).forward(sequence(), [ones([1, 2, 4]), ones([2, 4])]),
        "LSTM: the state c is [1, 2, 4], got [2, 4]",
      ],
    ],
  },
  "nn.GRU#forward": forward("GRU"),
  "nn.RNN#forward": forward("RNN"),
  "nn.LSTMCell#forward": cellForward("LSTMCell"),
  "nn.GRUCell#forward": cellForward("GRUCell"),
  "nn.RNNCell#forward": cellForward("RNNCell"),
};
