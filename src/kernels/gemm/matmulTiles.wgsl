// The product of matmul.wgsl for adapters whose subgroups have 8 lanes: lavapipe, where a vector register of
// the CPU is a subgroup. There, memory operations are dear (each lane is gathered by itself), swapping values between
// lanes costs a small part of a load, and a multiply-add less still. So:
//
//   one workgroup = one subgroup = ROWS × 32 columns of C; a lane holds ROWS × 4 elements in registers;
//   of A, each lane reads ROWS / 8 rows only; each row meets all columns as the lanes swap them with the lane whose number is theirs
//   xor q, q = 0 … 7: what a CPU does by one cheap instruction where that lane is one of the same four, and by two where not, while
//   handing one lane's value to all of them takes it eight times as long. A lane's element (i, q) is of the row that lane ^ q read;
//   of B, each lane reads its own 4 columns;
//   four steps of k a turn: operands are read as vec4, and each element of the tile gets its four multiply-adds
//   in a row, so that the CPU loads and stores it once.
//
// More than 32 rows are slower: a turn of k is 1,900 instructions then, and a CPU keeps some 2,500 decoded.
//
// All that A is addressed by must be a multiple of 4; so must k, where A or B is contiguous along it. Compiling takes
// the driver a second a program, so there are as few as possible: what only the edges need to know is uniform, not an
// override constant.
//
// No program by itself: matmulSubgroup.wgsl and matmulTexture.wgsl are, one entry point a tile height, and say how
// operands are read: A and B as vec4s at index i by a4_at(i) and b4_at(i), four elements of B by b_at. Loops are
// unrolled (see unroll.ts); with SUMS 1 the sums of A's rows over k are stored as well, one matrix, not along k. gemmOperands.wgsl and finish.wgsl are joined to it.

override A_ALONG_K: bool = true;     // A is contiguous along k, else along its rows (in tiles of 32 and 64 rows only)
override B_FORM: u32 = 0;            // B is contiguous: 1 = along k, 2 = along its columns; both aligned to 4. 0: anything
override PACKED: bool = false;       // A and B are panels of pack.wgsl, one matrix; in tiles of 32 rows only

/// acc + Σ_i x[i] · y[i]
fn multiply(acc: vec4f, x: vec4f, y: array<vec4f, 4>) -> vec4f {
  return fma(vec4f(x.w), y[3], fma(vec4f(x.z), y[2], fma(vec4f(x.y), y[1], fma(vec4f(x.x), y[0], acc))));
}

/// x of the lane whose number is this one's xor q.
fn across0(x: vec4f) -> vec4f { return x; }
fn across1(x: vec4f) -> vec4f { return quadSwapX(x); }
fn across2(x: vec4f) -> vec4f { return quadSwapY(x); }
fn across3(x: vec4f) -> vec4f { return quadSwapDiagonal(x); }
fn across4(x: vec4f) -> vec4f { return subgroupShuffleXor(x, 4); }

