// The tensor room's public names.
export type { DType } from "../gpu/array.ts";
export { DeviceError, NoAdapterError } from "../gpu/errors.ts";
export type { Shape } from "../gpu/shape.ts";
export type { NestedNumbers } from "./base.ts";
export { arange, full, ones, rand, randn, type TensorOptions, tensor, zeros } from "./creation.ts";
export { manualSeed, memory, noGrad } from "./entrance.ts";
export { cat, stack, where } from "./functions.ts";
export { isRecording as isGradEnabled } from "./grad-mode.ts";
export type { MemoryFacts } from "./memory.ts";
export { Tensor, type TensorLike } from "./tensor.ts";
