// Arithmetic and comparisons of two elements, of floats and of whole numbers, which wrap around; comparisons give 1 or 0.
// A NaN on either side gives NaN, and compares unequal. Joined with nan.wgsl, types.wgsl, pairs.wgsl and pairsGradient.wgsl.

const ADD = 0u; const SUB = 1u; const MUL = 2u; const DIV = 3u; const POW = 4u; const MAXIMUM = 5u; const MINIMUM = 6u;
const REMAINDER = 7u; const FMOD = 8u; const FLOOR_DIVIDE = 9u; const TRUNC_DIVIDE = 10u;
const EQ = 11u; const NE = 12u; const LT = 13u; const LE = 14u; const GT = 15u; const GE = 16u;

override MASKS: bool = OP == MAXIMUM || OP == MINIMUM || OP >= FLOOR_DIVIDE;

// WGSL's pow wants a positive base and is exp2(y log2 x), off by about y log2 x roundings: the common whole
// powers are products. A negative base is allowed with a whole exponent.
fn power(x: f32, y: f32) -> f32 {
  if (y == 0) { return 1; }
  if (y == 1) { return x; }
  if (y == 2) { return x * x; }
  if (y == 3) { return x * x * x; }
  if (x == 1) { return 1; }
  if (is_nan(x) || is_nan(y)) { return nan(); }
  if (x == -1 && abs(y) > 3.4e38) { return 1; }
  let whole = y == floor(y);
  let odd = whole && floor(y / 2) * 2 != y;
  if (x == 0) { return select(0.0, 1 / select(abs(x), x, odd), y < 0); }
  if (x < 0 && x >= -3.4028234e38 && !whole) { return nan(); } // C's pow of -inf is that of inf
  let magnitude = pow(abs(x), y);
  return select(magnitude, -magnitude, x < 0 && odd);
}

// Of whole numbers, by squaring, modulo 2³²: the same bits of signed ones. To a negative power it is 0 but for ±1.
fn whole_power(x: u32, y: u32) -> u32 {
  if (TYPE == INT32 && bitcast<i32>(y) < 0) {
    return select(select(0u, select(1u, x, (y & 1) == 1), x == 0xffffffffu), 1u, x == 1);
  }
  var result = 1u;
  var base = x;
  for (var rest = y; rest > 0; rest >>= 1) {
    if ((rest & 1) == 1) { result *= base; }
    base *= base;
  }
  return result;
}

/// The magnitude of a float as mantissa · 2^exponent.
fn decompose(x: f32) -> vec2u {
  let bits = bitcast<u32>(x) & 0x7fffffffu;
  let exponent = bits >> 23;
  return select(vec2u((bits & 0x7fffffu) | 0x800000u, exponent), vec2u(bits, 1), exponent == 0);
}

// What is left of x after taking off as many y as fit, with x's sign, and exact: long division of the mantissas, eight
// bits at a time.
fn modulo(x: f32, y: f32) -> f32 {
  if (is_nan(x) || is_nan(y) || abs(x) > 3.4028234e38 || y == 0) { return nan(); }
  if (abs(x) < abs(y)) { return x; }
  let n = decompose(x);
  let d = decompose(y);
  var rest = n.x % d.x;
  var shift = n.y - d.y;
  for (; shift >= 8; shift -= 8) { rest = (rest << 8) % d.x; }
  rest = (rest << shift) % d.x;
  if (rest == 0) { return select(0.0, -0.0, x < 0); }
  // As a float again: the highest bit moves to place 23, as far as the exponent allows.
  let up = 23 - firstLeadingBit(rest);
  let moved = min(up, d.y - 1);
  let mantissa = rest << moved;
  let exponent = select(0u, d.y - moved, mantissa >= 0x800000u);
  return bitcast<f32>((bitcast<u32>(x) & 0x80000000u) | (exponent << 23) | (mantissa & 0x7fffffu));
}

// Whether what is left has not the sign of y, as it has in Python.
fn crosses(rest: f32, y: f32) -> bool { return rest != 0 && (rest < 0) != (y < 0); }

fn floored_modulo(x: f32, y: f32) -> f32 {
  let rest = modulo(x, y);
  return select(rest, rest + y, crosses(rest, y));
}

// x / y as a whole number: x less what is left is a multiple of y.
fn whole_quotient(x: f32, y: f32, floors: bool) -> f32 {
  if (y == 0) { return x / y; }
  let rest = modulo(x, y);
  let quotient = (x - rest) / y - select(0.0, 1.0, floors && crosses(rest, y));
  let below = floor(quotient);
  return select(below, below + 1, quotient - below > 0.5);
}