//: for ROWS in 8 16 32
fn tile$ROWS(wid: vec3u, lane: u32) {
  let row = wid.x * $ROWS;                          // neighbours share columns of B, which are the dearer reads
  let column = wid.y * 32 + lane * 4;
  let batch = wid.z;

  // Rows and columns past the edge read the last valid one and are not stored.
  let at = operands_at(batch);
  //: for i in 0..ROWS / 8
  let rowAt$i = at.x + min(row + lane * ${ROWS / 8} + $i, params.m - 1) * params.aRow;
  //: end
  let last = params.n - 1;
  //: for j in 0..4
  let columnAt$j = at.y + b_column(min(column + $j, last));
  //: end

  let aPanel = wid.x * params.k * 8 + lane;
  let bPanel = wid.y * params.k * 8 + lane;

  //: for r in 0..ROWS
  var tile$r = vec4f(0);
  //: end
  //: for sums in 0..SUMS
  //: for i in 0..ROWS / 8
  var sum$i = 0.0;                                  // of row i of this lane
  //: end
  //: end
  var bRow = Row(0, 0, 0);
  for (var k = 0u; k < params.k; k += 4) {
    var y: array<vec4f, 4>;                         // B[k … k + 3, this lane's columns]
    if (PACKED) {
      let first = bPanel + k * 8;
      y = array(b4_at(first), b4_at(first + 8), b4_at(first + 16), b4_at(first + 24));
    } else if (B_FORM == 1) {
      let rows = transpose(mat4x4f(
        b4_at((columnAt0 + k) / 4), b4_at((columnAt1 + k) / 4), b4_at((columnAt2 + k) / 4), b4_at((columnAt3 + k) / 4),
      ));
      y = array(rows[0], rows[1], rows[2], rows[3]);
    } else if (B_FORM == 2) {
      let pitch = params.rowStride / 4;
      let first = columnAt0 / 4 + k * pitch;
      y = array(b4_at(first), b4_at(first + pitch), b4_at(first + 2 * pitch), b4_at(first + 3 * pitch));
    } else {
      //: for i in 0..4
      y[$i] = b_at(vec4u(columnAt0, columnAt1, columnAt2, columnAt3) + bRow.offset);
      bRow = next(bRow);
      //: end
    }
    //: for i in 0..ROWS / 8
    var x$i = vec4f(0);                             // A[row i of this lane, k … k + 3]
    if (A_ALONG_K && !PACKED) { x$i = a4_at((rowAt$i + k) / 4); }
    //: end
    //: for tall in 0..ROWS / 32
    if (PACKED) {
      //: for i in 0..4
      x$i = a4_at(aPanel + k * 8 + ${8 * i});
      //: end
    } else if (!A_ALONG_K) {
      // Only here may k end within a turn. What lies past its end may be anything, even NaN: it counts as zeros.
      let pitch = params.aColumn / 4;
      let first = rowAt0 / 4 + k * pitch;
      var block = mat4x4f(a4_at(first), a4_at(first + pitch), a4_at(first + 2 * pitch), a4_at(first + 3 * pitch));
      if (k + 4 > params.k) {
        //: for j in 1..4
        if (k + $j >= params.k) { block[$j] = vec4f(0); y[$j] = vec4f(0); }
        //: end
      }
      block = transpose(block);
      //: for i in 0..4
      x$i = block[$i];
      //: end
    }
    //: for sums in 0..SUMS
    //: for i in 0..4
    sum$i += (x$i.x + x$i.y) + (x$i.z + x$i.w);
    //: end
    //: end
    //: end
    //: for q in 0..4
    //: for i in 0..ROWS / 8
    tile${ROWS / 8 * q + i} = multiply(tile${ROWS / 8 * q + i}, across$q(x$i), y);
    //: end
    //: end
    //: for i in 0..ROWS / 8
    x$i = across4(x$i);
    //: end
    //: for q in 0..4
    //: for i in 0..ROWS / 8
    tile${ROWS / 8 * (q + 4) + i} = multiply(tile${ROWS / 8 * (q + 4) + i}, across$q(x$i), y);
    //: end
    //: end
  }

  //: for sums in 0..SUMS
  if (wid.y == 0) {
    var found: array<f32, ${ROWS / 8}>;
    //: for i in 0..ROWS / 8
    found[$i] = sum$i;
    //: end
    let first = row + lane * ${ROWS / 8};
    for (var i = 0u; i < ${ROWS / 8} && first + i < params.m; i++) { rowSums[first + i] = found[i]; }
  }
  //: end

  var result: array<vec4f, $ROWS>;
  //: for r in 0..ROWS
  result[$r] = tile$r;
  //: end
  // Row r's elements are what lane ^ q read, q being the number of the lane that read it xor this one's.
  let cAt = params.cOffset + batch * params.cBatch + row * params.cRow;
  let rows = min(${ROWS}u, params.m - row);
  if (params.vectorC != 0) {
    if (column > last) { return; }
    let columnAt = cAt + c_column(column);
    var columnBias = vec4f(0);
    if (params.bias == 2) { columnBias = vec4f(bias[column], bias[column + 1], bias[column + 2], bias[column + 3]); }
    for (var r = 0u; r < rows; r++) {
      let at = (columnAt + r * params.cRow) / 4;
      var value = result[(lane ^ (r / ${ROWS / 8})) * ${ROWS / 8} + r % ${ROWS / 8}] + columnBias;
      if (params.bias == 1) { value += bias[row + r]; }
      if (params.adds != 0) { value += other[at]; }
      c[at] = finished(value);
    }
    return;
  }
  // One loop that is not unrolled: what is stored in many places takes long to compile.
  for (var i = 0u; i < rows * 4; i++) {
    let r = i / 4;
    let j = i % 4;
    if (column + j > last) { continue; }
    let at = cAt + c_column(column + j) + r * params.cRow;
    var value = result[(lane ^ (r / ${ROWS / 8})) * ${ROWS / 8} + r % ${ROWS / 8}][j];
    if (params.bias != 0) { value += bias[select(column + j, row + r, params.bias == 1)]; }
    if (params.adds != 0) { value += other[at / 4][at % 4]; }
    c[at / 4][at % 4] = finished(vec4f(value)).x;
  }
}
//: end
