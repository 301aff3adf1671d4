// Adam's kin: NAdam and RAdam, which are Adam with other factors, and Adamax.
import { type AdamFactors, type AdamStep, adamFactors, adamStep } from "../../kernels/optimizers/adam.ts";
import { adamaxStep } from "../../kernels/optimizers/adamax.ts";
import type { Slot } from "../../kernels/optimizers/slots.ts";
import { NUMBER } from "../../tensor/options.ts";
import { BETAS, checkBetas } from "./adam.ts";
import {
  atLeastZero,
  type MaximizeOptions,
  Optimizer,
  type ParamsOrGroups,
  settingsOf,
  type When,
} from "./optimizer.ts";

/** Adamax's settings. */
export interface AdamaxOptions extends MaximizeOptions {
  lr?: number;
  /** Decay of the running mean of gradients and of their largest magnitude. */
  betas?: readonly [number, number];
  eps?: number;
  /** L2: adds weightDecay · θ to the gradient. */
  weightDecay?: number;
}

/** NAdam's settings. */
export interface NadamOptions extends AdamaxOptions {
  /** How slowly the momentum rises to the first beta. */
  momentumDecay?: number;
}

const KINDS = { lr: NUMBER, betas: BETAS, eps: NUMBER, weightDecay: NUMBER };
const SETTINGS = settingsOf(KINDS);
const NADAM = settingsOf({ ...KINDS, momentumDecay: NUMBER });
const BETAS_OF_ADAM: readonly [number, number] = [0.9, 0.999];

/** What NAdam and RAdam share with Adam. */
abstract class AdamLike<O extends Required<AdamaxOptions>> extends Optimizer<O> {
  protected check({ lr, betas, eps, weightDecay }: O, name: string): void {
    atLeastZero(name, { lr, eps, weightDecay });
    checkBetas(name, betas);
  }

  protected remembers(): string[] {
    return ["exp_avg", "exp_avg_sq"];
  }

  protected update(slots: readonly Slot[], settings: O, when: When): void {
    const step = { ...settings, ...when, decoupled: false };
    adamStep(slots, step, this.factors(step, settings));
  }

  protected abstract factors(step: AdamStep, settings: O): AdamFactors;
}

/**
 * Adam with Nesterov's momentum (Dozat 2016) as torch.optim.NAdam defines it: with μₜ = β₁ · (1 − ½ · 0.96^(t ·
 * momentumDecay)), the step goes lr · (1 − μₜ) / (1 − μ₁ … μₜ) along the gradient and lr · μₜ₊₁ / (1 − μ₁ … μₜ₊₁) along
 * its mean. The product is that of the settings as they are now.
 * @example
 * const weight = new nn.Parameter(tensor([1, 2]));
 * const optimizer = new optim.NAdam([weight], { lr: 0.1 });
 * weight.square().sum().backward();
 * optimizer.step();
 * weight.sub(tensor([1, 2])).lt(0).all(); // → true
 */
export class NAdam extends AdamLike<Required<NadamOptions>> {
  constructor(parameters: ParamsOrGroups<NadamOptions>, options?: NadamOptions, ...more: never[]) {
    const defaults = { lr: 2e-3, betas: BETAS_OF_ADAM, eps: 1e-8, weightDecay: 0, momentumDecay: 4e-3 };
    super(parameters, defaults, options, NADAM, more);
  }

  protected override check(settings: Required<NadamOptions>, name: string): void {
    super.check(settings, name);
    atLeastZero(name, { momentumDecay: settings.momentumDecay });
  }

  /** μ₁ … μₜ, of the settings that `of` names. */
  private readonly products = { of: "", upTo: [1] };

  protected factors(step: AdamStep, { momentumDecay }: Required<NadamOptions>): AdamFactors {
    const { lr, step: t } = step;
    const momentum = (at: number) => step.betas[0] * (1 - 0.5 * 0.96 ** (at * momentumDecay));
    const { products } = this;
    const of = `${step.betas[0]} ${momentumDecay}`;
    if (products.of !== of) Object.assign(products, { of, upTo: [1] });
    for (let at = products.upTo.length; at <= t + 1; at++)
      products.upTo.push(products.upTo[at - 1]! * momentum(at));
    return {
      ...adamFactors(step),
      ofMean: (lr * momentum(t + 1)) / (1 - products.upTo[t + 1]!),
      ofGradient: (lr * (1 - momentum(t))) / (1 - products.upTo[t]!),
    };
  }
}

/**
 * Adam whose first steps, in which the mean of squares is not worth much yet, go along the mean of gradients alone (Liu
 * et al. 2020), as torch.optim.RAdam defines it.
 * @example
 * const weight = new nn.Parameter(tensor([1, 2]));
 * const optimizer = new optim.RAdam([weight], { lr: 0.1 });
 * weight.square().sum().backward(); // its gradient: [2, 4], the first step's
 * optimizer.step();
 * weight; // → [0.8, 1.6]
 */
export class RAdam extends AdamLike<Required<AdamaxOptions>> {
  constructor(parameters: ParamsOrGroups<AdamaxOptions>, options?: AdamaxOptions, ...more: never[]) {
    super(parameters, { lr: 1e-3, betas: BETAS_OF_ADAM, eps: 1e-8, weightDecay: 0 }, options, SETTINGS, more);
  }

  protected factors(adam: AdamStep): AdamFactors {
    const {
      betas: [beta1, beta2],
      eps,
      step,
      lr,
    } = adam;
    const ofMean = lr / (1 - beta1 ** step);
    const most = 2 / (1 - beta2) - 1;
    const squares = 1 - beta2 ** step;
    const length = most - (2 * step * beta2 ** step) / squares; // of the running mean, as good as
    if (length <= 5) return { ofMean, ofGradient: 0, scale: 0, eps: 1 };
    const rectified = ((length - 4) * (length - 2) * most) / ((most - 4) * (most - 2) * length);
    return { ofMean: ofMean * Math.sqrt(rectified * squares), ofGradient: 0, scale: 1, eps };
  }
}

/**
 * Adam by the largest magnitude instead of the mean of squares, as torch.optim.Adamax defines it.
 * @example
 * const weight = new nn.Parameter(tensor([1, 2]));
 * const optimizer = new optim.Adamax([weight], { lr: 0.1 });
 * weight.square().sum().backward();
 * optimizer.step();
 * weight; // → [0.9, 1.9]
 */
export class Adamax extends Optimizer<Required<AdamaxOptions>> {
  constructor(parameters: ParamsOrGroups<AdamaxOptions>, options?: AdamaxOptions, ...more: never[]) {
    super(parameters, { lr: 2e-3, betas: BETAS_OF_ADAM, eps: 1e-8, weightDecay: 0 }, options, SETTINGS, more);
  }

  protected check({ lr, betas, eps, weightDecay }: Required<AdamaxOptions>, name: string): void {
    atLeastZero(name, { lr, eps, weightDecay });
    checkBetas(name, betas);
  }

  protected remembers(): string[] {
    return ["exp_avg", "exp_inf"];
  }

  protected update(slots: readonly Slot[], settings: Required<AdamaxOptions>, when: When): void {
    adamaxStep(slots, { ...settings, ...when });
  }
}
