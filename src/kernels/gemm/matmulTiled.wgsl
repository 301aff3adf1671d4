// The product of matmul.wgsl for GPUs, whose memory is far away: a workgroup computes a tile of C, and brings each
// element of A and B that the tile needs into workgroup memory once, DEPTH steps of k at a time.
//
//   an invocation holds ROWS × COLUMNS of the tile in registers, and reads what it multiplies as vec4s
//   32 invocations, a warp, stand 4 × 8; UP × ACROSS warps make a workgroup, whose tile is ${M} × ${N}
//   while one piece of A and B is multiplied, the next is on its way into registers, and from there into the other half
//   of workgroup memory (double buffering): one barrier a piece
//   neighbouring invocations read neighbouring elements of A and B, along k or across it, as they lie in memory
//   with few tiles and a long k, k is split: `tile` leaves a partial product a split, and `combine` adds them up
//
// A program with unrolled loops (see unroll.ts), one for each tile of matmulTiled.ts; gemmOperands.wgsl and finish.wgsl are joined.

override A_ALONG_K: bool = true;     // A's elements lie next to each other along k, else along its rows
override B_ALONG_K: bool = false;    // B's along k, else along its columns

//: for v in VECTORS_A..1
@group(0) @binding(0) var<storage, read> a: array<f32>;
//: end
//: for v in 0..VECTORS_A
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
//: end
//: for v in VECTORS_B..1
@group(0) @binding(1) var<storage, read> b: array<f32>;
//: end
//: for v in 0..VECTORS_B
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
//: end
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> other: array<f32>;

// [half, k, four rows] and [half, k, four columns]; one vec4 more a row keeps writes along k off the same memory bank.
var<workgroup> tileA: array<vec4f, ${2 * DEPTH * (M / 4 + 1)}>;
var<workgroup> tileB: array<vec4f, ${2 * DEPTH * (N / 4 + 1)}>;

/// Which (k, four rows or columns) of a piece `fours` wide an invocation brings as its i-th.
fn brought(i: u32, fours: u32, alongK: bool) -> vec2u {
  return select(vec2u(i / fours, i % fours), vec2u(i % $DEPTH, i / $DEPTH), alongK);
}

/// Four rows of A at a k, and four columns of B.
fn fromA(at: vec4u, k: u32) -> vec4f {
  let places = at + k * params.aColumn;
  //: for v in VECTORS_A..1
  return vec4f(a[places.x], a[places.y], a[places.z], a[places.w]);
  //: end
  //: for v in 0..VECTORS_A
  return a[places.x / 4];
  //: end
}

fn fromB(at: vec4u, k: u32) -> vec4f {
  let places = at + b_row(k);
  //: for v in VECTORS_B..1
  return vec4f(b[places.x], b[places.y], b[places.z], b[places.w]);
  //: end
  //: for v in 0..VECTORS_B
  return b[places.x / 4];
  //: end
}

fn store(row: u32, column: u32, batch: u32, value: f32) {
  if (row >= params.m || column >= params.n) { return; }
  var biased = value;
  if (params.bias != 0) { biased += bias[select(column, row, params.bias == 1)]; }
  let at = params.cOffset + batch * params.cBatch + row * params.cRow + c_column(column);
  if (params.adds != 0) { biased += other[at]; }
  c[at] = finished(vec4f(biased)).x;
}

