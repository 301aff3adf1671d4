// Batched matrix product C[m, n] = Σ_k A[m, k] · B[k, n] with any strides: a transposed operand is only read
// with its strides swapped. One invocation computes a 4 × 4 tile of C in registers; rows and columns past
// the edge read the last valid one and are not stored. Runs on any adapter. gemmOperands.wgsl is joined to it.

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> other: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let tilesM = (params.m + 3) / 4;
  let tilesN = (params.n + 3) / 4;
  let tile = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (tile >= tilesM * tilesN * params.batches) { return; }
  let batch = tile / (tilesM * tilesN);
  let row = (tile / tilesN) % tilesM * 4;
  let column = tile % tilesN * 4;

  let at = operands_at(batch);
  let rows = min(vec4u(row) + vec4u(0, 1, 2, 3), vec4u(params.m - 1)) * params.aRow + at.x;
  let last = params.n - 1;
  let columns = at.y + vec4u(
    b_column(column),
    b_column(min(column + 1, last)),
    b_column(min(column + 2, last)),
    b_column(min(column + 3, last)),
  );
  var t0 = vec4f(0);
  var t1 = vec4f(0);
  var t2 = vec4f(0);
  var t3 = vec4f(0);
  var bRow = Row(0, 0, 0);
  for (var k = 0u; k < params.k; k++) {
    let ak = k * params.aColumn;
    let place = columns + bRow.offset;
    let right = vec4f(b[place.x], b[place.y], b[place.z], b[place.w]);
    t0 = fma(vec4f(a[rows.x + ak]), right, t0);
    t1 = fma(vec4f(a[rows.y + ak]), right, t1);
    t2 = fma(vec4f(a[rows.z + ak]), right, t2);
    t3 = fma(vec4f(a[rows.w + ak]), right, t3);
    bRow = next(bRow);
  }
  let out = array<vec4f, 4>(t0, t1, t2, t3);
  for (var j = 0u; j < 4 && column + j < params.n; j++) {
    let columnAt = params.cOffset + batch * params.cBatch + c_column(column + j);
    for (var i = 0u; i < 4 && row + i < params.m; i++) {
      let at = columnAt + (row + i) * params.cRow;
      var value = out[i][j];
      if (params.bias != 0) { value += bias[select(column + j, row + i, params.bias == 1)]; }
      if (params.adds != 0) { value += other[at]; }
      c[at] = finished(vec4f(value)).x;
    }
  }
}
