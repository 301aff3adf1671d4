// The gradient of waves of which |X|^p is a spectrogram (stft.wgsl), dy being that of the spectrogram:
//
//   dX[k] = p |X[k]|^(p - 2) X[k] dy[k],   0 where X[k] is 0
//   dx[t] = sum over frames f, n with |f · hop + n - pad| = t of window[n] Re sum over k ≤ N / 2 of dX[k] e^(2 pi i k n / N)
//
// where |…| mirrors at the ends of a wave, as in frames.wgsl. The inner sum is an inverse transform of real numbers in which
// the bins between the first and the last, that count twice there, count half: `pack` makes of dX what the passes of
// stft.wgsl transform (istft.wgsl says how), and `add` reads the frames' samples off that, and adds them up.
//
// spectra are X of the clips of this launch, [clips, N / 2 + 1, frames]; dy and y are of all clips, `first` before these.

override WORKGROUP: u32 = 64;
override POWER: u32 = 2;     // 2: |X|², 1: |X|, 0: |X|^exponent

struct Params {
  batch: u32, first: u32, clips: u32, frames: u32, nFft: u32, hop: u32, pad: u32, samples: u32,
  exponent: f32,
}

@group(0) @binding(0) var<storage, read> spectra: array<vec2f>;        // pack: X, (re, im)
@group(0) @binding(1) var<storage, read> dy: array<f32>;               // pack
@group(0) @binding(2) var<storage, read> twiddles: array<vec2f>;       // pack: e^(-2 pi i k / N)
@group(0) @binding(3) var<storage, read_write> packed: array<vec2f>;   // pack: z [N / 2, batch]

@group(0) @binding(0) var<storage, read> z: array<vec2f>;              // add: [N / 2, batch]
@group(0) @binding(1) var<storage, read> window: array<f32>;           // add: [N]
@group(0) @binding(2) var<storage, read> order: array<u32>;            // add: where the passes left z[n], [N / 2]
@group(0) @binding(3) var<storage, read_write> y: array<f32>;          // add: dx [.., samples]
@group(1) @binding(0) var<uniform> params: Params;

fn times(a: vec2f, b: vec2f) -> vec2f { return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }

// dX[k] of a frame, as it counts in the inverse transform.
fn gradient(clip: u32, frame: u32, k: u32) -> vec2f {
  let points = params.nFft / 2;
  let at = (clip * (points + 1) + k) * params.frames + frame;
  let x = spectra[at];
  let square = dot(x, x);
  if (square == 0) { return vec2f(0); }
  var scale = params.exponent * dy[params.first * (points + 1) * params.frames + at];
  if (POWER == 1) { scale *= inverseSqrt(square); }
  if (POWER == 0) { scale *= pow(square, 0.5 * params.exponent - 1); }
  return scale * x * select(0.5, 1.0, k == 0 || k == points);
}

// Invocation (frame, k).
@compute @workgroup_size(WORKGROUP)
fn pack(@builtin(global_invocation_id) id: vec3u) {
  let g = id.x;
  if (g >= params.batch) { return; }
  let k = id.y;
  let points = params.nFft / 2;
  let clip = g / params.frames;
  let frame = g - clip * params.frames;
  var a = gradient(clip, frame, k);
  var b = gradient(clip, frame, points - k) * vec2f(1, -1);
  if (k == 0) {                             // their imaginary parts are in no sum
    a.y = 0;
    b.y = 0;
  }
  let root = twiddles[k] * vec2f(1, -1);
  let odd = times(root, a - b);
  let sum = a + b + vec2f(-odd.y, odd.x);
  packed[k * params.batch + g] = vec2f(sum.x, -sum.y);
}

// What the frames of a clip have at position p of the wave with its mirrored ends.
fn at(clip: u32, p: u32) -> f32 {
  var frame = 0u;                           // the first frame that reaches p
  if (p >= params.nFft) { frame = (p - params.nFft) / params.hop + 1; }
  var sum = 0.0;
  for (; frame < params.frames && frame * params.hop <= p; frame++) {
    let n = p - frame * params.hop;
    let pair = z[order[n / 2] * params.batch + clip * params.frames + frame];
    let x = select(pair.x, -pair.y, n % 2 == 1);
    sum = fma(window[n], x, sum);
  }
  return sum;
}

// Invocation t of a clip.
@compute @workgroup_size(WORKGROUP)
fn add(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.clips * params.samples) { return; }
  let clip = i / params.samples;
  let t = i - clip * params.samples;
  let last = params.samples - 1;
  var sum = at(clip, t + params.pad);
  if (t > 0 && t <= params.pad) { sum += at(clip, params.pad - t); }
  if (t < last && last - t <= params.pad) { sum += at(clip, params.pad + 2 * last - t); }
  y[params.first * params.samples + i] = sum;
}
