// Distributions of numbers that are drawn, by torch.distributions' names.
import { broadcastShapes } from "../../gpu/shape.ts";
import { show, wantNoMore } from "../../tensor/check.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { binaryCrossEntropyWithLogits } from "../functional/losses/index.ts";
import { Bernoulli, Categorical, meanOver } from "./categorical.ts";
import type { Distribution } from "./distribution.ts";
import { Normal } from "./normal.ts";

export { Bernoulli, Categorical, type ProbsOrLogits } from "./categorical.ts";
export type { Distribution } from "./distribution.ts";
export { Normal } from "./normal.ts";

/**
 * The Kullback-Leibler divergence of q from p, two distributions of one kind: Σ p ln(p / q), in nats.
 * @shape → [...parameters]
 * @example distributions.klDivergence(new distributions.Normal(1, 1), new distributions.Normal(0, 1)); // → 0.5
 */
export function klDivergence(p: Distribution, q: Distribution, ...more: never[]): Tensor {
  wantNoMore("klDivergence", more);
  return scope(() => {
    if (p instanceof Categorical && q instanceof Categorical)
      return meanOver(p.probs, p.logits.sub(q.logits));
    if (p instanceof Bernoulli && q instanceof Bernoulli) {
      const shape = broadcastShapes(p.batchShape, q.batchShape, "klDivergence");
      const [logits, probs] = [q.logits.expand(shape), p.probs.expand(shape)];
      return binaryCrossEntropyWithLogits(logits, probs, { reduction: "none" }).sub(p.entropy());
    }
    if (p instanceof Normal && q instanceof Normal) {
      const ratio = p.scale.div(q.scale).square();
      const distance = p.loc.sub(q.loc).div(q.scale).square();
      return ratio.add(distance).sub(1).sub(ratio.log()).mul(0.5);
    }
    throw new TypeError(`klDivergence: wants two distributions of one kind, got ${show(p)} and ${show(q)}`);
  }, "klDivergence");
}
