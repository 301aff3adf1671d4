// out[i] = value, for 32-bit elements of any type (`bits` is the value's bit pattern).

override WORKGROUP: u32 = 64;

struct Params { n: u32, bits: u32 }

@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i < params.n) { out[i] = params.bits; }
}
