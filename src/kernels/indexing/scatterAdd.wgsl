// Adding elements to the places that an index names: out[o, index(o, j, i), i] += source[o, j, i]. WGSL has no float
// atomics, and their order would be anybody's: here each place is written by one invocation, in a fixed order, in time of
// what is added, and not of the places that there are.
//
//   direct    where no place is named twice: an invocation an element of source
//   scan      where places and elements are few, and all share an index: a workgroup a place looks through the index
//   collect   the elements sorted by place (sorting/sort.wgsl), in chunks of CHUNK: an invocation a chunk and column adds
//             up what goes to each place. Sums that reach over the chunk's ends are left in parts.
//   join      adds up those parts, an invocation each chunk in which such a sum begins
//
// A column is one (o, i). All may share one index (indexAdd, embedding's gradient), or each has its own. A place past the
// end is none: what would go there is dropped.

// `element` is an alias that scatterAdd.ts writes: f32 or i32, or four of them where all columns share an index and four stand
// side by side.

override WORKGROUP: u32 = 64;

const CHUNK = 64u;

struct Params {
  n: u32, columns: u32, inner: u32,   // source is [columns / inner, n, inner]
  size: u32,                          // out is [columns / inner, size, inner]
  own: u32,                           // 1 where each column has an index of its own
}

@group(0) @binding(0) var<storage, read> source: array<element>;
@group(0) @binding(1) var<storage, read_write> out: array<element>;
@group(0) @binding(2) var<storage, read> places: array<u32>;               // direct: the index; else sorted, by column
@group(0) @binding(3) var<storage, read> positions: array<u32>;            // where in the index they were
@group(0) @binding(4) var<storage, read_write> parts: array<element>;          // of each chunk: what goes to its first place,
                                                                           // then, in another half, to its last
@group(1) @binding(0) var<uniform> params: Params;

/// Where a column begins in an array of `size` elements along the dimension.
fn beginning(column: u32, size: u32) -> u32 {
  let o = column / params.inner;
  return o * size * params.inner + (column - o * params.inner);
}

@compute @workgroup_size(WORKGROUP)
fn direct(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let at = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (at >= params.columns * params.n) { return; }
  let i = at % params.inner;
  let j = at / params.inner % params.n;
  let column = at / (params.inner * params.n) * params.inner + i;
  let place = places[select(j, at, params.own == 1u)];
  if (place < params.size) { out[beginning(column, params.size) + place * params.inner] += source[at]; }
}

/// Columns that an invocation of `scan` has, WORKGROUP apart.
const OF_SCAN = 4u;

@compute @workgroup_size(WORKGROUP)
fn scan(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let group = wid.y * groups.x + wid.x;
  let blocks = (params.columns + WORKGROUP * OF_SCAN - 1u) / (WORKGROUP * OF_SCAN);
  let place = group / blocks;
  if (place >= params.size) { return; }
  let first = (group - place * blocks) * WORKGROUP * OF_SCAN + lid;
  var origins: array<u32, OF_SCAN>;
  for (var c = 0u; c < OF_SCAN; c++) { origins[c] = beginning(min(first + c * WORKGROUP, params.columns - 1u), params.n); }
  var sums: array<element, OF_SCAN>;
  for (var j = 0u; j < params.n; j += 8u) {
    var hits = 0u;                                  // a bit for each of eight: a CPU's driver jumps over loops alone
    for (var k = 0u; k < 8u; k++) {
      if (places[min(j + k, params.n - 1u)] == place) { hits |= 1u << k; }
    }
    if (params.n - j < 8u) { hits &= (1u << (params.n - j)) - 1u; }
    for (; hits != 0u; hits &= hits - 1u) {
      let at = (j + firstTrailingBit(hits)) * params.inner;
      for (var c = 0u; c < OF_SCAN; c++) { sums[c] += source[origins[c] + at]; }
    }
  }
  for (var c = 0u; c < OF_SCAN; c++) {
    let column = first + c * WORKGROUP;
    if (column < params.columns) { out[beginning(column, params.size) + place * params.inner] += sums[c]; }
  }
}

@compute @workgroup_size(WORKGROUP)
fn collect(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let at = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  let chunks = (params.n + CHUNK - 1u) / CHUNK;
  if (at >= chunks * params.columns) { return; }
  let chunk = at / params.columns;
  let column = at - chunk * params.columns;
  let base = column * params.own * params.n;
  let origin = beginning(column, params.n);
  let goal = beginning(column, params.size);
  let first = chunk * CHUNK;
  let end = min(first + CHUNK, params.n);
  var place = places[base + first];
  var goes_on = chunk > 0u && places[base + first - 1u] == place;   // the sum began in an earlier chunk
  var sum = element();
  for (var p = first; p < end; p++) {
    let next = places[base + p];
    if (next != place) {
      if (goes_on) { parts[at] = sum; }
      else if (place < params.size) { out[goal + place * params.inner] += sum; }
      place = next;
      goes_on = false;
      sum = element();
    }
    sum += source[origin + positions[base + p] * params.inner];
  }
  if (goes_on) { parts[at] = sum; }
  else if (end < params.n && places[base + end] == place) { parts[chunks * params.columns + at] = sum; }
  else if (place < params.size) { out[goal + place * params.inner] += sum; }
}

@compute @workgroup_size(WORKGROUP)
fn join(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let at = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  let chunks = (params.n + CHUNK - 1u) / CHUNK;
  if (at >= (chunks - 1u) * params.columns) { return; }
  let chunk = at / params.columns;
  let column = at - chunk * params.columns;
  let base = column * params.own * params.n;
  let first = chunk * CHUNK;
  let place = places[base + first + CHUNK - 1u];
  let before = chunk > 0u && places[base + first - 1u] == place;
  if (before || place >= params.size || places[base + first + CHUNK] != place) { return; }
  var sum = parts[chunks * params.columns + at];
  for (var c = chunk + 1u; c < chunks; c++) {
    if (places[base + c * CHUNK] != place) { break; }
    sum += parts[c * params.columns + column];
  }
  out[beginning(column, params.size) + place * params.inner] += sum;
}
