// Gradients as users ask for them, with the derivatives of Tensor's own operations.
import "./derivatives/index.ts";

export { type GradOptions, grad } from "./grad.ts";
export { enableGrad, isRecording as isGradEnabled, noGrad } from "./grad-mode.ts";
