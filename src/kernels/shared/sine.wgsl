// Sine and cosine to within a few units in the last place up to |x| = 8192: WGSL promises its own to an absolute 2⁻¹¹
// between −π and π only, and there are drivers that take it at its word. Beyond that they are the driver's. The
// polynomials are S. Moshier's (Cephes, single precision). Joined with nan.wgsl.
//
//   x = q · π/2 + r,  |r| ≤ π/4,  of which four parts make π/2;  sin x is ± sin r or ± cos r, by q mod 4

/// sin(x + quarters · π/2).
fn sine_after(x: vec4f, quarters: vec4i) -> vec4f {
  let q = floor(x * 0.6366197723675814 + 0.5);
  let r = ((x - q * 1.5703125) - q * 4.8351287841796875e-4) - q * 3.1385570764541626e-7 - q * 6.0771005065061922e-11;
  let z = r * r;
  let s = ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) * z * r + r;
  let c = ((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z - 0.5 * z + 1;
  let n = vec4i(q) + quarters;
  let y = select(s, c, (n & vec4i(1)) == vec4i(1));
  return select(y, -y, (n & vec4i(2)) == vec4i(2));
}

fn sin_of4(x: vec4f) -> vec4f { return beyond(x, sine_after(x, vec4i(0)), sin(x)); }
fn cos_of4(x: vec4f) -> vec4f { return beyond(x, sine_after(x, vec4i(1)), cos(x)); }

fn beyond(x: vec4f, near: vec4f, far: vec4f) -> vec4f {
  let y = select(near, far, abs(x) > vec4f(8192));
  return select(y, vec4f(nan()), is_nan4(x) | (abs(x) > vec4f(3.4028234e38)));
}
