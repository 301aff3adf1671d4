// A stable merge sort of rows, of which only the first `most` elements need be kept. What is sorted are keys: unsigned
// numbers in the same order as the elements, with the position each came from. A NaN comes after every number, −0 is
// equal to 0, and equals stay in their order, as in PyTorch; descending turns the keys round.
//
//   runs    cuts each row [n] into runs of RUN elements and sorts each: an element's place in its run is the number of
//           those there that come before it
//   merge   joins neighbouring runs in pairs: an element's place is its place in its own run and, found by halving,
//           the number of those in the other run that come before it: of equals, those of the run on the left
//
// A run keeps its first `kept` elements, and begins at a multiple of it. No workgroup memory and nothing to wait for.

override KIND: u32 = 0;              // of the elements: 0 float32, 1 uint32, 2 int32
override DESCENDING: bool = false;
override WORKGROUP: u32 = 64;

const RUN = 32u;

struct Params {
  n: u32, rows: u32,
  inner: u32,              // runs: element i of row r is x[(r / inner · n + i) · inner + r % inner]
  length: u32,             // merge: elements that went into a run, kept or not
  kept: u32, next: u32,    // what a run keeps of them, and of two of them joined (runs: of the runs it makes)
}

@group(0) @binding(0) var<storage, read> x: array<u32>;                       // merge: the keys
@group(0) @binding(1) var<storage, read_write> keys: array<u32>;
@group(0) @binding(2) var<storage, read_write> positions: array<u32>;
@group(0) @binding(3) var<storage, read> before: array<u32>;                  // merge: the positions
@group(1) @binding(0) var<uniform> params: Params;

fn key_of(bits: u32) -> u32 {
  var key = bits;
  if (KIND == 0u) {
    let magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) { key = 0xffffffffu; }                        // a NaN
    else if (magnitude == 0u || bits < 0x80000000u) { key = magnitude | 0x80000000u; }
    else { key = ~bits; }
  } else if (KIND == 2u) { key = bits ^ 0x80000000u; }
  return select(key, ~key, DESCENDING);
}

@compute @workgroup_size(WORKGROUP)
fn runs(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let at = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (at >= params.rows * params.n) { return; }
  let row = at / params.n;
  let i = at - row * params.n;
  let run = i / RUN;
  let outer = row / params.inner;
  let base = outer * params.n * params.inner + (row - outer * params.inner);
  let own = key_of(x[base + i * params.inner]);
  var place = 0u;
  for (var j = run * RUN; j < min((run + 1u) * RUN, params.n); j++) {
    let key = key_of(x[base + j * params.inner]);
    if (key < own || (key == own && j < i)) { place++; }
  }
  if (place >= params.next) { return; }
  let to = (row * ((params.n + RUN - 1u) / RUN) + run) * params.next + place;
  keys[to] = own;
  positions[to] = i;
}

/// How many elements run `run` of a row holds.
fn held(run: u32) -> u32 {
  let start = run * params.length;
  return select(0u, min(params.kept, params.n - start), start < params.n);
}

@compute @workgroup_size(WORKGROUP)
fn merge(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let at = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  let count = (params.n + params.length - 1u) / params.length;   // runs in a row
  if (at >= params.rows * count * params.kept) { return; }
  let row = at / (count * params.kept);
  let slot = at - row * count * params.kept;
  let run = slot / params.kept;
  let place = slot - run * params.kept;
  if (place >= held(run)) { return; }
  let own = x[at];
  let other = run ^ 1u;
  let base = (row * count + other) * params.kept;
  var low = 0u;
  var high = held(other);
  while (low < high) {
    let middle = (low + high) / 2u;
    let key = x[base + middle];
    if (key < own || (key == own && other < run)) { low = middle + 1u; } else { high = middle; }
  }
  if (place + low >= params.next) { return; }
  let to = (row * ((count + 1u) / 2u) + run / 2u) * params.next + place + low;
  keys[to] = own;
  positions[to] = before[at];
}
