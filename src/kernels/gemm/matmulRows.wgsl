// A matrix product of one to four rows, C[m, n] = Σ_k A[m, k] · Bᵀ[n, k], both read along k as vec4s: a dense layer of a few
// samples. For CPU adapters, whose other programs take tiles of rows that are not there. A lane makes all rows of four columns, each
// element by one sum over k in its order, as matmul.wgsl does. ROWS: how many rows; see unroll.ts. Joined with finish.wgsl and nan.wgsl.

struct Params {
  n: u32, fours: u32,                                               // k / 4
  aRow: u32, bColumn: u32,                                          // in vec4s
  cRow: u32,
  finish: u32, finishA: f32, finishB: f32, adds: u32,               // see shared/finish.wgsl
  hasBias: u32,
}

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> other: array<f32>;         // lies as c does
@group(1) @binding(0) var<uniform> params: Params;

fn store(row: u32, column: u32, value: f32) {
  if (column >= params.n) { return; }
  let at = row * params.cRow + column;
  var sum = value;
  if (params.hasBias != 0) { sum += bias[column]; }
  if (params.adds != 0) { sum += other[at]; }
  c[at] = finished(vec4f(sum)).x;
}

@compute @workgroup_size(8)
fn rows(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = wid.x * 32 + lane;                    // and the columns 8, 16 and 24 behind it
  //: for j in 0..4
  let from$j = min(first + 8 * $j, params.n - 1) * params.bColumn;
  //: for r in 0..ROWS
  var t${r}_${j} = 0.0;
  //: end
  //: end
  for (var k = 0u; k < params.fours; k++) {
    //: for r in 0..ROWS
    let a$r = a[$r * params.aRow + k];
    //: end
    //: for j in 0..4
    let b$j = b[from$j + k];
    //: for r in 0..ROWS
    t${r}_${j} = fma(a${r}.w, b${j}.w, fma(a${r}.z, b${j}.z, fma(a${r}.y, b${j}.y, fma(a${r}.x, b${j}.x, t${r}_${j}))));
    //: end
    //: end
  }
  //: for r in 0..ROWS
  //: for j in 0..4
  store($r, first + 8 * $j, t${r}_${j});
  //: end
  //: end
}
