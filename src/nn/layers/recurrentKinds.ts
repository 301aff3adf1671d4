// What recurrent layers and cells share: their operations with second derivatives, their weights, their states.
import type { Op } from "../../gpu/op.ts";
import { formatShape, sameShape } from "../../gpu/shape.ts";
import { gru } from "../../kernels/recurrent/gru.ts";
import type { RecurrentAttrs } from "../../kernels/recurrent/layer.ts";
import { lstm } from "../../kernels/recurrent/lstm.ts";
import { rnn } from "../../kernels/recurrent/rnn.ts";
import { requireFloat } from "../../kernels/shared/require.ts";
import { derive } from "../../tensor/autograd/derive.ts";
import { composed } from "../../tensor/autograd/gradients.ts";
import { show, wantTensor } from "../../tensor/check.ts";
import { zeros } from "../../tensor/creation.ts";
import { cat, stack } from "../../tensor/functions.ts";
import { arrayOf } from "../../tensor/handle.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { uniform_ } from "../init.ts";
import { Parameter } from "../module.ts";

/** What a kind of cell is: its operation, its gates, and its kinds of state. */
export interface Kind {
  op: Op<RecurrentAttrs & { relu: boolean }>;
  gates: number;
  states: 1 | 2;
}

export const LSTM_KIND: Kind = { op: lstm, gates: 4, states: 2 };
export const GRU_KIND: Kind = { op: gru, gates: 3, states: 1 };
export const RNN_KIND: Kind = { op: rnn, gates: 1, states: 1 };

/** A layer in one direction by plain operations, for second derivatives: see src/kernels/recurrent/layer.ts. */
function plain(
  states: 1 | 2,
  cell: (p: Tensor, q: Tensor, state: readonly Tensor[], relu: boolean) => Tensor[],
) {
  return composed<RecurrentAttrs & { relu: boolean }>(([p, hh, first, bias], { reverse, relu }) => {
    const steps = p!.shape[0]!;
    let state = Array.from({ length: states }, (_, i) => first!.select(0, i));
    const rows = [state];
    for (let i = 0; i < steps; i++) {
      const q = F.linear(state[0]!, hh!, bias ?? null);
      state = cell(p!.select(0, reverse ? steps - 1 - i : i), q, state, relu);
      rows.push(state);
    }
    if (reverse) rows.reverse();
    return stack(Array.from({ length: states }, (_, i) => rows.map((row) => row[i]!)).flat(), 0);
  });
}

derive(
  lstm as Kind["op"],
  plain(2, (p, q, [, c]) => {
    const [i, f, g, o] = p.add(q).chunk(4, 1) as [Tensor, Tensor, Tensor, Tensor];
    const now = f.sigmoid().mul(c!).add(i.sigmoid().mul(g.tanh()));
    return [o.sigmoid().mul(now.tanh()), now];
  }),
);
derive(
  gru as Kind["op"],
  plain(1, (p, q, [h]) => {
    const [[pr, pz, pn], [qr, qz, qn]] = [p.chunk(3, 1), q.chunk(3, 1)] as [Tensor[], Tensor[]];
    const [r, z] = [pr!.add(qr!).sigmoid(), pz!.add(qz!).sigmoid()];
    const n = pn!.add(r.mul(qn!)).tanh();
    return [n.add(z.mul(h!.sub(n)))];
  }),
);
derive(
  rnn as Kind["op"],
  plain(1, (p, q, _, relu) => [relu ? p.add(q).relu() : p.add(q).tanh()]),
);

/** The weights of one layer in one direction: W [gates · hidden, inputs], W' [gates · hidden, hidden], b, b' [gates · hidden]. */
export interface Weights {
  ih: Parameter;
  hh: Parameter;
  biasIh: Parameter | null;
  biasHh: Parameter | null;
}

/** Uniform within ±1/√hidden, all of them, as PyTorch's. */
export function weightsOf(gates: number, inputs: number, hidden: number, bias: boolean): Weights {
  const drawn = (shape: number[]) => {
    const parameter = new Parameter(zeros(shape));
    uniform_(parameter, -1 / Math.sqrt(hidden), 1 / Math.sqrt(hidden));
    return parameter;
  };
  return {
    ih: drawn([gates * hidden, inputs]),
    hh: drawn([gates * hidden, hidden]),
    biasIh: bias ? drawn([gates * hidden]) : null,
    biasHh: bias ? drawn([gates * hidden]) : null,
  };
}

/** All states of one layer in one direction over x [steps, batch, inputs]: [states · (steps + 1), batch, hidden]. */
export function statesOf(
  { op }: Kind,
  x: Tensor,
  { ih, hh, biasIh, biasHh }: Weights,
  first: Tensor,
  reverse: boolean,
  relu: boolean,
): Tensor {
  const inputs = [F.linear(x, ih, biasIh), hh, first, ...(biasHh === null ? [] : [biasHh])];
  return apply(op, inputs, { reverse, bias: biasHh !== null, relu });
}

export const join = (tensors: readonly Tensor[], dim: number): Tensor =>
  tensors.length === 1 ? tensors[0]! : cat(tensors, dim);

export function wantPair(name: string, state: unknown): asserts state is [h: Tensor, c: Tensor] {
  if (!Array.isArray(state) || state.length !== 2)
    throw new TypeError(`${name}: the state is a pair [h, c], got ${show(state)}`);
}

/** Throws unless each given state, h and perhaps c, is a tensor of a shape. */
export function wantStates(name: string, given: readonly Tensor[], shape: readonly number[]): void {
  for (const [i, each] of given.entries()) {
    wantTensor(name, `the state ${"hc"[i]}`, each);
    if (!sameShape(each.shape, shape))
      throw new RangeError(
        `${name}: the state ${"hc"[i]} is ${formatShape(shape)}, got ${formatShape(each.shape)}`,
      );
    requireFloat(name, arrayOf(each));
  }
}
