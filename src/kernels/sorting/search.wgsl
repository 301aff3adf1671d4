// Where values go into sorted rows, found by halving: the number of elements that come before. With RIGHT, equals come
// before, too. A NaN comes after every number.
//
//   at[r, j] = the number of i with sorted[r, i] < x[r, j],   or ≤

override RIGHT: bool = false;
override WORKGROUP: u32 = 64;

struct Params { total: u32, n: u32, count: u32, rows: u32 }   // rows [n] of sorted, of one or as many rows [count] of x

@group(0) @binding(0) var<storage, read> sorted: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> at: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

fn before(a: f32, b: f32) -> bool {
  if (is_nan(b)) { return RIGHT || !is_nan(a); }
  if (is_nan(a)) { return false; }
  return select(a < b, a <= b, RIGHT);
}

@compute @workgroup_size(WORKGROUP)
fn search(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.total) { return; }
  let base = select(i / params.count * params.n, 0u, params.rows == 1u);
  var low = 0u;
  var high = params.n;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (before(sorted[base + middle], x[i])) { low = middle + 1u; } else { high = middle; }
  }
  at[i] = low;
}
