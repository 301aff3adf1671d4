// Squeeze-and-excitation's weights of channels (J. Hu et al. 2018) in one launch, a workgroup a sample:
//   s[n, c] = sigmoid(b₂[c] + Σ_r w₂[c, r] · relu(b₁[r] + Σ_c w₁[r, c] · mean_p x[n, c, p]))
// For CPU adapters, whose launches cost more than what they compute here, and whose subgroups have 8 lanes. Joined with nan.wgsl; see unroll.ts.

struct Params { channels: u32, squeezed: u32, fours: u32 }          // fours: positions / 4

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
//: for once in 0..1 - TEXTURES
@group(0) @binding(1) var<storage, read> w1: array<vec4f>;          // [squeezed, channels]
@group(0) @binding(3) var<storage, read> w2: array<vec4f>;          // [channels, squeezed]
fn w1_at(i: u32) -> vec4f { return w1[i]; }
fn w2_at(i: u32) -> vec4f { return w2[i]; }
//: end
//: for once in 0..TEXTURES
@group(0) @binding(1) var w1: texture_storage_2d<rgba32float, read>;
@group(0) @binding(3) var w2: texture_storage_2d<rgba32float, read>;
fn w1_at(i: u32) -> vec4f { return textureLoad(w1, texel(i)); }   // see shared/texel.wgsl
fn w2_at(i: u32) -> vec4f { return textureLoad(w2, texel(i)); }
//: end
@group(0) @binding(2) var<storage, read> b1: array<f32>;
@group(0) @binding(4) var<storage, read> b2: array<f32>;
@group(0) @binding(5) var<storage, read_write> s: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

var<workgroup> means: array<f32, 1024>;
var<workgroup> hidden: array<f32, 1024>;

fn sum_of(v: vec4f) -> f32 { return (v.x + v.y) + (v.z + v.w); }

fn squeeze(r: u32, sum: f32) {
  if (r >= params.squeezed) { return; }
  let v = sum + b1[r];
  hidden[r] = select(v, 0.0, v < 0 && !is_nan(v));
}

fn scale(start: u32, c: u32, sum: f32) {
  if (c >= params.channels) { return; }
  let v = sum + b2[c];
  let e = exp_of(-abs(v));                                          // cannot overflow
  s[start + c] = select(e, 1.0, v >= 0) / (1 + e);
}

@compute @workgroup_size(8)
fn excite(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) lane: u32) {
  let start = wid.x * params.channels;
  for (var c = lane; c < params.channels; c += 8) {
    var sum = vec4f(0);
    for (var i = 0u; i < params.fours; i++) { sum += x[(start + c) * params.fours + i]; }
    means[c] = sum_of(sum) / f32(4 * params.fours);
  }
  workgroupBarrier();

  // Four rows of weights a turn: what they are multiplied by is loaded once.
  for (var first = lane; first < params.squeezed; first += 32) {
    //: for j in 0..4
    let row$j = min(first + 8 * $j, params.squeezed - 1) * params.channels / 4;
    var sum$j = vec4f(0);
    //: end
    for (var c = 0u; c < params.channels / 4; c++) {
      let mean = vec4f(means[4 * c], means[4 * c + 1], means[4 * c + 2], means[4 * c + 3]);
      //: for j in 0..4
      sum$j = fma(w1_at(row$j + c), mean, sum$j);
      //: end
    }
    //: for j in 0..4
    squeeze(first + 8 * $j, sum_of(sum$j));
    //: end
  }
  workgroupBarrier();

  for (var first = lane; first < params.channels; first += 32) {
    //: for j in 0..4
    let row$j = min(first + 8 * $j, params.channels - 1) * params.squeezed / 4;
    var sum$j = vec4f(0);
    //: end
    for (var r = 0u; r < params.squeezed / 4; r++) {
      let h = vec4f(hidden[4 * r], hidden[4 * r + 1], hidden[4 * r + 2], hidden[4 * r + 3]);
      //: for j in 0..4
      sum$j = fma(w2_at(row$j + r), h, sum$j);
      //: end
    }
    //: for j in 0..4
    scale(start, first + 8 * $j, sum_of(sum$j));
    //: end
  }
}
