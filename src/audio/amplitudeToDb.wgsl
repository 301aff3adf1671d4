// Decibels, with a floor below the loudest value:
//
//   dB(v) = scale · log2(max(v, amin)) - offset
//   y[i] = max(dB(x[i]), dB(peak[i / share]) - topDb)
//
// where `share` neighbouring elements share one floor and peak holds their largest; without FLOOR, y[i] = dB(x[i]).
// Not-a-number stays what it is, and as a peak spreads over all that share it, as in PyTorch. Joined to nan.wgsl.

override WORKGROUP: u32 = 64;
override FLOOR: bool = true;

struct Params { n: u32, share: u32, scale: f32, amin: f32, offset: f32, topDb: f32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> peak: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn decibels(v: f32) -> f32 {
  if (is_nan(v)) { return v; }
  return fma(params.scale, log2(max(v, params.amin)), -params.offset);
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  var value = decibels(x[i]);
  if (FLOOR) {
    let loudest = decibels(peak[i / params.share]);
    if (is_nan(loudest)) { value = loudest; } else { value = max(value, loudest - params.topDb); }
  }
  y[i] = value;
}
