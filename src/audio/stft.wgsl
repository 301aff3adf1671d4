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
// A program with unrolled loops (see unroll.ts), one for each RADIX.

override WORKGROUP: u32 = 64;
override POWER: u32 = 2;     // 2: |X|², 1: |X|, 0: |X|^exponent
override FRAMES: u32 = 1;    // that an invocation of `frames` and `stage` does with one load of window and roots

struct Params {
  batch: u32, first: u32, frames: u32, samples: u32,
  hop: u32, pad: u32, nFft: u32,
  span: u32,                      // the length of the blocks that a pass transforms
  outFirst: u32, outFrames: u32,  // frame 0 of this launch is frame outFirst of out [clips, bins, outFrames]
  exponent: f32,
}

// z holds complex numbers, (re, im), and the roots are e^(-2 pi i k / nFft).
@group(0) @binding(0) var<storage, read> wave: array<f32>;            // frames, direct: [clips, samples]
@group(0) @binding(1) var<storage, read> window: array<f32>;          // frames, direct: [nFft]
@group(0) @binding(2) var<storage, read> roots: array<vec2f>;         // frames, direct: [nFft]
@group(0) @binding(3) var<storage, read_write> rows: array<vec2f>;    // frames: z [RADIX / 2 + 1, columns, batch]

@group(0) @binding(0) var<storage, read_write> z: array<vec2f>;       // stage: z [.., span, batch]
@group(0) @binding(1) var<storage, read> twiddles: array<vec2f>;      // stage: as roots

@group(0) @binding(0) var<storage, read> transformed: array<vec2f>;   // power, spectrum: z
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

fn wave_at(x0: u32, at: i32) -> f32 {
  let last = i32(params.samples) - 1;
  return wave[x0 + u32(last - abs(last - abs(at)))];
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
  let j = wid.y;
  //: for r in 0..RADIX
  let w$r = window[j + $r * columns];
  //: end
  //: for q in 0..RADIX/2+1
  let root$q = roots[j * $q];
  //: end
  let step = columns * params.batch;
  let end = min((wid.x + 1) * WORKGROUP * FRAMES, params.batch);
  for (var frame = wid.x * WORKGROUP * FRAMES + lid; frame < end; frame += WORKGROUP) {
    let g = params.first + frame;
    let clip = g / params.frames;
    let start = i32((g - clip * params.frames) * params.hop + j) - i32(params.pad);
    let x0 = clip * params.samples;
    let y = real$RADIX(array<f32, $RADIX>(
      //: for r in 0..RADIX
      w$r * wave_at(x0, start + i32($r * columns)),
      //: end
    ));
    let at = j * params.batch + frame;
    //: for q in 0..RADIX/2+1
    rows[at + $q * step] = times(y[$q], root$q);
    //: end
  }
}

// One pass over blocks of `span` numbers, in place: with w = e^(-2 pi i / RADIX) and parts = span / RADIX
//
//   z[j + q parts] ← e^(-2 pi i q j / span) · sum over r < RADIX of w^(q r) z[j + r parts]
//
// after which part q, transformed by itself, holds the bins q + RADIX m. The parts of the last pass are single numbers.
@compute @workgroup_size(WORKGROUP)
fn stage(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) lid: u32) {
  let parts = params.span / $RADIX;
  let block = wid.y / parts;
  let j = wid.y - block * parts;
  //: for q in 0..RADIX
  let root$q = twiddles[j * $q * (params.nFft / params.span)];
  //: end
  let step = parts * params.batch;
  let end = min((wid.x + 1) * WORKGROUP * FRAMES, params.batch);
  for (var frame = wid.x * WORKGROUP * FRAMES + lid; frame < end; frame += WORKGROUP) {
    let at = (block * params.span + j) * params.batch + frame;
    let y = dft$RADIX(array<vec2f, $RADIX>(
      //: for r in 0..RADIX
      z[at + $r * step],
      //: end
    ));
    //: for q in 0..RADIX
    z[at + $q * step] = times(y[$q], root$q);
    //: end
  }
}

// The last pass, over RADIX neighbours: block b of row q holds bins from q + rows · starts[b] on, `apart` each from the next.
fn transform_block(frame: u32, block: u32) -> array<vec2f, $RADIX> {
  let at = block * $RADIX * params.batch + frame;
  return dft$RADIX(array<vec2f, $RADIX>(
    //: for r in 0..RADIX
    transformed[at + $r * params.batch],
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

// The sum of the definition.
@compute @workgroup_size(WORKGROUP)
fn direct(@builtin(global_invocation_id) id: vec3u) {
  let frame = id.x;
  if (frame >= params.batch) { return; }
  let g = params.first + frame;
  let clip = g / params.frames;
  let start = i32((g - clip * params.frames) * params.hop) - i32(params.pad);
  var sum = vec2f(0);
  var angle = 0u;                            // k n mod nFft
  for (var n = 0u; n < params.nFft; n++) {
    sum += window[n] * wave_at(clip * params.samples, start + i32(n)) * roots[angle];
    angle += id.y;
    if (angle >= params.nFft) { angle -= params.nFft; }
  }
  sums[place(frame, id.y)] = powered(sum);
}
