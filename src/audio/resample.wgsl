// Band-limited resampling: output o of a clip is a weighted sum of the input samples around its time.
//
//   y[j · next + p] = sum over k < taps of weights[k, p] · x[j · orig + starts[p] + k]
//
// with x zero outside of the clip: the rates' ratio is orig : next, so the weights repeat every `next` outputs.
// x [clips, samples], weights [taps, next], starts [next], y [clips, length].
//
// and of its gradient
//
//   dx[i] = sum over outputs o = j · next + p of weights[i - j · orig - starts[p], p] · dy[o], where 0 ≤ that k < taps
//
// An invocation of `forward` computes OUTPUTS outputs of one phase p, `stride` (a multiple of `next`) apart, whose inputs are
// `step` apart: it loads each weight once for all of them. Its neighbours compute the neighbouring outputs. One of `near`, for
// CPUs, where a load costs as much as ten multiply-adds, computes NEAR outputs of one phase in a row: they share most
// of their inputs where `orig` is small. A program with unrolled loops (see unroll.ts), joined with
// texel.wgsl and scaled.wgsl.

override WORKGROUP: u32 = 64;
const OUTPUTS = 4u;

struct Params {
  clips: u32, samples: u32, length: u32, stride: u32, step: u32,
  orig: u32, next: u32, taps: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(0) var x_texels: texture_storage_2d<rgba32float, read>;   // nearTexels
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> starts: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.clips * params.stride) { return; }
  let clip = i / params.stride;
  let first = i - clip * params.stride;        // the first of this invocation's outputs
  let j = first / params.next;
  let p = first - j * params.next;
  let x0 = clip * params.samples;
  let samples = i32(params.samples);

  let step = i32(params.step);
  let a = i32(j * params.orig) + starts[p];
  let b = a + step;
  let c = b + step;
  let d = c + step;
  var sum = vec4f(0);
  if (a >= 0 && d + i32(params.taps) <= samples) {
    for (var k = 0u; k < params.taps; k++) {
      let at = x0 + k;
      let values = vec4f(x[at + u32(a)], x[at + u32(b)], x[at + u32(c)], x[at + u32(d)]);
      sum = fma(vec4f(weights[k * params.next + p]), values, sum);
    }
  } else {
    let last = vec4i(samples - 1);
    for (var k = 0u; k < params.taps; k++) {
      let at = vec4i(a, b, c, d) + i32(k);
      let near = vec4u(clamp(at, vec4i(0), last)) + x0;
      let values = vec4f(x[near.x], x[near.y], x[near.z], x[near.w]);
      let inside = (at >= vec4i(0)) & (at <= last);
      sum = fma(vec4f(weights[k * params.next + p]), select(vec4f(0), values, inside), sum);
    }
  }
  for (var r = 0u; r < OUTPUTS; r++) {
    let o = first + r * params.stride;
    if (o < params.length) { y[clip * params.length + o] = sum[r]; }
  }
}

// Sample i of the clip that begins at base.
fn sample(base: u32, i: i32) -> f32 {
  let inside = u32(i) < params.samples;             // what is negative wraps round to a huge number
  return select(0.0, x[base + select(0, u32(i), inside)], inside);
}

// Samples 4 i to 4 i + 3 of the clip that begins at texel `base`.
fn four(base: u32, i: i32) -> vec4f {
  let inside = u32(i) < params.samples / 4;
  let at = base + select(0, u32(i), inside);
  return select(vec4f(0), textureLoad(x_texels, texel(at)), inside);   // see shared/texel.wgsl
}

// Writes NEAR outputs of phase p, `next` apart, from o on. x begins with the first one's first input.
fn write_near(clip: u32, o: u32, w: array<f32, $TAPS>, x: array<f32, ${ORIG * (NEAR - 1) + TAPS}>) {
  //: for r in 0..NEAR
  {
    var sum = 0.0;
    //: for k in 0..TAPS
    sum = fma(w[$k], x[${ORIG * r + k}], sum);
    //: end
    let at = o + $r * params.next;
    if (at < params.length) { y[clip * params.length + at] = sum; }
  }
  //: end
}

// Invocation (clip, j / NEAR, p); a clip has `stride` of them. TAPS is taps, ORIG is orig.
@compute @workgroup_size(WORKGROUP)
fn near(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.clips * params.stride) { return; }
  let clip = i / params.stride;
  let item = i - clip * params.stride;
  let j = item / params.next * $NEAR;
  let p = item % params.next;
  let base = clip * params.samples;
  let first = i32(j * params.orig) + starts[p];
  write_near(clip, j * params.next + p, array<f32, $TAPS>(
    //: for k in 0..TAPS
    weights[$k * params.next + p],
    //: end
  ), array<f32, ${ORIG * (NEAR - 1) + TAPS}>(
    //: for n in 0..ORIG*(NEAR-1)+TAPS
    sample(base, first + $n),
    //: end
  ));
}

// The same where next is 1 and clips have whole texels of samples. A lane's first input is the one SHIFT behind a texel's first.
@compute @workgroup_size(WORKGROUP)
fn nearTexels(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.clips * params.stride) { return; }
  let clip = i / params.stride;
  let j = (i - clip * params.stride) * $NEAR;
  let base = clip * (params.samples / 4);
  let first = (i32(j * params.orig) + starts[0]) >> 2;
  //: for n in 0..(ORIG*(NEAR-1)+TAPS+SHIFT+3)/4
  let fours$n = four(base, first + $n);
  //: end
  write_near(clip, j, array<f32, $TAPS>(
    //: for k in 0..TAPS
    weights[$k],
    //: end
  ), array<f32, ${ORIG * (NEAR - 1) + TAPS}>(
    //: for n in SHIFT..SHIFT+ORIG*(NEAR-1)+TAPS
    fours${n / 4}[${n % 4}],
    //: end
  ));
}

// x: dy [clips, length], y: dx [clips, samples]. Invocation: a sample. In `step` and `stride` are how many outputs before and
// after the one nearest in time may have weighed it.
@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let n = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (n >= params.clips * params.samples) { return; }
  let clip = n / params.samples;
  let i = n - clip * params.samples;
  let middle = i / params.orig * params.next + scaled(i % params.orig, params.next, params.orig);
  let first = middle - min(middle, params.step);
  let last = min(middle + params.stride + 1, params.length);
  var j = first / params.next;
  var p = first - j * params.next;
  var sum = 0.0;
  for (var o = first; o < last; o++) {
    let k = i32(i) - i32(j * params.orig) - starts[p];
    if (k >= 0 && k < i32(params.taps)) {
      let weight = weights[u32(k) * params.next + p];
      sum = fma(weight, x[clip * params.length + o], sum);
    }
    p++;
    if (p == params.next) { p = 0; j++; }
  }
  y[n] = sum;
}
