// Whole numbers near each element, its sign, and what to put in place of what is none. Joined with elements.wgsl, nan.wgsl
// and precise.wgsl. Of steps the gradient is 0; nanToNum gives params a, b and c for NaN, ∞ and −∞.

const SIGN = 0u; const FLOOR = 1u; const CEIL = 2u; const ROUND = 3u; const TRUNC = 4u; const FRAC = 5u; const NAN_TO_NUM = 6u;

override MASKS: bool = true;

fn finite(v: f32) -> bool { return (bitcast<u32>(v) & 0x7fffffffu) < 0x7f800000u; }

fn f(v: f32) -> f32 {
  if (OP == NAN_TO_NUM) {
    if (finite(v)) { return v; }
    return select(select(params.b, params.c, v < 0), params.a, is_nan(v));
  }
  if (is_nan(v)) { return select(v, 0.0, OP == SIGN); }
  switch OP {
    case SIGN: { return sign(v); }
    case FLOOR: { return floor(v); }
    case CEIL: { return ceil(v); }
    case ROUND: { return round(v); }   // half to even
    case TRUNC: { return trunc(v); }
    default: { if (!finite(v)) { return nan(); } return v - trunc(v); }
  }
}

fn df(v: f32) -> f32 {
  if (OP == FRAC) { return 1; }
  return select(0.0, 1.0, OP == NAN_TO_NUM && finite(v));
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  apply(wid.y * groups.x + wid.x, lid);
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  apply_slopes(wid.y * groups.x + wid.x, lid);
}
