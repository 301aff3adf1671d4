// Adam and AdamW.
import { adamStep } from "../../kernels/optimizers/adam.ts";
import type { Slot } from "../../kernels/optimizers/slots.ts";
import { BOOLEAN, type Kind, NUMBER } from "../../tensor/options.ts";
import {
  atLeastZero,
  defined,
  type MaximizeOptions,
  Optimizer,
  type ParamsOrGroups,
  settingsOf,
  type When,
} from "./optimizer.ts";

/** Adam's settings. */
export interface AdamOptions extends MaximizeOptions {
  lr?: number;
  /** Decay of the running mean of gradients and of their squares. */
  betas?: readonly [number, number];
  eps?: number;
  weightDecay?: number;
  /** Divides by the largest mean of squares so far (Reddi et al. 2018). */
  amsgrad?: boolean;
}

/** The optimizer checks which two. */
export const BETAS: Kind = { says: "a list of two numbers", fits: Array.isArray };
const SETTINGS = settingsOf({ lr: NUMBER, betas: BETAS, eps: NUMBER, weightDecay: NUMBER, amsgrad: BOOLEAN });

/** Throws unless two betas are given, from 0 up to 1. */
export function checkBetas(name: string, betas: readonly number[]): void {
  if (!Array.isArray(betas) || betas.length !== 2 || !betas.every((beta) => beta >= 0 && beta < 1))
    throw new RangeError(`${name}: betas are two numbers from 0 up to 1, got [${betas.join(", ")}]`);
}

/**
 * Adam as torch.optim.Adam defines it; weight decay goes through the gradient.
 * @example
 * const weight = new nn.Parameter(tensor([1, 2]));
 * const optimizer = new optim.Adam([weight], { lr: 0.1 });
 * weight.square().sum().backward();
 * optimizer.step();
 * weight; // → [0.9, 1.9]
 */
export class Adam extends Optimizer<Required<AdamOptions>> {
  protected readonly decoupled: boolean = false;

  constructor(parameters: ParamsOrGroups<AdamOptions>, options?: AdamOptions, ...more: never[]) {
    const defaults = {
      lr: 1e-3,
      betas: [0.9, 0.999] as const,
      eps: 1e-8,
      weightDecay: 0,
      amsgrad: false,
    };
    super(parameters, defaults, options, SETTINGS, more);
  }

  protected check({ lr, betas, eps, weightDecay }: Required<AdamOptions>, name: string): void {
    atLeastZero(name, { lr, eps, weightDecay });
    checkBetas(name, betas);
  }

  protected remembers({ amsgrad }: Required<AdamOptions>): string[] {
    return ["exp_avg", "exp_avg_sq", ...(amsgrad ? ["max_exp_avg_sq"] : [])];
  }

  protected update(slots: readonly Slot[], settings: Required<AdamOptions>, when: When): void {
    adamStep(slots, { ...settings, ...when, decoupled: this.decoupled });
  }
}

/**
 * Adam with weight decay on the weights themselves (Loshchilov & Hutter 2019): torch.optim.AdamW.
 * @example
 * const weight = new nn.Parameter(tensor([1, 2]));
 * const optimizer = new optim.AdamW([weight], { lr: 0.1, weightDecay: 0.5 });
 * weight.square().sum().backward();
 * optimizer.step();
 * weight; // → [0.85, 1.8]
 */
export class AdamW extends Adam {
  protected override readonly decoupled = true;

  constructor(parameters: ParamsOrGroups<AdamOptions>, options?: AdamOptions, ...more: never[]) {
    SETTINGS.all(options, more, "AdamW");
    super(parameters, { weightDecay: 0.01, ...defined(options ?? {}) });
  }
}
