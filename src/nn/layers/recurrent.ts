// Recurrent layers: RNN, LSTM and GRU over whole sequences, in one or both directions. The mathematics is in
// src/kernels/recurrent; cells for one step are in recurrentCell.ts.
import { formatShape } from "../../gpu/shape.ts";
import { requireFloat } from "../../kernels/shared/require.ts";
import { wantProbability, wantTensor, wantWhole } from "../../tensor/check.ts";
import { zeros } from "../../tensor/creation.ts";
import { arrayOf } from "../../tensor/handle.ts";
import { BOOLEAN, NUMBER, oneOf, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { noteParameters } from "../held.ts";
import { Module, type Parameter } from "../module.ts";
import {
  GRU_KIND,
  join,
  type Kind,
  LSTM_KIND,
  RNN_KIND,
  statesOf,
  type Weights,
  wantPair,
  wantStates,
  weightsOf,
} from "./recurrentKinds.ts";

export interface RecurrentOptions {
  /** Layers, each over the outputs of the one before. 1 if left out. */
  numLayers?: number;
  /** Whether there are biases: two, as in PyTorch, of the inputs' and of the hidden units' sums. */
  bias?: boolean;
  /** Whether inputs and outputs are [batch, steps, …] and not [steps, batch, …]. States are [layers, batch, …] anyway. */
  batchFirst?: boolean;
  /** Probability of dropping an output of each layer but the last, in training. */
  dropout?: number;
  /** Whether each layer has a second half that goes from the last step to the first; their outputs are joined. */
  bidirectional?: boolean;
}

const KINDS = {
  numLayers: NUMBER,
  bias: BOOLEAN,
  batchFirst: BOOLEAN,
  dropout: NUMBER,
  bidirectional: BOOLEAN,
};
const layerOptions = takes("RNN", 3, KINDS);
const rnnOptions = takes("RNN", 3, { ...KINDS, nonlinearity: oneOf("tanh", "relu") });

/** Throws unless x is [steps, batch, inputSize], or [steps, inputSize] of one sequence, with a step at least. */
function wantSequence(name: string, x: Tensor, inputSize: number, batchFirst: boolean): void {
  wantTensor(name, "the input", x);
  const [steps, batch] = batchFirst ? ["batch", "steps"] : ["steps", "batch"];
  if ((x.ndim !== 2 && x.ndim !== 3) || x.shape.at(-1) !== inputSize)
    throw new RangeError(
      `${name}: wants an input [${steps}, ${batch}, ${inputSize}] or [steps, ${inputSize}], got ${formatShape(x.shape)}`,
    );
  if (x.shape[x.ndim === 3 && batchFirst ? 1 : 0] === 0)
    throw new RangeError(`${name}: a sequence has one step at least, got ${formatShape(x.shape)}`);
  requireFloat(name, arrayOf(x));
}

abstract class Recurrent<State> extends Module<[x: Tensor, state?: State], [output: Tensor, state: State]> {
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  /** Of the first layer; others are weightIhL1, …, and those of the way back weightIhL0Reverse, …, as PyTorch names them. */
  declare weightIhL0: Parameter;
  declare weightHhL0: Parameter;
  declare biasIhL0: Parameter | null;
  declare biasHhL0: Parameter | null;

  /** Of the class, and no field: what copies a layer does not copy its operations. */
  protected abstract kind(): Kind;

  protected constructor(
    readonly inputSize: number,
    readonly hiddenSize: number,
    options: RecurrentOptions | undefined,
  ) {
    super();
    const name = this.constructor.name;
    const {
      numLayers = 1,
      bias = true,
      batchFirst = false,
      dropout = 0,
      bidirectional = false,
    } = options ?? {};
    wantWhole(name, { inputSize }, 1);
    wantWhole(name, { hiddenSize }, 1);
    wantWhole(name, { numLayers }, 1);
    wantProbability(name, { dropout });
    this.numLayers = numLayers;
    this.bias = bias;
    this.batchFirst = batchFirst;
    this.dropout = dropout;
    this.bidirectional = bidirectional;
    const fields = this as unknown as Record<string, Parameter | null>;
    for (const [layer, suffix] of this.halves()) {
      const inputs = layer === 0 ? inputSize : hiddenSize * (bidirectional ? 2 : 1);
      const { ih, hh, biasIh, biasHh } = weightsOf(this.kind().gates, inputs, hiddenSize, bias);
      fields[`weightIh${suffix}`] = ih;
      fields[`weightHh${suffix}`] = hh;
      fields[`biasIh${suffix}`] = biasIh;
      fields[`biasHh${suffix}`] = biasHh;
    }
    noteParameters(this);
  }

  /** Each layer's directions: its number, what its weights' names end with, and whether it goes backwards. */
  private halves(): (readonly [layer: number, suffix: string, reverse: boolean])[] {
    return Array.from({ length: this.numLayers }, (_, layer) => [
      [layer, `L${layer}`, false] as const,
      ...(this.bidirectional ? [[layer, `L${layer}Reverse`, true] as const] : []),
    ]).flat();
  }

  private weights(suffix: string): Weights {
    const fields = this as unknown as Record<string, Parameter>;
    return {
      ih: fields[`weightIh${suffix}`]!,
      hh: fields[`weightHh${suffix}`]!,
      biasIh: fields[`biasIh${suffix}`]!,
      biasHh: fields[`biasHh${suffix}`]!,
    };
  }

  /** The outputs of the last layer, and the last states of all: kinds of [layers · directions, batch, hidden]. */
  protected run(
    input: Tensor,
    given: readonly Tensor[] | null,
    relu = false,
  ): [output: Tensor, last: Tensor[]] {
    const name = this.constructor.name;
    wantSequence(name, input, this.inputSize, this.batchFirst);
    const kind = this.kind();
    const single = input.ndim === 2;
    let x = single ? input.unsqueeze(1) : this.batchFirst ? input.transpose(0, 1) : input;
    const [steps, batch] = x.shape as [number, number];
    const halves = this.halves();
    const wanted = [halves.length, ...(single ? [] : [batch]), this.hiddenSize];
    wantStates(name, given ?? [], wanted);
    const state = given?.map((each) => (single ? each.unsqueeze(1) : each));
    const nothing = state === undefined ? zeros([kind.states, batch, this.hiddenSize]) : null;
    const firstOf = (half: number) =>
      nothing ??
      join(
        state!.map((each) => each.narrow(0, half, 1)),
        0,
      );

    const last: Tensor[][] = Array.from({ length: kind.states }, () => []);
    let outputs: Tensor[] = [];
    for (const [half, [layer, suffix, reverse]] of halves.entries()) {
      const states = statesOf(kind, x, this.weights(suffix), firstOf(half), reverse, relu);
      outputs.push(states.narrow(0, reverse ? 0 : 1, steps));
      for (const [i, list] of last.entries())
        list.push(states.narrow(0, i * (steps + 1) + (reverse ? 0 : steps), 1));
      if (outputs.length < (this.bidirectional ? 2 : 1)) continue;
      x = join(outputs, 2);
      outputs = [];
      if (layer < this.numLayers - 1) x = F.dropout(x, this.dropout, { training: this.training });
    }
    const output = single ? x.squeeze(1) : this.batchFirst ? x.transpose(0, 1) : x;
    return [output, last.map((list) => (single ? join(list, 0).squeeze(1) : join(list, 0)))];
  }

  protected override extraRepr(): string {
    const { inputSize, hiddenSize, numLayers, bidirectional } = this;
    const more = [
      ...(numLayers > 1 ? [`numLayers: ${numLayers}`] : []),
      ...(bidirectional ? ["bidirectional: true"] : []),
    ];
    return [inputSize, hiddenSize, ...more].join(", ");
  }
}

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997): lstm.forward(x, [h, c]) → [output, [h, c]], zeros if no state is
 * given. x [steps, batch, inputSize] → output [steps, batch, directions · hiddenSize]; h and c [layers · directions, batch,
 * hiddenSize]. One sequence may go without its batch dimension.
 * @shape [steps, batch, inputSize], [layers, batch, hiddenSize], [layers, batch, hiddenSize] → [steps, batch, out], [layers, batch, hiddenSize], [layers, batch, hiddenSize]
 * @shape [batch, steps, inputSize], [layers, batch, hiddenSize], [layers, batch, hiddenSize] → [batch, steps, out], [layers, batch, hiddenSize], [layers, batch, hiddenSize]
 * @shape [steps, inputSize], [layers, hiddenSize], [layers, hiddenSize] → [steps, out], [layers, hiddenSize], [layers, hiddenSize]
 * @example
 * const lstm = new nn.LSTM(3, 8, { numLayers: 2, batchFirst: true });
 * const [output, [h, c]] = lstm.forward(ones([2, 10, 3])); // [samples, steps, inputSize]
 * [output.shape, h.shape, c.shape]; // → [[2, 10, 8], [2, 2, 8], [2, 2, 8]]
 */
