// The short-time Fourier transform, and of it |X|^power. A frame is nFft samples, `hop` after the one before it,
// times a window:
//
//   X[k] = sum over n < nFft of window[n] · x[t · hop + n - pad] · e^(-2 pi i k n / nFft),   k ≤ nFft / 2
//
// with x mirrored at its ends (neither end repeated) where the window hangs over.
//
// Frames of all clips are numbered on: frame g is frame g % frames of clip g / frames. A launch does `batch` of
// them from `first` on. The frame is always the innermost index: neighbouring invocations do the same to
// neighbouring frames, load and store side by side, and never have to wait for each other.
//
// nFft a power of two: `load` packs a frame's even and odd samples into M = nFft / 2 complex numbers, radix4 and
// radix2 passes transform them in place (Gentleman and Sande), and `power` unpacks bin k from the bins k and M - k
// of the packed transform, as does `spectrum`, which gives X itself. Any other nFft: `direct` sums as above.
//
// Precision. A transform in plain float32 rounds every one of its stages to 2^-24 of the frame's loudest bins, which
// in a pure tone is 1e-4 of a bin 80 dB below. So each number is carried as two floats, value = high + low, and each
// rounding error of an addition is caught in `low`, exactly (D. Knuth's two-sum). Products are taken apart so that
// the large one is exact: 12 leading bits times 12 leading bits fit a float's 24.

override WORKGROUP: u32 = 64;
override POWER: u32 = 2;     // 2: |X|², 1: |X|, 0: |X|^exponent

struct Params {
  batch: u32, first: u32, frames: u32, samples: u32,
  hop: u32, pad: u32, nFft: u32,
  span: u32,                      // log2 of the length of the blocks that a pass transforms
  outFirst: u32, outFrames: u32,  // frame 0 of this launch is frame outFirst of out [clips, bins, outFrames]
  exponent: f32,
  zero: u32,                      // 0, but the compiler does not know
}

// z holds complex numbers as (re high, im high, re low, im low); the twiddles e^(-2 pi i k / nFft) likewise, with
// their 12 leading bits for the high part.
@group(0) @binding(0) var<storage, read> wave: array<f32>;            // load, direct: [clips, samples]
@group(0) @binding(1) var<storage, read> window: array<vec2f>;        // load, direct: [nFft], 12 leading bits and the rest
@group(0) @binding(2) var<storage, read_write> packed: array<vec4f>;  // load: z [M, batch]

@group(0) @binding(0) var<storage, read_write> z: array<vec4f>;       // passes: z [M, batch]
@group(0) @binding(1) var<storage, read> twiddles: array<vec4f>;      // passes, power, spectrum: [nFft]

@group(0) @binding(0) var<storage, read> transformed: array<vec4f>;   // power, spectrum: z [M, batch]
@group(0) @binding(2) var<storage, read> order: array<u32>;           // power, spectrum: where the passes left bin k, [M]
@group(0) @binding(3) var<storage, read_write> out: array<f32>;       // power, direct: [clips, bins, outFrames]
@group(0) @binding(3) var<storage, read_write> spectra: array<vec2f>; // spectrum: as out, (re, im)

@group(0) @binding(2) var<storage, read> roots: array<vec4f>;         // direct: as twiddles

@group(1) @binding(0) var<uniform> params: Params;

// A compiler may reorder floating-point sums as if they were exact, and would find that a two-sum's error is 0.
// This keeps it from looking through.
fn opaque(v: vec2f) -> vec2f { return bitcast<vec2f>(bitcast<vec2u>(v) ^ vec2u(params.zero)); }

// a + b as the rounded sum and its error.
fn two_sum(a: vec2f, b: vec2f) -> vec4f {
  let sum = opaque(a + b);
  let rest = opaque(sum - a);
  return vec4f(sum, (a - (sum - rest)) + (b - rest));
}

fn add(a: vec4f, b: vec4f) -> vec4f {
  let sum = two_sum(a.xy, b.xy);
  return vec4f(sum.xy, sum.zw + (a.zw + b.zw));
}

// -i a
fn turn(a: vec4f) -> vec4f { return vec4f(a.y, -a.x, a.w, -a.z); }

// The 12 leading bits of each.
fn leading(v: vec2f) -> vec2f { return bitcast<vec2f>(bitcast<vec2u>(v) & vec2u(0xfffff000u)); }

// The complex product a w, w from the table.
fn times(a: vec4f, w: vec4f) -> vec4f {
  let lead = leading(a.xy);
  let rest = (a.xy - lead) + a.zw;
  let main = two_sum(lead.x * w.xy, lead.y * vec2f(-w.y, w.x));
  let all = w.xy + w.zw;
  let small = (lead.x * w.zw + lead.y * vec2f(-w.w, w.z)) + (rest.x * all + rest.y * vec2f(-all.y, all.x));
  return vec4f(main.xy, main.zw + small);
}

fn wave_at(clip: u32, start: u32, n: u32) -> f32 {
  let last = i32(params.samples) - 1;
  let mirrored = last - abs(last - abs(i32(start + n) - i32(params.pad)));
  return wave[clip * params.samples + u32(mirrored)];
}

