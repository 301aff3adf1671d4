// Cells of recurrent layers: one step at a time.
import { formatShape } from "../../gpu/shape.ts";
import { requireFloat } from "../../kernels/shared/require.ts";
import { wantTensor, wantWhole } from "../../tensor/check.ts";
import { zeros } from "../../tensor/creation.ts";
import { arrayOf } from "../../tensor/handle.ts";
import { BOOLEAN, oneOf, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { noteParameters } from "../held.ts";
import { Module, type Parameter } from "../module.ts";
import {
  GRU_KIND,
  join,
  type Kind,
  LSTM_KIND,
  RNN_KIND,
  statesOf,
  wantPair,
  wantStates,
  weightsOf,
} from "./recurrentKinds.ts";

const cellOptions = takes("RNNCell", 3, { bias: BOOLEAN });
const rnnCellOptions = takes("RNNCell", 3, { bias: BOOLEAN, nonlinearity: oneOf("tanh", "relu") });

abstract class RecurrentCell<State, Result> extends Module<[x: Tensor, state?: State], Result> {
  /** [gates · hiddenSize, inputSize] and [gates · hiddenSize, hiddenSize] */
  weightIh: Parameter;
  weightHh: Parameter;
  /** Each [gates · hiddenSize] */
  biasIh: Parameter | null;
  biasHh: Parameter | null;

  /** Of the class, and no field: what copies a layer does not copy its operations. */
  protected abstract kind(): Kind;

  protected constructor(
    readonly inputSize: number,
    readonly hiddenSize: number,
    bias: boolean,
  ) {
    super();
    const name = this.constructor.name;
    wantWhole(name, { inputSize }, 1);
    wantWhole(name, { hiddenSize }, 1);
    const { ih, hh, biasIh, biasHh } = weightsOf(this.kind().gates, inputSize, hiddenSize, bias);
    this.weightIh = ih;
    this.weightHh = hh;
    this.biasIh = biasIh;
    this.biasHh = biasHh;
    noteParameters(this);
  }

  /** The new states, each [batch, hiddenSize], or [hiddenSize] for x [inputSize]. */
  protected run(input: Tensor, given: readonly Tensor[] | null, relu = false): Tensor[] {
    const name = this.constructor.name;
    wantTensor(name, "the input", input);
    if ((input.ndim !== 1 && input.ndim !== 2) || input.shape.at(-1) !== this.inputSize)
      throw new RangeError(
        `${name}: wants an input [batch, ${this.inputSize}] or [${this.inputSize}], got ${formatShape(input.shape)}`,
      );
    requireFloat(name, arrayOf(input));
    const kind = this.kind();
    const single = input.ndim === 1;
    const x = input.reshape([1, single ? 1 : input.shape[0]!, this.inputSize]);
    const batch = x.shape[1]!;
    const wanted = single ? [this.hiddenSize] : [batch, this.hiddenSize];
    const one = [1, batch, this.hiddenSize];
    wantStates(name, given ?? [], wanted);
    const first = given?.map((each) => each.reshape(one));
    const { weightIh: ih, weightHh: hh, biasIh, biasHh } = this;
    const start = first === undefined ? zeros([kind.states, batch, this.hiddenSize]) : join(first, 0);
    const states = statesOf(kind, x, { ih, hh, biasIh, biasHh }, start, false, relu);
    return Array.from({ length: kind.states }, (_, i) => states.narrow(0, 2 * i + 1, 1).reshape(wanted));
  }

  protected override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}${this.biasIh === null ? ", bias: false" : ""}`;
  }
}

/**
 * A step of an LSTM: cell.forward(x, [h, c]) → [h, c], zeros if no state is given. x [batch, inputSize], h, c [batch, hiddenSize].
 * @shape [batch, inputSize], [batch, hiddenSize], [batch, hiddenSize] → [batch, hiddenSize], [batch, hiddenSize]
 * @shape [inputSize], [hiddenSize], [hiddenSize] → [hiddenSize], [hiddenSize]
 * @example
 * const [h, c] = new nn.LSTMCell(3, 8).forward(ones([2, 3]));
 * [h.shape, c.shape]; // → [[2, 8], [2, 8]]
 */
export class LSTMCell extends RecurrentCell<[h: Tensor, c: Tensor], [h: Tensor, c: Tensor]> {
  protected override kind(): Kind {
    return LSTM_KIND;
  }

  constructor(inputSize: number, hiddenSize: number, options?: { bias?: boolean }, ...more: never[]) {
    cellOptions(options, more, "LSTMCell");
    super(inputSize, hiddenSize, options?.bias ?? true);
  }

  forward(x: Tensor, state?: [h: Tensor, c: Tensor] | null): [h: Tensor, c: Tensor] {
    if (state !== undefined && state !== null) wantPair("LSTMCell", state);
    const [h, c] = this.run(x, state ?? null);
    return [h!, c!];
  }
}

/**
 * A step of a GRU: cell.forward(x, h) → h. Shapes as LSTMCell's.
 * @shape [batch, inputSize], [batch, hiddenSize] → [batch, hiddenSize]
 * @shape [inputSize], [hiddenSize] → [hiddenSize]
 * @example new nn.GRUCell(3, 8).forward(ones([2, 3]), zeros([2, 8])).shape; // → [2, 8]
 */
export class GRUCell extends RecurrentCell<Tensor, Tensor> {
  protected override kind(): Kind {
    return GRU_KIND;
  }

  constructor(inputSize: number, hiddenSize: number, options?: { bias?: boolean }, ...more: never[]) {
    cellOptions(options, more, "GRUCell");
    super(inputSize, hiddenSize, options?.bias ?? true);
  }

  forward(x: Tensor, h?: Tensor | null): Tensor {
    return this.run(x, h === undefined || h === null ? null : [h])[0]!;
  }
}

/**
 * A step of a plain recurrent layer: cell.forward(x, h) → h. Shapes as LSTMCell's.
 * @shape [batch, inputSize], [batch, hiddenSize] → [batch, hiddenSize]
 * @shape [inputSize], [hiddenSize] → [hiddenSize]
 * @example new nn.RNNCell(3, 8).forward(ones([2, 3])).shape; // → [2, 8]
 */
export class RNNCell extends RecurrentCell<Tensor, Tensor> {
  readonly nonlinearity: "tanh" | "relu";

  protected override kind(): Kind {
    return RNN_KIND;
  }

  constructor(
    inputSize: number,
    hiddenSize: number,
    options?: { bias?: boolean; nonlinearity?: "tanh" | "relu" },
    ...more: never[]
  ) {
    rnnCellOptions(options, more);
    super(inputSize, hiddenSize, options?.bias ?? true);
    this.nonlinearity = options?.nonlinearity ?? "tanh";
  }

  forward(x: Tensor, h?: Tensor | null): Tensor {
    return this.run(x, h === undefined || h === null ? null : [h], this.nonlinearity === "relu")[0]!;
  }
}
