// The public calls of element-wise operations, of activations, and of types.
import { F, nn, ones, type Tensor, tensor } from "otograd";
import { any, type Entry, forward, grid, LIST } from "./entry.ts";

/** Methods of nothing but the tensor, which may be of any type. */
const ALONE =
  `abs acos acosh asin asinh atan atanh bitwiseNot ceil cos cosh deg2rad erf erfc exp exp2 expm1 floor frac hardsigmoid
  hardswish isfinite isinf isnan isneginf isposinf log log10 log1p log2 logicalNot logsigmoid mish neg rad2deg reciprocal relu
  relu6 round rsqrt selu sigmoid sign signbit silu sin sinc sinh softsign sqrt square tan tanh tanhshrink trunc`.split(
    /\s+/,
  );

type Named = Record<string, (...given: unknown[]) => unknown>;
const whole = () => tensor([1, 2, 3], { dtype: "int32" });
const call = (x: Tensor, name: string, ...given: unknown[]) => (x as unknown as Named)[name]!(...given);
const entries = (names: readonly string[], prefix: string, entry: (name: string) => Entry) =>
  Object.fromEntries(names.map((name) => [`${prefix}${name}`, entry(name)]));

const operand = (name: string): Entry => ({
  valid: () => [call(whole(), name, 2), call(whole(), name, whole())],
  wrong: [
    [
      () => call(whole(), name, [1, 2]),
      `${name}: the other operand is a tensor or a number, got [1, 2]: write tensor([1, 2])`,
    ],
    [() => call(whole(), name, "1"), `${name}: the other operand is a tensor or a number, got "1"`],
  ],
});

const logical = (name: string): Entry => ({
  valid: () => call(grid(), name, grid()),
  wrong: [[() => call(grid(), name, any([1, 2])), `${name}: the other operand ${LIST}`]],
});

/** A method whose arguments are numbers that have a default, and its function and layer. */
const NUMBERED = {
  elu: ["ELU", "alpha"],
  celu: ["CELU", "alpha"],
  softshrink: ["Softshrink", "lambda"],
  hardshrink: ["Hardshrink", "lambda"],
  hardtanh: ["Hardtanh", "min"],
} as const;

const functions = F as unknown as Named;
const layers = nn as unknown as Record<string, new (...given: unknown[]) => { forward(x: Tensor): Tensor }>;

const alone = (name: string): Entry => ({
  valid: () => [grid()].map((x, i) => functions[name]!(x, i)),
  wrong: [[() => functions[name]!([1, 2]), `${name}: the input ${LIST}`]],
  more: (extra) => functions[name]!(grid(), extra),
});

const bare = (name: string): Entry => ({
  valid: () => new layers[name]!(),
  wrong: [
    [
      () => new layers[name]!(any(true)),
      `${name}: an argument is left over: true: its constructor takes none`,
    ],
  ],
  more: (extra) => new layers[name]!(extra),
});

const BARE = {
  ReLU6: "relu6",
  SiLU: "silu",
  Mish: "mish",
  SELU: "selu",
  Hardswish: "hardswish",
  Hardsigmoid: "hardsigmoid",
  LogSigmoid: "logsigmoid",
  Softsign: "softsign",
  Tanhshrink: "tanhshrink",
} as const;

