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
// nFft a power of two: loads and stores are what costs, so an invocation transforms up to 32 numbers in registers, and all
// of a transform takes few passes (J. W. Cooley and J. W. Tukey 1965): nFft = RADIX · columns, and
//
//   frames      z[q, j] = e^(-2 pi i q j / nFft) · sum over r < RADIX of w^(q r) x[j + columns r],   w = e^(-2 pi i / RADIX)
//
// of which, x being real, those with q > RADIX / 2 are conjugates of others, and are left out. Row q, transformed by itself, holds
// the bins q + RADIX m: by `power` in one go, or by `stage` first where a row is too long for that. Bin k > nFft / 2 is the
// conjugate of bin nFft - k. `spectrum` gives X itself. Any other nFft: `direct` sums as above.
//
// An invocation of `frames` does two columns, which lie side by side in z: a vec4 is stored, and loaded by the last pass, in little more
// than the time of a number. Where TEXTURES is 1, on CPUs, arrays are read as copies in textures: a load from a buffer goes
// from lane to lane there, a tenth as fast. EVEN: both samples that two columns begin with lie in one texel.
//
// A program with unrolled loops (see unroll.ts), one for each RADIX, and where TEXTURES or EVEN make another.

override WORKGROUP: u32 = 64;
override POWER: u32 = 2;     // 2: |X|², 1: |X|, 0: |X|^exponent
override PAIRS: u32 = 0;     // of `stage`: whether z is that of `frames`
override FRAMES: u32 = 1;    // that an invocation of `frames` and `stage` does with one load of their factors

struct Params {
  batch: u32, first: u32, frames: u32, samples: u32,
  hop: u32, pad: u32, nFft: u32,
  span: u32,                      // the length of the blocks that a pass transforms
  outFirst: u32, outFrames: u32,  // frame 0 of this launch is frame outFirst of out [clips, bins, outFrames]
  exponent: f32,
  offset: u32, wholes: u32, count: u32, parts: u32,   // see first_sample
}

// z holds complex numbers, (re, im), and the roots are e^(-2 pi i k / nFft).
//: for only in TEXTURES..1
@group(0) @binding(0) var<storage, read> wave: array<f32>;            // frames, direct: that clips are parts of
@group(0) @binding(1) var<storage, read> factors: array<vec4f>;       // frames: [columns / 2, RADIX + 1]: windows, then roots; stage: [parts, RADIX / 2]
@group(0) @binding(0) var<storage, read> transformed: array<vec4f>;   // power, spectrum: z
@group(0) @binding(0) var<storage, read> z: array<vec2f>;             // stage: [.., span / 2, batch, 2] or [.., span, batch]
//: end
//: for only in 0..TEXTURES
@group(0) @binding(0) var wave: texture_storage_2d<rgba32float, read>;
@group(0) @binding(1) var factors: texture_storage_2d<rgba32float, read>;
@group(0) @binding(0) var transformed: texture_storage_2d<rgba32float, read>;
//: end
@group(0) @binding(1) var<storage, read> window: array<f32>;          // direct: [nFft]
@group(0) @binding(2) var<storage, read> roots: array<vec2f>;         // direct: [nFft]
@group(0) @binding(2) var<storage, read_write> pairs: array<vec4f>;   // frames: z [RADIX / 2 + 1, columns / 2, batch, 2]

@group(0) @binding(2) var<storage, read_write> passed: array<vec2f>;  // stage: as z

@group(0) @binding(1) var<storage, read> starts: array<u32>;          // power, spectrum: the first bin of a row's blocks
@group(0) @binding(2) var<storage, read_write> out: array<f32>;       // power: [clips, bins, outFrames]
@group(0) @binding(2) var<storage, read_write> spectra: array<vec2f>; // spectrum: as out, (re, im)

@group(0) @binding(3) var<storage, read_write> sums: array<f32>;      // direct: as out

@group(1) @binding(0) var<uniform> params: Params;

