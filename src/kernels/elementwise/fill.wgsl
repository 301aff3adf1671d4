// out[i] = value, for 32-bit elements of any type (`bits` is the value's bit pattern), four at a time.

override WORKGROUP: u32 = 64;

struct Params { n4: u32, per: u32, bits: u32 }

@group(0) @binding(0) var<storage, read_write> out: array<vec4u>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let start = (wid.y * groups.x + wid.x) * WORKGROUP * params.per;
  let end = min(start + WORKGROUP * params.per, params.n4);
  for (var i = start + lid; i < end; i += WORKGROUP) { out[i] = vec4u(params.bits); }
}
