// A recurrent layer in one direction, from PyTorch's documentation of RNN, LSTM and GRU: what inputs contribute is given,
// p [steps, batch, gates · hidden]; W' [gates · hidden, hidden], the first state [states, batch, hidden], and b'
// [gates · hidden] if there is one. The result is every state, [states · (steps + 1), batch, hidden], the first included.
import { type Arr, arr, type Reference } from "./reference.ts";

export interface RecurrentAttrs {
  reverse: boolean;
  bias: boolean;
  relu: boolean;
}

/** A unit at one step: its gates' sums, from inputs (p) and hidden units (q), and its state before. */
interface Cell {
  gates: number;
  states: number;
  forward(p: number[], q: number[], before: number[], attrs: RecurrentAttrs): number[];
  /** From the gradient of the new states those of p, q and the states before (but for what goes by q). */
  backward(
    p: number[],
    q: number[],
    before: number[],
    dNow: number[],
    attrs: RecurrentAttrs,
  ): { dp: number[]; dq: number[]; dBefore: number[] };
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const lstmCell: Cell = {
  gates: 4,
  states: 2,
  forward(p, q, [, c]) {
    const [i, f, g, o] = lstmGates(p, q);
    const now = f! * c! + i! * g!;
    return [o! * Math.tanh(now), now];
  },
  backward(p, q, [, c], [dh, dc]) {
    const [i, f, g, o] = lstmGates(p, q) as [number, number, number, number];
    const t = Math.tanh(f * c! + i * g);
    const d = dc! + dh! * o * (1 - t * t);
    const sums = [d * g * i * (1 - i), d * c! * f * (1 - f), d * i * (1 - g * g), dh! * t * o * (1 - o)];
    return { dp: sums, dq: sums, dBefore: [0, d * f] };
  },
};

function lstmGates(p: number[], q: number[]): number[] {
  return p.map((each, gate) => (gate === 2 ? Math.tanh : sigmoid)(each + q[gate]!));
}

const gruCell: Cell = {
  gates: 3,
  states: 1,
  forward(p, q, [h]) {
    const r = sigmoid(p[0]! + q[0]!);
    const z = sigmoid(p[1]! + q[1]!);
    const n = Math.tanh(p[2]! + r * q[2]!);
    return [(1 - z) * n + z * h!];
  },
  backward(p, q, [h], [dh]) {
    const r = sigmoid(p[0]! + q[0]!);
    const z = sigmoid(p[1]! + q[1]!);
    const n = Math.tanh(p[2]! + r * q[2]!);
    const dn = dh! * (1 - z) * (1 - n * n);
    const dz = dh! * (h! - n) * z * (1 - z);
    const dr = dn * q[2]! * r * (1 - r);
    return { dp: [dr, dz, dn], dq: [dr, dz, dn * r], dBefore: [dh! * z] };
  },
};

const rnnCell: Cell = {
  gates: 1,
  states: 1,
  forward: ([p], [q], _, { relu }) => [relu ? Math.max(0, p! + q!) : Math.tanh(p! + q!)],
  backward([p], [q], _, [dh], { relu }) {
    const slope = relu ? Number(p! + q! > 0) : 1 - Math.tanh(p! + q!) ** 2;
    return { dp: [dh! * slope], dq: [dh! * slope], dBefore: [0] };
  },
};

function layer(cell: Cell): Reference<RecurrentAttrs> {
  const sizes = (p: Arr) => {
    const [steps, batch, width] = p.shape as [number, number, number];
    return { steps, batch, width, hidden: width / cell.gates };
  };
  const rows = (step: number, reverse: boolean) =>
    (reverse ? [step + 1, step] : [step, step + 1]) as [number, number];
  const order = (steps: number, reverse: boolean) => {
    const all = Array.from({ length: steps }, (_, step) => step);
    return reverse ? all.reverse() : all;
  };
  /** Calls for each unit of a step with the places of its gates, and of its states by row. */
  const units = (
    p: Arr,
    visit: (
      b: number,
      j: number,
      gate: (g: number) => number,
      state: (kind: number, row: number) => number,
    ) => void,
  ) => {
    const { steps, batch, width, hidden } = sizes(p);
    for (let b = 0; b < batch; b++)
      for (let j = 0; j < hidden; j++)
        visit(
          b,
          j,
          (g) => b * width + g * hidden + j,
          (kind, row) => ((kind * (steps + 1) + row) * batch + b) * hidden + j,
        );
  };
  const list = (n: number, of: (i: number) => number) => Array.from({ length: n }, (_, i) => of(i));

  /** q of a step: h W'ᵀ + b' */
  const hiddenSums = (p: Arr, w: Arr, bias: Arr | undefined, states: Arr, before: number): Float64Array => {
    const { batch, width, hidden } = sizes(p);
    const q = new Float64Array(batch * width);
    for (let b = 0; b < batch; b++)
      for (let o = 0; o < width; o++) {
        let sum = bias?.data[o] ?? 0;
        for (let k = 0; k < hidden; k++)
          sum += w.data[o * hidden + k]! * states.data[(before * batch + b) * hidden + k]!;
        q[b * width + o] = sum;
      }
    return q;
  };

  const forward = ([p, w, first, bias]: Arr[], attrs: RecurrentAttrs): Arr => {
    const { steps, batch, width, hidden } = sizes(p!);
    const states = arr([cell.states * (steps + 1), batch, hidden]);
    const start = attrs.reverse ? steps : 0;
    units(p!, (b, j, _, state) => {
      for (let kind = 0; kind < cell.states; kind++)
        states.data[state(kind, start)] = first!.data[(kind * batch + b) * hidden + j]!;
    });
    for (const step of order(steps, attrs.reverse)) {
      const [before, now] = rows(step, attrs.reverse);
      const q = hiddenSums(p!, w!, bias, states, before);
      units(p!, (_, __, gate, state) => {
        const made = cell.forward(
          list(cell.gates, (g) => p!.data[step * batch * width + gate(g)]!),
          list(cell.gates, (g) => q[gate(g)]!),
          list(cell.states, (kind) => states.data[state(kind, before)]!),
          attrs,
        );
        for (const [kind, value] of made.entries()) states.data[state(kind, now)] = value;
      });
    }
    return states;
  };

  return {
    forward,
    backward([p, w, first, bias], attrs, gradOut) {
      const { steps, batch, width, hidden } = sizes(p!);
      const states = forward([p!, w!, first!, ...(bias ? [bias] : [])], attrs);
      const [dp, dw, dBias] = [arr(p!.shape), arr(w!.shape), arr([width])];
      const dStates = arr(gradOut.shape, gradOut.data);
      for (const step of order(steps, !attrs.reverse)) {
        const [before, now] = rows(step, attrs.reverse);
        const q = hiddenSums(p!, w!, bias, states, before);
        units(p!, (b, _, gate, state) => {
          const d = cell.backward(
            list(cell.gates, (g) => p!.data[step * batch * width + gate(g)]!),
            list(cell.gates, (g) => q[gate(g)]!),
            list(cell.states, (kind) => states.data[state(kind, before)]!),
            list(cell.states, (kind) => dStates.data[state(kind, now)]!),
            attrs,
          );
          for (const [kind, value] of d.dBefore.entries()) dStates.data[state(kind, before)]! += value;
          for (let g = 0; g < cell.gates; g++) {
            dp.data[step * batch * width + gate(g)] = d.dp[g]!;
            const o = gate(g) - b * width;
            dBias.data[o]! += d.dq[g]!;
            for (let k = 0; k < hidden; k++) {
              const h = (before * batch + b) * hidden + k;
              dw.data[o * hidden + k]! += d.dq[g]! * states.data[h]!;
              dStates.data[h]! += d.dq[g]! * w!.data[o * hidden + k]!;
            }
          }
        });
      }
      const dFirst = arr(first!.shape);
      const start = attrs.reverse ? steps : 0;
      units(p!, (b, j, _, state) => {
        for (let kind = 0; kind < cell.states; kind++)
          dFirst.data[(kind * batch + b) * hidden + j] = dStates.data[state(kind, start)]!;
      });
      return [dp, dw, dFirst, ...(bias ? [dBias] : [])];
    },
  };
}

export const lstm = layer(lstmCell);
export const gru = layer(gruCell);
export const rnn = layer(rnnCell);
