// Where a matrix product finds its elements: joined to the programs of gemm.ts (matmul, matmulSubgroup).
//
//   A[row, k]     at  aOffset + batch + row · aRow + k · aColumn
//   B[k, column]  at  bOffset + batch + k · bRow + column · bColumn
//   C[row, column] at cOffset + batch + row · cRow + (column / cFold) · cFoldStride + (column % cFold) · cColumn
//
// With GATHER, B is the patches of a convolution's input, which are not laid out anywhere: the place of an
// element is the sum of one offset by its row and one by its column, each from the three digits of a mixed-radix
// number (channel, kh, kw) or (sample, oh, ow). What digits are divided by are override constants: a division by
// a number known when the pipeline is compiled becomes a multiplication.

override GATHER: bool = false;
override ROW_MIDDLE: u32 = 1;
override ROW_INNER: u32 = 1;
override COLUMN_MIDDLE: u32 = 1;
override COLUMN_INNER: u32 = 1;

struct Params {
  m: u32, n: u32, k: u32, batches: u32,
  aOffset: u32, aRow: u32, aColumn: u32,
  bOffset: u32, bRow: u32, bColumn: u32,         // with GATHER, of the outermost digit
  bRowMiddle: u32, bRowInner: u32, bColumnMiddle: u32, bColumnInner: u32,
  cOffset: u32, cRow: u32, cColumn: u32, cFold: u32, cFoldStride: u32, cBatch: u32,
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

fn b_row(k: u32) -> u32 {
  if (!GATHER) { return k * params.bRow; }
  let outer = k / (ROW_MIDDLE * ROW_INNER);
  return outer * params.bRow + k / ROW_INNER % ROW_MIDDLE * params.bRowMiddle + k % ROW_INNER * params.bRowInner;
}

fn b_column(n: u32) -> u32 {
  if (!GATHER) { return n * params.bColumn; }
  let outer = n / (COLUMN_MIDDLE * COLUMN_INNER);
  return outer * params.bColumn + n / COLUMN_INNER % COLUMN_MIDDLE * params.bColumnMiddle + n % COLUMN_INNER * params.bColumnInner;
}

fn c_column(n: u32) -> u32 {
  return n / params.cFold * params.cFoldStride + n % params.cFold * params.cColumn;
}
