// The phase vocoder (J. L. Flanagan and R. M. Golden, 1966; D. P. W. Ellis's form of it, as in librosa): short-time
// Fourier transforms at another pace. Output frame t looks at time s = steps[t] of the input, between frames i = ⌊s⌋
// and i + 1. Its magnitude is theirs, interpolated, and its phase goes on from frame to frame as theirs does:
//
//   Y[k, t] = ((1 - a) |X[k, i]| + a |X[k, i + 1]|) e^(i φ[t]),   a = s - i
//   φ[0] = arg X[k, 0],   φ[t + 1] = φ[t] + arg X[k, i + 1] - arg X[k, i]
//
// with X = 0, and arg 0 = 0, behind the last frame. librosa adds the phase that bin k's own frequency would gain in a
// hop, and what is left of the difference wrapped to -π … π: the same angle, as a whole turn is none.
//
// No angle is ever computed, only complex numbers of magnitude 1, u = e^(i φ): WGSL asks little precision of atan2, sin
// and cos, much of products and roots.
//
// The gradient of a frame of Y, g, is one of its magnitude m, dm = u · g, and one of its phase, dφ = Y.re g.im - Y.im g.re.
// A phase goes on through all later frames: with S[t] the sum of dφ from t on,
//
//   d|X[i]| += (1 - a) dm[t],   d|X[i + 1]| += a dm[t],   d arg X[i + 1] += S[t + 1],   d arg X[i] -= S[t + 1]
//   d arg X[0] += S[0],   dX = d|X| e + d arg X · i e / |X|,   e = e^(i arg X);   0 where X = 0, as in torch
//
// An invocation walks along the frames of one bin. X [clips, bins, inFrames], Y [clips, bins, outFrames], rows =
// clips · bins.

override WORKGROUP: u32 = 64;

struct Params { rows: u32, inFrames: u32, outFrames: u32 }

@group(0) @binding(0) var<storage, read> x: array<vec2f>;        // X as (re, im)
@group(0) @binding(1) var<storage, read> steps: array<vec2f>;    // (i, a) of each output frame
@group(0) @binding(2) var<storage, read_write> y: array<vec2f>;  // Y as (re, im)

@group(0) @binding(2) var<storage, read> made: array<vec2f>;     // backward: Y
@group(0) @binding(3) var<storage, read> g: array<vec2f>;        // backward: dY
@group(0) @binding(4) var<storage, read_write> dx: array<vec2f>; // backward: (d|X|, d arg X), and at last dX
@group(1) @binding(0) var<uniform> params: Params;

// e^(i arg z); 1 for 0. Scaled first: a square may be too small for a float where z is not.
fn direction(z: vec2f) -> vec2f {
  let size = max(abs(z.x), abs(z.y));
  if (size < 0x1p-126f) { return vec2f(1, 0); }
  return normalize(z / size);
}

fn times(a: vec2f, b: vec2f) -> vec2f { return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }

// X[k, i], the row of k beginning at `first`.
fn column(first: u32, i: u32) -> vec2f {
  if (i >= params.inFrames) { return vec2f(0); }
  return x[first + i];
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (row >= params.rows) { return; }
  let first = row * params.inFrames;
  var u = direction(x[first]);
  for (var t = 0u; t < params.outFrames; t++) {
    let i = u32(steps[t].x);
    let before = column(first, i);
    let after = column(first, i + 1);
    let a = steps[t].y;                               // not mix(): some drivers take a large number off a large one in it
    y[row * params.outFrames + t] = ((1 - a) * length(before) + a * length(after)) * u;
    u = normalize(times(u, times(direction(after), direction(before) * vec2f(1, -1))));
  }
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (row >= params.rows) { return; }
  let first = row * params.inFrames;
  for (var j = 0u; j < params.inFrames; j++) { dx[first + j] = vec2f(0); }
  var later = 0.0;                                    // S[t + 1]
  for (var t = params.outFrames; t > 0; t--) {
    let step = steps[t - 1];
    let value = made[row * params.outFrames + t - 1];
    let above = g[row * params.outFrames + t - 1];
    let magnitude = dot(direction(value), above);
    let i = u32(step.x);
    if (i < params.inFrames) { dx[first + i] += vec2f((1 - step.y) * magnitude, -later); }
    if (i + 1 < params.inFrames) { dx[first + i + 1] += vec2f(step.y * magnitude, later); }
    later += value.x * above.y - value.y * above.x;
  }
  dx[first].y += later;
  for (var j = 0u; j < params.inFrames; j++) {
    let z = x[first + j];
    let e = direction(z);
    let size = dot(z, e);
    let d = dx[first + j];
    dx[first + j] = select(vec2f(0), d.x * e + d.y / size * vec2f(-e.y, e.x), size > 0);
  }
}
