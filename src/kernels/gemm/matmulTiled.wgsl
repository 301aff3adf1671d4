// The product of matmul.wgsl for GPUs, whose memory is far away: a workgroup of 16 × 16 invocations computes a tile
// of C, and brings each element of A and B that the tile needs into workgroup memory once, 8 steps of k at a time.
//
//   a tile is ${16 * PER} × ${16 * PER}; an invocation holds PER × PER of it in registers
//   while one piece of A and B is multiplied, the next is on its way into registers (double buffering)
//   neighbouring invocations read neighbouring elements of A and B, along k or across it, as they lie in memory
//   with few tiles and a long k, k is split: `tile` leaves a partial product a split, and `combine` adds them up
//
// A program with unrolled loops (see unroll.ts), one for each PER; gemmOperands.wgsl is joined to it.

override A_ALONG_K: bool = true;     // A's elements lie next to each other along k, else along its rows
override B_ALONG_K: bool = false;    // B's along k, else along its columns

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;

// [k, row] and [k, column]; 4 more a row keep writes along k off the same memory bank.
var<workgroup> tileA: array<f32, ${8 * (16 * PER + 4)}>;
var<workgroup> tileB: array<f32, ${8 * (16 * PER + 4)}>;

/// Which (k, row or column) of its piece the invocation brings as its i-th.
fn brought(i: u32, alongK: bool) -> vec2u { return select(vec2u(i / ${16 * PER}, i % ${16 * PER}), vec2u(i % 8, i / 8), alongK); }

fn store(row: u32, column: u32, batch: u32, value: f32) {
  if (row >= params.m || column >= params.n) { return; }
  var biased = value;
  if (params.bias != 0) { biased += bias[select(column, row, params.bias == 1)]; }
  c[params.cOffset + batch * params.cBatch + row * params.cRow + c_column(column)] = biased;
}

@compute @workgroup_size(256)
fn tile(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) lid: u32) {
  let firstRow = wid.y * ${16 * PER};
  let firstColumn = wid.x * ${16 * PER};
  let batch = wid.z / params.splits;
  let begin = wid.z % params.splits * params.splitDepth;
  let end = min(begin + params.splitDepth, params.k);

  // Rows and columns past the edge bring the last valid one and are not stored.
  let at = operands_at(batch);
  //: for i in 0..PER / 2
  let fromA$i = brought(lid + ${256 * i}, A_ALONG_K);
  let fromB$i = brought(lid + ${256 * i}, B_ALONG_K);
  let aAt$i = at.x + min(firstRow + fromA$i.y, params.m - 1) * params.aRow;
  let bAt$i = at.y + b_column(min(firstColumn + fromB$i.y, params.n - 1));
  let aTo$i = fromA$i.x * ${16 * PER + 4} + fromA$i.y;
  let bTo$i = fromB$i.x * ${16 * PER + 4} + fromB$i.y;
  var a$i = 0.0;
  var b$i = 0.0;
  if (begin + fromA$i.x < end) { a$i = a[aAt$i + (begin + fromA$i.x) * params.aColumn]; }
  if (begin + fromB$i.x < end) { b$i = b[bAt$i + b_row(begin + fromB$i.x)]; }
  //: end

  // This invocation's rows lie next to each other; its columns in fours, 64 apart, so that the banks are shared out.
  let row = lid / 16 * $PER;
  let column = lid % 16 * 4;
  //: for r in 0..PER
  //: for q in 0..PER / 4
  var sum${r}_${q} = vec4f(0);
  //: end
  //: end
  for (var k = begin; k < end; k += 8) {
    //: for i in 0..PER / 2
    tileA[aTo$i] = a$i;
    tileB[bTo$i] = b$i;
    a$i = 0;
    b$i = 0;
    //: end
    workgroupBarrier();
    //: for i in 0..PER / 2
    if (k + 8 + fromA$i.x < end) { a$i = a[aAt$i + (k + 8 + fromA$i.x) * params.aColumn]; }
    if (k + 8 + fromB$i.x < end) { b$i = b[bAt$i + b_row(k + 8 + fromB$i.x)]; }
    //: end
    for (var step = 0u; step < 8; step++) {
      let rowAt = step * ${16 * PER + 4} + row;
      let columnAt = step * ${16 * PER + 4} + column;
      //: for q in 0..PER / 4
      let y$q = vec4f(
        tileB[columnAt + ${64 * q}], tileB[columnAt + ${64 * q + 1}], tileB[columnAt + ${64 * q + 2}], tileB[columnAt + ${64 * q + 3}],
      );
      //: end
      //: for r in 0..PER
      let x$r = vec4f(tileA[rowAt + $r]);
      //: for q in 0..PER / 4
      sum${r}_${q} = fma(x$r, y$q, sum${r}_${q});
      //: end
      //: end
    }
    workgroupBarrier();
  }

  //: for r in 0..PER
  //: for q in 0..PER / 4
  //: for j in 0..4
  store(firstRow + row + $r, firstColumn + column + ${64 * q + j}, wid.z, sum${r}_${q}[$j]);
  //: end
  //: end
  //: end
}

@group(0) @binding(0) var<storage, read> partial: array<f32>;          // [batches, splits, m, n]

@compute @workgroup_size(64)
fn combine(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * 64 + lid;
  let size = params.m * params.n;
  if (i >= params.batches * size) { return; }
  let batch = i / size;
  let place = i - batch * size;
  var sum = 0.0;
  for (var s = 0u; s < params.splits; s++) { sum += partial[(batch * params.splits + s) * size + place]; }
  store(place / params.n, place % params.n, batch, sum);
}
