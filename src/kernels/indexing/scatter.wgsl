// Writing elements to the places that an index names: out[o, index[o, j, i], i] = source[o, j, i]. Of several for one place
// the last in the index is taken, whatever order they run in: each first claims its place with its number.
//
//   claim   owner[place] = the largest j + 1 of those that name it
//   write   an element that owns its place is written there
//
// A place past the end is none. Elements are bit patterns: of any type.

override WORKGROUP: u32 = 64;

struct Params { n: u32, count: u32, inner: u32, size: u32 }   // n elements: source is [n / (count · inner), count, inner]

@group(0) @binding(0) var<storage, read> index: array<u32>;
@group(0) @binding(1) var<storage, read_write> claims: array<atomic<u32>>;   // claim, shaped as out
@group(0) @binding(1) var<storage, read> owner: array<u32>;                  // write: the same
@group(0) @binding(2) var<storage, read> source: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

fn goal(at: u32, place: u32) -> u32 {
  return (at / (params.count * params.inner) * params.size + place) * params.inner + at % params.inner;
}

@compute @workgroup_size(WORKGROUP)
fn claim(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let at = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (at >= params.n || index[at] >= params.size) { return; }
  atomicMax(&claims[goal(at, index[at])], at / params.inner % params.count + 1u);
}

@compute @workgroup_size(WORKGROUP)
fn write(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let at = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (at >= params.n || index[at] >= params.size) { return; }
  let to = goal(at, index[at]);
  if (owner[to] == at / params.inner % params.count + 1u) { out[to] = source[at]; }
}
