// The public calls of operations in place.
import { any, type Entry, grid, LIST, leaf } from "./entry.ts";

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
};
