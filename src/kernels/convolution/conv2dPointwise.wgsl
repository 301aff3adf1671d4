// Convolutions of one element, y[n, o, p] = bias[o] + Σ_c w[o, c] · x[n, c, p] · s[n, c], for adapters whose subgroups have 8 lanes
// (see gemm/matmulTiles.wgsl). Products of few channels spend most of their time storing, and small ones do not pay for large
// tiles: a lane holds 8 positions of 8 channels.
//
// Of w each lane reads a row, and hands it round. x is read as vec4s, from a texture where it may be copied to one (TEXTURES; see
// unroll.ts): neighbouring lanes read neighbours.

enable subgroups;

struct Params {
  samples: u32, channels: u32, outChannels: u32,
  fours: u32,                                                       // positions / 4
  finishA: f32, finishB: f32, adds: u32,                            // see shared/finish.wgsl
  hasBias: u32,
  rows: u32,                                                        // 8: a loop with a bound that is written is unrolled
  weighs: u32,                                                      // whether there is an s
}

//: for once in 0..1 - TEXTURES
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
fn x_at(i: u32) -> vec4f { return x[i]; }
//: end
//: for once in 0..TEXTURES
@group(0) @binding(0) var x: texture_storage_2d<rgba32float, read>;
fn x_at(i: u32) -> vec4f { return textureLoad(x, texel(i)); }   // see shared/texel.wgsl
//: end
@group(0) @binding(1) var<storage, read> w: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> other: array<vec4f>;       // lies as y does
@group(0) @binding(5) var<storage, read> s: array<vec4f>;
@group(1) @binding(0) var<uniform> params: Params;

fn store(at: u32, value: vec4f) {
  var sum = value;
  if (params.adds != 0) { sum += other[at]; }
  y[at] = finished(sum);
}

@compute @workgroup_size(8)
fn pointwise(@builtin(workgroup_id) wid: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let out = wid.x * 8;
  let index = wid.y * 8 + lane;                     // of two neighbouring vec4s of positions
  let across = (params.fours + 1) / 2;
  let count = params.samples * across;
  let n = min(index, count - 1) / across;
  let place = min(index, count - 1) % across * 2;

  // Channels past the end repeat the last one, and are not stored; nor is what an odd last vec4 has beside it.
  let mine = min(out + lane, params.outChannels - 1);
  let row = mine * params.channels / 4;
  var at = n * params.channels * params.fours + place;
  //: for r in 0..8
  var left$r = vec4f(0);
  var right$r = vec4f(0);
  //: end
  for (var c = 0u; c < params.channels / 4; c++) {
    let weights = w[row + c];
    //: for j in 0..4
    var a$j = x_at(at);
    var b$j = x_at(at + 1);
    at += params.fours;
    //: end
    if (params.weighs != 0) {
      let scale = s[n * params.channels / 4 + c];
      //: for j in 0..4
      a$j *= scale[$j];
      b$j *= scale[$j];
      //: end
    }
    //: for r in 0..8
    {
      //: for j in 0..4
      let w$j = vec4f(subgroupShuffle(weights[$j], ${r}u));
      //: end
      //: for j in 0..4
      left$r = fma(w$j, a$j, left$r);
      //: end
      //: for j in 0..4
      right$r = fma(w$j, b$j, right$r);
      //: end
    }
    //: end
  }

  var myBias = 0.0;
  if (params.hasBias != 0) { myBias = bias[mine]; }
  //: for r in 0..8
  let b$r = subgroupShuffle(myBias, ${r}u);
  left$r += b$r;
  right$r += b$r;
  //: end
  if (index >= count) { return; }
  var to = (n * params.outChannels + out) * params.fours + place;
  let isPair = place + 1 < params.fours;
  // One loop in which the rows move up: a store takes the driver long to compile, and an array that a loop picks from is slow.
  for (var r = 0u; r < min(params.rows, params.outChannels - out); r++) {
    store(to, left0);
    if (isPair) { store(to + 1, right0); }
    to += params.fours;
    //: for r in 1..8
    left${r - 1} = left$r;
    right${r - 1} = right$r;
    //: end
  }
}
