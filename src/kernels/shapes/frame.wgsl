// A larger array with a smaller one inside, and one value everywhere else, each element written once:
//
//   out[c] = x[(c − start) / step] where every (c_d − start_d) is a multiple of step_d, from 0 to (count_d − 1) · step_d
//
// Constant padding, and the gradient of a slice. Walked by rows: the last dimension is shared by `chunks` invocations,
// each of which takes every chunks-th element. Elements are bit patterns: of any type. An Element is one, or
// four of the last dimension, as frame.ts says.

override WORKGROUP: u32 = 64;

struct Params {
  rows: u32, inner: u32, chunks: u32, rank: u32,   // of out; rank counts the dimensions but the last
  shape: array<vec4u, 2>,
  starts: array<vec4u, 2>,                         // these have the last dimension at `rank`
  steps: array<vec4u, 2>,
  counts: array<vec4u, 2>,                         // of x
  value: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read_write> out: array<Element>;
@group(1) @binding(0) var<uniform> params: Params;

/// Which of x's elements along d stands at c, or one past the end.
fn inside(d: u32, c: u32) -> u32 {
  let count = params.counts[d / 4][d % 4];
  let from_start = c - params.starts[d / 4][d % 4];          // wraps below the start, to what is past the end
  let step = params.steps[d / 4][d % 4];
  let i = from_start / step;
  return select(count, min(i, count), i * step == from_start);
}

@compute @workgroup_size(WORKGROUP)
fn frame(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.rows * params.chunks) { return; }
  let row = i / params.chunks;
  let last = params.counts[params.rank / 4][params.rank % 4];
  var rest = row;
  var base = 0u;
  var stride = last;
  var within = true;
  for (var d = i32(params.rank) - 1; d >= 0; d--) {
    let n = params.shape[d / 4][d % 4];
    let count = params.counts[d / 4][d % 4];
    let quotient = rest / n;
    let at = inside(u32(d), rest - quotient * n);
    within = within && at < count;
    base += at * stride;
    stride *= count;
    rest = quotient;
  }
  for (var c = i - row * params.chunks; c < params.inner; c += params.chunks) {
    let at = inside(params.rank, c);
    if (within && at < last) { out[row * params.inner + c] = x[base + at]; } else { out[row * params.inner + c] = Element(params.value); }
  }
}