const ACTIVATIONS: Record<string, Entry> = {
  ...entries(Object.values(BARE), "F.", alone),
  ...entries(Object.keys(BARE), "nn.", bare),
  ...Object.fromEntries(
    Object.entries(BARE).map(([layer, name]) => [
      `nn.${layer}#forward`,
      forward(() => new layers[layer]!(), grid(), `${name}: the input ${LIST}`),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(NUMBERED).flatMap(([name, [layer, parameter]]): [string, Entry][] => [
      [
        `Tensor#${name}`,
        {
          valid: () => [call(grid(), name), call(grid(), name, 0.5)],
          wrong: [[() => call(grid(), name, "1"), `${name}: ${parameter} is a number, got "1"`]],
        },
      ],
      [
        `F.${name}`,
        {
          valid: () => functions[name]!(grid(), 0.5),
          wrong: [
            [() => functions[name]!([1, 2]), `${name}: the input ${LIST}`],
            [() => functions[name]!(grid(), "1"), `${name}: ${parameter} is a number, got "1"`],
          ],
          more: (extra) => functions[name]!(grid(), ...(name === "hardtanh" ? [0, 1] : [0.5]), extra),
        },
      ],
      [
        `nn.${layer}`,
        {
          valid: () => new layers[layer]!(0.5),
          wrong: [[() => new layers[layer]!("1"), `${layer}: ${parameter} is a number, got "1"`]],
          more: (extra) => new layers[layer]!(...(name === "hardtanh" ? [0, 1] : [0.5]), extra),
        },
      ],
      [`nn.${layer}#forward`, forward(() => new layers[layer]!(), grid(), `${name}: the input ${LIST}`)],
    ]),
  ),
  "Tensor#leakyRelu": {
    valid: () => grid().leakyRelu(0.1),
    wrong: [[() => grid().leakyRelu(any("1")), 'leakyRelu: negativeSlope is a number, got "1"']],
  },
  "Tensor#gelu": {
    valid: () => grid().gelu({ approximate: "tanh" }),
    wrong: [
      [
        () => grid().gelu(any("tanh")),
        'gelu: the first argument is an object of options: { approximate: "tanh" }',
      ],
      [() => grid().gelu({ approximate: any("erf") }), 'gelu: approximate is "none" or "tanh", got "erf"'],
    ],
    options: [(options) => grid().gelu(options), "approximate"],
  },
  "F.gelu": {
    valid: () => F.gelu(grid(), { approximate: "none" }),
    wrong: [[() => F.gelu(any([1, 2])), `gelu: the input ${LIST}`]],
    options: [(options) => F.gelu(grid(), options), "approximate"],
  },
  "nn.GELU": {
    valid: () => new nn.GELU({ approximate: "tanh" }),
    wrong: [[() => new nn.GELU({ approximate: any(1) }), 'GELU: approximate is "none" or "tanh", got 1']],
    options: [(options) => new nn.GELU(options), "approximate"],
  },
  "nn.GELU#forward": forward(() => new nn.GELU(), grid(), `gelu: the input ${LIST}`),
  "Tensor#softplus": {
    valid: () => grid().softplus({ beta: 2 }),
    wrong: [
      [() => grid().softplus(any(2)), "softplus: the first argument is an object of options: { beta: 2 }"],
      [() => grid().softplus({ beta: 0 }), "softplus: beta is a number above 0, got 0"],
    ],
    options: [(options) => grid().softplus(options), "threshold"],
  },
  "F.softplus": {
    valid: () => F.softplus(grid(), { threshold: 5 }),
    wrong: [[() => F.softplus(any([1, 2])), `softplus: the input ${LIST}`]],
    options: [(options) => F.softplus(grid(), options), "threshold"],
  },
  "nn.Softplus": {
    valid: () => new nn.Softplus({ beta: 2 }),
    wrong: [[() => new nn.Softplus({ beta: any("2") }), 'Softplus: beta is a number, got "2"']],
    options: [(options) => new nn.Softplus(options), "threshold"],
  },
  "nn.Softplus#forward": forward(() => new nn.Softplus(), grid(), `softplus: the input ${LIST}`),
  "Tensor#threshold": {
    valid: () => grid().threshold(0.5, 2),
    wrong: [[() => grid().threshold(any("1"), 2), 'threshold: the threshold is a number, got "1"']],
  },
  "F.threshold": {
    valid: () => F.threshold(grid(), 0.5, 2),
    wrong: [
      [() => F.threshold(any([1, 2]), 0, 1), `threshold: the input ${LIST}`],
      [() => F.threshold(grid(), 0, any("1")), 'threshold: the value is a number, got "1"'],
    ],
    more: (extra) => F.threshold(grid(), 0, 1, extra),
  },
  "nn.Threshold": {
    valid: () => new nn.Threshold(0.5, 2),
    wrong: [[() => new nn.Threshold(0, any("1")), 'Threshold: the value is a number, got "1"']],
    more: (extra) => new nn.Threshold(0, 1, extra),
  },
  "nn.Threshold#forward": forward(() => new nn.Threshold(0, 1), grid(), `threshold: the input ${LIST}`),
  "Tensor#prelu": {
    valid: () => grid().prelu(tensor([0.5])),
    wrong: [[() => grid().prelu(any([1, 2])), `prelu: the weight ${LIST}`]],
  },
  "F.prelu": {
    valid: () => F.prelu(grid(), ones([3])),
    wrong: [
      [() => F.prelu(any([1, 2]), ones([1])), `prelu: the input ${LIST}`],
      [() => F.prelu(grid(), any([1, 2])), `prelu: the weight ${LIST}`],
    ],
    more: (extra) => F.prelu(grid(), ones([3]), extra),
  },
  "nn.PReLU": {
    valid: () => new nn.PReLU({ numParameters: 3, init: 0.1 }),
    wrong: [
      [() => new nn.PReLU(any(3)), "PReLU: the first argument is an object of options: { numParameters: 3 }"],
      [() => new nn.PReLU({ numParameters: 0 }), "PReLU: numParameters is a whole number ≥ 1, got 0"],
    ],
    options: [(options) => new nn.PReLU(options), "numParameters"],
  },
  "nn.PReLU#forward": forward(() => new nn.PReLU(), grid(), `prelu: the input ${LIST}`),
  "F.rrelu": {
    valid: () => [F.rrelu(grid()), F.rrelu(grid(), { lower: 0.1, upper: 0.2, training: true })],
    wrong: [
      [() => F.rrelu(any([1, 2])), `rrelu: the input ${LIST}`],
      [() => F.rrelu(grid(), { lower: 1, upper: 0 }), "rrelu: lower is at most upper, got 1 and 0"],
    ],
    options: [(options) => F.rrelu(grid(), options), "training"],
  },
  "nn.RReLU": {
    valid: () => new nn.RReLU({ lower: 0.1 }),
    wrong: [[() => new nn.RReLU({ lower: any("0") }), 'RReLU: lower is a number, got "0"']],
    options: [(options) => new nn.RReLU(options), "upper"],
  },
  "nn.RReLU#forward": forward(() => new nn.RReLU(), grid(), `rrelu: the input ${LIST}`),
  "F.glu": {
    valid: () => F.glu(ones([2, 4])),
    wrong: [
      [() => F.glu(any([1, 2])), `glu: the input ${LIST}`],
      [() => F.glu(grid()), "glu: dim -1 of [2, 3] has no two halves"],
    ],
    more: (extra) => F.glu(grid(), 0, extra),
  },
  "nn.GLU": {
    valid: () => new nn.GLU(0),
    wrong: [[() => new nn.GLU(any("0")), 'GLU: the dim is a number, got "0"']],
    more: (extra) => new nn.GLU(0, extra),
  },
  "nn.GLU#forward": forward(() => new nn.GLU(0), grid(), `glu: the input ${LIST}`),
  "F.softmin": {
    valid: () => F.softmin(grid(), 1),
    wrong: [[() => F.softmin(any([1, 2]), 0), `softmin: the input ${LIST}`]],
    more: (extra) => F.softmin(grid(), 0, extra),
  },
  "nn.Softmin": {
    valid: () => new nn.Softmin(0),
    wrong: [[() => new nn.Softmin(any(undefined)), "Softmin: the dim is a number, got undefined"]],
    more: (extra) => new nn.Softmin(0, extra),
  },
  "nn.Softmin#forward": forward(() => new nn.Softmin(0), grid(), `softmin: the input ${LIST}`),
  "F.gumbelSoftmax": {
    valid: () => F.gumbelSoftmax(grid(), { tau: 0.5, hard: true, dim: 0 }),
    wrong: [
      [() => F.gumbelSoftmax(any([1, 2])), `gumbelSoftmax: the logits ${LIST}`],
      [() => F.gumbelSoftmax(grid(), { tau: 0 }), "gumbelSoftmax: tau is a number above 0, got 0"],
    ],
    options: [(options) => F.gumbelSoftmax(grid(), options), "hard"],
  },
};

export const OPERATIONS: Record<string, Entry> = {
  ...ACTIVATIONS,
  ...entries(ALONE, "Tensor#", (name) => ({
    valid: () => [call(grid(), name === "bitwiseNot" ? "logicalNot" : name), call(whole(), name)],
    ...(name === "round" && { options: [(options) => grid().round(options), "decimals"] as const }),
  })),
  ...entries(
    `atan2 bitwiseAnd bitwiseLeftShift bitwiseOr bitwiseRightShift bitwiseXor copysign floorDivide fmod hypot logaddexp remainder rpow
      rsub xlogy`.split(/\s+/),
    "Tensor#",
    operand,
  ),
  ...entries(["logicalAnd", "logicalOr", "logicalXor", "fmax", "fmin", "logaddexp2"], "Tensor#", logical),
  ...entries(["clampMin", "clampMax"], "Tensor#", (name) => ({
    valid: () => [call(grid(), name, 1), call(grid(), name, grid())],
    wrong: [
      [
        () => call(grid(), name, "1"),
        `${name}: ${name.slice(5).toLowerCase()} is a tensor or a number, got "1"`,
      ],
    ],
  })),
  ...entries(["isclose", "allclose"], "Tensor#", (name) => ({
    valid: () => call(grid(), name, grid(), { rtol: 0.1, equalNan: true }),
    wrong: [
      [() => call(grid(), name, [1, 2]), `${name}: the other operand ${LIST}`],
      [
        () => call(grid(), name, grid(), 0.1),
        `${name}: the second argument is an object of options: { rtol: 0.1 }`,
      ],
    ],
    options: [(options) => call(grid(), name, grid(), options), "equalNan"],
  })),
  ...entries(["equal", "isSameSize", "typeAs"], "Tensor#", (name) => ({
    valid: () => call(grid(), name, grid()),
    wrong: [[() => call(grid(), name, [1, 2]), `${name}: the other tensor ${LIST}`]],
  })),
  "Tensor#heaviside": {
    valid: () => grid().heaviside(grid()),
    wrong: [[() => grid().heaviside(any([1, 2])), `heaviside: the values ${LIST}`]],
  },
  "Tensor#ldexp": {
    valid: () => grid().ldexp(grid()),
    wrong: [[() => grid().ldexp(any([1, 2])), `ldexp: the exponent ${LIST}`]],
  },
  "Tensor#floatPower": {
    valid: () => whole().floatPower(2),
    wrong: [[() => grid().floatPower(any("2")), 'floatPower: the exponent is a tensor or a number, got "2"']],
  },
  "Tensor#where": {
    valid: () => grid().where(grid(), 0),
    wrong: [
      [() => grid().where(any([1, 2]), 0), `where: the condition ${LIST}`],
      [
        () => grid().where(grid(), any("0")),
        "where: what is taken where it does not hold is a tensor or a number",
      ],
    ],
  },
  "Tensor#div": {
    ...operand("div"),
    valid: () => grid().div(2, { roundingMode: "floor" }),
    options: [(options) => grid().div(2, options), "roundingMode"],
  },
  "Tensor#lerp": {
    valid: () => grid().lerp(grid(), 0.5),
    wrong: [
      [() => grid().lerp(any([1, 2]), 0.5), `lerp: the end ${LIST}`],
      [() => grid().lerp(grid(), any("1")), 'lerp: the weight is a tensor or a number, got "1"'],
    ],
  },
  "Tensor#addcmul": {
    valid: () => grid().addcmul(grid(), grid(), { value: 2 }),
    wrong: [[() => grid().addcmul(any([1, 2]), grid()), `addcmul: the first factor ${LIST}`]],
    options: [(options) => grid().addcmul(grid(), grid(), options), "value"],
  },
  "Tensor#addcdiv": {
    valid: () => grid().addcdiv(grid(), grid()),
    wrong: [[() => grid().addcdiv(grid(), any([1, 2])), `addcdiv: the divisor ${LIST}`]],
    options: [(options) => grid().addcdiv(grid(), grid(), options), "value"],
  },
  "Tensor#logit": {
    valid: () => grid().logit({ eps: 0.1 }),
    wrong: [
      [() => grid().logit(any(0.1)), "logit: the first argument is an object of options: { eps: 0.1 }"],
    ],
    options: [(options) => grid().logit(options), "eps"],
  },
  "Tensor#nanToNum": {
    valid: () => grid().nanToNum({ nan: 1 }),
    wrong: [
      [() => grid().nanToNum(any(0)), "nanToNum: the first argument is an object of options: { nan: 0 }"],
    ],
    options: [(options) => grid().nanToNum(options), "posinf"],
  },
  "Tensor#to": {
    valid: () => grid().to("bool"),
    wrong: [
      [
        () => grid().to(any("float64")),
        'to: the type is one of "float32", "int32", "uint32", "bool", got "float64"',
      ],
      [() => grid().to(any({ dtype: "int32" })), "to: the type is one of"],
      [
        () => grid().to(any("cuda")),
        'to: the type is one of "float32", "int32", "uint32", "bool", got "cuda": there is one device, leave it out',
      ],
    ],
    more: (extra) => grid().to("int32", extra),
  },
};
