// Tensor's draws from probabilities, and tensors like this one.
import type { DType } from "../../gpu/array.ts";
import { DTYPES, empty } from "../../gpu/array.ts";
import { formatShape, type Shape } from "../../gpu/shape.ts";
import { filled } from "../../kernels/elementwise/fill.ts";
import { multinomialArray } from "../../kernels/random/multinomial.ts";
import { uniformArray } from "../../kernels/random/random.ts";
import { noGrad } from "../autograd/grad-mode.ts";
import { isTensor, wantNoMore, wantNumber, wantProbability, wantShape, wantWhole } from "../check.ts";
import { arrayOf } from "../handle.ts";
import { BOOLEAN, oneOf, takes } from "../options.ts";
import { Composed } from "./composed.ts";

const multinomialOptions = takes("multinomial", 2, { replacement: BOOLEAN });
const newOptions = (name: string, at: number) => takes(name, at, { dtype: oneOf(...DTYPES) }, []);
const newZerosOptions = newOptions("newZeros", 2);
const newOnesOptions = newOptions("newOnes", 2);
const newEmptyOptions = newOptions("newEmpty", 2);
const newFullOptions = newOptions("newFull", 3);

/** Coins thrown by numbers from 0 to 1: 1 with probability p, else 0, and NaN where that is. */
function thrown<T extends Sampling<T>>(uniform: T, p: number | T): T {
  const coins = uniform.lt(p).float();
  return isTensor(p) && p.dtype === "float32" ? p.where(p.isnan(), coins) : coins;
}

export abstract class Sampling<Self extends Sampling<Self>> extends Composed<Self> {
  /** 1 with the probability that each element is, or that is given, else 0: float32, without a gradient. NaN stays NaN.
   * @shape any → the same
   * @example tensor([0, 1]).bernoulli(); // → [0, 1] */
  bernoulli(p?: number, ...more: never[]): Self {
    wantNoMore("bernoulli", more);
    if (p !== undefined) wantProbability("bernoulli", { p });
    const probability = p ?? (this as unknown as Self);
    return noGrad(() => thrown(this.wrap(uniformArray(this.shape, 0, 1), "bernoulli"), probability));
  }

  /** Overwrites the elements with 1, with probability p, or one each of a tensor, else 0.
   * @shape any, any → the same
   * @example zeros([3]).bernoulli_(1); // → [1, 1, 1] */
  bernoulli_(p: number | Self = 0.5, ...more: never[]): this {
    wantNoMore("bernoulli_", more);
    if (!isTensor(p)) wantProbability("bernoulli_", { p });
    this.wantWritable("bernoulli_");
    return this.become("bernoulli_", () =>
      thrown(this.wrap(uniformArray(this.shape, 0, 1), "bernoulli_"), p).to(this.dtype),
    );
  }

  /**
   * Indices drawn with the probabilities of a list, or of each row, which need not add up to 1: [n] → [numSamples] or
   * [rows, n] → [rows, numSamples], int32. Each at most once, unless with { replacement: true }. Repeatable after manualSeed.
   * @shape [..., n] → [..., numSamples]
   * @example tensor([0, 0, 1]).multinomial(1); // → [2]
   */
  multinomial(numSamples: number, options?: { replacement?: boolean }, ...more: never[]): Self {
    wantWhole("multinomial", { numSamples }, 1);
    multinomialOptions(options, more);
    this.requireFloat("multinomial");
    const n = this.shape.at(-1) ?? 0;
    if (n === 0 || this.ndim > 2)
      throw new RangeError(
        `multinomial: wants probabilities [n] or [rows, n], got ${formatShape(this.shape)}`,
      );
    const { replacement = false } = options ?? {};
    if (!replacement && numSamples > n)
      throw new RangeError(
        `multinomial: there are ${n} to draw from, too few for ${numSamples}: with { replacement: true } they may come again`,
      );
    return noGrad(() => {
      const rows = this.reshape([-1, n]);
      const drawn = replacement
        ? this.wrap(multinomialArray(arrayOf(rows), arrayOf(rows.cumsum(1)), numSamples), "multinomial")
        : rows.firstArrivals(numSamples);
      return this.ndim === 1 ? drawn.reshape([numSamples]) : drawn;
    });
  }

  /** Of arrival times that are exponential with these rates, the first: a draw without replacement. */
  private firstArrivals(count: number): Self {
    const u = this.wrap(uniformArray(this.shape, 0, 1), "multinomial");
    // u and e can be 0, and what has no probability arrives last.
    const times = u
      .neg()
      .log1p()
      .neg()
      .clamp(2 ** -25)
      .div(this as unknown as Self);
    return times.argsort(1).narrow(1, 0, count);
  }

  private filledWith(name: string, shape: Shape, value: number | null, dtype: DType | undefined): Self {
    wantShape(name, shape);
    const type = dtype ?? this.dtype;
    const array = value === null ? empty(shape, type, name) : filled(shape, value, type);
    return this.wrap(array, name);
  }

  /** Zeros of this tensor's type, or another; the others likewise.
   * @shape any → [...shape]
   * @example ones([3]).newZeros([2]); // → [0, 0] */
  newZeros(shape: Shape, options?: { dtype?: DType }, ...more: never[]): Self {
    newZerosOptions(options, more);
    return this.filledWith("newZeros", shape, 0, options?.dtype);
  }
  /** Ones of this tensor's type.
   * @shape any → [...shape]
   * @example zeros([3]).newOnes([2]); // → [1, 1] */
  newOnes(shape: Shape, options?: { dtype?: DType }, ...more: never[]): Self {
    newOnesOptions(options, more);
    return this.filledWith("newOnes", shape, 1, options?.dtype);
  }
  /** A tensor of this one's type, for values that will be written.
   * @shape any → [...shape]
   * @example zeros([3]).newEmpty([2, 4]).shape; // → [2, 4] */
  newEmpty(shape: Shape, options?: { dtype?: DType }, ...more: never[]): Self {
    newEmptyOptions(options, more);
    return this.filledWith("newEmpty", shape, null, options?.dtype);
  }
  /** One value, of this tensor's type.
   * @shape any → [...shape]
   * @example zeros([3]).newFull([2], 7); // → [7, 7] */
  newFull(shape: Shape, value: number, options?: { dtype?: DType }, ...more: never[]): Self {
    wantNumber("newFull", "the value", value);
    newFullOptions(options, more);
    return this.filledWith("newFull", shape, value, options?.dtype);
  }

  /** This tensor itself: all are contiguous here.
   * @shape any → the same
   * @example ones([2, 3]).t().contiguous().shape; // → [3, 2] */
  contiguous(): Self {
    return this as unknown as Self;
  }
}
