// Gauss's distribution.
import { broadcastShapes, type Shape } from "../../gpu/shape.ts";
import { wantNoMore, wantPositive, wantShape, wantTensor } from "../../tensor/check.ts";
import { randn } from "../../tensor/creation.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Distribution, parameterOf } from "./distribution.ts";

const HALF_LN_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/**
 * Normal numbers by mean `loc` and standard deviation `scale`, which are stretched to each other.
 * @example new distributions.Normal(0, 1).logProb(tensor([0])); // → [-0.9189]
 */
export class Normal extends Distribution {
  readonly loc: Tensor;
  readonly scale: Tensor;
  readonly batchShape: number[];

  constructor(loc: Tensor | number, scale: Tensor | number, ...more: never[]) {
    super();
    this.loc = parameterOf("Normal", "loc", loc);
    this.scale = parameterOf("Normal", "scale", scale);
    if (typeof scale === "number") wantPositive("Normal", { scale });
    wantNoMore("Normal", more);
    this.batchShape = broadcastShapes(this.loc.shape, this.scale.shape, "Normal");
  }

  get mean(): Tensor {
    return this.loc.expand(this.batchShape);
  }
  get stddev(): Tensor {
    return this.scale.expand(this.batchShape);
  }
  get variance(): Tensor {
    return this.stddev.square();
  }

  protected draw(shape: Shape): Tensor {
    return this.loc.add(this.scale.mul(randn(shape)));
  }

  /** Draws numbers as sample() does, through which the gradient goes to loc and scale: loc + scale · noise.
   * @shape → [...shape, ...batchShape] */
  rsample(shape: Shape = [], ...more: never[]): Tensor {
    wantShape("Normal.rsample", shape);
    wantNoMore("Normal.rsample", more);
    return scope(() => this.draw([...shape, ...this.batchShape]), "Normal.rsample");
  }

  logProb(value: Tensor, ...more: never[]): Tensor {
    wantTensor("Normal.logProb", "the value", value);
    wantNoMore("Normal.logProb", more);
    return scope(() => {
      const distance = value.sub(this.loc).div(this.scale).square().mul(-0.5);
      return distance.sub(this.scale.log()).sub(HALF_LN_TWO_PI);
    }, "Normal.logProb");
  }

  entropy(...more: never[]): Tensor {
    wantNoMore("Normal.entropy", more);
    return scope(() => this.stddev.log().add(0.5 + HALF_LN_TWO_PI), "Normal.entropy");
  }
}
