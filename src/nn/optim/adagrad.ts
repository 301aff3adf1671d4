// Adagrad and Adadelta.
import { adadeltaStep } from "../../kernels/optimizers/adadelta.ts";
import { adagradStep } from "../../kernels/optimizers/adagrad.ts";
import type { Slot } from "../../kernels/optimizers/slots.ts";
import { NUMBER } from "../../tensor/options.ts";
import {
  atLeastZero,
  type MaximizeOptions,
  Optimizer,
  type ParamsOrGroups,
  settingsOf,
  type When,
} from "./optimizer.ts";

/** Adagrad's settings. */
export interface AdagradOptions extends MaximizeOptions {
  lr?: number;
  /** The rate of step t is lr / (1 + (t − 1) · lrDecay). */
  lrDecay?: number;
  weightDecay?: number;
  /** Where the sums of squares begin. */
  initialAccumulatorValue?: number;
  eps?: number;
}

const ADAGRAD = settingsOf({
  lr: NUMBER,
  lrDecay: NUMBER,
  weightDecay: NUMBER,
  initialAccumulatorValue: NUMBER,
  eps: NUMBER,
});

/**
 * Adagrad as torch.optim.Adagrad defines it: each element by the root of the sum of all its squares.
 * @example
 * const weight = new nn.Parameter(tensor([1, 2]));
 * const optimizer = new optim.Adagrad([weight], { lr: 0.1 });
 * weight.square().sum().backward();
 * optimizer.step();
 * weight; // → [0.9, 1.9]
 */
export class Adagrad extends Optimizer<Required<AdagradOptions>> {
  constructor(parameters: ParamsOrGroups<AdagradOptions>, options?: AdagradOptions, ...more: never[]) {
    const defaults = { lr: 1e-2, lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, eps: 1e-10 };
    super(parameters, defaults, options, ADAGRAD, more);
  }

  protected check(settings: Required<AdagradOptions>, name: string): void {
    const { lr, lrDecay, weightDecay, initialAccumulatorValue, eps } = settings;
    atLeastZero(name, { lr, lrDecay, weightDecay, initialAccumulatorValue, eps });
  }

  protected remembers(): string[] {
    return ["sum"];
  }

  protected update(slots: readonly Slot[], settings: Required<AdagradOptions>, when: When): void {
    adagradStep(slots, { ...settings, ...when });
  }
}

/** Adadelta's settings. */
export interface AdadeltaOptions extends MaximizeOptions {
  lr?: number;
  /** Decay of the running means of squared gradients and squared steps. */
  rho?: number;
  eps?: number;
  weightDecay?: number;
}

const ADADELTA = settingsOf({ lr: NUMBER, rho: NUMBER, eps: NUMBER, weightDecay: NUMBER });

/**
 * Adadelta as torch.optim.Adadelta defines it.
 * @example
 * const weight = new nn.Parameter(tensor([1, 2]));
 * const optimizer = new optim.Adadelta([weight], { lr: 1 });
 * weight.square().sum().backward();
 * optimizer.step();
 * weight.sub(tensor([1, 2])).lt(0).all(); // → true
 */
export class Adadelta extends Optimizer<Required<AdadeltaOptions>> {
  constructor(parameters: ParamsOrGroups<AdadeltaOptions>, options?: AdadeltaOptions, ...more: never[]) {
    super(parameters, { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0 }, options, ADADELTA, more);
  }

  protected check({ lr, rho, eps, weightDecay }: Required<AdadeltaOptions>, name: string): void {
    atLeastZero(name, { lr, rho, eps, weightDecay });
    if (rho > 1) throw new RangeError(`${name}: rho is a number from 0 to 1, got ${rho}`);
  }

  protected remembers(): string[] {
    return ["square_avg", "acc_delta"];
  }

  protected update(slots: readonly Slot[], settings: Required<AdadeltaOptions>, { first }: When): void {
    adadeltaStep(slots, { ...settings, first });
  }
}
