// PyTorch's second names of Tensor's methods, one a line: each is the same function.
import { Sampling } from "./sampling.ts";

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
