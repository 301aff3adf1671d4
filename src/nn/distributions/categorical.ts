// One of some classes, and yes or no.
import { broadcastShapes, type Shape } from "../../gpu/shape.ts";
import { isTensor, wantNoMore, wantTensor } from "../../tensor/check.ts";
import { uniform } from "../../tensor/creation.ts";
import { checkIndices } from "../../tensor/from-host.ts";
import { type Kind, takes } from "../../tensor/options.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { binaryCrossEntropyWithLogits } from "../functional/losses/index.ts";
import { Distribution, oneOfTwo } from "./distribution.ts";

const TENSOR: Kind = { says: "a tensor", fits: isTensor };
const categoricalOptions = takes("Categorical", 1, { probs: TENSOR, logits: TENSOR });
const bernoulliOptions = takes("Bernoulli", 1, { probs: TENSOR, logits: TENSOR });

/** float32's: a probability of 0 has a logarithm whose product with it is 0. */
const LEAST = -3.4028234663852886e38;
const SMALLEST = 2 ** -126;
const TINY = 2 ** -24;

/** One of the two: probabilities, or their logarithms up to a constant. */
export interface ProbsOrLogits {
  /** Probabilities, or weights that are to be divided by their sum, along the last dimension; … */
  probs?: Tensor;
  /** … or their logarithms, to which a number may be added. */
  logits?: Tensor;
}

/** ln of probabilities. One of 0, or too small for a logarithm, gets LEAST and no gradient: that of log would be 0 · ∞. */
function logarithms(probs: Tensor): Tensor {
  const shares = probs.div(probs.sum(-1, true));
  const none = shares.abs().lt(SMALLEST);
  return shares.maskedFill(none, 1).log().maskedFill(none, LEAST);
}

/**
 * A class of 0 … k − 1, by `probs` or `logits` [..., k].
 * @example
 * const categorical = new distributions.Categorical({ probs: tensor([0.25, 0.75]) });
 * categorical.logProb(tensor(new Uint32Array([0]))); // → [-1.3863]
 */
export class Categorical extends Distribution {
  /** Log-probabilities [..., k]. */
  readonly logits: Tensor;

  constructor(options: ProbsOrLogits, ...more: never[]) {
    categoricalOptions(options, more);
    super();
    const { probs, logits } = options ?? {};
    oneOfTwo("Categorical", { probs, logits });
    const given = (probs ?? logits)!;
    if (given.ndim === 0)
      throw new RangeError("Categorical: wants one dimension or more, the last the classes");
    this.logits = scope(
      () => (logits === undefined ? logarithms(probs!) : logits.logSoftmax(-1).clamp({ min: LEAST })),
      "Categorical",
    );
  }

  get probs(): Tensor {
    return this.logits.softmax(-1);
  }

  get batchShape(): number[] {
    return this.logits.shape.slice(0, -1);
  }

  /** int32 class numbers: the largest of the log-probabilities with Gumbel's noise. */
  protected draw(shape: Shape): Tensor {
    const noise = uniform([...shape, this.logits.shape.at(-1)!], TINY, 1)
      .log()
      .neg()
      .log()
      .neg();
    return this.logits.add(noise).argmax(-1);
  }

  /** value: whole numbers that broadcast with the batch's shape.
   * @shape any → [...value and parameters, broadcast] */
  logProb(value: Tensor, ...more: never[]): Tensor {
    wantTensor("Categorical.logProb", "the value", value);
    wantNoMore("Categorical.logProb", more);
    const classes = this.logits.shape.at(-1)!;
    checkIndices("Categorical.logProb: a class", value, classes); // while it is known what it holds
    return scope(() => {
      const shape = broadcastShapes(value.shape, this.batchShape, "Categorical.logProb");
      const spread = this.logits.expand([...shape, classes]);
      return spread.gather(-1, value.expand(shape).unsqueeze(-1)).squeeze(-1);
    }, "Categorical.logProb");
  }

  entropy(...more: never[]): Tensor {
    wantNoMore("Categorical.entropy", more);
    return scope(() => meanOver(this.probs, this.logits).neg(), "Categorical.entropy");
  }
}

/** Σ p · x over the classes, 0 of those that never are: x is LEAST there, which a gradient's factor makes infinite. */
export function meanOver(probs: Tensor, x: Tensor): Tensor {
  return probs.mul(x.maskedFill(probs.eq(0), 0)).sum(-1);
}

/**
 * 1 with a probability, else 0: by `probs` or `logits` = ln(p / (1 − p)).
 * @example new distributions.Bernoulli({ probs: tensor([0.5]) }).logProb(tensor([1])); // → [-0.6931]
 */
export class Bernoulli extends Distribution {
  readonly logits: Tensor;
  readonly probs: Tensor;

  constructor(options: ProbsOrLogits, ...more: never[]) {
    bernoulliOptions(options, more);
    super();
    const { probs, logits } = options ?? {};
    oneOfTwo("Bernoulli", { probs, logits });
    const bounded = (p: Tensor) => p.clamp({ min: TINY, max: 1 - TINY });
    this.probs = probs ?? logits!.sigmoid();
    this.logits =
      logits ?? scope(() => bounded(probs!).log().sub(bounded(probs!).neg().add(1).log()), "Bernoulli");
  }

  get batchShape(): number[] {
    return this.probs.shape;
  }

  protected draw(shape: Shape): Tensor {
    return uniform(shape, 0, 1).lt(this.probs).float();
  }

  /** value: 0 or 1.
   * @shape any → [...value and parameters, broadcast] */
  logProb(value: Tensor, ...more: never[]): Tensor {
    wantTensor("Bernoulli.logProb", "the value", value);
    wantNoMore("Bernoulli.logProb", more);
    return scope(() => {
      const shape = broadcastShapes(value.shape, this.batchShape, "Bernoulli.logProb");
      const [logits, target] = [this.logits.expand(shape), value.float().expand(shape)];
      return binaryCrossEntropyWithLogits(logits, target, { reduction: "none" }).neg();
    }, "Bernoulli.logProb");
  }

  entropy(...more: never[]): Tensor {
    wantNoMore("Bernoulli.entropy", more);
    return binaryCrossEntropyWithLogits(this.logits, this.probs, { reduction: "none" });
  }
}
