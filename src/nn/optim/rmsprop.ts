// RMSprop.
import { rmspropStep } from "../../kernels/optimizers/rmsprop.ts";
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

/** RMSprop's settings. */
export interface RmspropOptions extends MaximizeOptions {
  lr?: number;
  /** Decay of the running mean of squares. */
  alpha?: number;
  eps?: number;
  /** L2: adds weightDecay · θ to the gradient. */
  weightDecay?: number;
  momentum?: number;
  /** Divides by the deviation of the gradients instead of their root mean square. */
  centered?: boolean;
}

const SETTINGS = settingsOf({
  lr: NUMBER,
  alpha: NUMBER,
  eps: NUMBER,
  weightDecay: NUMBER,
  momentum: NUMBER,
  centered: BOOLEAN,
});

/**
 * RMSprop as torch.optim.RMSprop defines it: each element by the root of its running mean of squares.
 * @example
 * const weight = new nn.Parameter(tensor([1, 2]));
 * const optimizer = new optim.RMSprop([weight], { lr: 0.1 });
 * weight.square().sum().backward();
 * optimizer.step();
 * weight; // → [0, 1]
 */
export class RMSprop extends Optimizer<Required<RmspropOptions>> {
  constructor(parameters: ParamsOrGroups<RmspropOptions>, options?: RmspropOptions, ...more: never[]) {
    const defaults = { lr: 1e-2, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false };
    super(parameters, defaults, options, SETTINGS, more);
  }

  protected check({ lr, alpha, eps, weightDecay, momentum }: Required<RmspropOptions>, name: string): void {
    atLeastZero(name, { lr, alpha, eps, weightDecay, momentum });
    if (alpha > 1) throw new RangeError(`${name}: alpha is a number from 0 to 1, got ${alpha}`);
  }

  protected remembers({ momentum, centered }: Required<RmspropOptions>): string[] {
    return ["square_avg", ...(momentum > 0 ? ["momentum_buffer"] : []), ...(centered ? ["grad_avg"] : [])];
  }

  protected update(slots: readonly Slot[], settings: Required<RmspropOptions>, { first }: When): void {
    rmspropStep(slots, { ...settings, first });
  }
}
