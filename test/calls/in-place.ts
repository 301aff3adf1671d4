// The public calls of operations in place.
import { tensor } from "otograd";
import { any, type Entry, grid, INDEX_LIST, LIST, leaf } from "./entry.ts";

const BOTH = "the other operand is a tensor or a number, got";
const pair = (name: "add_" | "sub_" | "mul_" | "div_" | "pow_"): Entry => ({
  valid: () => grid()[name](2),
  wrong: [[() => grid()[name](any("2")), `${name}: ${BOTH} "2"`]],
  ...(name === "add_" || name === "sub_"
    ? { options: [(options) => grid()[name](2, options), "alpha"] }
    : { more: (extra) => grid()[name](2, extra) }),
});
const alone = (
  name:
    | "abs_"
    | "neg_"
    | "exp_"
    | "log_"
    | "sqrt_"
    | "square_"
    | "reciprocal_"
    | "sigmoid_"
    | "tanh_"
    | "relu_"
    | "sin_"
    | "cos_"
    | "rsqrt_"
    | "floor_"
    | "ceil_"
    | "round_"
    | "trunc_",
): Entry => ({
  valid: () => grid()[name](),
  wrong: [[() => grid().int()[name](), `${name}: wants a float32 tensor, got int32`]],
});

const first = () => tensor([[0], [2]], { dtype: "int32" });
const product = (name: "addcmul_" | "addcdiv_"): Entry => ({
  valid: () => grid()[name](grid(), grid()),
  wrong: [
    [
      () => grid()[name](any([1, 2]), grid()),
      `${name}: the ${name === "addcmul_" ? "first factor" : "dividend"} ${LIST}`,
    ],
  ],
  options: [(options) => grid()[name](grid(), grid(), options), "value"],
});
const bound = (name: "clampMin_" | "clampMax_"): Entry => ({ valid: () => grid()[name](0) });
const triangle = (name: "tril_" | "triu_"): Entry => ({
  valid: () => grid()[name](1),
  wrong: [[() => grid()[name](any("1")), `${name}: the diagonal is a whole number, got "1"`]],
  more: (extra) => grid()[name](1, extra),
});

