// The product of matmul.wgsl for adapters whose subgroups have 8 lanes: lavapipe, where a vector register of
// the CPU is a subgroup. There, memory operations are dear (each lane is bounds-checked and gathered by itself), a
// broadcast within a subgroup costs a third of a load, and a fused multiply-add a tenth. So:
//
//   one workgroup = one subgroup = ROWS × 32 columns of C; a lane holds ROWS × 4 columns in registers;
//   of A, each lane reads ROWS / 8 rows only, and hands them round by subgroupBroadcast;
//   of B, each lane reads its own 4 columns;
//   four steps of k a turn: both are read as vec4 where their layout allows it, and each element of the tile
//   gets its four multiply-adds in a row, so that the CPU loads and stores it once.
//
// A program with unrolled loops (see unroll.ts), one entry point a tile height; gemmOperands.wgsl is joined to it.

enable subgroups;

// How an operand lies: 0 = any strides; 1 = contiguous along k, 2 = along its rows or columns, and then with all
// sizes and strides multiples of 4. Only tiles of 32 rows know A_FORM 2.
override A_FORM: u32 = 0;
override B_FORM: u32 = 0;
override ACCUMULATE: bool = false;   // C += A B
override BIAS: u32 = 0;              // 1: bias[row] is added, 2: bias[column]

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> a4: array<vec4f>;      // the same array
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> b4: array<vec4f>;      // the same array
@group(0) @binding(4) var<storage, read_write> c: array<f32>;
@group(0) @binding(5) var<storage, read> bias: array<f32>;

/// A[row, k … k + 3] of the row that starts at `at`; 0 past the end of k.
fn left(at: u32, k: u32) -> vec4f {
  if (A_FORM == 1) { return a4[(at + k) / 4]; }
  var value = vec4f(0);
  value.x = a[at + k * params.aColumn];
  if (k + 1 < params.k) { value.y = a[at + (k + 1) * params.aColumn]; }
  if (k + 2 < params.k) { value.z = a[at + (k + 2) * params.aColumn]; }
  if (k + 3 < params.k) { value.w = a[at + (k + 3) * params.aColumn]; }
  return value;
}

/// B[k … k + 3, 4 columns], a vec4 a row; `at` is where each column starts. Past the end of k, where A is 0,
/// the last row is read again: what is multiplied by 0 must not be NaN by accident.
fn right(at: vec4u, k: u32) -> array<vec4f, 4> {
  if (B_FORM == 2) {
    let first = (at.x + k * params.bRow) / 4;
    let pitch = params.bRow / 4;
    return array(b4[first], b4[first + pitch], b4[first + 2 * pitch], b4[first + 3 * pitch]);
  }
  if (B_FORM == 1) {
    let rows = transpose(mat4x4f(b4[(at.x + k) / 4], b4[(at.y + k) / 4], b4[(at.z + k) / 4], b4[(at.w + k) / 4]));
    return array(rows[0], rows[1], rows[2], rows[3]);
  }
  var rows: array<vec4f, 4>;
  let end = params.k - 1;
  //: for i in 0..4
  let row$i = b_row(min(k + $i, end));
  rows[$i] = vec4f(b[at.x + row$i], b[at.y + row$i], b[at.z + row$i], b[at.w + row$i]);
  //: end
  return rows;
}

/// acc + Σ_i x[i] · y[i]
fn multiply(acc: vec4f, x: vec4f, y: array<vec4f, 4>) -> vec4f {
  return fma(vec4f(x.w), y[3], fma(vec4f(x.z), y[2], fma(vec4f(x.y), y[1], fma(vec4f(x.x), y[0], acc))));
}

//: for ROWS in 8 16 32
@compute @workgroup_size(8)
fn rows$ROWS(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let tilesM = (params.m + $ROWS - 1) / $ROWS;
  let tilesN = (params.n + 31) / 32;
  let id = wid.y * groups.x + wid.x;
  if (id >= tilesM * tilesN * params.batches) { return; }
  let batch = id / (tilesM * tilesN);
  let row = id % tilesM * $ROWS;                    // neighbours share columns of B, which are the dearer reads
  let column = id / tilesM % tilesN * 32 + lane * 4;

  let at = operands_at(batch);
  // Rows and columns past the edge read the last valid one and are not stored.
  //: for i in 0..ROWS / 8
  let rowAt$i = at.x + min(row + lane * ${ROWS / 8} + $i, params.m - 1) * params.aRow;
  //: end
  let columns = min(vec4u(column) + vec4u(0, 1, 2, 3), vec4u(params.n - 1));
  let columnsAt = at.y + vec4u(b_column(columns.x), b_column(columns.y), b_column(columns.z), b_column(columns.w));

  //: for r in 0..ROWS
  var tile$r = vec4f(0);
  //: end
  for (var k = 0u; k < params.k; k += 4) {
    let y = right(columnsAt, k);
    //: for i in 0..ROWS / 8
    var x$i = vec4f(0);                             // A[row i of this lane, k … k + 3]
    if (A_FORM < 2) { x$i = left(rowAt$i, k); }
    //: end
    //: for tall in 0..ROWS / 32
    if (A_FORM == 2) {
      let first = (rowAt0 + k * params.aColumn) / 4;
      let pitch = params.aColumn / 4;
      let block = transpose(mat4x4f(a4[first], a4[first + pitch], a4[first + 2 * pitch], a4[first + 3 * pitch]));
      //: for i in 0..4
      x$i = block[$i];
      //: end
    }
    //: end
    //: for r in 0..ROWS
    tile$r = multiply(tile$r, subgroupBroadcast(x${r % (ROWS / 8)}, ${r / (ROWS / 8)}u), y);
    //: end
  }

  let cAt = params.cOffset + batch * params.cBatch + row * params.cRow;
  let rows = min(${ROWS}u, params.m - row);
  var result: array<vec4f, $ROWS>;
  //: for r in 0..ROWS
  result[$r] = tile$r;
  //: end
  for (var j = 0u; j < 4; j++) {
    if (column + j >= params.n) { break; }
    for (var i = 0u; i < rows; i++) {
      let at = cAt + c_column(column + j) + i * params.cRow;
      var value = result[i][j];
      if (BIAS == 1) { value += bias[row + i]; }
      if (BIAS == 2) { value += bias[column + j]; }
      if (ACCUMULATE) { value += c[at]; }
      c[at] = value;
    }
  }
}
//: end
