// Arrays of random numbers: uniform in [low, high), or normal with a mean and a deviation (Box and Muller:
// √(−2 ln(1 − u₁)) · (cos, sin)(2π u₂)), or whole: from + ⌊range · word / 2³²⌋, the word itself where the range is 0. One
// invocation four elements; see philox.wgsl.

override WORKGROUP: u32 = 64;
override KIND: u32 = 0;            // UNIFORM, NORMAL or WHOLE

const UNIFORM = 0u; const NORMAL = 1u; const WHOLE = 2u;

struct Params { n4: u32, seed: u32, draw: u32, a: f32, b: f32, low: i32, range: u32 }   // a, b: low and high, or mean and deviation

@group(0) @binding(0) var<storage, read_write> out: array<vec4f>;
@group(1) @binding(0) var<uniform> params: Params;

// −log(1 − u), for u in [0, 1). Near 0, where WGSL promises log(1 − u) to an absolute 2⁻²¹ only, by its series.
fn minus_log_one_minus(u: vec2f) -> vec2f {
  return select(-log(1 - u), u * (1 + u * (0.5 + u * (0.33333334 + u * 0.25))), u < vec2f(0.015625));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n4) { return; }
  if (KIND == WHOLE) {
    let words = philox(vec4u(i, 0u, params.draw, 0u), vec2u(params.seed, 0u));
    let n = params.range;
    let parts = vec4u(mul_wide(words.x, n).x, mul_wide(words.y, n).x, mul_wide(words.z, n).x, mul_wide(words.w, n).x);
    out[i] = bitcast<vec4f>(select(parts, words, vec4<bool>(n == 0)) + u32(params.low));
    return;
  }
  let u = uniforms(i, params.draw, params.seed);
  if (KIND == NORMAL) {
    let radius = sqrt(2 * minus_log_one_minus(u.xz));
    let angle = 6.283185307179586 * select(u.yw, u.yw - 1, u.yw >= vec2f(0.5));
    // cos a = sin(a + π/2), as sine.wgsl counts quarters.
    let z = radius.xxyy * sine_after(angle.xxyy, vec4i(1, 0, 1, 0));
    out[i] = params.a + params.b * z;
  } else {
    let value = params.a + (params.b - params.a) * u;
    out[i] = select(value, vec4f(params.a), value >= vec4f(params.b));   // rounding may reach the open end
  }
}
