// A stable merge sort of rows, of which only the first `most` elements need be kept. What is sorted are keys: unsigned
// numbers in the same order as the elements, with the position each came from. A NaN comes after every number, −0 is
// equal to 0, and equals stay in their order, as in PyTorch; descending turns the keys round.
//
//   runs    cuts each row [n] into runs of RUN elements and sorts each: an element's place in its run is the number of
//           those there that come before it
//   merge   joins neighbouring runs in pairs, an invocation STEP elements of the result: how many of those before them
//           come from either run is found by halving (O. Green, R. McColl, D. Bader, "GPU merge path", ICS 2012)
//
// A run keeps its first `kept` elements, and begins at a multiple of it. No workgroup memory and nothing to wait for.

override KIND: u32 = 0;              // of the elements: 0 float32, 1 uint32, 2 int32
override DESCENDING: bool = false;
override WORKGROUP: u32 = 64;

const RUN = 32u;
const STEP = 16u;

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
  let pairs = (count + 1u) / 2u;
  let pieces = (params.next + STEP - 1u) / STEP;                 // of what two of them make
  if (at >= params.rows * pairs * pieces) { return; }
  let pair = at / pieces;
  let row = pair / pairs;
  let run = (pair - row * pairs) * 2u;
  let left = (row * count + run) * params.kept;
  let right = left + params.kept;
  let ofLeft = held(run);
  let ofRight = held(run + 1u);
  let first = (at - pair * pieces) * STEP;
  if (first >= ofLeft + ofRight) { return; }
  // How many of the first `first` come from the left: of equals, those on the left come first.
  var i = first - min(first, ofRight);
  var high = min(first, ofLeft);
  while (i < high) {
    let middle = (i + high) / 2u;
    if (x[left + middle] <= x[right + first - 1u - middle]) { i = middle + 1u; } else { high = middle; }
  }
  var j = first - i;
  let to = pair * params.next;
  for (var k = first; k < min(first + STEP, min(params.next, ofLeft + ofRight)); k++) {
    var origin = right + j;
    if (j >= ofRight || (i < ofLeft && x[left + i] <= x[right + j])) {
      origin = left + i;
      i++;
    } else { j++; }
    keys[to + k] = x[origin];
    positions[to + k] = before[origin];
  }
}
