// Gradients as users ask for them.
export { detectAnomaly } from "./anomaly.ts";
export { checkpoint } from "./checkpoint.ts";
export { Function, type FunctionContext } from "./function.ts";
export { grad } from "./grad.ts";
export { enableGrad, isRecording as isGradEnabled, noGrad } from "./grad-mode.ts";
export type { GradOptions } from "./gradients.ts";