export class LSTM extends Recurrent<[h: Tensor, c: Tensor]> {
  protected override kind(): Kind {
    return LSTM_KIND;
  }

  constructor(inputSize: number, hiddenSize: number, options?: RecurrentOptions, ...more: never[]) {
    layerOptions(options, more, "LSTM");
    super(inputSize, hiddenSize, options);
  }

  forward(x: Tensor, state?: [h: Tensor, c: Tensor] | null): [output: Tensor, state: [h: Tensor, c: Tensor]] {
    if (state !== undefined && state !== null) wantPair("LSTM", state);
    const [output, [h, c]] = this.run(x, state ?? null);
    return [output, [h!, c!]];
  }
}

/**
 * Gated recurrent units (Cho et al. 2014), in PyTorch's form: gru.forward(x, h) → [output, h], zeros if no h is given.
 * Shapes as LSTM's.
 * @shape [steps, batch, inputSize], [layers, batch, hiddenSize] → [steps, batch, out], [layers, batch, hiddenSize]
 * @shape [batch, steps, inputSize], [layers, batch, hiddenSize] → [batch, steps, out], [layers, batch, hiddenSize]
 * @shape [steps, inputSize], [layers, hiddenSize] → [steps, out], [layers, hiddenSize]
 * @example
 * const gru = new nn.GRU(3, 8, { batchFirst: true });
 * const [output, h] = gru.forward(ones([2, 10, 3])); // [samples, steps, inputSize]
 * [output.shape, h.shape]; // → [[2, 10, 8], [1, 2, 8]]
 */
