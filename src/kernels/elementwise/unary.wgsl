// Element-wise functions y = f(x) and their gradients dx = dy · f'(x). OP picks f, `a` and `b` are its
// parameters. Each invocation does four elements; the tail of the last four falls into padding.

override OP: u32;
override WORKGROUP: u32 = 64;

struct Params { n4: u32, per: u32, a: f32, b: f32 }

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;       // forward: y; backward: dx
@group(0) @binding(2) var<storage, read> dy: array<vec4f>;
@group(1) @binding(0) var<uniform> params: Params;

const NEG = 0u; const EXP = 1u; const LOG = 2u; const SQRT = 3u; const ABS = 4u; const RELU = 5u;
const SIGMOID = 6u; const TANH = 7u; const SQUARE = 8u; const RECIPROCAL = 9u; const SIN = 10u;
const COS = 11u; const LEAKY_RELU = 12u; const SILU = 13u; const GELU = 14u; const GELU_TANH = 15u; const CLAMP = 16u;

// Where the slope is 0 because nothing gets through, not even an infinite gradient does (0 · ∞ is NaN).
override MASKS: bool = OP == RELU || OP == CLAMP;

// WGSL promises tanh to an absolute 1e-5 only, and its usual form, a quotient of exponentials, cancels near 0 and
// overflows far from it. So: S. Moshier's polynomial (Cephes, tanhf.c) up to 0.625, (1 − e) / (1 + e) with
// e = exp(−2|v|) beyond.
fn precise_tanh(v: vec4f) -> vec4f {
  let z = v * v;
  let p = (((-5.70498872745e-3 * z + 2.06390887954e-2) * z - 5.37397155531e-2) * z + 1.33314422036e-1) * z - 3.33332819422e-1;
  let e = exp_of4(-2 * abs(v));
  let t = (1 - e) / (1 + e);
  return select(select(t, -t, v < vec4f(0)), p * z * v + v, abs(v) < vec4f(0.625));
}

// 1 / (1 + exp(−v)), from exp of a non-positive number so that nothing overflows.
fn sigmoid(v: vec4f) -> vec4f {
  let e = exp_of4(-abs(v));
  return select(e, vec4f(1), v >= vec4f(0)) / (1 + e);
}

// sigmoid'(v) = sigmoid(v) (1 − sigmoid(v)) without the cancellation; tanh'(v) = 4 sigmoid'(2v).
fn sigmoid_slope(v: vec4f) -> vec4f {
  let e = exp_of4(-abs(v));
  return e / ((1 + e) * (1 + e));
}

const ROOT_HALF_OVER_PI = 0.3989422804014327;   // 1 / √(2π)

// e^−v²/2, which is 0 from where it has no normal number.
fn bell(v: vec4f) -> vec4f { return select(exp_of4(-0.5 * v * v), vec4f(0), abs(v) > vec4f(13.2)); }

// The share of a normal distribution below v, given e = e^−v²/2. Below −a it is e · g(a), and g a polynomial of t = 3 / (3 + a) within
// 6e-8 of it: fitted up to a = 14.5, where nothing is left of e. No branch: lanes of a CPU would take both.
fn normal_share(v: vec4f, e: vec4f) -> vec4f {
  let t = 3 / (3 + min(abs(v), vec4f(14.5)));
  let s = t - 0.5;
  var g = (((-2.2441983e-2 * s + 3.8304284e-2) * s + 2.2927674e-2) * s - 7.3813422e-2) * s - 5.5893835e-2;
  g = t * ((((g * s + 1.2601410e-1) * s + 3.0669255e-1) * s + 3.3955488e-1) * s + 2.4302790e-1);
  return select(e * g, 1 - e * g, v > vec4f(0));
}

const GELU_SCALE = 0.7978845608028654;  // √(2/π)
const GELU_CUBIC = 0.044715;

fn f(v: vec4f) -> vec4f {
  switch OP {
    case NEG: { return -v; }
    case EXP: { return exp_of4(v); }
    case LOG: { return log_of4(v); }
    case SQRT: { return sqrt(v); }
    case ABS: { return abs(v); }
    case RELU: { return select(v, vec4f(0), (v < vec4f(0)) & !is_nan4(v)); }  // else a compiler may make it max(v, 0), which loses NaN
    case SIGMOID: { return sigmoid(v); }
    case TANH: { return precise_tanh(v); }
    case SQUARE: { return v * v; }
    case RECIPROCAL: { return 1 / v; }
    case SIN: { return sin_of4(v); }
    case COS: { return cos_of4(v); }
    case LEAKY_RELU: { return select(params.a * v, v, v > vec4f(0)); }
    case SILU: { return v * sigmoid(v); }
    case GELU: { return v * normal_share(v, bell(v)); }
    case GELU_TANH: { return 0.5 * v * (1 + precise_tanh(GELU_SCALE * (v + GELU_CUBIC * v * v * v))); }
    case CLAMP: { return select(clamp(v, vec4f(params.a), vec4f(params.b)), v, is_nan4(v)); }
    default: { return v; }
  }
}

// At a NaN it is PyTorch's: relu lets all through, leakyRelu its slope, abs and clamp nothing.
fn df(v: vec4f) -> vec4f {
  switch OP {
    case NEG: { return vec4f(-1); }
    case EXP: { return exp_of4(v); }
    case LOG: { return 1 / v; }
    case SQRT: { return 0.5 / sqrt(v); }
    case ABS: { return select(sign(v), vec4f(0), is_nan4(v)); }
    case RELU: { return select(vec4f(0), vec4f(1), (v > vec4f(0)) | is_nan4(v)); }
    case SIGMOID: { return sigmoid_slope(v); }
    case TANH: { return 4 * sigmoid_slope(2 * v); }
    case SQUARE: { return 2 * v; }
    case RECIPROCAL: { return -1 / (v * v); }
    case SIN: { return cos_of4(v); }
    case COS: { return -sin_of4(v); }
    case LEAKY_RELU: { return select(vec4f(params.a), vec4f(1), (v > vec4f(0)) & !is_nan4(v)); }
    case SILU: { let s = sigmoid(v); return s + v * s * sigmoid(-v); }
    case GELU: { let e = bell(v); return normal_share(v, e) + v * (ROOT_HALF_OVER_PI * e); }
    case GELU_TANH: {
      let t = precise_tanh(GELU_SCALE * (v + GELU_CUBIC * v * v * v));
      return 0.5 * (1 + t) + 0.5 * v * (1 - t * t) * GELU_SCALE * (1 + 3 * GELU_CUBIC * v * v);
    }
    case CLAMP: { return select(vec4f(0), vec4f(1), (v >= vec4f(params.a)) & (v <= vec4f(params.b)) & !is_nan4(v)); }
    default: { return vec4f(1); }
  }
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let first = (wid.y * groups.x + wid.x) * WORKGROUP * params.per + lid;
  let end = min(first + WORKGROUP * params.per, params.n4);
  for (var i = first; i < end; i += WORKGROUP) {
    y[i] = f(x[i]);
  }
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let first = (wid.y * groups.x + wid.x) * WORKGROUP * params.per + lid;
  let end = min(first + WORKGROUP * params.per, params.n4);
  for (var i = first; i < end; i += WORKGROUP) {
    let slope = df(x[i]);
    y[i] = select(dy[i] * slope, vec4f(0), vec4<bool>(MASKS) & (slope == vec4f(0)));
  }
}
