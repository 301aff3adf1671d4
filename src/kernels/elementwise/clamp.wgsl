// x between two bounds, element by element, all of one shape, and its gradients:
//
//   forward   out = min(max(x, low), high), NaN where one of the three is: the upper bound wins where they cross
//   gradient  dy where x is between the bounds (SIDE 0), below the lower of two that do not cross (SIDE 1), above the
//             upper one or where they cross (SIDE 2); else 0. Nothing where one of what decides is NaN.
//
// Joined with nan.wgsl.

override SIDE: u32 = 0;
override WORKGROUP: u32 = 64;

struct Params { n: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> low: array<f32>;
@group(0) @binding(2) var<storage, read> high: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

// Ordered comparisons: false where one side is NaN, which WGSL alone does not promise.
fn less(a: f32, b: f32) -> bool { return a < b && !is_nan(a) && !is_nan(b); }

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  if (is_nan(x[i]) || is_nan(low[i]) || is_nan(high[i])) {
    out[i] = nan();
  } else {
    let raised = select(x[i], low[i], x[i] < low[i]);
    out[i] = select(raised, high[i], raised > high[i]);
  }
}

@compute @workgroup_size(WORKGROUP)
fn gradient(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  var passes = false;
  if (SIDE == 0) {
    passes = (less(low[i], x[i]) || x[i] == low[i]) && (less(x[i], high[i]) || x[i] == high[i]);
  } else if (SIDE == 1) {
    passes = less(x[i], low[i]) && less(low[i], high[i]);
  } else {
    passes = less(high[i], x[i]) || less(high[i], low[i]);
  }
  out[i] = select(0.0, dy[i], passes);
}