export class GRU extends Recurrent<Tensor> {
  protected override kind(): Kind {
    return GRU_KIND;
  }

  constructor(inputSize: number, hiddenSize: number, options?: RecurrentOptions, ...more: never[]) {
    layerOptions(options, more, "GRU");
    super(inputSize, hiddenSize, options);
  }

  forward(x: Tensor, h?: Tensor | null): [output: Tensor, h: Tensor] {
    const [output, [last]] = this.run(x, h === undefined || h === null ? null : [h]);
    return [output, last!];
  }
}

export interface RnnOptions extends RecurrentOptions {
  nonlinearity?: "tanh" | "relu";
}

/**
 * Plain recurrent units (Elman 1990), h' = tanh(W x + b + W' h + b'): rnn.forward(x, h) → [output, h]. Shapes as LSTM's.
 * @shape [steps, batch, inputSize], [layers, batch, hiddenSize] → [steps, batch, out], [layers, batch, hiddenSize]
 * @shape [batch, steps, inputSize], [layers, batch, hiddenSize] → [batch, steps, out], [layers, batch, hiddenSize]
 * @shape [steps, inputSize], [layers, hiddenSize] → [steps, out], [layers, hiddenSize]
 * @example
 * const [output, h] = new nn.RNN(3, 8).forward(ones([10, 2, 3])); // [steps, samples, inputSize]
 * [output.shape, h.shape]; // → [[10, 2, 8], [1, 2, 8]]
 */
export class RNN extends Recurrent<Tensor> {
  readonly nonlinearity: "tanh" | "relu";

  protected override kind(): Kind {
    return RNN_KIND;
  }

  constructor(inputSize: number, hiddenSize: number, options?: RnnOptions, ...more: never[]) {
    rnnOptions(options, more);
    super(inputSize, hiddenSize, options);
    this.nonlinearity = options?.nonlinearity ?? "tanh";
  }

  forward(x: Tensor, h?: Tensor | null): [output: Tensor, h: Tensor] {
    const [output, [last]] = this.run(
      x,
      h === undefined || h === null ? null : [h],
      this.nonlinearity === "relu",
    );
    return [output, last!];
  }
}
