// Not-a-number, told by its bits: WGSL lets comparisons, min, max and clamp assume that there is none, and a
// training run that diverges must not look healthy. Joined to programs that choose between values.

fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

fn nan() -> f32 {
  var bits = 0x7fc00000u;   // a variable: WGSL refuses a constant that is not a number
  return bitcast<f32>(bits);
}
