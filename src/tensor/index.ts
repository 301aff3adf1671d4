// The tensor room's public names.
export type { DType } from "../gpu/array.ts";
export { DeviceError, NoAdapterError } from "../gpu/errors.ts";
export type { RandomState } from "../gpu/random.ts";
export type { Shape } from "../gpu/shape.ts";
export * as autograd from "./autograd/index.ts";
export {
  checkpoint,
  enableGrad,
  type FunctionContext,
  type GradOptions,
  grad,
  isGradEnabled,
  noGrad,
} from "./autograd/index.ts";
export {
  arange,
  full,
  ones,
  rand,
  randn,
  type TensorOptions,
  type TypedOptions,
  tensor,
  zeros,
} from "./creation.ts";
export { einsum } from "./einsum.ts";
export { cat, dstack, hstack, stack, vstack, where } from "./functions.ts";
export { blockDiag, broadcastTensors, cartesianProd, columnStack } from "./grids.ts";
export { empty, emptyLike, fullLike, onesLike, randLike, randnLike, zerosLike } from "./likes.ts";
export { type MemoryFacts, memory } from "./memory.ts";
export type { NestedNumbers } from "./methods/base.ts";
export { bucketize, cdist, kron, searchsorted, tensordot } from "./products.ts";
export { normal, randint, randintLike, randperm } from "./sampling.ts";
export { getRngState, manualSeed, setRngState } from "./seed.ts";
export { eye, linspace, logspace, meshgrid } from "./sequences.ts";
export { Tensor, type TensorLike } from "./tensor.ts";
