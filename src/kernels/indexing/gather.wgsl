// Picking elements by index.
//
//   rows    out[o, j, i] = x[o, index[j], i]          (torch.index_select, embedding)
//   along   out[o, j, i] = x[o, index[o, j, i], i]    (torch.gather)
//
// An index past the end reads NaN: nothing is read out of bounds and the mistake shows. The gradients add what was picked
// back to where it came from (scatterAdd.wgsl). An Element is one, or four in a row where `inner` is a multiple of four, as
// gather.ts says.

override WORKGROUP: u32 = 64;
override EACH: u32 = 1;

struct Params { n: u32, count: u32, size: u32, inner: u32 }   // n elements of the result, [n / (count · inner), count, inner]

@group(0) @binding(0) var<storage, read> source: array<Element>; // bit patterns: any type
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<Element>;
@group(1) @binding(0) var<uniform> params: Params;

const NAN_BITS = 0x7fc00000u;

fn element(outer: u32, at: u32, i: u32) -> Element {
  if (at >= params.size) { return Element(NAN_BITS); }
  return source[(outer * params.size + at) * params.inner + i];
}

// An invocation picks up to EACH elements of a row, so that a CPU divides once for many.
@compute @workgroup_size(WORKGROUP)
fn rows(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let part = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  let parts = (params.inner + EACH - 1) / EACH;
  let row = part / parts;
  let first = (part - row * parts) * EACH;
  if (row * params.inner >= params.n) { return; }
  let outer = row / params.count;
  let at = index[row - outer * params.count];
  let end = min(first + EACH, params.inner);
  for (var i = first; i < end; i++) { out[row * params.inner + i] = element(outer, at, i); }
}

@compute @workgroup_size(WORKGROUP)
fn along(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i < params.n) { out[i] = element(i / (params.count * params.inner), index[i], i % params.inner); }
}
