// Picking elements by index, and adding gradients back to where they came from.
//
//   rows      out[i, d]       = weight[index[i], d]                    (embedding)
//   rowsGrad  dWeight[v, d]   = Σ_i [index[i] = v] · dOut[i, d]
//   along     out[o, j, i]    = x[o, index[o, j, i], i]                (torch.gather)
//   alongGrad dx[o, r, i]     = Σ_j [index[o, j, i] = r] · dOut[o, j, i]
//
// An index past the end reads NaN: nothing is read out of bounds and the mistake shows. The gradients sum by
// looking for their index, because WGSL has no float atomics; one invocation an element of the result.

override WORKGROUP: u32 = 64;

struct Params { n: u32, count: u32, size: u32, inner: u32, rows: u32 }   // n elements of the result

@group(0) @binding(0) var<storage, read> source: array<u32>;     // bit patterns: any type
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

const NAN_BITS = 0x7fc00000u;

@compute @workgroup_size(WORKGROUP)
fn rows(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let row = index[i / params.inner];
  if (row < params.rows) { out[i] = source[row * params.inner + i % params.inner]; } else { out[i] = NAN_BITS; }
}

@compute @workgroup_size(WORKGROUP)
fn rowsGrad(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let row = i / params.inner;
  let d = i % params.inner;
  var sum = 0.0;
  for (var j = 0u; j < params.count; j++) {
    if (index[j] == row) { sum += bitcast<f32>(source[j * params.inner + d]); }
  }
  out[i] = bitcast<u32>(sum);
}

@compute @workgroup_size(WORKGROUP)
fn along(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let outer = i / (params.count * params.inner);
  let at = index[i];
  if (at < params.size) { out[i] = source[(outer * params.size + at) * params.inner + i % params.inner]; } else { out[i] = NAN_BITS; }
}

@compute @workgroup_size(WORKGROUP)
fn alongGrad(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let outer = i / (params.size * params.inner);
  let at = (i / params.inner) % params.size;
  let column = outer * params.count * params.inner + i % params.inner;
  var sum = 0.0;
  for (var j = 0u; j < params.count; j++) {
    if (index[column + j * params.inner] == at) { sum += bitcast<f32>(source[column + j * params.inner]); }
  }
  out[i] = bitcast<u32>(sum);
}