// Quotients and remainders of whole numbers; by 0, 0.
fn whole_division(p: u32, q: u32) -> u32 {
  if (q == 0) { return 0; }
  if (TYPE != INT32) { return select(p / q, p % q, OP == REMAINDER || OP == FMOD); }
  let x = bitcast<i32>(p);
  let y = bitcast<i32>(q);
  if (y == -1) { return select(0u - p, 0u, OP == REMAINDER || OP == FMOD); }
  let rest = x % y;
  let floors = rest != 0 && (rest < 0) != (y < 0);
  switch OP {
    case REMAINDER: { return bitcast<u32>(select(rest, rest + y, floors)); }
    case FMOD: { return bitcast<u32>(rest); }
    case FLOOR_DIVIDE: { return bitcast<u32>(select(x / y, x / y - 1, floors)); }
    default: { return bitcast<u32>(x / y); }
  }
}

fn compare(less: bool, equal: bool, ordered: bool) -> u32 {
  var holds = false;
  switch OP {
    case EQ: { holds = ordered && equal; }
    case NE: { holds = !ordered || !equal; }
    case LT: { holds = ordered && less; }
    case LE: { holds = ordered && (less || equal); }
    case GT: { holds = ordered && !less && !equal; }
    default: { holds = ordered && !less; }
  }
  return select(0u, 1u, holds);
}

// The larger or smaller of two; NaN where one of them is.
fn either(x: f32, y: f32, first: bool) -> f32 {
  return select(select(y, x, first || is_nan(x)), y, is_nan(y));
}

fn of_floats(x: f32, y: f32) -> f32 {
  switch OP {
    case ADD: { return x + y; }
    case SUB: { return x - y; }
    case MUL: { return x * y; }
    case DIV: { return x / y; }
    case POW: { return power(x, y); }
    case MAXIMUM: { return either(x, y, x > y); }
    case MINIMUM: { return either(x, y, x < y); }
    case REMAINDER: { return floored_modulo(x, y); }
    case FMOD: { return modulo(x, y); }
    case FLOOR_DIVIDE: { return whole_quotient(x, y, true); }
    default: { return whole_quotient(x, y, false); }
  }
}

fn of_whole_numbers(p: u32, q: u32) -> u32 {
  let less = select(p < q, bitcast<i32>(p) < bitcast<i32>(q), TYPE == INT32);
  if (OP >= EQ) { return compare(less, p == q, true); }
  switch OP {
    case ADD: { return select(p + q, p | q, TYPE == BOOL); }
    case SUB: { return p - q; }
    case MUL: { return p * q; }
    case POW: { return whole_power(p, q); }
    case MAXIMUM: { return select(p, q, less); }
    case MINIMUM: { return select(q, p, less); }
    default: { return whole_division(p, q); }
  }
}

fn f(p: u32, q: u32) -> u32 {
  if (TYPE != FLOAT32) { return of_whole_numbers(p, q); }
  let x = bitcast<f32>(p);
  let y = bitcast<f32>(q);
  if (OP >= EQ) { return compare(x < y, x == y, !is_nan(x) && !is_nan(y)); }
  return bitcast<u32>(of_floats(x, y));
}

// The share of a gradient that one of two gets: half at a tie, and all where one of them is NaN, as in PyTorch.
fn picked(x: f32, y: f32, first: bool) -> f32 {
  if (is_nan(x) || is_nan(y)) { return 1; }
  return select(select(0.0, 1.0, first == (SIDE == 0)), 0.5, x == y);
}

fn df(x: f32, y: f32) -> f32 {
  switch OP {
    case ADD: { return 1; }
    case SUB: { return select(1.0, -1.0, SIDE == 1); }
    case MUL: { return select(y, x, SIDE == 1); }
    case DIV: { if (SIDE == 0) { return 1 / y; } return -(x / y) / y; }
    case POW: {
      if (SIDE == 0) { if (y == 0) { return 0; } return y * power(x, y - 1); }
      if (x == 0 && y >= 0) { return 0; }
      return power(x, y) * log_of(x);
    }
    case MAXIMUM: { return picked(x, y, x > y); }
    case MINIMUM: { return picked(x, y, x < y); }
    case REMAINDER: { return select(1.0, -whole_quotient(x, y, true), SIDE == 1); }
    case FMOD: { return select(1.0, -whole_quotient(x, y, false), SIDE == 1); }
    default: { return 0; }
  }
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  apply((wid.y * groups.x + wid.x) * WORKGROUP + lid);
}

@compute @workgroup_size(WORKGROUP)
fn fours(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  apply_fours((wid.y * groups.x + wid.x) * WORKGROUP + lid);
}

@compute @workgroup_size(WORKGROUP)
fn gradient(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  apply_slopes((wid.y * groups.x + wid.x) * WORKGROUP + lid);
}