fn times(a: vec2f, w: vec2f) -> vec2f { return vec2f(a.x * w.x - a.y * w.y, a.x * w.y + a.y * w.x); }

// -i a
fn turn(a: vec2f) -> vec2f { return vec2f(a.y, -a.x); }

// Transforms in registers, of complex numbers and of real ones: of N numbers from those of the even and the odd ones.
fn dft2(x: array<vec2f, 2>) -> array<vec2f, 2> { return array<vec2f, 2>(x[0] + x[1], x[0] - x[1]); }
fn real2(x: array<f32, 2>) -> array<vec2f, 2> { return array<vec2f, 2>(vec2f(x[0] + x[1], 0), vec2f(x[0] - x[1], 0)); }

//: for N in 4 8 16 32
fn dft$N(x: array<vec2f, $N>) -> array<vec2f, $N> {
  let even = dft${N / 2}(array<vec2f, ${N / 2}>(
    //: for i in 0..N/2
    x[${2 * i}],
    //: end
  ));
  let odd = dft${N / 2}(array<vec2f, ${N / 2}>(
    //: for i in 0..N/2
    x[${2 * i + 1}],
    //: end
  ));
  let turned0 = odd[0];
  let turned${N / 4} = turn(odd[${N / 4}]);
  //: for k in 1..N/4
  let turned$k = times(odd[$k], vec2f(cos(6.283185307179586 * $k.0 / $N.0), -sin(6.283185307179586 * $k.0 / $N.0)));
  let turned${k + N / 4} = turn(times(odd[${k + N / 4}], vec2f(cos(6.283185307179586 * $k.0 / $N.0), -sin(6.283185307179586 * $k.0 / $N.0))));
  //: end
  return array<vec2f, $N>(
    //: for k in 0..N/2
    even[$k] + turned$k,
    //: end
    //: for k in 0..N/2
    even[$k] - turned$k,
    //: end
  );
}

fn real$N(x: array<f32, $N>) -> array<vec2f, ${N / 2 + 1}> {
  let even = real${N / 2}(array<f32, ${N / 2}>(
    //: for i in 0..N/2
    x[${2 * i}],
    //: end
  ));
  let odd = real${N / 2}(array<f32, ${N / 2}>(
    //: for i in 0..N/2
    x[${2 * i + 1}],
    //: end
  ));
  var y: array<vec2f, ${N / 2 + 1}>;
  y[0] = vec2f(even[0].x + odd[0].x, 0);
  y[${N / 2}] = vec2f(even[0].x - odd[0].x, 0);
  y[${N / 4}] = vec2f(even[${N / 4}].x, -odd[${N / 4}].x);
  //: for k in 1..N/4
  {
    let turned = times(odd[$k], vec2f(cos(6.283185307179586 * $k.0 / $N.0), -sin(6.283185307179586 * $k.0 / $N.0)));
    y[$k] = even[$k] + turned;
    y[${N / 2 - k}] = (even[$k] - turned) * vec2f(1, -1);
  }
  //: end
  return y;
}
//: end

// Sample 0 of a clip. Clips may be parts of longer ones, `count` of each, and overlap.
fn first_sample(clip: u32) -> u32 {
  let whole = clip / params.count;
  return params.offset + whole * params.wholes + (clip - whole * params.count) * params.parts;
}

fn mirrored(at: i32) -> u32 {
  let last = i32(params.samples) - 1;
  return u32(last - abs(last - abs(at)));
}

