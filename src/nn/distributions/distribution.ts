// What distributions share: their parameters, shapes of samples, and what users pass.
import type { Shape } from "../../gpu/shape.ts";
import { noGrad } from "../../tensor/autograd/grad-mode.ts";
import { isTensor, show, wantNoMore, wantShape } from "../../tensor/check.ts";
import { full } from "../../tensor/creation.ts";
import { refuseInPython } from "../../tensor/instead.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** A parameter of a distribution as a tensor. */
export function parameterOf(who: string, name: string, value: Tensor | number): Tensor {
  if (isTensor(value)) return value as Tensor;
  if (typeof value !== "number")
    throw new TypeError(`${who}: ${name} is a tensor or a number, got ${show(value)}`);
  return full([], value);
}

/** The one of two parameters that is given. */
export function oneOfTwo<T>(who: string, given: Readonly<Record<string, T | undefined>>): void {
  const names = Object.keys(given);
  if (names.filter((name) => given[name] !== undefined).length !== 1)
    throw new TypeError(`${who}: give ${names.join(" or ")}, one of both`);
}

/**
 * What distributions have in common: a shape of parameters, draws and the logarithm of their probability.
 * @example
 * const surprise = (model: distributions.Distribution, seen: Tensor) => model.logProb(seen).neg();
 * surprise(new distributions.Normal(0, 1), tensor([0, 2])); // → [0.9189, 2.9189]
 */
export abstract class Distribution {
  /** Of the parameters: what one draw gives. */
  abstract readonly batchShape: number[];

  protected abstract draw(shape: Shape): Tensor;

  /** Draws numbers, [...shape, ...batchShape], off the tape: no gradient goes through them.
   * @shape → [...shape, ...batchShape] */
  sample(shape: Shape = [], ...more: never[]): Tensor {
    const who = `${this.constructor.name}.sample`;
    wantShape(who, shape);
    wantNoMore(who, more);
    return noGrad(() => this.draw([...shape, ...this.batchShape]));
  }

  /** The logarithm of the probability, or of its density, of each value.
   * @shape any → [...value and parameters, broadcast] */
  abstract logProb(value: Tensor, ...more: never[]): Tensor;

  /** How uncertain it is, in nats.
   * @shape → [...batchShape] */
  abstract entropy(...more: never[]): Tensor;
}

refuseInPython(Distribution.prototype, ["batchShape", "logProb"]);
