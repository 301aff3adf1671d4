// Index of the largest element along one axis; the first of equals. x is [outer, n, inner], out [outer, inner].

override WORKGROUP: u32 = 64;

struct Params { outer: u32, n: u32, inner: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.outer * params.inner) { return; }
  let base = (i / params.inner) * params.n * params.inner + i % params.inner;
  var best = 0u;
  var largest = x[base];
  for (var j = 1u; j < params.n; j++) {
    let value = x[base + j * params.inner];
    if (value > largest) { largest = value; best = j; }
  }
  out[i] = best;
}
