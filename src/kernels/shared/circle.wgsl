// Tangents, arcs and sin(πx), to within a few units in the last place. The polynomials for tan, asin and atan are
// S. Moshier's (Cephes, single precision); those of sin(πr) and cos(πr) are Taylor's. Joined with nan.wgsl and precise.wgsl.

const PI = 3.141592653589793;
const HALF_PI = 1.5707963267948966;
const QUARTER_PI = 0.7853981633974483;

/// tan x. Exact to the last digits up to |x| = 8192: x less the nearest even multiple of π/4, of which three parts make π/4.
fn tan_of(x: f32) -> f32 {
  if (is_nan(x) || abs(x) > 3.4e38) { return nan(); }
  let n = floor(abs(x) / HALF_PI + 0.5);
  let r = ((abs(x) - n * 1.5703125) - n * 4.8351287841796875e-4) - n * 3.1385570764541626e-7 - n * 6.0771005065061922e-11;
  let z = r * r;
  let t = (((((9.38540185543e-3 * z + 3.11992232697e-3) * z + 2.44301354525e-2) * z + 5.34112807005e-2) * z + 1.33387994085e-1) * z + 3.33331568548e-1) * z * r + r;
  let y = select(t, -1 / t, (i32(n) & 1) == 1);
  return select(y, -y, x < 0);
}

/// asin x for x from 0 to ½.
fn asin_near_zero(x: f32) -> f32 {
  let z = x * x;
  return ((((4.2163199048e-2 * z + 2.4181311049e-2) * z + 4.5470025998e-2) * z + 7.4953002686e-2) * z + 1.6666752422e-1) * z * x + x;
}

fn asin_of(x: f32) -> f32 {
  let u = abs(x);
  if (u > 1 || is_nan(x)) { return nan(); }
  var y = 0.0;
  if (u > 0.5) { y = HALF_PI - 2 * asin_near_zero(sqrt(0.5 * (1 - u))); } else { y = asin_near_zero(u); }
  return select(y, -y, x < 0);
}

fn acos_of(x: f32) -> f32 {
  let u = abs(x);
  if (u > 1 || is_nan(x)) { return nan(); }
  if (u <= 0.5) { return HALF_PI - asin_of(x); }
  let y = 2 * asin_near_zero(sqrt(0.5 * (1 - u)));
  return select(y, PI - y, x < 0);
}

/// 1 / √(1 − x²).
fn arc_slope(x: f32) -> f32 {
  if (abs(x) > 1 || is_nan(x)) { return nan(); }
  if (abs(x) == 1) { return infinity(); }
  return inverseSqrt((1 - x) * (1 + x));
}

/// atan x for x ≥ 0.
fn atan_positive(x: f32) -> f32 {
  var at = 0.0;
  var r = x;
  if (x > 2.414213562) { at = HALF_PI; r = -1 / x; } else if (x > 0.414213562) { at = QUARTER_PI; r = (x - 1) / (x + 1); }
  let z = r * r;
  return at + ((((8.05374449538e-2 * z - 1.38776856032e-1) * z + 1.99777106478e-1) * z - 3.33329491539e-1) * z * r + r);
}

fn atan_of(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  let y = atan_positive(abs(x));
  return select(y, -y, x < 0);
}

/// The angle of the point (x, y), from −π to π.
fn atan2_of(y: f32, x: f32) -> f32 {
  if (is_nan(x) || is_nan(y)) { return nan(); }
  let u = abs(x);
  let v = abs(y);
  let least = min(u, v);
  let most = max(u, v);
  var ratio = 0.0;
  if (least == most) { ratio = select(1.0, 0.0, most == 0); } else if (least <= 3.4028234e38) { ratio = quotient_of(least, most); }
  var angle = atan_positive(ratio);
  if (v > u) { angle = HALF_PI - angle; }
  if ((bitcast<u32>(x) >> 31) == 1) { angle = PI - angle; }
  return select(angle, -angle, (bitcast<u32>(y) >> 31) == 1);
}

/// a / b for b > 0 and |a| ≤ b: WGSL promises quotients where b is from 2⁻¹²⁶ to 2¹²⁶.
fn quotient_of(a: f32, b: f32) -> f32 {
  if (b > 8.5e37) { return select((a * 0.25) / (b * 0.25), 0.0, b > 3.4028234e38); }
  if (b < 1e-30) { return (a * 1e30) / (b * 1e30); }
  return a / b;
}

/// sin πr and cos πr for |r| ≤ ½.
fn sin_of_turn(r: f32) -> f32 {
  let z = r * r;
  return r * (PI + z * (-5.16771278 + z * (2.55016404 + z * (-0.599264529 + z * (0.0821458866 + z * (-0.00737043094 + z * 0.000466302806))))));
}
fn cos_of_turn(r: f32) -> f32 {
  let z = r * r;
  return 1 + z * (-4.93480220 + z * (4.05871213 + z * (-1.33526277 + z * (0.235330630 + z * (-0.0258068913 + z * (0.00192957431 - z * 0.000104638105))))));
}

/// sin(πx) / (πx), 1 at 0.
fn sinc_of(x: f32) -> f32 {
  if (is_nan(x) || abs(x) > 3.4e38) { return nan(); }
  if (abs(x) < 0.5) { return select(sin_of_turn(x) / (PI * x), 1.0, abs(x) < 1e-18); }
  let n = floor(x + 0.5);
  let s = sin_of_turn(x - n);
  let odd = floor(n * 0.5) * 2 != n;
  return select(s, -s, odd) / (PI * x);
}

/// (cos πx − sinc x) / x, near 0 by its series.
fn sinc_slope(x: f32) -> f32 {
  if (is_nan(x) || abs(x) > 3.4e38) { return nan(); }
  let z = x * x;
  if (abs(x) < 0.5) {
    return x * (-3.28986813 + z * (3.24696970 + z * (-1.14451095 + z * (0.209182782 + z * (-0.0234608103 + z * (0.00178114551 - z * 0.0000976622308))))));
  }
  let n = floor(x + 0.5);
  let c = cos_of_turn(x - n);
  let odd = floor(n * 0.5) * 2 != n;
  return (select(c, -c, odd) - sinc_of(x)) / x;
}
