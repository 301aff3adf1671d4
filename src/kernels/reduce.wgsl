// Sums over some dimensions of an array:   out[s, o] = scale · Σ over r ≡ s (mod splits) of x[kept(o) + reduced(r)]
//
// One invocation an output and a split of the reduced elements; several splits' sums are summed by another launch.
// Splitting keeps long float32 sums accurate (the error grows with the length of one chain of additions) and
// the adapter busy where outputs are few. Neighbouring splits read neighbouring elements.

override WORKGROUP: u32 = 64;

struct Params {
  outputs: u32, reduced: u32, keptRank: u32, reducedRank: u32,
  keptShape: array<vec4u, 2>,
  keptStrides: array<vec4u, 2>,
  reducedShape: array<vec4u, 2>,
  reducedStrides: array<vec4u, 2>,
  splits: u32, scale: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn sum(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.outputs * params.splits) { return; }
  let split = i / params.outputs;
  let base = kept(i - split * params.outputs);
  var total = 0.0;
  for (var r = split; r < params.reduced; r += params.splits) { total += x[base + reduced(r)]; }
  out[i] = total * params.scale;
}