export const IN_PLACE: Record<string, Entry> = {
  "Tensor#copy_": {
    valid: () => grid().copy_(grid()),
    wrong: [[() => grid().copy_(any([1, 2])), `copy_: the source ${LIST}`]],
  },
  "Tensor#fill_": {
    valid: () => grid().fill_(2),
    wrong: [[() => grid().fill_(any(grid())), "fill_: the value is a number, got a tensor [2, 3]"]],
    more: (extra) => grid().fill_(2, extra),
  },
  "Tensor#normal_": {
    valid: () => grid().normal_(0, 1),
    wrong: [[() => grid().normal_(any("0")), 'normal_: mean is a number, got "0"']],
    more: (extra) => grid().normal_(0, 1, extra),
  },
  "Tensor#uniform_": {
    valid: () => grid().uniform_(0, 1),
    wrong: [[() => grid().int().uniform_(), "uniform_: wants a float32 tensor, got int32"]],
    more: (extra) => grid().uniform_(0, 1, extra),
  },
  "Tensor#add_": pair("add_"),
  "Tensor#sub_": pair("sub_"),
  "Tensor#mul_": pair("mul_"),
  "Tensor#div_": pair("div_"),
  "Tensor#pow_": pair("pow_"),
  "Tensor#clamp_": {
    valid: () => grid().clamp_({ min: 0 }),
    wrong: [[() => grid().clamp_(any("0")), "clamp_: min is a tensor or a number"]],
    options: [(options) => grid().clamp_(options), "min"],
  },
  "Tensor#maskedFill_": {
    valid: () => grid().maskedFill_(grid().gt(0), 2),
    wrong: [
      [() => grid().maskedFill_(any([1, 2]), 2), `maskedFill_: the mask ${LIST}`],
      [() => grid().maskedFill_(grid(), any(leaf())), "maskedFill_: the value is a number, got a tensor [2]"],
    ],
    more: (extra) => grid().maskedFill_(grid(), 1, extra),
  },
  "Tensor#abs_": alone("abs_"),
  "Tensor#neg_": alone("neg_"),
  "Tensor#exp_": alone("exp_"),
  "Tensor#log_": alone("log_"),
  "Tensor#sqrt_": alone("sqrt_"),
  "Tensor#square_": alone("square_"),
  "Tensor#reciprocal_": alone("reciprocal_"),
  "Tensor#sigmoid_": alone("sigmoid_"),
  "Tensor#tanh_": alone("tanh_"),
  "Tensor#relu_": alone("relu_"),
  "Tensor#sin_": alone("sin_"),
  "Tensor#cos_": alone("cos_"),
  "Tensor#rsqrt_": alone("rsqrt_"),
  "Tensor#floor_": alone("floor_"),
  "Tensor#ceil_": alone("ceil_"),
  "Tensor#round_": alone("round_"),
  "Tensor#trunc_": alone("trunc_"),
  "Tensor#lerp_": {
    valid: () => grid().lerp_(grid(), 0.5),
    wrong: [[() => grid().lerp_(any([1, 2]), 0.5), `lerp_: the end ${LIST}`]],
  },
  "Tensor#requiresGrad_": {
    valid: () => grid().requiresGrad_(),
    wrong: [[() => grid().requiresGrad_(any(1)), "requiresGrad_: it is true or false, got 1"]],
    more: (extra) => grid().requiresGrad_(true, extra),
  },
  "Tensor#addcmul_": product("addcmul_"),
  "Tensor#addcdiv_": product("addcdiv_"),
  "Tensor#clampMin_": bound("clampMin_"),
  "Tensor#clampMax_": bound("clampMax_"),
  "Tensor#tril_": triangle("tril_"),
  "Tensor#triu_": triangle("triu_"),
  "Tensor#scatter_": {
    valid: () => grid().scatter_(1, first(), 1),
    wrong: [
      [() => grid().scatter_(1, any([1, 2]), 1), `scatter_: the index ${INDEX_LIST}`],
      [() => grid().scatter_(1, first(), any("1")), 'scatter_: the source is a tensor or a number, got "1"'],
    ],
    more: (extra) => grid().scatter_(1, first(), 1, extra),
  },
  "Tensor#scatterAdd_": {
    valid: () => grid().scatterAdd_(1, first(), grid()),
    wrong: [[() => grid().scatterAdd_(1, first(), any([1, 2])), `scatterAdd_: the source ${LIST}`]],
    more: (extra) => grid().scatterAdd_(1, first(), grid(), extra),
  },
  "Tensor#indexAdd_": {
    valid: () => grid().indexAdd_(0, [1, 0], grid()),
    wrong: [[() => grid().indexAdd_(0, [1, 0], any([1, 2])), `indexAdd_: the source ${LIST}`]],
    options: [(options) => grid().indexAdd_(0, [1, 0], grid(), options), "alpha"],
  },
  "Tensor#indexCopy_": {
    valid: () => grid().indexCopy_(0, [1, 0], grid()),
    wrong: [[() => grid().indexCopy_(0, [1, 0], any([1, 2])), `indexCopy_: the source ${LIST}`]],
    more: (extra) => grid().indexCopy_(0, [1, 0], grid(), extra),
  },
  "Tensor#indexFill_": {
    valid: () => grid().indexFill_(0, [1], 3),
    wrong: [[() => grid().indexFill_(0, [1], any("3")), 'indexFill_: the value is a number, got "3"']],
    more: (extra) => grid().indexFill_(0, [1], 3, extra),
  },
  "Tensor#fillDiagonal_": {
    valid: () => grid().fillDiagonal_(3),
    wrong: [
      [() => grid().fillDiagonal_(any("3")), 'fillDiagonal_: the value is a number, got "3"'],
      [() => grid().fillDiagonal_(3, any(1)), "fillDiagonal_: wrap is true or false, got 1"],
    ],
    more: (extra) => grid().fillDiagonal_(3, true, extra),
  },
};
