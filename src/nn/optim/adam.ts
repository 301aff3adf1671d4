// Adam and AdamW.
import type { DeviceArray } from "../../gpu/array.ts";
import { adamStep } from "../../kernels/optimizers/adam.ts";
import { type Kind, NUMBER } from "../../tensor/options.ts";
import {
  atLeastZero,
  defined,
  Optimizer,
  type ParamsOrGroups,
  type Remembered,
  settingsOf,
} from "./optimizer.ts";

export interface AdamOptions {
  lr?: number;
  /** Decay of the running mean of gradients and of their squares. */
  betas?: readonly [number, number];
  eps?: number;
  weightDecay?: number;
}

/** The optimizer checks which two. */
const BETAS: Kind = { says: "a list of two numbers", fits: Array.isArray };
const SETTINGS = settingsOf({ lr: NUMBER, betas: BETAS, eps: NUMBER, weightDecay: NUMBER });

/** Adam as torch.optim.Adam defines it; weight decay goes through the gradient. */
export class Adam extends Optimizer<Required<AdamOptions>> {
  protected readonly decoupled: boolean = false;

  constructor(parameters: ParamsOrGroups<AdamOptions>, options?: AdamOptions, ...more: never[]) {
    const defaults = { lr: 1e-3, betas: [0.9, 0.999] as const, eps: 1e-8, weightDecay: 0 };
    super(parameters, defaults, options, SETTINGS, more);
  }

  protected check({ lr, betas, eps, weightDecay }: Required<AdamOptions>, name: string): void {
    atLeastZero(name, { lr, eps, weightDecay });
    if (!Array.isArray(betas) || betas.length !== 2 || !betas.every((beta) => beta >= 0 && beta < 1))
      throw new RangeError(`${name}: betas are two numbers from 0 up to 1, got [${betas.join(", ")}]`);
  }

  protected update(
    parameter: DeviceArray,
    gradient: DeviceArray,
    settings: Required<AdamOptions>,
    step: number,
    remembered: Remembered,
  ): void {
    const [mean, square] = [remembered("exp_avg"), remembered("exp_avg_sq")];
    const first = mean.first || square.first; // also after a state without them
    adamStep(parameter, gradient, mean.array, square.array, {
      ...settings,
      decoupled: this.decoupled,
      step,
      first,
    });
  }
}

/** Adam with weight decay on the weights themselves (Loshchilov & Hutter 2019): torch.optim.AdamW. */
export class AdamW extends Adam {
  protected override readonly decoupled = true;

  constructor(parameters: ParamsOrGroups<AdamOptions>, options?: AdamOptions, ...more: never[]) {
    SETTINGS.all(options, more, "AdamW");
    super(parameters, { weightDecay: 0.01, ...defined(options ?? {}) });
  }
}
