// Recurrent layers over a step and many, both ways, batches and units around a workgroup, with and without biases.
import { device } from "../../../src/gpu/device.ts";
import { gru } from "../../../src/kernels/recurrent/gru.ts";
import { lstm } from "../../../src/kernels/recurrent/lstm.ts";
import { rnn } from "../../../src/kernels/recurrent/rnn.ts";
import { apply } from "../../../src/tensor/tensor.ts";
import { type Case, check } from "../../harness.ts";
import "../../../src/nn/layers/recurrentKinds.ts"; // has the derivatives
import { Random } from "../../reference/random.ts";
import type { RecurrentAttrs } from "../../reference/recurrent.ts";
import * as reference from "../../reference/recurrent.ts";
import { casesOf } from "../drawn.ts";

const random = new Random(41);

function cases(name: string, gates: number, states: number): Case<RecurrentAttrs>[] {
  const drawn = (
    [
      [7, 5, 13],
      [3, 9, 40], // more than five workgroups
      [20, 2, 8],
    ] as const
  ).flatMap(([steps, batch, hidden], i) =>
    [false, true].map((reverse) => {
      const bias = (i + Number(reverse)) % 2 === 0;
      const inputs = [
        random.array([steps, batch, gates * hidden], -2, 2),
        random.array([gates * hidden, hidden], -0.5, 0.5),
        random.array([states, batch, hidden]),
        ...(bias ? [random.array([gates * hidden])] : []),
      ];
      return { inputs, attrs: { reverse, bias, relu: i === 1 } };
    }),
  );
  return [...casesOf<RecurrentAttrs>(name), ...drawn];
}

/** A step's errors go through every later one. */
const terms = ({ inputs: [p, w] }: Case<RecurrentAttrs>) => p!.shape[0]! * p!.shape[1]! * w!.shape[1]!;

const { software, readsStorageTextures } = device().adapter;
const inSequence = software && readsStorageTextures;

check<RecurrentAttrs>({
  name: "lstm",
  covers: inSequence ? ["lstm", "lstmSequence"] : ["lstm"], // covers: ["lstm", "lstmSequence"]
  run: (inputs, attrs) => apply(lstm, inputs, attrs),
  reference: reference.lstm,
  cases: cases("lstm", 4, 2),
  terms,
});

check<RecurrentAttrs>({
  name: "gru",
  covers: ["gru"],
  run: (inputs, attrs) => apply(gru, inputs, attrs),
  reference: reference.gru,
  cases: cases("gru", 3, 1),
  terms,
});

check<RecurrentAttrs>({
  name: "rnn",
  covers: ["rnn"],
  run: (inputs, attrs) => apply(rnn, inputs, attrs),
  reference: reference.rnn,
  cases: cases("rnn", 1, 1),
  terms,
});
