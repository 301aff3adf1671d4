// Sum, maximum or minimum over some dimensions of an array. One invocation an output and a split of the
// reduced elements; where there are several splits, their partial results are reduced by a second launch.
// Splitting keeps long float32 sums accurate (the error grows with the length of one chain of additions)
// and keeps the adapter busy where outputs are few.
//
//   out[s, o] = scale · reduce over r in split s of x[kept(o) + reduced(r)]

override OP: u32;                 // 0 sum, 1 max, 2 min
override WORKGROUP: u32 = 64;

struct Params {
  outputs: u32, splits: u32, reduced: u32, splitLength: u32,
  keptRank: u32, reducedRank: u32, scale: f32,
  keptShape: array<vec4u, 2>,
  keptStrides: array<vec4u, 2>,
  reducedShape: array<vec4u, 2>,
  reducedStrides: array<vec4u, 2>,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;    // pickFirst: the maxima or minima
@group(0) @binding(3) var<storage, read> dy: array<f32>;   // pickFirst: their gradient
@group(1) @binding(0) var<uniform> params: Params;

fn kept(i: u32) -> u32 {
  var rest = i;
  var at = 0u;
  for (var d = i32(params.keptRank) - 1; d >= 0; d--) {
    let n = params.keptShape[d / 4][d % 4];
    at += (rest % n) * params.keptStrides[d / 4][d % 4];
    rest /= n;
  }
  return at;
}

fn reduced(i: u32) -> u32 {
  var rest = i;
  var at = 0u;
  for (var d = i32(params.reducedRank) - 1; d >= 0; d--) {
    let n = params.reducedShape[d / 4][d % 4];
    at += (rest % n) * params.reducedStrides[d / 4][d % 4];
    rest /= n;
  }
  return at;
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.outputs * params.splits) { return; }
  let base = kept(i % params.outputs);
  let start = (i / params.outputs) * params.splitLength;
  let end = min(start + params.splitLength, params.reduced);
  var total = 0.0;
  if (OP != 0 && start < end) { total = x[base + reduced(start)]; }
  for (var r = start; r < end; r++) {
    let value = x[base + reduced(r)];
    switch OP {
      case 1: { total = max(total, value); }
      case 2: { total = min(total, value); }
      default: { total += value; }
    }
  }
  out[i] = total * params.scale;
}

/// The gradient of a maximum or minimum: dy at the first element equal to y, 0 at the others.
@compute @workgroup_size(WORKGROUP)
fn pickFirst(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.outputs) { return; }
  let base = kept(i);
  var found = false;
  for (var r = 0u; r < params.reduced; r++) {
    let at = base + reduced(r);
    let first = !found && x[at] == y[i];
    out[at] = select(0.0, dy[i], first);
    found = found || first;
  }
}
