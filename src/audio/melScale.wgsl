// Mel bands of a spectrogram: each band is a weighted sum of the few bins under its triangle.
//
//   out[c, m, t] = sum over starts[m] ≤ f < starts[m] + counts[m] of weights[offsets[m] + f - starts[m]] · x[c, f, t]
//
// x [clips, bins, frames], out [clips, mels, frames]. Frames of all clips are numbered on (see stft.wgsl), and the
// frame is the innermost index; x and out may hold different stretches of them.

override WORKGROUP: u32 = 64;

struct Params {
  batch: u32, bins: u32, mels: u32,
  inFirst: u32, inFrames: u32,     // frame 0 of this launch is frame inFirst of x [clips, bins, inFrames]
  outFirst: u32, outFrames: u32,   // and frame outFirst of out [clips, mels, outFrames]
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
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
  let write_frame = params.outFirst + id.x;
  let write_clip = write_frame / params.outFrames;
  out[(write_clip * (params.mels - 1) + id.y) * params.outFrames + write_frame] = sum;
}
