// Optimizers by torch.optim's names and defaults.
export { Adam, type AdamOptions, AdamW } from "./adam.ts";
export type { OptimizerState, ParamGroup, ParamsOrGroups } from "./optimizer.ts";
export { SGD, type SgdOptions } from "./sgd.ts";
