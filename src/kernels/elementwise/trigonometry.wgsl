// Trigonometric functions of each element that WGSL has to 4096 units in the last place, or not. Joined with elements.wgsl,
// nan.wgsl, precise.wgsl and circle.wgsl.

const TAN = 0u; const ASIN = 1u; const ACOS = 2u; const ATAN = 3u; const SINC = 4u;

override MASKS: bool = false;

fn f(v: f32) -> f32 {
  switch OP {
    case TAN: { return tan_of(v); }
    case ASIN: { return asin_of(v); }
    case ACOS: { return acos_of(v); }
    case ATAN: { return atan_of(v); }
    default: { return sinc_of(v); }
  }
}

fn df(v: f32) -> f32 {
  switch OP {
    case TAN: { let t = tan_of(v); return 1 + t * t; }
    case ASIN: { return arc_slope(v); }
    case ACOS: { return -arc_slope(v); }
    case ATAN: { return 1 / (1 + v * v); }
    default: { return sinc_slope(v); }
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
