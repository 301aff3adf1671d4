// out = condition ≠ 0 ? a : b, all of one shape, a and b of one type, whichever; `keep` is its gradient for one side: dy where the condition
// chose that side, else 0.

override WORKGROUP: u32 = 64;
override WHEN: bool = true;
override FLOAT: bool = false;      // whether the condition is float32: its −0 is 0

struct Params { n: u32 }

@group(0) @binding(0) var<storage, read> condition: array<u32>;   // bit patterns
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<storage, read> a: array<u32>;           // keep: dy
@group(0) @binding(3) var<storage, read> b: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

fn holds(i: u32) -> bool { return (condition[i] & select(0xffffffffu, 0x7fffffffu, FLOAT)) != 0; }

@compute @workgroup_size(WORKGROUP)
fn choose(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i < params.n) { out[i] = select(b[i], a[i], holds(i)); }
}

@compute @workgroup_size(WORKGROUP)
fn keep(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i < params.n) { out[i] = select(0u, a[i], holds(i) == WHEN); }
}
