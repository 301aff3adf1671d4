// The product of matmul.wgsl for adapters whose subgroups have 8 lanes: lavapipe, where a vector register of
// the CPU is a subgroup. There, memory operations are dear (each lane is bounds-checked and gathered by itself), a
// broadcast within a subgroup costs a third of a load, and a fused multiply-add a tenth. So:
//
//   one workgroup = one subgroup = 16 rows × 32 columns of C; a lane holds 16 rows × 4 columns in registers;
//   of A, lane l reads rows l and l + 8 only, and hands them round by subgroupBroadcast;
//   of B, each lane reads its own 4 columns;
//   four steps of k a turn, so that both are read as vec4 where their layout allows it.

enable subgroups;

override A_VECTOR: bool = false;     // A is contiguous along k, its rows start at multiples of 4, and so does k's end
override B_FORM: u32 = 0;            // 0: any strides; 1: contiguous along n, 2: along k, aligned likewise
override ACCUMULATE: bool = false;   // C += A B
override BIAS: u32 = 0;              // 1: bias[row] is added, 2: bias[column]

const ROWS = 16u;
const COLUMNS = 32u;

struct Params {
  m: u32, n: u32, k: u32, batches: u32,
  aOffset: u32, aRow: u32, aColumn: u32,
  bOffset: u32, bRow: u32, bColumn: u32,
  cOffset: u32, cRow: u32, cColumn: u32,
  cFold: u32, cFoldStride: u32,      // column j of C is at (j / cFold) · cFoldStride + (j % cFold) · cColumn
  cBatch: u32,
  rank: u32,                         // of the batch dimensions
  batchShape: array<vec4u, 2>,
  aBatch: array<vec4u, 2>,           // strides over the batch dimensions, 0 where broadcast
  bBatch: array<vec4u, 2>,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> a4: array<vec4f>;      // the same array
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> b4: array<vec4f>;      // the same array
@group(0) @binding(4) var<storage, read_write> c: array<f32>;
@group(0) @binding(5) var<storage, read> bias: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

alias Tile = array<vec4f, 16>;

/// tile[r] += A[r, k] · B[k, columns]: lane r of `low` holds row r's value, lane r of `high` row r + 8's.
fn step(tile: ptr<function, Tile>, low: f32, high: f32, right: vec4f) {
  (*tile)[0] = fma(vec4f(subgroupBroadcast(low, 0u)), right, (*tile)[0]);
  (*tile)[1] = fma(vec4f(subgroupBroadcast(low, 1u)), right, (*tile)[1]);
  (*tile)[2] = fma(vec4f(subgroupBroadcast(low, 2u)), right, (*tile)[2]);
  (*tile)[3] = fma(vec4f(subgroupBroadcast(low, 3u)), right, (*tile)[3]);
  (*tile)[4] = fma(vec4f(subgroupBroadcast(low, 4u)), right, (*tile)[4]);
  (*tile)[5] = fma(vec4f(subgroupBroadcast(low, 5u)), right, (*tile)[5]);
  (*tile)[6] = fma(vec4f(subgroupBroadcast(low, 6u)), right, (*tile)[6]);
  (*tile)[7] = fma(vec4f(subgroupBroadcast(low, 7u)), right, (*tile)[7]);
  (*tile)[8] = fma(vec4f(subgroupBroadcast(high, 0u)), right, (*tile)[8]);
  (*tile)[9] = fma(vec4f(subgroupBroadcast(high, 1u)), right, (*tile)[9]);
  (*tile)[10] = fma(vec4f(subgroupBroadcast(high, 2u)), right, (*tile)[10]);
  (*tile)[11] = fma(vec4f(subgroupBroadcast(high, 3u)), right, (*tile)[11]);
  (*tile)[12] = fma(vec4f(subgroupBroadcast(high, 4u)), right, (*tile)[12]);
  (*tile)[13] = fma(vec4f(subgroupBroadcast(high, 5u)), right, (*tile)[13]);
  (*tile)[14] = fma(vec4f(subgroupBroadcast(high, 6u)), right, (*tile)[14]);
  (*tile)[15] = fma(vec4f(subgroupBroadcast(high, 7u)), right, (*tile)[15]);
}

/// A[row, k … k + 3] of the row that starts at `at`; 0 past the end of k.
fn left(at: u32, k: u32) -> vec4f {
  if (A_VECTOR) { return a4[(at + k) / 4]; }
  var value = vec4f(0);
  value.x = a[at + k * params.aColumn];
  if (k + 1 < params.k) { value.y = a[at + (k + 1) * params.aColumn]; }
  if (k + 2 < params.k) { value.z = a[at + (k + 2) * params.aColumn]; }
  if (k + 3 < params.k) { value.w = a[at + (k + 3) * params.aColumn]; }
  return value;
}

/// B[k, 4 columns]; `at` is where each column starts.
fn right(at: vec4u, k: u32) -> vec4f {
  if (B_FORM == 1) { return b4[(at.x + k * params.bRow) / 4]; }
  let row = min(k, params.k - 1) * params.bRow;     // past the end A is 0; B must only not be NaN by accident
  return vec4f(b[at.x + row], b[at.y + row], b[at.z + row], b[at.w + row]);
}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let tilesM = (params.m + ROWS - 1) / ROWS;
  let tilesN = (params.n + COLUMNS - 1) / COLUMNS;
  let id = wid.y * groups.x + wid.x;
  if (id >= tilesM * tilesN * params.batches) { return; }
  let batch = id / (tilesM * tilesN);
  let row = id % tilesM * ROWS;                     // neighbours share columns of B, which are the dearer reads
  let column = (id / tilesM) % tilesN * COLUMNS + lane * 4;

