// Arrays continued over their ends along one dimension:   y[o, j, i] = x[o, source(j − before), i]
//
//   WRAP        source(t) = t mod n                                  (roll; circular padding)
//   REFLECT     source(t) = |t|, and back from n − 1: at most once   (reflection padding)
//   REPLICATE   source(t) = 0 … n − 1, whichever is nearest          (replication padding)
//
// and the gradient, an invocation an element of x, which adds up in order what was taken from there.

override MODE: u32 = 0;
override WORKGROUP: u32 = 64;

const WRAP = 0u;
const REFLECT = 1u;
const REPLICATE = 2u;

struct Params { outer: u32, n: u32, m: u32, inner: u32, before: i32 }   // x is [outer, n, inner], y [outer, m, inner]

@group(0) @binding(0) var<storage, read> x: array<u32>;            // bit patterns: any type
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn modulo(t: i32, n: i32) -> i32 { return ((t % n) + n) % n; }

@compute @workgroup_size(WORKGROUP)
fn extend(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let at = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (at >= params.outer * params.m * params.inner) { return; }
  let row = at / params.inner;
  let outer = row / params.m;
  let n = i32(params.n);
  var t = i32(row - outer * params.m) - params.before;
  if (MODE == WRAP) { t = modulo(t, n); }
  else if (MODE == REPLICATE) { t = clamp(t, 0, n - 1); }
  else {
    t = abs(t);
    if (t >= n) { t = 2 * (n - 1) - t; }
  }
  y[at] = x[(outer * params.n + u32(t)) * params.inner + (at - row * params.inner)];
}

@compute @workgroup_size(WORKGROUP)
fn gradient(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let at = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (at >= params.outer * params.n * params.inner) { return; }
  let row = at / params.inner;
  let outer = row / params.n;
  let k = i32(row - outer * params.n);
  let n = i32(params.n);
  let m = i32(params.m);
  let base = outer * params.m * params.inner + (at - row * params.inner);
  var first = k + params.before;
  var last = first;
  var step = 1;
  if (MODE == WRAP) {
    first = modulo(first, n);
    last = m - 1;
    step = n;
  } else if (MODE == REPLICATE) {
    if (k == 0) { first = 0; }
    if (k == n - 1) { last = m - 1; }
  }
  var sum = 0.0;
  for (var j = first; j <= last; j += step) { sum += dy[base + u32(j) * params.inner]; }
  if (MODE == REFLECT) {
    let left = params.before - k;
    if (k > 0 && left >= 0) { sum += dy[base + u32(left) * params.inner]; }
    let right = params.before + 2 * (n - 1) - k;
    if (k < n - 1 && right < m) { sum += dy[base + u32(right) * params.inner]; }
  }
  dx[at] = sum;
}