//: for only in TEXTURES..1
fn wave_at(i: u32) -> f32 { return wave[i]; }
fn factor(i: u32) -> vec4f { return factors[i]; }
fn pair_at(i: u32) -> vec4f { return transformed[i]; }
fn z_at(i: u32) -> vec2f { return z[i]; }
//: end
//: for only in 0..TEXTURES
fn wave_four(i: u32) -> vec4f { return textureLoad(wave, texel(i / 4)); }   // see shared/texel.wgsl
fn wave_at(i: u32) -> f32 {
  let four = wave_four(i);
  let odd = (i & 1) == 1;
  return select(select(four.x, four.y, odd), select(four.z, four.w, odd), (i & 2) == 2);
}
fn factor(i: u32) -> vec4f { return textureLoad(factors, texel(i)); }
fn pair_at(i: u32) -> vec4f { return textureLoad(transformed, texel(i)); }
fn z_at(i: u32) -> vec2f {
  let pair = pair_at(i / 2);
  return select(pair.xy, pair.zw, (i & 1) == 1);
}
//: end

// Samples `at` and `at + 1` of the clip that begins at sample x0.
fn wave_pair(x0: u32, at: i32) -> vec2f {
  //: for only in EVEN..1
  return vec2f(wave_at(x0 + mirrored(at)), wave_at(x0 + mirrored(at + 1)));
  //: end
  //: for only in 0..EVEN
  // All is even: they lie in one texel, but where they are mirrored.
  let i = x0 + mirrored(at);
  let four = wave_four(i);
  var pair = select(four.xy, four.zw, (i & 2) == 2);
  if (u32(at + 1) >= params.samples) {     // what is negative wraps round to a huge number
    let before = wave_four(i - 1);
    pair.y = select(before.w, before.y, (i & 2) == 2);
  }
  return pair;
  //: end
}

// Where bin k of this launch's frame goes.
fn place(frame: u32, k: u32) -> u32 {
  let g = params.outFirst + frame;
  let clip = g / params.outFrames;
  // (clip · bins + k) · outFrames + g % outFrames, where bins = nFft / 2 + 1 and g = clip · outFrames + g % outFrames
  return (clip * (params.nFft / 2) + k) * params.outFrames + g;
}

// |X|^power
fn powered(x: vec2f) -> f32 {
  let square = dot(x, x);
  if (POWER == 1) { return sqrt(square); }
  if (POWER == 0) { return select(pow(square, 0.5 * params.exponent), 0.0, square == 0); }
  return square;
}

// All entries: invocation (frame, item), one item for all of a workgroup. Of `frames` and `stage`, a workgroup does FRAMES times
// as many frames as it has invocations.
@compute @workgroup_size(WORKGROUP)
fn frames(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) lid: u32) {
  let columns = params.nFft / $RADIX;
  let j = 2 * wid.y;
  //: for r in 0..RADIX+1
  let factors$r = factor(wid.y * ${RADIX + 1} + $r);
  //: end
  let step = columns / 2 * params.batch;
  let end = min((wid.x + 1) * WORKGROUP * FRAMES, params.batch);
  for (var frame = wid.x * WORKGROUP * FRAMES + lid; frame < end; frame += WORKGROUP) {
    let g = params.first + frame;
    let clip = g / params.frames;
    let start = i32((g - clip * params.frames) * params.hop + j) - i32(params.pad);
    let x0 = first_sample(clip);
    //: for r in 0..RADIX/2
    let pair${2 * r} = factors$r.xy * wave_pair(x0, start + i32(${2 * r} * columns));
    let pair${2 * r + 1} = factors$r.zw * wave_pair(x0, start + i32(${2 * r + 1} * columns));
    //: end
    let y = real$RADIX(array<f32, $RADIX>(
      //: for r in 0..RADIX
      pair$r.x,
      //: end
    ));
    let next = real$RADIX(array<f32, $RADIX>(
      //: for r in 0..RADIX
      pair$r.y,
      //: end
    ));
    let at = wid.y * params.batch + frame;
    //: for q in 0..RADIX/2+1
    pairs[at + $q * step] = vec4f(times(y[$q], factors${RADIX / 2 + q}.xy), times(next[$q], factors${RADIX / 2 + q}.zw));
    //: end
  }
}

