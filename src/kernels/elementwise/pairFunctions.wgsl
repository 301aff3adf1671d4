// Functions of two elements, with their slopes. Joined with nan.wgsl, types.wgsl, pairs.wgsl, pairsGradient.wgsl,
// precise.wgsl and circle.wgsl. Both operands come as floats.

const ATAN2 = 0u; const HYPOT = 1u; const COPYSIGN = 2u; const LOGADDEXP = 3u; const XLOGY = 4u; const PRELU = 5u;

override MASKS: bool = OP == PRELU;

// √(x² + y²) by the larger one, whose square may overflow.
fn hypot_of(x: f32, y: f32) -> f32 {
  if (abs(x) > 3.4028234e38 || abs(y) > 3.4028234e38) { return select(infinity(), nan(), is_nan(x) || is_nan(y)); }
  let most = max(abs(x), abs(y));
  if (is_nan(x) || is_nan(y) || most == 0) { return x + y; }
  let least = min(abs(x), abs(y));
  let ratio = select(quotient_of(least, most), 1.0, least == most);
  return most * sqrt(1 + ratio * ratio);
}

// ln(eˣ + eʸ).
fn logaddexp_of(x: f32, y: f32) -> f32 {
  if (is_nan(x) || is_nan(y)) { return nan(); }
  if (x == y) { return x + 0.6931471805599453; }
  return max(x, y) + precise_log1p(precise_exp(-abs(x - y)));
}

fn of_floats(x: f32, y: f32) -> f32 {
  switch OP {
    case ATAN2: { return atan2_of(x, y); }
    case HYPOT: { return hypot_of(x, y); }
    case COPYSIGN: { return bitcast<f32>((bitcast<u32>(x) & 0x7fffffffu) | (bitcast<u32>(y) & 0x80000000u)); }
    case LOGADDEXP: { return logaddexp_of(x, y); }
    case XLOGY: { if (x == 0 && !is_nan(y)) { return 0; } return x * precise_log(y); }
    default: { return select(y * x, x, x > 0); }
  }
}

fn f(p: u32, q: u32) -> u32 { return bitcast<u32>(of_floats(bitcast<f32>(p), bitcast<f32>(q))); }

// The slope of atan2 is another coordinate over the squared distance, whose square may overflow.
fn around(x: f32, y: f32) -> f32 {
  let d = hypot_of(x, y);
  if (abs(d) > 3.4028234e38) { return select(0.0, nan(), is_nan(d) || abs(select(-x, y, SIDE == 0)) > 3.4028234e38); }
  return select(-x, y, SIDE == 0) / d / d;
}

// eˣ / (eˣ + eʸ).
fn share(x: f32, y: f32) -> f32 {
  let e = precise_exp(-abs(x - y));
  return select(e, 1.0, x >= y) / (1 + e);
}

fn df(x: f32, y: f32) -> f32 {
  switch OP {
    case ATAN2: { return around(x, y); }
    case HYPOT: {
      let d = hypot_of(x, y);
      if (!(d <= 3.4028234e38)) { return select(y, x, SIDE == 0) / d; }
      return quotient_of(select(y, x, SIDE == 0), d);
    }
    case COPYSIGN: {
      if (SIDE == 1 || x == 0) { return 0; }
      if ((bitcast<u32>(x) & 0x7fffffffu) >= 0x7f800000u) { return nan(); }
      return select(1.0, -1.0, (bitcast<u32>(x) >> 31) != (bitcast<u32>(y) >> 31));
    }
    case LOGADDEXP: { if (SIDE == 0) { return share(x, y); } return share(y, x); }
    case XLOGY: {
      if (SIDE == 1) { return x / y; }
      return select(precise_log(y), 0.0, x == 0 && y <= 0);
    }
    default: {
      if (SIDE == 0) { return select(y, 1.0, x > 0); }
      return select(x, 0.0, x > 0);
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  apply((wid.y * groups.x + wid.x) * WORKGROUP + lid);
}

@compute @workgroup_size(WORKGROUP)
fn gradient(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  apply_slopes((wid.y * groups.x + wid.x) * WORKGROUP + lid);
}
