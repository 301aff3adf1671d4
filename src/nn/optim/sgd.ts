// Stochastic gradient descent.
import { sgdStep } from "../../kernels/optimizers/sgd.ts";
import type { Slot } from "../../kernels/optimizers/slots.ts";
import { BOOLEAN, NUMBER } from "../../tensor/options.ts";
import {
  atLeastZero,
  type MaximizeOptions,
  Optimizer,
  type ParamsOrGroups,
  settingsOf,
  type When,
} from "./optimizer.ts";

/** SGD's settings. */
export interface SgdOptions extends MaximizeOptions {
  lr: number;
  momentum?: number;
  dampening?: number;
  /** L2: adds weightDecay · θ to the gradient. */
  weightDecay?: number;
  /** Nesterov's momentum. */
  nesterov?: boolean;
}

const SETTINGS = settingsOf({
  lr: NUMBER,
  momentum: NUMBER,
  dampening: NUMBER,
  weightDecay: NUMBER,
  nesterov: BOOLEAN,
});

/**
 * Stochastic gradient descent with momentum as torch.optim.SGD defines it:
 * g += weightDecay · θ; v = momentum · v + (1 − dampening) · g (v = g in the first step); θ −= lr · v, or
 * lr · (g + momentum · v) with Nesterov's.
 * @example
 * const weight = new nn.Parameter(tensor([1, 2]));
 * const optimizer = new optim.SGD([weight], { lr: 0.1, momentum: 0.9 });
 * weight.square().sum().backward(); // its gradient: [2, 4]
 * optimizer.step();
 * weight; // → [0.8, 1.6]
 */
export class SGD extends Optimizer<Required<SgdOptions>> {
  constructor(parameters: ParamsOrGroups<SgdOptions>, options: SgdOptions, ...more: never[]) {
    const defaults = { momentum: 0, dampening: 0, weightDecay: 0, nesterov: false };
    super(parameters, defaults, options, SETTINGS, more);
  }

  protected check(
    { lr, momentum, dampening, weightDecay, nesterov }: Required<SgdOptions>,
    name: string,
  ): void {
    atLeastZero(name, { lr, momentum, dampening, weightDecay });
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new RangeError(`${name}: nesterov wants a momentum above 0 and no dampening`);
    }
  }

  protected remembers({ momentum }: Required<SgdOptions>): string[] {
    return momentum === 0 ? [] : ["momentum_buffer"];
  }

  protected update(slots: readonly Slot[], settings: Required<SgdOptions>, { first }: When): void {
    sgdStep(slots, { ...settings, first });
  }
}