// One pass over blocks of `span` numbers: with w = e^(-2 pi i / RADIX) and parts = span / RADIX
//
//   out[j + q parts] = e^(-2 pi i q j / span) · sum over r < RADIX of w^(q r) z[j + r parts]
//
// after which part q, transformed by itself, holds the bins q + RADIX m. The parts of the last pass are single numbers.
@compute @workgroup_size(WORKGROUP)
fn stage(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) lid: u32) {
  let parts = params.span / $RADIX;
  let block = wid.y / parts;
  let j = wid.y - block * parts;
  //: for q in 0..RADIX/2
  let roots$q = factor(j * ${RADIX / 2} + $q);
  //: end
  let step = parts * params.batch;
  let end = min((wid.x + 1) * WORKGROUP * FRAMES, params.batch);
  for (var frame = wid.x * WORKGROUP * FRAMES + lid; frame < end; frame += WORKGROUP) {
    let pos = block * params.span + j;
    let at = select(pos * params.batch + frame, (pos / 2 * params.batch + frame) * 2 + pos % 2, PAIRS == 1);
    let y = dft$RADIX(array<vec2f, $RADIX>(
      //: for r in 0..RADIX
      z_at(at + $r * step),
      //: end
    ));
    //: for q in 0..RADIX/2
    passed[at + ${2 * q} * step] = times(y[${2 * q}], roots$q.xy);
    passed[at + ${2 * q + 1} * step] = times(y[${2 * q + 1}], roots$q.zw);
    //: end
  }
}

// The last pass, over RADIX neighbours: block b of row q holds bins from q + rows · starts[b] on, `apart` each from the next.
fn transform_block(frame: u32, block: u32) -> array<vec2f, $RADIX> {
  let at = block * ${RADIX / 2} * params.batch + frame;
  //: for r in 0..RADIX/2
  let x$r = pair_at(at + $r * params.batch);
  //: end
  return dft$RADIX(array<vec2f, $RADIX>(
    //: for r in 0..RADIX/2
    x$r.xy, x$r.zw,
    //: end
  ));
}

// params.span: the length of a row
fn first_bin(block: u32) -> u32 {
  let blocks = params.span / $RADIX;
  let row = block / blocks;
  return row + params.nFft / params.span * starts[block - row * blocks];
}

@compute @workgroup_size(WORKGROUP)
fn power(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.batch) { return; }
  let y = transform_block(id.x, id.y);
  let first = first_bin(id.y);
  let apart = params.nFft / $RADIX;
  let at = place(id.x, 0);
  //: for m in 0..RADIX
  {
    let k = first + $m * apart;
    out[at + min(k, params.nFft - k) * params.outFrames] = powered(y[$m]);
  }
  //: end
}

@compute @workgroup_size(WORKGROUP)
fn spectrum(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.batch) { return; }
  let y = transform_block(id.x, id.y);
  let first = first_bin(id.y);
  let apart = params.nFft / $RADIX;
  let at = place(id.x, 0);
  //: for m in 0..RADIX
  {
    let k = first + $m * apart;
    let above = k > params.nFft - k;
    spectra[at + min(k, params.nFft - k) * params.outFrames] = y[$m] * vec2f(1, select(1.0, -1.0, above));
  }
  //: end
}

//: for only in TEXTURES..1
// The sum of the definition.
@compute @workgroup_size(WORKGROUP)
fn direct(@builtin(global_invocation_id) id: vec3u) {
  let frame = id.x;
  if (frame >= params.batch) { return; }
  let g = params.first + frame;
  let clip = g / params.frames;
  let start = i32((g - clip * params.frames) * params.hop) - i32(params.pad);
  let x0 = first_sample(clip);
  var sum = vec2f(0);
  var angle = 0u;                            // k n mod nFft
  for (var n = 0u; n < params.nFft; n++) {
    sum += window[n] * wave_at(x0 + mirrored(start + i32(n))) * roots[angle];
    angle += id.y;
    if (angle >= params.nFft) { angle -= params.nFft; }
  }
  sums[place(frame, id.y)] = powered(sum);
}
//: end
