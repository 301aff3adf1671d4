// The tensor room's public names.

export { manualSeed } from "../gpu/random.ts";
export { noGrad } from "./autograd.ts";
export { arange, full, ones, rand, randn, type TensorOptions, tensor, zeros } from "./creation.ts";
export { type MemoryFacts, memory } from "./memory.ts";
export { cat, isGradEnabled, stack, Tensor, type TensorLike, whereTensor as where } from "./tensor.ts";
