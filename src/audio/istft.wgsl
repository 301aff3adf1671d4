// The way back from short-time Fourier transforms: each frame's samples x_f, and their overlap-add under the window w
// that they were taken with, divided by what the windows' squares add up to (D. W. Griffin and J. S. Lim, 1984):
//
//   y[t] = sum over f of w[n] x_f[n] / sum over f of w[n]²,   n = t + trim - f · hop,   0 ≤ n < nFft
//
// The samples of a frame, with N = nFft and M = N / 2, as the even and the odd ones (see stft.wgsl, which goes the
// other way): z[n] = x[2n] + i x[2n + 1] is the inverse transform, of M points, of
//
//   Z[k] = E[k] + i O[k],   2 E[k] = X[k] + conj X[M - k],   2 O[k] = e^(2 pi i k / N) (X[k] - conj X[M - k])
//
// and an inverse transform is M⁻¹ · conj of the transform of the conjugate. So `pack` makes conj Z / M, the passes of
// stft.wgsl transform it, and `overlapAdd` reads x[2n] and -x[2n + 1] off it.
//
// Frames of the clips of this launch are numbered on: frame g is frame g % frames of clip first + g / frames.

override WORKGROUP: u32 = 64;

struct Params { batch: u32, first: u32, clips: u32, frames: u32, nFft: u32, hop: u32, trim: u32, length: u32 }

@group(0) @binding(0) var<storage, read> spectra: array<vec2f>;        // pack: X [.., M + 1, frames], (re, im)
@group(0) @binding(1) var<storage, read> twiddles: array<vec2f>;       // pack: e^(-2 pi i k / N)
@group(0) @binding(2) var<storage, read_write> packed: array<vec2f>;   // pack: z [M, batch]

@group(0) @binding(0) var<storage, read> z: array<vec2f>;              // overlapAdd: [M, batch]
@group(0) @binding(1) var<storage, read> window: array<f32>;           // overlapAdd: [N]
@group(0) @binding(2) var<storage, read> order: array<u32>;            // overlapAdd: where the passes left z[n], [M]
@group(0) @binding(3) var<storage, read_write> y: array<f32>;          // overlapAdd: [.., length]
@group(1) @binding(0) var<uniform> params: Params;

fn times(a: vec2f, b: vec2f) -> vec2f { return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }

// Invocation (frame, k).
@compute @workgroup_size(WORKGROUP)
fn pack(@builtin(global_invocation_id) id: vec3u) {
  let g = id.x;
  if (g >= params.batch) { return; }
  let k = id.y;
  let points = params.nFft / 2;
  let clip = params.first + g / params.frames;
  let bins = clip * (points + 1) * params.frames + g % params.frames;
  var a = spectra[bins + k * params.frames];
  var b = spectra[bins + (points - k) * params.frames] * vec2f(1, -1);
  if (k == 0) {                             // the sums at 0 and half the sample rate are real, whatever X says
    a.y = 0;
    b.y = 0;
  }
  let root = twiddles[k] * vec2f(1, -1);
  let odd = times(root, a - b);
  let sum = a + b + vec2f(-odd.y, odd.x);   // 2 Z[k]
  packed[k * params.batch + g] = vec2f(sum.x, -sum.y) / f32(params.nFft);
}

// Invocation t of a clip.
@compute @workgroup_size(WORKGROUP)
fn overlapAdd(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.clips * params.length) { return; }
  let clip = i / params.length;
  let t = i - clip * params.length + params.trim;
  var frame = 0u;                           // the first frame that reaches t
  if (t >= params.nFft) { frame = (t - params.nFft) / params.hop + 1; }
  var sum = 0.0;
  var squares = 0.0;
  for (; frame < params.frames && frame * params.hop <= t; frame++) {
    let n = t - frame * params.hop;
    let pair = z[order[n / 2] * params.batch + clip * params.frames + frame];
    let x = select(pair.x, -pair.y, n % 2 == 1);
    let w = window[n];
    sum = fma(w, x, sum);
    squares = fma(w, w, squares);
  }
  y[params.first * params.length + i] = select(sum, sum / squares, squares > 0);
}
