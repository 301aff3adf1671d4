// Draws with replacement: out[row, s] is i with probability p[row, i] / Σ p[row, :], by bisection for the first i whose sum
// so far exceeds u · Σ p. `sums` are the running sums; where rounding makes one smaller than the one before it, or u · Σ p
// reaches the last, it is the nearest i below that has a probability at all. One invocation four draws of a row; see
// philox.wgsl.

override WORKGROUP: u32 = 64;

struct Params { rows: u32, n: u32, samples: u32, seed: u32, draw: u32 }

@group(0) @binding(0) var<storage, read> p: array<f32>;
@group(0) @binding(1) var<storage, read> sums: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<i32>;
@group(1) @binding(0) var<uniform> params: Params;

fn pick(row: u32, u: f32) -> i32 {
  let first = row * params.n;
  let wanted = u * sums[first + params.n - 1];
  var low = 0u;
  var high = params.n - 1;
  while (low < high) {
    let middle = (low + high) / 2;
    if (sums[first + middle] > wanted) { high = middle; } else { low = middle + 1; }
  }
  while (low > 0 && !(p[first + low] > 0)) { low--; }
  return i32(low);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  let quads = (params.samples + 3) / 4;
  if (i >= params.rows * quads) { return; }
  let row = i / quads;
  let u = uniforms(i, params.draw, params.seed);
  for (var k = 0u; k < 4; k++) {
    let s = (i % quads) * 4 + k;
    if (s < params.samples) { out[row * params.samples + s] = pick(row, u[k]); }
  }
}
