// The gradient of windows of a dimension, which may overlap (torch.Tensor.unfold): an invocation an element of x adds up, in
// order, what its places in the windows got.
//
//   dx[o, k, i] = Σ over windows w with 0 ≤ k − w · step < size of dy[o, w, i, k − w · step]

override WORKGROUP: u32 = 64;

struct Params { total: u32, n: u32, inner: u32, windows: u32, size: u32, step: u32 }   // x is [total / (n · inner), n, inner]

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn fold(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let at = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (at >= params.total) { return; }
  let i = at % params.inner;
  let k = at / params.inner % params.n;
  let o = at / params.inner / params.n;
  let beyond = max(k + 1u, params.size) - params.size;               // the first k of windows that still reach this one
  var sum = 0.0;
  for (var w = (beyond + params.step - 1u) / params.step; w < params.windows && w * params.step <= k; w++) {
    sum += dy[((o * params.windows + w) * params.inner + i) * params.size + (k - w * params.step)];
  }
  dx[at] = sum;
}
