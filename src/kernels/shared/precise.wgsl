// Exponentials, logarithms and the error function to within a few units in the last place: WGSL promises its own exp to
// 3 + 2|x| of them and its log near 1 to an absolute 2⁻²¹ only, and has no expm1, log1p or erf. The polynomials are
// S. Moshier's (Cephes, single precision), each within 5e-8 of its function; powers of two are made of bits. Joined with
// nan.wgsl.
//
//   eˣ = 2ⁿ (1 + p),  n the whole number nearest to x / ln 2,  p = e^r − 1,  r = x − n ln 2 in two steps, |r| ≤ ½ ln 2
//   ln x = n ln 2 + ln(1 + z),  x = 2ⁿ (1 + z),  √½ ≤ 1 + z < √2
//
// Nothing takes 1 off a sum with 1: WGSL lets a compiler see through that.

fn infinity() -> f32 {
  var bits = 0x7f800000u;   // a variable: WGSL refuses a constant that is infinite
  return bitcast<f32>(bits);
}

/// Bits that end in those of a whole number from −2²² to 2²², which 1.5 · 2²³ pushes to the end of a float's. i32() is checked for
/// its range, which takes the driver of a CPU ten instructions a lane.
fn whole(n: f32) -> u32 { return bitcast<u32>(n + 12582912); }

/// 2ⁿ for whole n from −126 to 127.
fn power_of_two(n: f32) -> f32 { return bitcast<f32>(whole(n + 127) << 23); }

/// x · 2ⁿ for whole n from −252 to 254.
fn scaled(x: f32, n: f32) -> f32 {
  let half = floor(0.5 * n);
  return x * power_of_two(half) * power_of_two(n - half);
}

/// e^r − 1 for |r| ≤ ½ ln 2.
fn expm1_near_zero(r: f32) -> f32 {
  let p = ((((1.9875691500e-4 * r + 1.3981999507e-3) * r + 8.3334519073e-3) * r + 4.1665795894e-2) * r + 1.6666665459e-1) * r + 5.0000001201e-1;
  return p * (r * r) + r;
}

/// x as [n, e^r − 1].
fn reduced(x: f32) -> vec2f {
  let c = clamp(x, -104.0, 89.0);   // beyond, eˣ is 0 or infinite
  let n = floor(c * 1.4426950408889634 + 0.5);
  return vec2f(n, expm1_near_zero((c - n * 0.693359375) + n * 2.12194440e-4));
}

fn precise_exp(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  let e = reduced(x);
  return scaled(1 + e.y, e.x);
}

/// eˣ − 1.
fn precise_expm1(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  if (abs(x) < 0.34) { return expm1_near_zero(x); }
  let e = reduced(x);
  let n = e.x;
  if (n > 24) { return scaled(1 + e.y, n); }
  return scaled(e.y, n) + (scaled(1.0, n) - 1);
}

/// ln(1 + z) + n ln 2 for 1 + z from √½ to √2.
fn log_near_one(z: f32, n: f32) -> f32 {
  var p = ((((7.0376836292e-2 * z - 1.1514610310e-1) * z + 1.1676998740e-1) * z - 1.2420140846e-1) * z + 1.4249322787e-1) * z - 1.6668057665e-1;
  p = ((p * z + 2.0000714765e-1) * z - 2.4999993993e-1) * z + 3.3333331174e-1;
  let z2 = z * z;
  return n * 0.693359375 + (z + (p * z * z2 - 0.5 * z2 - n * 2.12194440e-4));
}

/// A positive x as [z, n].
fn logarithmic(x: f32) -> vec2f {
  let small = x < 1.17549435e-38;
  let bits = bitcast<u32>(select(x, x * 33554432, small));
  let n = f32(i32(bits >> 23) - 126) - select(0.0, 25.0, small);
  let m = bitcast<f32>((bits & 0x7fffffu) | 0x3f000000u);   // ½ … 1
  return select(vec2f(m - 1, n), vec2f(m - 0.5 + (m - 0.5), n - 1), m < 0.70710678);
}

/// Whether x has a logarithm; without one, `no_logarithm` is what to give.
fn has_logarithm(x: f32) -> bool { return x > 0 && x <= 3.4028234e38 && !is_nan(x); }
fn no_logarithm(x: f32) -> f32 {
  if (is_nan(x) || x < 0) { return nan(); }
  return select(infinity(), -infinity(), x == 0);
}

fn precise_log(x: f32) -> f32 {
  if (!has_logarithm(x)) { return no_logarithm(x); }
  let l = logarithmic(x);
  return log_near_one(l.x, l.y);
}

/// ln(1 + x).
fn precise_log1p(x: f32) -> f32 {
  if (x > -0.29289 && x < 0.41421) { return log_near_one(x, 0.0); }
  return precise_log(1 + x);
}

/// e^−x²: what is left of the square of x beside that of a part of x, which is exact, goes into the exponent's rest.
/// Summed in this order: products with n side by side are one to lavapipe, n ln 2, which is not exact.
fn exp_of_square(x: f32) -> f32 {
  let c = min(abs(x), 20.0);   // e⁻²⁰⁰ is 0
  let high = bitcast<f32>(bitcast<u32>(c) & 0xfffff000u);
  let n = max(floor(0.5 - c * c * 1.4426950408889634), -252.0);
  let r = ((-high * high - n * 0.693359375) + n * 2.12194440e-4) - (c - high) * (c + high);
  return scaled(1 + expm1_near_zero(r), n);
}

/// erf for |x| ≤ 1.
fn erf_near_zero(x: f32) -> f32 {
  let z = x * x;
  return x * ((((((7.853861353e-5 * z - 8.010193625e-4) * z + 5.188327686e-3) * z - 2.685381194e-2) * z + 1.128358515e-1) * z - 3.761262582e-1) * z + 1.128379167);
}

/// 1 − erf(x) for x > 1, given e^−x².
fn erfc_far(x: f32, e: f32) -> f32 {
  let z = 1 / (x * x);
  var p = ((((2.326819970e-2 * z - 1.387039389e-1) * z + 3.687424675e-1) * z - 5.824733027e-1) * z + 6.210004622e-1) * z - 4.944515323e-1;
  p = ((p * z + 3.404879938e-1) * z - 2.741127028e-1) * z + 5.638259427e-1;
  var r = (((-1.047766400e1 * z + 1.297719955e1) * z - 7.495518718) * z + 2.921019019) * z - 1.015265279;
  r = ((r * z + 4.218463358e-1) * z - 2.820767440e-1) * z + 5.641895068e-1;
  return e / x * select(p, r, x >= 2);
}

fn precise_erf(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  if (abs(x) <= 1) { return erf_near_zero(x); }
  let far = 1 - erfc_far(min(abs(x), 10.0), exp_of_square(x));
  return select(far, -far, x < 0);
}

/// 1 − erf(x).
fn precise_erfc(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  if (abs(x) <= 1) { return 1 - erf_near_zero(x); }
  let far = erfc_far(min(abs(x), 20.0), exp_of_square(x));
  return select(far, 2 - far, x < 0);
}
