// Copies an operand of a large product to panels: what a tile of 32 rows of A (or columns of B) reads, in the order in which its lanes
// read it, as BLAS do (K. Goto and R. van de Geijn, Anatomy of high-performance matrix multiplication, 2008). A tile that reads 32 rows
// where they are goes from page to page: at k = 2500 a CPU takes twice as long then.
//
// Of blocks of 4 × 4 (4 rows of A or columns of B, by 4 steps of k), each is read as four vec4s along what is contiguous, and stored as
// four that lie 8 apart, which leaves room for those of the panel's other lanes: panel p's block of steps 4 s … 4 s + 3 and lane l is at
// (p · k / 4 + s) · 32 + l, + 8, + 16 and + 24. What lies past the end of k is stored as zeros, past the last row as that row again or anything else.

struct Params {
  size: u32, k: u32,            // rows of A or columns of B, and steps
  steps: u32,                   // ⌈k / 4⌉
  blocks: u32,                  // of all panels
  offset: u32, pitch: u32,      // in vec4s; pitch: from one row (ALONG_K) or step of k to the next
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> panels: array<vec4f>;
@group(1) @binding(0) var<uniform> params: Params;

override ALONG_K: bool = true;      // x is contiguous along k, else across it
override TRANSPOSED: bool = false;  // panels are to be read the other way

@compute @workgroup_size(64)
fn pack(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let block = (wid.y * groups.x + wid.x) * 64 + lid;
  if (block >= params.blocks) { return; }
  let lane = block % 8;
  let rest = block / 8;
  let step = rest % params.steps;
  let first = rest / params.steps * 32 + lane * 4;

  var four = mat4x4f();
  for (var i = 0u; i < 4; i++) {
    let across = min(first + select(0u, i, ALONG_K), params.size - 1);
    let along = step * 4 + select(i, 0u, ALONG_K);
    if (along >= params.k) { continue; }
    four[i] = x[params.offset + select(along * params.pitch + across / 4, across * params.pitch + step, ALONG_K)];
    if (ALONG_K && along + 4 > params.k) {
      for (var j = params.k - along; j < 4; j++) { four[i][j] = 0; }
    }
  }
  if (TRANSPOSED) { four = transpose(four); }
  let to = rest * 32 + lane;
  for (var i = 0u; i < 4; i++) { panels[to + 8 * i] = four[i]; }
}
