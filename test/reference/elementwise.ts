// Element-wise operations.
//
//   unary:       y = f(x),           dx = g · f'(x)
//   binary:      y = f(a, b),        da = Σ g · ∂f/∂a,  db = Σ g · ∂f/∂b
//   comparison:  y = a ∘ b ? 1 : 0,  no gradient
//   where:       y = c ? a : b,      da = Σ c ? g : 0,  db = Σ c ? 0 : g
//
// Operands broadcast as in NumPy; Σ runs over the output elements that one input element was stretched to,
// which brings a gradient back to its input's shape. Where a function has a kink, its derivative there is
// PyTorch's choice.
import {
  type Arr,
  arr,
  broadcastOffset,
  broadcastShapes,
  forEachIndex,
  type NoAttrs,
  type Reference,
} from "./reference.ts";

export function unary<A = NoAttrs>(
  f: (x: number, attrs: A) => number,
  derivative: (x: number, attrs: A) => number,
): Reference<A> {
  return {
    forward([x], attrs) {
      const y = arr(x.shape);
      for (let i = 0; i < y.data.length; i++) y.data[i] = f(x.data[i], attrs);
      return y;
    },
    backward([x], attrs, g) {
      const dx = arr(x.shape);
      for (let i = 0; i < dx.data.length; i++) dx.data[i] = g.data[i] * derivative(x.data[i], attrs);
      return [dx];
    },
  };
}

const logistic = (x: number) => 1 / (1 + Math.exp(-x));

export const neg = unary(
  (x) => -x,
  () => -1,
);
export const exp = unary(
  (x) => Math.exp(x),
  (x) => Math.exp(x),
);
export const log = unary(
  (x) => Math.log(x),
  (x) => 1 / x,
);
export const sqrt = unary(
  (x) => Math.sqrt(x),
  (x) => 1 / (2 * Math.sqrt(x)),
);
/** Derivative 0 at 0. */
export const abs = unary(
  (x) => Math.abs(x),
  (x) => Math.sign(x),
);
/** max(0, x), derivative 0 at 0. */
export const relu = unary(
  (x) => Math.max(x, 0),
  (x) => (x > 0 ? 1 : 0),
);
/** 1 / (1 + e⁻ˣ). */
export const sigmoid = unary(
  (x) => logistic(x),
  (x) => logistic(x) * (1 - logistic(x)),
);
export const tanh = unary(
  (x) => Math.tanh(x),
  (x) => 1 - Math.tanh(x) ** 2,
);
export const square = unary(
  (x) => x * x,
  (x) => 2 * x,
);
export const reciprocal = unary(
  (x) => 1 / x,
  (x) => -1 / (x * x),
);
export const sin = unary(
  (x) => Math.sin(x),
  (x) => Math.cos(x),
);
export const cos = unary(
  (x) => Math.cos(x),
  (x) => -Math.sin(x),
);
/** x > 0 ? x : slope · x, derivative `slope` at 0. */
export const leakyRelu = unary<{ slope: number }>(
  (x, { slope }) => (x > 0 ? x : slope * x),
  (x, { slope }) => (x > 0 ? 1 : slope),
);

// GELU by its tanh approximation (Hendrycks & Gimpel 2016; PyTorch's gelu with approximate="tanh"):
//   y = x/2 · (1 + tanh u),  u = √(2/π) · (x + 0.044715 x³)
//   y' = (1 + tanh u)/2 + x/2 · (1 − tanh² u) · √(2/π) · (1 + 3 · 0.044715 x²)
const geluU = (x: number) => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const geluSlopeOfU = (x: number) => Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x ** 2);
/** The tanh approximation, not the exact erf form. */
export const geluTanh = unary(
  (x) => (x / 2) * (1 + Math.tanh(geluU(x))),
  (x) => (1 + Math.tanh(geluU(x))) / 2 + (x / 2) * (1 - Math.tanh(geluU(x)) ** 2) * geluSlopeOfU(x),
);
/** min(max(x, min), max); the gradient passes where min ≤ x ≤ max, both bounds included. */
export const clamp = unary<{ min: number; max: number }>(
  (x, { min, max }) => Math.min(Math.max(x, min), max),
  (x, { min, max }) => (x >= min && x <= max ? 1 : 0),
);

/**
 * inputs [x, low, high], broadcast: min(max(x, low), high). The gradient goes to x between the bounds, both included, to the
 * lower of two bounds that do not cross where it is above x, to the upper one where it is below x or below the lower one.
 */
