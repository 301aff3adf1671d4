// The lower triangle of matrices, columns j ≤ row + diagonal, or the upper one, j ≥ row + diagonal; 0 elsewhere. Elements are
// bit patterns: of any type. The gradient is the same of dy.

override UPPER: bool = false;
override WORKGROUP: u32 = 64;

struct Params { n: u32, rows: u32, columns: u32, diagonal: i32 }

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn keep(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let right = i32(i % params.columns) - i32(i / params.columns % params.rows) - params.diagonal;
  out[i] = select(0u, x[i], select(right <= 0, right >= 0, UPPER));
}
