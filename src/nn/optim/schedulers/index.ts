// Schedulers of learning rates by torch.optim.lr_scheduler's names.
export { ChainedScheduler, SequentialLR } from "./combined.ts";
export { CosineAnnealingLR, CosineAnnealingWarmRestarts } from "./cosine.ts";
export { CyclicLR, type CyclicOptions, OneCycleLR, type OneCycleOptions } from "./cyclic.ts";
export {
  ConstantLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  type LrLambda,
  MultiplicativeLR,
  MultiStepLR,
  PolynomialLR,
  StepLR,
} from "./decay.ts";
export { type PlateauOptions, ReduceLROnPlateau } from "./plateau.ts";
export type { LRScheduler, Scheduled, SchedulerState } from "./scheduler.ts";
