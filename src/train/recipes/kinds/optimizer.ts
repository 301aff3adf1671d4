// The optimizers that there are, by kind, and how their learning rate goes with the epochs. Defaults are PyTorch's.
import { z } from "zod";
import { positive, probability, upTo } from "./numbers.ts";

/**
 * Epochs in which the learning rate rises: of w, epoch e has lr · e / (w + 1). What comes after begins when they are over.
 */
const warmup = upTo(1_000_000, 0).default(0);

const schedule = z.discriminatedUnion("kind", [
  /** lr throughout. */
  z.strictObject({ kind: z.literal("constant"), warmup }),
  /**
   * Epoch e of n has to + (lr − to) · ½(1 + cos(π (e − 1) / n)), torch's CosineAnnealingLR stepped once an epoch, which
   * ends just above `to`.
   */
  z.strictObject({ kind: z.literal("cosine"), warmup, to: z.number().min(0).default(0) }),
  /** Multiplied by gamma after each of these epochs, as torch's MultiStepLR. Epochs of the warm-up count. */
  z.strictObject({
    kind: z.literal("step"),
    warmup,
    milestones: z.array(upTo(1_000_000)).max(100),
    gamma: positive.default(0.1),
  }),
]);

export type Schedule = z.infer<typeof schedule>;

/** What all kinds have. */
const common = {
  lr: positive,
  schedule: schedule.default({ kind: "constant", warmup: 0 }),
  weightDecay: z.number().min(0).default(0),
  /** Whether weight decay acts on biases and norms' parameters too, as PyTorch does by default. */
  decaysBiases: z.boolean().default(true),
};

/** torch.optim.SGD's numbers. */
const sgd = z.strictObject({
  kind: z.literal("sgd"),
  ...common,
  momentum: z.number().min(0).default(0),
  nesterov: z.boolean().default(false),
});

const beta = probability.lt(1);
/** Those of torch.optim.Adam and AdamW. */
const adams = {
  ...common,
  betas: z.tuple([beta, beta]).default([0.9, 0.999]),
  eps: positive.default(1e-8),
};

export const optimizer = z.discriminatedUnion("kind", [
  sgd,
  z.strictObject({ kind: z.literal("adam"), ...adams }),
  z.strictObject({ kind: z.literal("adamw"), ...adams }),
]);

export type OptimizerSettings = z.infer<typeof optimizer>;
export type SgdSettings = z.infer<typeof sgd>;

/** What makes no sense in an optimizer whose settings are each of the right kind; null if nothing does. */
export function nonsenseInOptimizer(settings: OptimizerSettings): string | null {
  return settings.kind === "sgd" && settings.nesterov && settings.momentum === 0
    ? "optimizer.nesterov wants an optimizer.momentum above 0; optimizer.nesterov=false does without"
    : null;
}
