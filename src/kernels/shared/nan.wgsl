// Not-a-number, told by its bits: WGSL lets comparisons, min, max and clamp assume that there is none, and a
// training run that diverges must not look healthy. Joined to programs that choose between values.

fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

fn is_nan4(x: vec4f) -> vec4<bool> { return (bitcast<vec4u>(x) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u); }

fn nan() -> f32 {
  var bits = 0x7fc00000u;   // a variable: WGSL refuses a constant that is not a number
  return bitcast<f32>(bits);
}

fn minus_infinity() -> f32 {
  var bits = 0xff800000u;   // likewise
  return bitcast<f32>(bits);
}

// WGSL leaves open what exp is of no number, and log of what has no logarithm: drivers give ∞ and 88.

fn exp_of(x: f32) -> f32 { return select(exp(x), x, is_nan(x)); }
fn exp_of4(x: vec4f) -> vec4f { return select(exp(x), x, is_nan4(x)); }

fn log_of4(x: vec4f) -> vec4f {
  let positive = select(log(x), vec4f(minus_infinity()), x == vec4f(0));
  return select(positive, vec4f(nan()), (x < vec4f(0)) | is_nan4(x));
}
fn log_of(x: f32) -> f32 { return log_of4(vec4f(x)).x; }
