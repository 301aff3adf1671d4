// A recurrent layer in one direction, over all steps: for each one a matrix product, q = h W'ᵀ + b', and a launch of the
// cell's program (lstm.wgsl, gru.wgsl, rnn.wgsl), which has the mathematics. What the inputs contribute, p, comes as one
// product over all steps from the caller. Gradients go the steps back: the cell's dp and dq, and dq W' for the state
// before; then dW' = Σ dqᵀ h and db' = Σ dq over all steps at once.
//
// All states stay in one array, [states · (steps + 1), batch, hidden]: h of every step, the first one given, and then,
// for an LSTM, c likewise. It is the result too, of which users get parts, and nothing of it is copied.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { type Kernel, linearGroups } from "../../gpu/kernel.ts";
import type { Context, Op } from "../../gpu/op.ts";
import { addArrays } from "../elementwise/binary.ts";
import { gemm } from "../gemm/gemm.ts";
import { reduceArray } from "../reductions/reduce.ts";
import { pick, place } from "../shapes/copy.ts";
import { requireFloat } from "../shared/require.ts";

export interface RecurrentAttrs {
  /** From the last step to the first. */
  reverse: boolean;
  /** Whether there is a bias b' of the hidden units' sums. */
  bias: boolean;
}

export interface Cell<A extends RecurrentAttrs> {
  name: string;
  kernel: Kernel<"forward" | "backward">;
  /** Gates, each as wide as the hidden state. */
  gates: number;
  /** How many of a step's gates backward needs; 0 where the states will do. */
  kept: number;
  /** Kinds of state: 1, h, or 2, h and c. */
  states: 1 | 2;
  /** Whether a part of the state's gradient goes round the product: through a gate. */
  carries: boolean;
  /** Whether dq is not dp. */
  ownGradient: boolean;
  constants(attrs: A): Record<string, number>;
  /** All steps in one launch, where that suits. */
  sequence?: Sequence;
}

/** A program that does all steps and the products between them, of a cell that keeps gates and carries one more gradient. */
export interface Sequence {
  suits(sizes: Sizes): boolean;
  forward(
    sizes: Sizes,
    reverse: boolean,
    p: DeviceArray,
    weight: DeviceArray,
    bias: DeviceArray | undefined,
    states: DeviceArray,
    gates: DeviceArray,
  ): void;
  /** @param first whether the first state's gradient is wanted; arrays are states, gates, their gradient, W', dh, what is carried, dp */
  backward(sizes: Sizes, reverse: boolean, first: boolean, arrays: DeviceArray[]): void;
}

export interface Sizes {
  steps: number;
  batch: number;
  hidden: number;
  /** batch · hidden */
  n: number;
}

const sizesOf = (p: readonly number[], gates: number): Sizes => {
  const [steps, batch, width] = p as [number, number, number];
  const hidden = width / gates;
  return { steps, batch, hidden, n: batch * hidden };
};

/** The order of the steps, and in which row of the states each one begins and ends. */
function order(steps: number, reverse: boolean): { step: number; before: number; now: number }[] {
  const list = Array.from({ length: steps }, (_, i) => (reverse ? steps - 1 - i : i));
  return list.map((step) => ({ step, before: reverse ? step + 1 : step, now: reverse ? step : step + 1 }));
}

/**
 * Inputs: p [steps, batch, gates · hidden], W' [gates · hidden, hidden], the first state [states, batch, hidden] and, with
 * `bias`, b' [gates · hidden]. Shapes have been checked by the caller (nn's RNN, LSTM and GRU).
 */
export function recurrentLayer<A extends RecurrentAttrs>(cell: Cell<A>): Op<A> {
  return {
    name: cell.name,
    forward(ctx, inputs, attrs) {
      const [p, weight, first, bias] = inputs as [DeviceArray, DeviceArray, DeviceArray, DeviceArray?];
      requireFloat(cell.name, ...inputs);
      const sizes = sizesOf(p.shape, cell.gates);
      const { steps, batch, hidden, n } = sizes;
      const states = empty([cell.states * (steps + 1), batch, hidden], "float32", cell.name);
      const beginning = attrs.reverse ? steps : 0;
      // Row `beginning` of each kind of state.
      place(first, states, [(steps + 1) * n, hidden, 1], beginning * n);
      const gates =
        cell.kept > 0 ? [empty([steps, batch, cell.kept * hidden], "float32", `${cell.name}'s gates`)] : [];
      if (cell.sequence?.suits(sizes))
        cell.sequence.forward(sizes, attrs.reverse, p, weight, bias, states, gates[0]!);
      else stepByStep(cell, attrs, sizes, p, weight, bias, states, gates);
      // The first state and b' are in the states and gates already; second derivatives want them by themselves.
      ctx.save(p, weight, states, ...gates, first, ...(bias === undefined ? [] : [bias]));
      for (const array of gates) array.release();
      return states;
    },
    backward(ctx, dStates) {
      const [p, weight, states, ...rest] = ctx.saved as [
        DeviceArray,
        DeviceArray,
        DeviceArray,
        ...DeviceArray[],
      ];
      const gates = rest.slice(0, cell.kept > 0 ? 1 : 0);
      const sizes = sizesOf(p.shape, cell.gates);
      const { batch, hidden } = sizes;
      const width = cell.gates * hidden;
      const dp = empty(p.shape, "float32", `${cell.name}'s gradient`);
      const dq = cell.ownGradient ? empty(p.shape, "float32", `${cell.name}'s gradient`) : dp.retain();
      const dh = empty([batch, hidden], "float32", `${cell.name}'s gradient`);
      const carried = cell.carries ? [empty([batch, hidden], "float32", `${cell.name}'s gradient`)] : [];
      if (cell.sequence?.suits(sizes))
        cell.sequence.backward(sizes, ctx.attrs.reverse, ctx.needsInputGrad[2]!, [
          ...[states, gates[0]!, dStates, weight],
          ...[dh, carried[0]!, dp],
        ]);
      else stepsBack(cell, ctx, sizes, { weight, states, gates, dStates, dh, carried, dp, dq });
      const result = [
        ctx.needsInputGrad[0] ? dp.retain() : null,
        ctx.needsInputGrad[1] ? weightGradient(cell, ctx, dq, states, sizes) : null,
        ctx.needsInputGrad[2] ? firstGradient(cell, ctx, dStates, dh, carried[0], sizes) : null,
        ...(ctx.attrs.bias ? [ctx.needsInputGrad[3] ? biasGradient(dq, sizes, width) : null] : []),
      ];
      for (const array of [dp, dq, dh, ...carried]) array.release();
      return result;
    },
  };
}

