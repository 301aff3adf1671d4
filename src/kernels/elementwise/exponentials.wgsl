// Exponentials, logarithms, the error function and hyperbolic functions of each element. Joined with elements.wgsl, nan.wgsl
// and precise.wgsl.
//
//   sinh x = ½ h² − ½ / h²,  h = e^(x/2), which does not overflow before sinh does; near 0 its series
//   asinh x = ± ln(1 + t),  t = |x| + x² / (1 + √(1 + x²));   acosh x = ln(1 + t),  t = x − 1 + √((x − 1)(x + 1))
//   atanh x = ± ½ ln(1 + 2|x| / (1 − |x|))

const LOG1P = 0u; const LOG2 = 1u; const LOG10 = 2u; const EXPM1 = 3u; const EXP2 = 4u; const RSQRT = 5u;
const ERF = 6u; const ERFC = 7u; const SINH = 8u; const COSH = 9u; const ASINH = 10u; const ACOSH = 11u; const ATANH = 12u;

override MASKS: bool = false;

const LN_2 = 0.6931471805599453;
const LOG2_E = 1.4426950408889634;
const LOG10_E = 0.4342944819032518;
const TWO_OVER_ROOT_PI = 1.1283791670955126;

fn log2_of(v: f32) -> f32 {
  if (!has_logarithm(v)) { return no_logarithm(v); }
  let l = logarithmic(v);
  return l.y + log_near_one(l.x, 0.0) * LOG2_E;
}

fn exp2_of(v: f32) -> f32 {
  if (is_nan(v)) { return v; }
  let c = clamp(v, -150.0, 129.0);
  let n = floor(c + 0.5);
  return scaled(1 + expm1_near_zero((c - n) * LN_2), n);
}

/// ½ h² for h ≥ 1, halved in h's bits: a compiler may multiply h by h first, which overflows sooner.
fn half_of_square(h: f32) -> f32 { return bitcast<f32>(bitcast<u32>(h) - 0x800000u) * h; }

fn sinh_of(v: f32) -> f32 {
  let z = v * v;
  if (z < 1) { return ((2.03721912945e-4 * z + 8.33028376239e-3) * z + 1.66667160211e-1) * z * v + v; }
  let h = precise_exp(abs(v) / 2);
  let s = half_of_square(h) - 0.5 / h / h;
  return select(s, -s, v < 0);
}

fn cosh_of(v: f32) -> f32 {
  let h = precise_exp(abs(v) / 2);
  return half_of_square(h) + 0.5 / h / h;
}

fn asinh_of(v: f32) -> f32 {
  let u = abs(v);
  var s = precise_log1p(u + u * u / (1 + sqrt(1 + u * u)));
  if (u > 1e9) { s = precise_log(u) + LN_2; }
  return select(s, -s, v < 0);
}

fn acosh_of(v: f32) -> f32 {
  if (v < 1 || is_nan(v)) { return nan(); }
  if (v > 1e9) { return precise_log(v) + LN_2; }
  return precise_log1p((v - 1) + sqrt((v - 1) * (v + 1)));
}

fn atanh_of(v: f32) -> f32 {
  let u = abs(v);
  if (u == 1) { return select(infinity(), -infinity(), v < 0); }   // beyond, there is no logarithm
  let s = 0.5 * precise_log1p(2 * u / (1 - u));
  return select(s, -s, v < 0);
}

fn rsqrt_of(v: f32) -> f32 {
  if (v < 0 || is_nan(v)) { return nan(); }
  if (v == 0) { return infinity(); }
  return inverseSqrt(v);
}

fn f(v: f32) -> f32 {
  switch OP {
    case LOG1P: { return precise_log1p(v); }
    case LOG2: { return log2_of(v); }
    case LOG10: { return precise_log(v) * LOG10_E; }
    case EXPM1: { return precise_expm1(v); }
    case EXP2: { return exp2_of(v); }
    case RSQRT: { return rsqrt_of(v); }
    case ERF: { return precise_erf(v); }
    case ERFC: { return precise_erfc(v); }
    case SINH: { return sinh_of(v); }
    case COSH: { return cosh_of(v); }
    case ASINH: { return asinh_of(v); }
    case ACOSH: { return acosh_of(v); }
    default: { return atanh_of(v); }
  }
}

fn df(v: f32) -> f32 {
  switch OP {
    case LOG1P: { return 1 / (1 + v); }
    case LOG2: {   // WGSL promises quotients up to 2¹²⁶; a quarter of v is made of its bits, else a compiler may see 1 / v again
      if (v > 8.5e37 && v <= 3.4028234e38) { return (LOG2_E / 4) / bitcast<f32>(bitcast<u32>(v) - 0x1000000u); }
      return LOG2_E / v;
    }
    case LOG10: { return LOG10_E / v; }
    case EXPM1: { return precise_exp(v); }
    case EXP2: { return LN_2 * exp2_of(v); }
    case RSQRT: { return -0.5 * rsqrt_of(v) / v; }
    case ERF: { if (is_nan(v)) { return v; } return TWO_OVER_ROOT_PI * exp_of_square(v); }
    case ERFC: { if (is_nan(v)) { return v; } return -TWO_OVER_ROOT_PI * exp_of_square(v); }
    case SINH: { return cosh_of(v); }
    case COSH: { return sinh_of(v); }
    case ASINH: { if (is_nan(v)) { return v; } return rsqrt_of(1 + v * v); }
    case ACOSH: { return rsqrt_of((v - 1) * (v + 1)); }   // below −1 too, as PyTorch has it
    default: { return 1 / ((1 - v) * (1 + v)); }
  }
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  apply(wid.y * groups.x + wid.x, lid);
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  apply_slopes(wid.y * groups.x + wid.x, lid);
}
