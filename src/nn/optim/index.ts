// Optimizers by torch.optim's names and defaults.

export { Adadelta, type AdadeltaOptions, Adagrad, type AdagradOptions } from "./adagrad.ts";
export { Adam, type AdamOptions, AdamW } from "./adam.ts";
export { Adamax, type AdamaxOptions, NAdam, type NadamOptions, RAdam } from "./adamKin.ts";
export { AveragedModel, type AveragedModelOptions, updateBn } from "./averaged.ts";
export { LBFGS, type LbfgsOptions, type LbfgsState } from "./lbfgs.ts";
export type { MaximizeOptions, Optimizer, OptimizerState, ParamGroup, ParamsOrGroups } from "./optimizer.ts";
export { RMSprop, type RmspropOptions } from "./rmsprop.ts";
export * as lrScheduler from "./schedulers/index.ts";
export { SGD, type SgdOptions } from "./sgd.ts";
export { SWALR, type SwaLrOptions } from "./swaLr.ts";
