// Softmax and log-softmax (see softmax.wgsl) of rows that lie together, for adapters whose subgroups have 8 lanes: a subgroup has a row,
// a lane every eighth vec4 of it. Joined with nan.wgsl and lanes.wgsl.

enable subgroups;

override LOG: bool = false;

struct Params { rows: u32, n4: u32, each: u32 }   // each: rows of a workgroup

@group(0) @binding(0) var<storage, read> x4: array<vec4f>;         // backward: y
@group(0) @binding(1) var<storage, read_write> out4: array<vec4f>;
@group(0) @binding(2) var<storage, read> dy4: array<vec4f>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(8)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let first = (wid.y * groups.x + wid.x) * params.each;
  for (var row = first; row < min(first + params.each, params.rows); row++) {
    let begin = row * params.n4 + lane;
    let end = (row + 1) * params.n4;
    var top = vec4f(minus_infinity());
    for (var i = begin; i < end; i += 8) { top = max(top, x4[i]); }
    let largest = largest_of_subgroup(top);
    var sums = vec4f(0);
    for (var i = begin; i < end; i += 8) { sums += exp_of4(x4[i] - largest); }
    let sum = over_subgroup(sums);
    let logSum = log_of(sum);
    for (var to = begin; to < end; to += 8) {
      let shifted = x4[to] - largest;
      if (LOG) { out4[to] = shifted - logSum; } else { out4[to] = exp_of4(shifted) / sum; }
    }
  }
}

@compute @workgroup_size(8)
fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let first = (wid.y * groups.x + wid.x) * params.each;
  for (var row = first; row < min(first + params.each, params.rows); row++) {
    let begin = row * params.n4 + lane;
    let end = (row + 1) * params.n4;
    var sums = vec4f(0);
    for (var i = begin; i < end; i += 8) {
      if (LOG) { sums += dy4[i]; } else { sums += x4[i] * dy4[i]; }
    }
    let sum = over_subgroup(sums);
    for (var to = begin; to < end; to += 8) {
      if (LOG) { out4[to] = dy4[to] - exp_of4(x4[to]) * sum; } else { out4[to] = x4[to] * (dy4[to] - sum); }
    }
  }
}
