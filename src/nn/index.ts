// nn: modules and layers, by PyTorch's names.
export type { ForwardHook, ForwardPreHook, HookHandle } from "./hooks.ts";
export * as init from "./init.ts";
export {
  CELU,
  ELU,
  GELU,
  GLU,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  ReLU,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softmin,
  Softplus,
  Softsign,
  Tanh,
  Tanhshrink,
} from "./layers/activation.ts";
export { MultiheadAttention } from "./layers/attention.ts";
export { ModuleDict, ModuleList, ParameterDict, ParameterList } from "./layers/containers.ts";
export { Conv1d, Conv2d } from "./layers/conv.ts";
export { ConvTranspose1d, ConvTranspose2d } from "./layers/convTranspose.ts";
export { CosineSimilarity, PairwiseDistance } from "./layers/distance.ts";
export { AlphaDropout, Dropout, Dropout1d, Dropout2d, FeatureAlphaDropout } from "./layers/dropout.ts";
export { Embedding, Linear } from "./layers/linear.ts";
export {
  BCELoss,
  BCEWithLogitsLoss,
  CosineEmbeddingLoss,
  CrossEntropyLoss,
  CTCLoss,
  GaussianNLLLoss,
  HingeEmbeddingLoss,
  HuberLoss,
  KLDivLoss,
  L1Loss,
  MarginRankingLoss,
  MSELoss,
  MultiLabelSoftMarginLoss,
  MultiMarginLoss,
  NLLLoss,
  PoissonNLLLoss,
  SmoothL1Loss,
  SoftMarginLoss,
  TripletMarginLoss,
} from "./layers/losses.ts";
export {
  BatchNorm1d,
  BatchNorm2d,
  GroupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  LayerNorm,
  LocalResponseNorm,
  RMSNorm,
} from "./layers/norm.ts";
export {
  CircularPad1d,
  CircularPad2d,
  ConstantPad1d,
  ConstantPad2d,
  ReflectionPad1d,
  ReflectionPad2d,
  ReplicationPad1d,
  ReplicationPad2d,
  ZeroPad2d,
} from "./layers/padding.ts";
export {
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  PReLU,
  ReLU6,
  RReLU,
  Softshrink,
  Threshold,
} from "./layers/piecewise.ts";
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AvgPool1d,
  AvgPool2d,
  LPPool1d,
  LPPool2d,
  MaxPool1d,
  MaxPool2d,
} from "./layers/pool.ts";
export { GRU, LSTM, RNN } from "./layers/recurrent.ts";
export { GRUCell, LSTMCell, RNNCell } from "./layers/recurrentCell.ts";
export {
  ChannelShuffle,
  Fold,
  PixelShuffle,
  PixelUnshuffle,
  Unfold,
  Upsample,
  UpsamplingBilinear2d,
  UpsamplingNearest2d,
} from "./layers/resample.ts";
export { Flatten, Identity, Sequential, Unflatten } from "./layers/structure.ts";
export {
  Transformer,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
} from "./layers/transformer.ts";
export { ConvNet, type ConvNetOptions } from "./models/convNet.ts";
export { EnvNet, type EnvNetOptions, EnvNetV2 } from "./models/envNet.ts";
export { M5, type M5Options } from "./models/m5.ts";
export { MN, type MNOptions } from "./models/mn.ts";
export { Piczak, type PiczakOptions } from "./models/piczak.ts";
export { type AnyModule, Buffer, Module, Parameter, type StateDict } from "./module.ts";
export * as utils from "./utils.ts";
