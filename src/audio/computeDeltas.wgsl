// How fast each row changes: the slope of a line fitted through the 2 · reach + 1 values around each.
//
//   y[t] = sum over n = 1 … reach of n · (x[t + n] - x[t - n]) / denominator,   denominator = 2 · sum of n²
//
// and of its gradient, as each value is one after those before it, one before those after it, and at an end of the row all
// that is beyond as well:
//
//   dx[t] = sum over n = 1 … reach of n · (dy[t - n] - dy[t + n]) / denominator, and more at the ends: see `backward`
//
// x, y, dx, dy [rows, frames]; the first and last value of a row are taken to go on beyond it.

override WORKGROUP: u32 = 64;

struct Params { n: u32, frames: u32, reach: u32, denominator: f32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let t = i % params.frames;
  let row = i - t;
  var sum = 0.0;
  for (var n = 1u; n <= params.reach; n++) {
    let after = x[row + min(t + n, params.frames - 1)];
    let before = x[row + t - min(n, t)];
    sum = fma(f32(n), after - before, sum);
  }
  y[i] = sum / params.denominator;
}

// x: dy, y: dx.
@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let t = i % params.frames;
  let row = i - t;
  let last = params.frames - 1;
  var sum = 0.0;
  for (var n = 1u; n <= params.reach; n++) {
    var gain = 0.0;
    // Rows where this value stands n after: at the end of the row, all of the last n too.
    if (t >= n) { gain += x[i - n]; }
    if (t == last) { for (var k = last - min(n, last) + select(0u, 1u, n <= last); k <= last; k++) { gain += x[row + k]; } }
    // And n before: at the start, all of the first n too.
    if (t + n <= last) { gain -= x[i + n]; }
    if (t == 0) { for (var k = 0u; k < min(n, params.frames); k++) { gain -= x[row + k]; } }
    sum = fma(f32(n), gain, sum);
  }
  y[i] = sum / params.denominator;
}