@compute @workgroup_size($THREADS)
fn tile(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) lid: u32) {
  let firstRow = wid.y * $M;
  let firstColumn = wid.x * $N;
  let batch = wid.z / params.splits;
  let begin = wid.z % params.splits * params.splitDepth;
  let end = min(begin + params.splitDepth, params.k);

  // Rows and columns past the edge bring the last valid one and are not stored.
  let at = operands_at(batch);
  //: for i in 0..LOADS_A
  let forA$i = brought(lid + ${THREADS * i}, ${M / 4}, A_ALONG_K);
  let bringsA$i = lid + ${THREADS * i} < ${DEPTH * M / 4};
  let aTo$i = forA$i.x * ${M / 4 + 1} + forA$i.y;
  let aAt$i = at.x + min(vec4u(firstRow + forA$i.y * 4) + vec4u(0, 1, 2, 3), vec4u(params.m - 1)) * params.aRow;
  var a$i = vec4f(0);
  //: end
  //: for i in 0..LOADS_B
  let forB$i = brought(lid + ${THREADS * i}, ${N / 4}, B_ALONG_K);
  let bringsB$i = lid + ${THREADS * i} < ${DEPTH * N / 4};
  let bTo$i = forB$i.x * ${N / 4 + 1} + forB$i.y;
  let bColumns$i = min(vec4u(firstColumn + forB$i.y * 4) + vec4u(0, 1, 2, 3), vec4u(params.n - 1));
  let bAt$i = at.y + vec4u(b_column(bColumns$i.x), b_column(bColumns$i.y), b_column(bColumns$i.z), b_column(bColumns$i.w));
  var b$i = vec4f(0);
  //: end

  // This invocation's rows and columns come in fours, 16 rows and 32 columns apart, so that the banks are shared out.
  let warp = lid / 32;
  let rowFour = warp / $ACROSS * $ROWS + lid % 32 / 8;
  let columnFour = warp % $ACROSS * ${2 * COLUMNS} + lid % 8;
  //: for r in 0..ROWS
  //: for q in 0..COLUMNS / 4
  var sum${r}_${q} = vec4f(0);
  //: end
  //: end

  var side = 0u;
  for (var k = begin; k < end + $DEPTH; k += $DEPTH) {
    // The piece at k is on its way into registers while the one before it, in workgroup memory, is multiplied.
    //: for i in 0..LOADS_A
    a$i = vec4f(0);
    if (bringsA$i && k + forA$i.x < end) { a$i = fromA(aAt$i, k + forA$i.x); }
    //: end
    //: for i in 0..LOADS_B
    b$i = vec4f(0);
    if (bringsB$i && k + forB$i.x < end) { b$i = fromB(bAt$i, k + forB$i.x); }
    //: end
    if (k > begin) {
      let rowAt = side * ${DEPTH * (M / 4 + 1)} + rowFour;
      let columnAt = side * ${DEPTH * (N / 4 + 1)} + columnFour;
      for (var steps = 0u; steps < $DEPTH; steps += $UNROLLED) {
        //: for step in 0..UNROLLED
        {
          //: for q in 0..COLUMNS / 4
          let y$q = tileB[columnAt + steps * ${N / 4 + 1} + ${step * (N / 4 + 1) + 8 * q}];
          //: end
          //: for p in 0..ROWS / 4
          let x$p = tileA[rowAt + steps * ${M / 4 + 1} + ${step * (M / 4 + 1) + 4 * p}];
          //: end
          //: for r in 0..ROWS
          //: for q in 0..COLUMNS / 4
          sum${r}_${q} = fma(vec4f(x${r / 4}[${r % 4}]), y$q, sum${r}_${q});
          //: end
          //: end
        }
        //: end
      }
    }
    side = 1 - side;
    //: for i in 0..LOADS_A
    if (bringsA$i) { tileA[side * ${DEPTH * (M / 4 + 1)} + aTo$i] = a$i; }
    //: end
    //: for i in 0..LOADS_B
    if (bringsB$i) { tileB[side * ${DEPTH * (N / 4 + 1)} + bTo$i] = b$i; }
    //: end
    workgroupBarrier();
  }

  //: for v in UNROLLED / DEPTH..1
  // For CPUs in a loop that stays one: a store is compiled eight times over there.
  for (var r = 0u; r < $ROWS; r++) {
    let row = firstRow + (rowFour + r / 4 * 4) * 4 + r % 4;
    //: for q in 0..COLUMNS / 4
    var four$q = vec4f(0);
    //: end
    switch r {
      //: for r in 0..ROWS
      case $r: {
        //: for q in 0..COLUMNS / 4
        four$q = sum${r}_${q};
        //: end
      }
      //: end
      default: {}
    }
    //: for q in 0..COLUMNS / 4
    for (var j = 0u; j < 4; j++) { store(row, firstColumn + (columnFour + ${8 * q}) * 4 + j, wid.z, four$q[j]); }
    //: end
  }
  //: end
  //: for v in 0..UNROLLED / DEPTH
  //: for r in 0..ROWS
  //: for q in 0..COLUMNS / 4
  //: for j in 0..4
  store(firstRow + (rowFour + ${r / 4 * 4}) * 4 + ${r % 4}, firstColumn + (columnFour + ${8 * q}) * 4 + $j, wid.z, sum${r}_${q}[$j]);
  //: end
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
