// One step of the other optimizers, for one element p with gradient g, exactly as torch.optim (1.13) documents them: t
// counts steps from 1, and s is what is remembered of the element, which begins at 0 (Adagrad's at what is set) and is
// changed in place. Weight decay adds to g before.

export interface Options {
  lr: number;
  eps: number;
  weightDecay: number;
  betas?: [number, number];
  /** RMSprop */
  alpha?: number;
  momentum?: number;
  centered?: boolean;
  /** Adagrad */
  lrDecay?: number;
  initialAccumulatorValue?: number;
  /** Adadelta */
  rho?: number;
  /** NAdam */
  momentumDecay?: number;
  amsgrad?: boolean;
}

/** Returns the new p. */
export type Rule = (p: number, g: number, s: number[], t: number) => number;

/** s = [mean of squares, buffer with momentum, mean with centered]. */
export function rmsprop({ lr, eps, alpha = 0.99, momentum = 0, centered = false }: Options): Rule {
  const mean = momentum > 0 ? 2 : 1;
  return (p, g, s) => {
    s[0] = alpha * s[0] + (1 - alpha) * g * g;
    let spread = s[0];
    if (centered) {
      s[mean] = alpha * s[mean] + (1 - alpha) * g;
      spread -= s[mean] ** 2;
    }
    const scaled = g / (Math.sqrt(spread) + eps);
    if (momentum === 0) return p - lr * scaled;
    s[1] = momentum * s[1] + scaled;
    return p - lr * s[1];
  };
}

/** s = [sum of squares]. */
export function adagrad({ lr, eps, lrDecay = 0 }: Options): Rule {
  return (p, g, s, t) => {
    s[0] += g * g;
    return p - ((lr / (1 + (t - 1) * lrDecay)) * g) / (Math.sqrt(s[0]) + eps);
  };
}

/** s = [mean of squares, mean of squared steps]. */
export function adadelta({ lr, eps, rho = 0.9 }: Options): Rule {
  return (p, g, s) => {
    s[0] = rho * s[0] + (1 - rho) * g * g;
    const d = (Math.sqrt(s[1] + eps) / Math.sqrt(s[0] + eps)) * g;
    s[1] = rho * s[1] + (1 - rho) * d * d;
    return p - lr * d;
  };
}

/** s = [mean, largest]. */
export function adamax({ lr, eps, betas: [beta1, beta2] = [0.9, 0.999] }: Options): Rule {
  return (p, g, s, t) => {
    s[0] = beta1 * s[0] + (1 - beta1) * g;
    s[1] = Math.max(beta2 * s[1], Math.abs(g) + eps);
    return p - ((lr / (1 - beta1 ** t)) * s[0]) / s[1];
  };
}

/** s = [mean, mean of squares]. */
function moments(s: number[], g: number, [beta1, beta2]: [number, number]): void {
  s[0] = beta1 * s[0] + (1 - beta1) * g;
  s[1] = beta2 * s[1] + (1 - beta2) * g * g;
}

/** s = [mean, mean of squares, largest mean of squares]. */
export function amsgrad({ lr, eps, betas = [0.9, 0.999] }: Options): Rule {
  return (p, g, s, t) => {
    moments(s, g, betas);
    s[2] = Math.max(s[2], s[1]);
    const denominator = Math.sqrt(s[2]) / Math.sqrt(1 - betas[1] ** t) + eps;
    return p - ((lr / (1 - betas[0] ** t)) * s[0]) / denominator;
  };
}

export function nadam({ lr, eps, betas = [0.9, 0.999], momentumDecay = 4e-3 }: Options): Rule {
  const mu = (t: number) => betas[0] * (1 - 0.5 * 0.96 ** (t * momentumDecay));
  return (p, g, s, t) => {
    moments(s, g, betas);
    let product = 1;
    for (let i = 1; i <= t; i++) product *= mu(i);
    const denominator = Math.sqrt(s[1] / (1 - betas[1] ** t)) + eps;
    const ahead = (mu(t + 1) * s[0]) / (1 - product * mu(t + 1));
    return p - (lr * (((1 - mu(t)) * g) / (1 - product) + ahead)) / denominator;
  };
}

export function radam({ lr, eps, betas = [0.9, 0.999] }: Options): Rule {
  const most = 2 / (1 - betas[1]) - 1;
  return (p, g, s, t) => {
    moments(s, g, betas);
    const mean = s[0] / (1 - betas[0] ** t);
    const left = 1 - betas[1] ** t;
    const length = most - (2 * t * betas[1] ** t) / left;
    if (length <= 5) return p - lr * mean;
    const rectified = Math.sqrt(((length - 4) * (length - 2) * most) / ((most - 4) * (most - 2) * length));
    return p - (lr * mean * rectified * Math.sqrt(left)) / (Math.sqrt(s[1]) + eps);
  };
}