// Samples n and m, as (re, im), of a frame that begins at sample `start` of a clip, under the window.
fn windowed(clip: u32, start: u32, n: u32, m: u32) -> vec4f {
  let x = vec2f(wave_at(clip, start, n), wave_at(clip, start, m));
  let w = vec4f(window[n], window[m]);
  let lead = leading(x);
  return vec4f(lead * w.xz, lead * w.yw + (x - lead) * (w.xz + w.yw));
}

// Where bin k of this launch's frame goes.
fn place(frame: u32, k: u32) -> u32 {
  let g = params.outFirst + frame;
  let clip = g / params.outFrames;
  // (clip · bins + k) · outFrames + g % outFrames, where bins = nFft / 2 + 1 and g = clip · outFrames + g % outFrames
  return (clip * (params.nFft / 2) + k) * params.outFrames + g;
}

// Stores |X|^power in bin k of this launch's frame.
fn store(frame: u32, k: u32, x: vec2f) {
  var value = dot(x, x);
  if (POWER == 1) { value = sqrt(value); }
  if (POWER == 0) { value = select(pow(value, 0.5 * params.exponent), 0.0, value == 0); }
  out[place(frame, k)] = value;
}

// All entries: invocation (frame, item), one item for all of a workgroup.
const PACKED = 8u;   // complex numbers that an invocation of `load` makes

@compute @workgroup_size(WORKGROUP)
fn load(@builtin(global_invocation_id) id: vec3u) {
  let frame = id.x;
  if (frame >= params.batch) { return; }
  let g = params.first + frame;
  let clip = g / params.frames;
  let start = (g - clip * params.frames) * params.hop;
  let end = min(id.y * PACKED + PACKED, params.nFft / 2);
  for (var n = id.y * PACKED; n < end; n++) {
    packed[n * params.batch + frame] = windowed(clip, start, 2 * n, 2 * n + 1);
  }
}

// One pass of the transform. In each block a[0 … 4 Q) of 2^span numbers, with w = e^(-2 pi i / 4Q),
//
//   a[j + q Q] ← w^(q j) · sum over r < 4 of (-i)^(q r) a[j + r Q]
//
// after which quarter q, transformed by itself, holds the bins 4 m + q.
@compute @workgroup_size(WORKGROUP)
fn radix4(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.batch) { return; }
  let quarter = params.span - 2;
  let block = id.y >> quarter;
  let j = id.y - (block << quarter);
  let at = ((block << params.span) + j) * params.batch + id.x;
  let step = params.batch << quarter;
  let root = j * (params.nFft >> params.span);

  let a = z[at];
  let b = z[at + step];
  let c = z[at + 2 * step];
  let d = z[at + 3 * step];
  let even = add(a, c);
  let odd = add(b, d);
  let left = add(a, -c);
  let right = turn(add(b, -d));
  z[at] = add(even, odd);
  z[at + step] = times(add(left, right), twiddles[root]);
  z[at + 2 * step] = times(add(even, -odd), twiddles[2 * root]);
  z[at + 3 * step] = times(add(left, -right), twiddles[3 * root]);
}

// The same with halves, the last pass where the number of points is not a power of four: its roots are 1.
@compute @workgroup_size(WORKGROUP)
fn radix2(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.batch) { return; }
  let at = 2 * id.y * params.batch + id.x;
  let a = z[at];
  let b = z[at + params.batch];
  z[at] = add(a, b);
  z[at + params.batch] = add(a, -b);
}

// With Z the transform of the packed frame, even samples + i · odd samples: twice the even samples' transform is
// E = Z[k] + conj Z[M-k], twice the odd ones' is O = -i (Z[k] - conj Z[M-k]), and 2 X[k] = E + e^(-2 pi i k / nFft) O.
fn unpacked(frame: u32, k: u32) -> vec2f {
  let points = params.nFft / 2;
  let a = transformed[order[k & (points - 1)] * params.batch + frame];
  let b = transformed[order[(points - k) & (points - 1)] * params.batch + frame] * vec4f(1, -1, 1, -1);
  let x = add(add(a, b), times(turn(add(a, -b)), twiddles[k]));
  return 0.5 * (x.xy + x.zw);
}

@compute @workgroup_size(WORKGROUP)
fn power(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.batch) { return; }
  store(id.x, id.y, unpacked(id.x, id.y));
}

@compute @workgroup_size(WORKGROUP)
fn spectrum(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.batch) { return; }
  spectra[place(id.x, id.y)] = unpacked(id.x, id.y);
}

// The sum of the definition.
@compute @workgroup_size(WORKGROUP)
fn direct(@builtin(global_invocation_id) id: vec3u) {
  let frame = id.x;
  if (frame >= params.batch) { return; }
  let g = params.first + frame;
  let clip = g / params.frames;
  let start = (g - clip * params.frames) * params.hop;
  var sum = vec4f(0);
  var angle = 0u;                            // k n mod nFft
  for (var n = 0u; n < params.nFft; n++) {
    let x = windowed(clip, start, n, n);
    sum = add(sum, times(vec4f(x.x, 0, x.z, 0), roots[angle]));
    angle += id.y;
    if (angle >= params.nFft) { angle -= params.nFft; }
  }
  store(frame, id.y, sum.xy + sum.zw);
}
