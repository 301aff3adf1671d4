// Activation functions of each element; at their kinks, and at NaN, slopes are PyTorch's. Joined with elements.wgsl, nan.wgsl
// and precise.wgsl. `a`, `b` and `c` are
//
//   elu        x where x > 0, b · x, else a · (e^(c x) − 1): elu's α, 1, 1; selu's α λ, λ, 1; celu's α, 1, 1 / α
//   softplus   ln(1 + e^(a x)) / a, x where a x > b;      hardtanh  between a and b;      threshold  x where x > a, else b
//   softshrink x less a towards 0;                        hardshrink x where |x| > a, else 0

const ELU = 0u; const SOFTPLUS = 1u; const LOGSIGMOID = 2u; const MISH = 3u; const HARDSWISH = 4u; const HARDSIGMOID = 5u;
const HARDTANH = 6u; const SOFTSIGN = 7u; const TANHSHRINK = 8u; const SOFTSHRINK = 9u; const HARDSHRINK = 10u; const THRESHOLD = 11u;

override MASKS: bool = OP == HARDSIGMOID || OP == HARDTANH || OP >= SOFTSHRINK;

// 1 / (1 + e⁻ᵛ), from e of a non-positive number so that nothing overflows.
fn sigmoid(v: f32) -> f32 {
  let e = precise_exp(-abs(v));
  return select(e, 1.0, v >= 0) / (1 + e);
}

// ln(1 + eᵛ).
fn log_one_plus_exp(v: f32) -> f32 { return max(v, 0.0) + precise_log1p(precise_exp(-abs(v))); }

// tanh(ln(1 + eᵛ)) = 1 − 2 / d, d = (1 + eᵛ)² + 1, as [d − 2, d] times e⁻²ᵛ where v > 0.
fn mish_parts(v: f32) -> vec2f {
  let e = precise_exp(-abs(v));
  if (v > 0) { return vec2f(1 + 2 * e, 1 + 2 * e + 2 * e * e); }
  return vec2f(e * (e + 2), e * (e + 2) + 2);
}

// [tanh v, v − tanh v]: (1 − e) / (1 + e) with e = exp(−2|v|); near 0 the rest is v z q(z), z = v², q within 5e-9 of it.
fn tanh_and_rest(v: f32) -> vec2f {
  let z = v * v;
  if (z < 0.390625) {
    let q = ((((-2.29282861e-3 * z + 8.34402767e-3) * z - 2.17689469e-2) * z + 5.39592635e-2) * z - 1.33333036e-1) * z + 3.33333332e-1;
    return vec2f(v - q * z * v, q * z * v);
  }
  let e = precise_exp(-2 * abs(v));
  let t = select((1 - e) / (1 + e), (e - 1) / (1 + e), v < 0);
  return vec2f(t, v - t);
}

fn f(v: f32) -> f32 {
  if (is_nan(v)) { return v; }
  switch OP {
    case ELU: { if (v > 0) { return params.b * v; } return params.a * precise_expm1(params.c * v); }
    case SOFTPLUS: { if (v * params.a > params.b) { return v; } return log_one_plus_exp(v * params.a) / params.a; }
    case LOGSIGMOID: { return -log_one_plus_exp(-v); }
    case MISH: { let m = mish_parts(v); return v * (m.x / m.y); }
    case HARDSWISH: { return v * clamp(v + 3, 0.0, 6.0) / 6; }
    case HARDSIGMOID: { return clamp(v + 3, 0.0, 6.0) / 6; }
    case HARDTANH: { return clamp(v, params.a, params.b); }
    case SOFTSIGN: { return v / (1 + abs(v)); }
    case TANHSHRINK: { return tanh_and_rest(v).y; }
    case SOFTSHRINK: { return select(select(0.0, v + params.a, v < -params.a), v - params.a, v > params.a); }
    case HARDSHRINK: { return select(v, 0.0, abs(v) <= params.a); }
    default: { return select(params.b, v, v > params.a); }
  }
}

fn at_nan(v: f32) -> f32 {
  switch OP {
    case HARDSIGMOID: { return 0; }
    case ELU: { return params.b; }
    case HARDSWISH: { return 1; }
    case HARDTANH: { return 1; }
    case SOFTSHRINK: { return 1; }
    case HARDSHRINK: { return 1; }
    case THRESHOLD: { return 1; }
    default: { return v; }
  }
}

fn df(v: f32) -> f32 {
  if (is_nan(v)) { return at_nan(v); }
  switch OP {
    case ELU: { if (v > 0) { return params.b; } return params.a * params.c * precise_exp(params.c * v); }
    case SOFTPLUS: { if (v * params.a > params.b) { return 1; } return sigmoid(v * params.a); }
    case LOGSIGMOID: { return sigmoid(-v); }
    case MISH: {
      let m = mish_parts(v);
      let e = precise_exp(-abs(v));
      // 1 − tanh² = 4 (d − 1) / d², sigmoid = eᵛ / (1 + eᵛ), d − 1 = (1 + eᵛ)²
      if (v > 0) { return m.x / m.y + v * 4 * e * e * (1 + e) / (m.y * m.y); }
      return m.x / m.y + v * 4 * e * (1 + e) / (m.y * m.y);
    }
    case HARDSWISH: { return select(select(v / 3 + 0.5, 1.0, v > 3), 0.0, v < -3); }
    case HARDSIGMOID: { return select(0.0, 0.16666667, abs(v) < 3); }
    case HARDTANH: { return select(0.0, 1.0, v > params.a && v < params.b); }
    case SOFTSIGN: { let d = 1 + abs(v); if (d > 3.4028234e38) { return nan(); } return 1 / (d * d); }
    case TANHSHRINK: { let t = tanh_and_rest(v).x; return t * t; }
    case SOFTSHRINK: { return select(1.0, 0.0, abs(v) <= params.a); }
    case HARDSHRINK: { return select(1.0, 0.0, abs(v) <= params.a); }
    default: { return select(0.0, 1.0, v > params.a); }
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
