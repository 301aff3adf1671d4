// The losses of F: what is to be made small, each one operation of src/kernels/losses or a few others.

export { type CtcOptions, type CtcTargets, ctcLoss } from "./ctc.ts";
export * from "./distances.ts";
export * from "./labels.ts";
export type { LossOptions, Reduction } from "./options.ts";
export * from "./pointwise.ts";