function stepByStep<A extends RecurrentAttrs>(
  cell: Cell<A>,
  attrs: A,
  { steps, batch, hidden, n }: Sizes,
  p: DeviceArray,
  weight: DeviceArray,
  bias: DeviceArray | undefined,
  states: DeviceArray,
  gates: readonly DeviceArray[],
): void {
  const q = empty([batch, cell.gates * hidden], "float32", `${cell.name}'s hidden sums`);
  const [constants, groups] = [cell.constants(attrs), linearGroups(n, 64)];
  for (const { step, before, now } of order(steps, attrs.reverse)) {
    gemm({
      m: batch,
      n: cell.gates * hidden,
      k: hidden,
      a: { array: states, offset: before * n, row: hidden, column: 1 },
      b: { array: weight, row: 1, column: hidden },
      c: { array: q, row: cell.gates * hidden, column: 1 },
      ...(bias !== undefined && { bias: { array: bias, along: "columns" } }),
    });
    cell.kernel.launch("forward", {
      arrays: [q, p, states, ...gates],
      params: { n, hidden, rows: steps + 1, step, before, now, last: 0 },
      constants,
      groups,
    });
  }
  q.release();
}

/** What the steps back read and write. */
interface Backward {
  weight: DeviceArray;
  states: DeviceArray;
  gates: readonly DeviceArray[];
  dStates: DeviceArray;
  dh: DeviceArray;
  carried: readonly DeviceArray[];
  dp: DeviceArray;
  dq: DeviceArray;
}

function stepsBack<A extends RecurrentAttrs>(
  cell: Cell<A>,
  ctx: Context<A>,
  { steps, batch, hidden, n }: Sizes,
  { weight, states, gates, dStates, dh, carried, dp, dq }: Backward,
): void {
  const width = cell.gates * hidden;
  const [constants, groups] = [cell.constants(ctx.attrs), linearGroups(n, 64)];
  const backwards = order(steps, ctx.attrs.reverse).reverse();
  for (const [i, { step, before, now }] of backwards.entries()) {
    cell.kernel.launch("backward", {
      arrays: [states, ...gates, dStates, dh, ...carried, dp, ...(cell.ownGradient ? [dq] : [])],
      params: { n, hidden, rows: steps + 1, step, before, now, last: i === 0 ? 1 : 0 },
      constants,
      groups,
    });
    // Not needed of the first step where nobody asks for the first state's gradient.
    if (i < steps - 1 || ctx.needsInputGrad[2])
      gemm({
        m: batch,
        n: hidden,
        k: width,
        a: { array: dq, offset: step * batch * width, row: width, column: 1 },
        b: { array: weight, row: hidden, column: 1 },
        c: { array: dh, row: hidden, column: 1 },
      });
  }
}

/** dW' = Σ dqᵀ h, over the state before each step. */
function weightGradient<A extends RecurrentAttrs>(
  { gates, name }: Cell<A>,
  { attrs }: Context<A>,
  dq: DeviceArray,
  states: DeviceArray,
  { steps, batch, hidden, n }: Sizes,
): DeviceArray {
  const dw = empty([gates * hidden, hidden], "float32", `${name}'s gradient`);
  gemm({
    m: gates * hidden,
    n: hidden,
    k: steps * batch,
    a: { array: dq, row: 1, column: gates * hidden },
    b: { array: states, offset: attrs.reverse ? n : 0, row: hidden, column: 1 },
    c: { array: dw, row: hidden, column: 1 },
  });
  return dw;
}

function biasGradient(dq: DeviceArray, { steps, batch }: Sizes, width: number): DeviceArray {
  const rows = dq.view([steps * batch, width]);
  const sum = reduceArray("sum", rows, [0]);
  rows.release();
  return sum;
}

/** What comes to the first state from above, by way of the first step's q, and round it: to h what a GRU carries, to c an LSTM's. */
function firstGradient<A extends RecurrentAttrs>(
  { name, states }: Cell<A>,
  { attrs }: Context<A>,
  dStates: DeviceArray,
  dh: DeviceArray,
  carried: DeviceArray | undefined,
  { steps, batch, hidden, n }: Sizes,
): DeviceArray {
  const shape = [states, batch, hidden];
  const beginning = attrs.reverse ? steps : 0;
  const above = pick(dStates, shape, [(steps + 1) * n, hidden, 1], beginning * n, 1, `${name}'s gradient`);
  const below = empty(shape, "float32", `${name}'s gradient`);
  const parts =
    states === 2 ? [dh, carried!] : [carried === undefined ? dh.retain() : addArrays(dh, carried)];
  for (const [i, part] of parts.entries()) place(part, below, [hidden, 1], i * n);
  const sum = addArrays(above, below);
  for (const array of [above, below, ...(states === 2 ? [] : parts)]) array.release();
  return sum;
}
