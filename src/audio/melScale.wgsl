// Mel bands of a spectrogram: each band is a weighted sum of the few bins under its triangle.
//
//   out[c, m, t] = sum over starts[m] ≤ f < starts[m] + counts[m] of weights[offsets[m] + f - starts[m]] · x[c, f, t]
//
// x [clips, bins, frames], out [clips, mels, frames]. Frames of all clips are numbered on (see stft.wgsl), and the
// frame is the innermost index; x and out may hold different stretches of them. On a CPU, where four numbers in a row load in little
// more than the time of one, an invocation of `fours` sums four frames up: inFrames is a multiple of 4 there, and inFirst 0.

override WORKGROUP: u32 = 64;

struct Params {
  batch: u32, bins: u32, mels: u32,
  inFirst: u32, inFrames: u32,     // frame 0 of this launch is frame inFirst of x [clips, bins, inFrames]
  outFirst: u32, outFrames: u32,   // and frame outFirst of out [clips, mels, outFrames]
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(0) var x_texels: texture_storage_2d<rgba32float, read>;        // fours
@group(0) @binding(1) var weight_texels: texture_storage_2d<rgba32float, read>;   // fours
@group(0) @binding(1) var<storage, read> weights: array<f32>;     // the non-zero ones, band after band
@group(0) @binding(2) var<storage, read> bands: array<vec4u>;     // start, count, offset, 0
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

// Invocation (frame, band), one band for all of a workgroup.
@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.batch) { return; }
  let band = bands[id.y];
  let read_frame = params.inFirst + id.x;
  let read_clip = read_frame / params.inFrames;
  var at = (read_clip * (params.bins - 1) + band.x) * params.inFrames + read_frame;
  var sum = 0.0;
  for (var f = 0u; f < band.y; f++) {
    sum = fma(weights[band.z + f], x[at], sum);
    at += params.inFrames;
  }
  out[place(id.x, id.y)] = sum;
}

// Where a band of this launch's frame goes.
fn place(frame: u32, band: u32) -> u32 {
  let write_frame = params.outFirst + frame;
  let write_clip = write_frame / params.outFrames;
  return (write_clip * (params.mels - 1) + band) * params.outFrames + write_frame;
}

fn x_four(i: u32) -> vec4f { return textureLoad(x_texels, texel(i)); }   // see shared/texel.wgsl

// Invocation (frame / 4, band), of one clip. Behind a band's weights are zeros, up to a multiple of four.
@compute @workgroup_size(WORKGROUP)
fn fours(@builtin(global_invocation_id) id: vec3u) {
  let frame = 4 * id.x;
  if (frame >= params.batch) { return; }
  let band = bands[id.y];
  let step = params.inFrames / 4;
  var at = band.x * step + id.x;
  var sum = vec4f(0);
  for (var f = 0u; f < band.y; f += 4) {
    let four = (band.z + f) / 4;
    let w = textureLoad(weight_texels, texel(four));
    for (var i = 0u; i < 4; i++) {
      sum = fma(vec4f(w[i]), select(vec4f(0), x_four(at), w[i] > 0), sum);   // no 0 · ∞
      at += step;
    }
  }
  for (var i = 0u; i < min(4, params.batch - frame); i++) { out[place(frame + i, id.y)] = sum[i]; }
}
