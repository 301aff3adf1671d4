// The memory ceiling: y = x, four floats at a time, VECTORS of them an invocation. n4: vec4s in each array.
struct Params { n4: u32 }

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(1) @binding(0) var<uniform> params: Params;

override WORKGROUP: u32 = 64;
override VECTORS: u32 = 1;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let first = (group.y * groups.x + group.x) * (WORKGROUP * VECTORS) + local.x;
  for (var v = 0u; v < VECTORS; v++) {
    let i = first + v * WORKGROUP; // neighbours read neighbours
    if (i < params.n4) { y[i] = x[i]; }
  }
}
