// F: the functions that layers are made of, by PyTorch's names. Each checks what users pass and applies one
// operation of src/kernels (or a few), where the mathematics and the gradients are.

export * from "./activation.ts";
export * from "./adaptivePooling.ts";
export { type AttentionOptions, scaledDotProductAttention } from "./attention.ts";
export * from "./conv.ts";
export * from "./convTranspose.ts";
export * from "./distance.ts";
export * from "./dropout.ts";
export * from "./embedding.ts";
export * from "./gridSample.ts";
export * from "./interpolate.ts";
export * from "./linear.ts";
export * from "./losses/index.ts";
export {
  type BatchNormOptions,
  batchNorm,
  groupNorm,
  type InstanceNormOptions,
  instanceNorm,
  type LocalResponseNormOptions,
  layerNorm,
  localResponseNorm,
  type NormOptions,
  rmsNorm,
} from "./norm.ts";
export * from "./oneHot.ts";
export * from "./pooling.ts";
export * from "./rearrange.ts";