export const clampTo: Reference<NoAttrs> = {
  forward(inputs) {
    const y = arr(broadcastShapes(...inputs.map(({ shape }) => shape)));
    forEachIndex(y.shape, (index, out) => {
      const [x, low, high] = inputs.map((input) => input.data[broadcastOffset(index, input.shape)]);
      y.data[out] = Math.min(Math.max(x, low), high);
    });
    return y;
  },
  backward(inputs, _attrs, g) {
    const gradients = inputs.map(({ shape }) => arr(shape));
    forEachIndex(g.shape, (index, out) => {
      const [x, low, high] = inputs.map((input) => input.data[broadcastOffset(index, input.shape)]);
      const passes = [x >= low && x <= high, low < high && x < low, x > high || high < low];
      for (const [i, gradient] of gradients.entries())
        if (passes[i]) gradient.data[broadcastOffset(index, gradient.shape)] += g.data[out];
    });
    return gradients;
  },
};

/** Calls `visit` for each output element with the positions of the two operands' elements that make it. */
function forEachPair(a: Arr, b: Arr, visit: (out: number, i: number, j: number) => void): number[] {
  const shape = broadcastShapes(a.shape, b.shape);
  forEachIndex(shape, (index, out) => {
    visit(out, broadcastOffset(index, a.shape), broadcastOffset(index, b.shape));
  });
  return shape;
}

function applyPairwise(a: Arr, b: Arr, f: (a: number, b: number) => number): Arr {
  const y = arr(broadcastShapes(a.shape, b.shape));
  forEachPair(a, b, (out, i, j) => {
    y.data[out] = f(a.data[i], b.data[j]);
  });
  return y;
}

export function binary(
  f: (a: number, b: number) => number,
  byA: (a: number, b: number) => number,
  byB: (a: number, b: number) => number,
): Reference<NoAttrs> {
  return {
    forward([a, b]) {
      return applyPairwise(a, b, f);
    },
    backward([a, b], _attrs, g) {
      const da = arr(a.shape);
      const db = arr(b.shape);
      forEachPair(a, b, (out, i, j) => {
        da.data[i] += g.data[out] * byA(a.data[i], b.data[j]);
        db.data[j] += g.data[out] * byB(a.data[i], b.data[j]);
      });
      return [da, db];
    },
  };
}

export const add = binary(
  (a, b) => a + b,
  () => 1,
  () => 1,
);
export const sub = binary(
  (a, b) => a - b,
  () => 1,
  () => -1,
);
export const mul = binary(
  (a, b) => a * b,
  (_a, b) => b,
  (a) => a,
);
export const div = binary(
  (a, b) => a / b,
  (_a, b) => 1 / b,
  (a, b) => -a / (b * b),
);
/** aᵇ; as in PyTorch, ∂/∂a is 0 where b = 0, and ∂/∂b is 0 where a = 0 and b ≥ 0. */
export const pow = binary(
  (a, b) => a ** b,
  (a, b) => (b === 0 ? 0 : b * a ** (b - 1)),
  (a, b) => (a === 0 && b >= 0 ? 0 : a ** b * Math.log(a)),
);
/** At a tie each side gets half of the gradient. */
export const maximum = binary(
  (a, b) => Math.max(a, b),
  (a, b) => (a === b ? 0.5 : a > b ? 1 : 0),
  (a, b) => (a === b ? 0.5 : b > a ? 1 : 0),
);
/** At a tie each side gets half of the gradient. */
export const minimum = binary(
  (a, b) => Math.min(a, b),
  (a, b) => (a === b ? 0.5 : a < b ? 1 : 0),
  (a, b) => (a === b ? 0.5 : b < a ? 1 : 0),
);

function comparison(holds: (a: number, b: number) => boolean): Reference<NoAttrs> {
  return {
    forward([a, b]) {
      return applyPairwise(a, b, (p, q) => (holds(p, q) ? 1 : 0));
    },
    backward() {
      return [null, null];
    },
  };
}

export const eq = comparison((a, b) => a === b);
export const ne = comparison((a, b) => a !== b);
export const lt = comparison((a, b) => a < b);
export const le = comparison((a, b) => a <= b);
export const gt = comparison((a, b) => a > b);
export const ge = comparison((a, b) => a >= b);

/** inputs [condition (0 is false, anything else true), a, b], all three broadcast. */
export const where: Reference<NoAttrs> = {
  forward([condition, a, b]) {
    const y = arr(broadcastShapes(condition.shape, a.shape, b.shape));
    forEachIndex(y.shape, (index, out) => {
      const isTrue = condition.data[broadcastOffset(index, condition.shape)] !== 0;
      y.data[out] = isTrue
        ? a.data[broadcastOffset(index, a.shape)]
        : b.data[broadcastOffset(index, b.shape)];
    });
    return y;
  },
  backward([condition, a, b], _attrs, g) {
    const da = arr(a.shape);
    const db = arr(b.shape);
    forEachIndex(g.shape, (index, out) => {
      const isTrue = condition.data[broadcastOffset(index, condition.shape)] !== 0;
      if (isTrue) da.data[broadcastOffset(index, a.shape)] += g.data[out];
      else db.data[broadcastOffset(index, b.shape)] += g.data[out];
    });
    return [null, da, db];
  },
};