  var aBase = params.aOffset;
  var bBase = params.bOffset;
  var rest = batch;
  for (var d = i32(params.rank) - 1; d >= 0; d--) {
    let size = params.batchShape[d / 4][d % 4];
    aBase += (rest % size) * params.aBatch[d / 4][d % 4];
    bBase += (rest % size) * params.bBatch[d / 4][d % 4];
    rest /= size;
  }
  // Rows and columns past the edge read the last valid one and are not stored.
  let lowAt = aBase + min(row + lane, params.m - 1) * params.aRow;
  let highAt = aBase + min(row + 8 + lane, params.m - 1) * params.aRow;
  let columns = min(vec4u(column) + vec4u(0, 1, 2, 3), vec4u(params.n - 1));
  let columnsAt = bBase + columns * params.bColumn;

  var tile = Tile();
  for (var k = 0u; k < params.k; k += 4) {
    let low = left(lowAt, k);
    let high = left(highAt, k);
    if (B_FORM == 2) {
      let c0 = b4[(columnsAt.x + k) / 4];
      let c1 = b4[(columnsAt.y + k) / 4];
      let c2 = b4[(columnsAt.z + k) / 4];
      let c3 = b4[(columnsAt.w + k) / 4];
      step(&tile, low.x, high.x, vec4f(c0.x, c1.x, c2.x, c3.x));
      step(&tile, low.y, high.y, vec4f(c0.y, c1.y, c2.y, c3.y));
      step(&tile, low.z, high.z, vec4f(c0.z, c1.z, c2.z, c3.z));
      step(&tile, low.w, high.w, vec4f(c0.w, c1.w, c2.w, c3.w));
    } else {
      step(&tile, low.x, high.x, right(columnsAt, k));
      step(&tile, low.y, high.y, right(columnsAt, k + 1));
      step(&tile, low.z, high.z, right(columnsAt, k + 2));
      step(&tile, low.w, high.w, right(columnsAt, k + 3));
    }
  }

  let cAt = params.cOffset + batch * params.cBatch + row * params.cRow;
  let cColumns = columns / params.cFold * params.cFoldStride + columns % params.cFold * params.cColumn;
  let rows = min(ROWS, params.m - row);
  for (var j = 0u; j < 4; j++) {
    if (column + j >= params.n) { break; }
    for (var i = 0u; i < rows; i++) {
      let at = cAt + cColumns[j] + i * params.cRow;
      var value = tile[i][j];
      if (BIAS == 1) { value += bias[row + i]; }
      if (BIAS == 2) { value += bias[column + j]; }
      if (ACCUMULATE) { value += c[at]; }
      c[at] = value;
    }
  }
}
