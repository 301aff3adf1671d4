// What is said of Tensor's methods by name, once all of them are there: which take no more than what they have a place for,
// and PyTorch's second names, one a line: each is the same function.
import { counted } from "../check.ts";
import { instead, isNoField, OF_TENSORS, refuseAsArray } from "../instead.ts";
import { IN_PLACE } from "./in-place.ts";
import { Sampling } from "./sampling.ts";

counted(
  Sampling.prototype,
  `abs acos acosh asin asinh atan atan2 atanh bitwiseAnd bitwiseLeftShift bitwiseNot bitwiseOr bitwiseRightShift bitwiseXor
  bool ceil clamp clampMax clampMax_ clampMin clampMin_ clamp_ clone contiguous copy_ copysign cos cosh data deg2rad detach dim
  eq equal erf erfc exp exp2 expm1 fliplr flipud float floatPower floor floorDivide fmax fmin fmod frac gather ge gt
  hardsigmoid hardswish heaviside hypot int isFloatingPoint isSameSize isSigned isfinite isinf isnan isneginf isposinf item
  ldexp le lerp lerp_ log log10 log1p log2 logSoftmax logaddexp logaddexp2 logicalAnd logicalNot logicalOr logicalXor
  logsigmoid lt matmul maximum minimum mish mul narrow ne neg numel positive pow prelu rad2deg ravel reciprocal relu
  relu6 remainder retainGrad rpow rsqrt rsub selu sigmoid sign signbit silu sin sinc sinh slice softmax softsign
  sqrt square squeeze swapaxes swapdims t tan tanh tanhshrink threshold tolist trace transpose trunc typeAs unsqueeze where
  xlogy zero_ ${IN_PLACE.map((name) => `${name}_`).join(" ")}`,
);
counted(Sampling.prototype, "celu elu hardshrink leakyRelu softshrink", 1);
counted(Sampling.prototype, "flatten hardtanh", 2);
instead(Sampling.prototype, OF_TENSORS);
refuseAsArray(Sampling.prototype);
isNoField(Sampling.prototype, "data", (name) =>
  name.endsWith("_")
    ? `it reads, and nothing is written into it: write noGrad(() => p.${name}(…))`
    : `it reads, and is no tensor: write p.detach()${name === "detach" ? "" : `.${name}`}, or await p.data() for the elements`,
);

const ALIASES = {
  absolute: "abs",
  arccos: "acos",
  arccosh: "acosh",
  arcsin: "asin",
  arcsinh: "asinh",
  arctan: "atan",
  arctan2: "atan2",
  arctanh: "atanh",
  clip: "clamp",
  divide: "div",
  fix: "trunc",
  greater: "gt",
  greaterEqual: "ge",
  less: "lt",
  lessEqual: "le",
  multiply: "mul",
  negative: "neg",
  notEqual: "ne",
  sgn: "sign",
  subtract: "sub",
  trueDivide: "div",
} as const;

type Aliases<Self extends Aliased<Self>> = {
  [Name in keyof typeof ALIASES]: Sampling<Self>[(typeof ALIASES)[Name]];
};

export interface Aliased<Self extends Aliased<Self>> extends Aliases<Self> {}
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see above
export abstract class Aliased<Self extends Aliased<Self>> extends Sampling<Self> {}

for (const [name, known] of Object.entries(ALIASES)) {
  const value = Sampling.prototype[known];
  Object.defineProperty(Aliased.prototype, name, { value, writable: true, configurable: true });
}
