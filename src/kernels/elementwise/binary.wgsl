// Element-wise functions of two arrays, z = f(a, b), with NumPy's broadcasting; comparisons give 1 or 0.
// `gradient` computes dz · ∂f/∂a or dz · ∂f/∂b at every element of the broadcast shape; what was broadcast
// is summed up afterwards (reduce). A NaN on either side gives NaN, and compares unequal. Joined with nan.wgsl.

override OP: u32;
override SIDE: u32 = 0;          // gradient: 0 = ∂f/∂a, 1 = ∂f/∂b
override WORKGROUP: u32 = 64;

struct Params {                  // z is walked by rows (strides.ts)
  rows: u32, inner: u32, chunks: u32, rank: u32,
  shape: array<vec4u, 2>,        // that of the rows
  stridesA: array<vec4u, 2>,     // from row to row, 0 along a broadcast dimension
  stridesB: array<vec4u, 2>,
  stepA: u32, stepB: u32,        // from element to element
}

@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(2) var<storage, read_write> z: array<f32>;
@group(0) @binding(3) var<storage, read> dz: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

const ADD = 0u; const SUB = 1u; const MUL = 2u; const DIV = 3u; const POW = 4u; const MAXIMUM = 5u; const MINIMUM = 6u;
const EQ = 7u; const NE = 8u; const LT = 9u; const LE = 10u; const GT = 11u; const GE = 12u;
override UNSIGNED: bool = false; // comparisons of uint32

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
  if (x < 0 && !whole) { return nan(); }
  let magnitude = pow(abs(x), y);
  return select(magnitude, -magnitude, x < 0 && odd);
}

fn compare(less: bool, equal: bool, ordered: bool) -> f32 {
  var holds = false;
  switch OP {
    case EQ: { holds = ordered && equal; }
    case NE: { holds = !ordered || !equal; }
    case LT: { holds = ordered && less; }
    case LE: { holds = ordered && (less || equal); }
    case GT: { holds = ordered && !less && !equal; }
    default: { holds = ordered && !less; }
  }
  return select(0.0, 1.0, holds);
}

// The larger or smaller of two; NaN where one of them is.
fn either(x: f32, y: f32, first: bool) -> f32 {
  return select(select(y, x, first || is_nan(x)), y, is_nan(y));
}

fn f(p: u32, q: u32) -> f32 {
  if (OP >= EQ && UNSIGNED) { return compare(p < q, p == q, true); }
  let x = bitcast<f32>(p);
  let y = bitcast<f32>(q);
  if (OP >= EQ) { return compare(x < y, x == y, !is_nan(x) && !is_nan(y)); }
  switch OP {
    case ADD: { return x + y; }
    case SUB: { return x - y; }
    case MUL: { return x * y; }
    case DIV: { return x / y; }
    case POW: { return power(x, y); }
    case MAXIMUM: { return either(x, y, x > y); }
    default: { return either(x, y, x < y); }
  }
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
      return power(x, y) * log(x);
    }
    case MAXIMUM: { return picked(x, y, x > y); }
    default: { return picked(x, y, x < y); }
  }
}

/// Where a row of z finds its first a (x) and its first b (y).
fn beginnings(row: u32) -> vec2u {
  var rest = row;
  var at = vec2u(0);
  for (var d = i32(params.rank) - 1; d > 0; d--) {
    let n = params.shape[d / 4][d % 4];
    let quotient = rest / n;
    at += (rest - quotient * n) * vec2u(params.stridesA[d / 4][d % 4], params.stridesB[d / 4][d % 4]);
    rest = quotient;
  }
  return at + rest * vec2u(params.stridesA[0].x, params.stridesB[0].x);
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.rows * params.chunks) { return; }
  let row = i / params.chunks;
  let at = beginnings(row);
  for (var s = i - row * params.chunks; s < params.inner; s += params.chunks) {
    z[row * params.inner + s] = f(a[at.x + s * params.stepA], b[at.y + s * params.stepB]);
  }
}

@compute @workgroup_size(WORKGROUP)
fn gradient(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.rows * params.chunks) { return; }
  let row = i / params.chunks;
  let at = beginnings(row);
  for (var s = i - row * params.chunks; s < params.inner; s += params.chunks) {
    let x = bitcast<f32>(a[at.x + s * params.stepA]);
    let y = bitcast<f32>(b[at.y + s * params.stepB]);
    let slope = df(x, y); // what was not picked gets nothing of an infinite gradient either (0 · ∞ is NaN)
    z[row * params.inner + s] = select(dz[row * params.inner + s] * slope, 0.0, OP >= MAXIMUM && slope == 0);
  }
}
