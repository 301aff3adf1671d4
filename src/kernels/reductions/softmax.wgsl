// Softmax and log-softmax along one axis of x [outer, n, inner], one invocation a row:
//   softmax     y_j = exp_of(x_j − max) / Σ exp_of(x − max)          dx_j = y_j (dy_j − Σ_i y_i dy_i)
//   logSoftmax  y_j = x_j − max − log Σ exp_of(x − max)           dx_j = dy_j − exp_of(y_j) Σ_i dy_i
// The maximum is taken off first, so that no exponential overflows.

override WORKGROUP: u32 = 64;
override LOG: bool = false;

struct Params { outer: u32, n: u32, inner: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;            // backward: y
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (row >= params.outer * params.inner) { return; }
  let base = (row / params.inner) * params.n * params.inner + row % params.inner;
  var largest = x[base];
  for (var j = 1u; j < params.n; j++) { largest = max(largest, x[base + j * params.inner]); }
  var sum = 0.0;
  for (var j = 0u; j < params.n; j++) { sum += exp_of(x[base + j * params.inner] - largest); }
  let logSum = log_of(sum);
  for (var j = 0u; j < params.n; j++) {
    let at = base + j * params.inner;
    let shifted = x[at] - largest;
    if (LOG) { out[at] = shifted - logSum; } else { out[at] = exp_of(shifted) / sum; }
  }
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (row >= params.outer * params.inner) { return; }
  let base = (row / params.inner) * params.n * params.inner + row % params.inner;
  var sum = 0.0;
  for (var j = 0u; j < params.n; j++) {
    let at = base + j * params.inner;
    if (LOG) { sum += dy[at]; } else { sum += x[at] * dy[at]; }
  }
  for (var j = 0u; j < params.n; j++) {
    let at = base + j * params.inner;
    if (LOG) { out[at] = dy[at] - exp_of(x[at]) * sum; } else { out[at] = x[at] * (dy[at] - sum); }
  }
}
