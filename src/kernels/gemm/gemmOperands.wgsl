// Where a matrix product finds its elements: joined to the programs of gemm.ts (matmul, matmulTiles).
//
//   A[row, k]      at  aOffset + batch + row · aRow + k · aColumn
//   B[k, column]   at  bOffset + batch + the offset of k + the offset of column
//   C[row, column] at  cOffset + batch + row · cRow + (column / cFold) · cFoldStride + (column % cFold) · cColumn
//
// An offset in B is made from the three digits of a mixed-radix number, each with a stride of its own: for an
// ordinary matrix the inner two have one value only; for the patches of a convolution's input, which are not laid
// out anywhere, the digits are (channel, kh, kw) and (sample, oh, ow).

struct Params {
  m: u32, n: u32, k: u32, batches: u32,
  aOffset: u32, aRow: u32, aColumn: u32,
  bOffset: u32,
  rowMiddle: u32, rowInner: u32,                 // B's rows: how many values the middle and inner digit of k take
  rowStride: u32, rowMiddleStride: u32, rowInnerStride: u32,
  columnMiddle: u32, columnInner: u32,           // B's columns likewise
  columnStride: u32, columnMiddleStride: u32, columnInnerStride: u32,
  cOffset: u32, cRow: u32, cColumn: u32, cFold: u32, cFoldStride: u32, cBatch: u32,
  bias: u32,                                     // 1: bias[row] is added, 2: bias[column]
  vectorC: u32,                                  // 1: four neighbouring columns of C are an aligned vec4
  finish: u32, finishA: f32, finishB: f32, adds: u32,   // see shared/finish.wgsl; what is added lies as C does
  splits: u32, splitDepth: u32,                  // tiled only: k is cut into `splits` runs of `splitDepth`
  rank: u32,                                     // of the batch dimensions
  batchShape: array<vec4u, 2>,
  aBatch: array<vec4u, 2>,                       // strides over the batch dimensions, 0 where broadcast
  bBatch: array<vec4u, 2>,
}

@group(1) @binding(0) var<uniform> params: Params;

/// Where A and B of a batch begin.
fn operands_at(batch: u32) -> vec2u {
  var at = vec2u(params.aOffset, params.bOffset);
  var rest = batch;
  for (var d = i32(params.rank) - 1; d >= 0; d--) {
    let size = params.batchShape[d / 4][d % 4];
    at += (rest % size) * vec2u(params.aBatch[d / 4][d % 4], params.bBatch[d / 4][d % 4]);
    rest /= size;
  }
  return at;
}

/// Where a column of B is, from its first one. Divisions are slow on CPU adapters: only patches pay for them.
fn b_column(n: u32) -> u32 {
  if (params.columnMiddle * params.columnInner == 1) { return n * params.columnStride; }
  let middle = n / params.columnInner;
  return middle / params.columnMiddle * params.columnStride + middle % params.columnMiddle * params.columnMiddleStride
    + n % params.columnInner * params.columnInnerStride;
}

/// n / d in whole numbers. A division of floats takes a GPU a few instructions, one of integers some twenty; with half a
/// step added it is exact as long as n's roundings, 2⁻²² of n / d at most, are less than half a step of 1 / d.
fn quotient(n: u32, d: u32) -> u32 {
  if (n >= 1048576) { return n / d; }
  return u32((f32(n) + 0.5) / f32(d));
}

/// Where row k of B is, from its first one.
fn b_row(k: u32) -> u32 {
  if (params.rowMiddle * params.rowInner == 1) { return k * params.rowStride; }
  let middle = quotient(k, params.rowInner);
  let outer = quotient(middle, params.rowMiddle);
  return outer * params.rowStride + (middle - outer * params.rowMiddle) * params.rowMiddleStride
    + (k - middle * params.rowInner) * params.rowInnerStride;
}

/// A row of B on the way through all of them: its offset, and its inner two digits.
struct Row { offset: u32, inner: u32, middle: u32 }

/// The next row, without a division: the inner digit counts on, and carries over.
fn next(row: Row) -> Row {
  let inner = row.inner + 1;
  let carry = inner == params.rowInner;
  let middle = row.middle + select(0u, 1u, carry);
  let overflow = carry && middle == params.rowMiddle;
  return Row(
    row.offset + params.rowInnerStride
      + select(0u, params.rowMiddleStride - params.rowInner * params.rowInnerStride, carry)
      + select(0u, params.rowStride - params.rowMiddle * params.rowMiddleStride, overflow),
    select(inner, 0u, carry),
    select(middle, 0u, overflow),
  );
}

fn c_column(n: u32) -> u32 {
  if (params.cFold == params.n) { return n * params.cColumn; }
  return n / params.cFold * params.cFoldStride + n % params.cFold * params.cColumn;
}
