// Kullback-Leibler divergence of log-probabilities x from target probabilities t, rows · classes elements each:
//
//   forward   terms[i] = t[i] · (log t[i] − x[i]), 0 where t[i] = 0          (reduce sums them up)
//   backward  dx[i] = −t[i] · scale · dy
//
// dy is one number, or one an element where the terms are not reduced. A negative target is no probability and gives NaN, in the loss and in its element of the gradient: a mistake shows.
// Joined with nan.wgsl.

override WORKGROUP: u32 = 64;
override EACH: bool = false;       // backward: whether dy has a number for each element

struct Params { n: u32, scale: f32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<f32>;
@group(0) @binding(2) var<storage, read_write> terms: array<f32>;
@group(0) @binding(0) var<storage, read> dy: array<f32>;             // backward
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let t = targets[i];
  if (t == 0) {
    terms[i] = 0;
  } else if (t > 0) {
    terms[i] = t * (log(t) - x[i]);
  } else {
    terms[i] = nan();
  }
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let t = targets[i];
  if (t >= 0) {
    dx[i] = -t * params.scale * dy[select(0u, i, EACH)];
  } else {
    dx[i] = nan();
  }
}
