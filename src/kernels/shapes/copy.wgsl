// Strided copies between arrays of 32-bit elements, whatever their type:
//   pick   out[i] = x[offset + Σ index_d(i) · stride_d]      (permute, slice, expand)
//   place  out[offset + Σ index_d(i) · stride_d] = x[i]      (concat)
//   add    the same, added to what is there, of floats       (gradients of pieces of one array)
// where index(i) are the coordinates of i in a shape, walked by rows (strides.ts). pick can scale floats, for the
// gradient of a mean. An Element is one, or four in a row where shape, strides and offset allow it: copy.ts says, by
// `alias Element = …` and that of the same floats.

override WORKGROUP: u32 = 64;
override SCALED: bool = false;

struct Params {
  rows: u32, inner: u32, chunks: u32, rank: u32,
  shape: array<vec4u, 2>,                // that of the rows
  strides: array<vec4u, 2>,              // from row to row
  step: u32, offset: u32, scale: f32,    // step: from element to element
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read_write> out: array<Element>;
@group(1) @binding(0) var<uniform> params: Params;

/// Where the strided side of a row begins.
fn beginning(row: u32) -> u32 {
  var rest = row;
  var at = params.offset;
  for (var d = i32(params.rank) - 1; d > 0; d--) {
    let n = params.shape[d / 4][d % 4];
    let quotient = rest / n;
    at += (rest - quotient * n) * params.strides[d / 4][d % 4];
    rest = quotient;
  }
  return at + rest * params.strides[0].x;
}

@compute @workgroup_size(WORKGROUP)
fn pick(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.rows * params.chunks) { return; }
  let row = i / params.chunks;
  let base = beginning(row);
  for (var s = i - row * params.chunks; s < params.inner; s += params.chunks) {
    let value = x[base + s * params.step];
    let at = row * params.inner + s;
    if (SCALED) { out[at] = bitcast<Element>(bitcast<Floats>(value) * params.scale); } else { out[at] = value; }
  }
}

@compute @workgroup_size(WORKGROUP)
fn place(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.rows * params.chunks) { return; }
  let row = i / params.chunks;
  let base = beginning(row);
  for (var s = i - row * params.chunks; s < params.inner; s += params.chunks) {
    out[base + s * params.step] = x[row * params.inner + s];
  }
}

@compute @workgroup_size(WORKGROUP)
fn add(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.rows * params.chunks) { return; }
  let row = i / params.chunks;
  let base = beginning(row);
  for (var s = i - row * params.chunks; s < params.inner; s += params.chunks) {
    let at = base + s * params.step;
    out[at] = bitcast<Element>(bitcast<Floats>(out[at]) + bitcast<Floats>(x[row * params.inner + s]));
  }
}
