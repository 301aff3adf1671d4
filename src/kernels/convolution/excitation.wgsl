// Squeeze-and-excitation's weights of channels (J. Hu et al. 2018) in one launch, a workgroup a sample:
//   s[n, c] = sigmoid(b₂[c] + Σ_r w₂[c, r] · relu(b₁[r] + Σ_c w₁[r, c] · mean_p x[n, c, p]))
// For CPU adapters, whose launches cost more than what they compute here, and whose subgroups have 8 lanes. Joined with nan.wgsl.

struct Params { channels: u32, squeezed: u32, fours: u32 }          // fours: positions / 4

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> w1: array<vec4f>;          // [squeezed, channels]
@group(0) @binding(2) var<storage, read> b1: array<f32>;
@group(0) @binding(3) var<storage, read> w2: array<vec4f>;          // [channels, squeezed]
@group(0) @binding(4) var<storage, read> b2: array<f32>;
@group(0) @binding(5) var<storage, read_write> s: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

var<workgroup> means: array<f32, 1024>;
var<workgroup> hidden: array<f32, 1024>;

fn sum_of(v: vec4f) -> f32 { return (v.x + v.y) + (v.z + v.w); }

@compute @workgroup_size(8)
fn excite(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = wid.x * params.channels;
  for (var c = lane; c < params.channels; c += 8) {
    var sum = vec4f(0);
    for (var i = 0u; i < params.fours; i++) { sum += x[(first + c) * params.fours + i]; }
    means[c] = sum_of(sum) / f32(4 * params.fours);
  }
  workgroupBarrier();

  for (var r = lane; r < params.squeezed; r += 8) {
    var sum = vec4f(0);
    for (var c = 0u; c < params.channels; c += 4) {
      let mean = vec4f(means[c], means[c + 1], means[c + 2], means[c + 3]);
      sum = fma(w1[(r * params.channels + c) / 4], mean, sum);
    }
    let v = sum_of(sum) + b1[r];
    hidden[r] = select(v, 0.0, v < 0 && !is_nan(v));
  }
  workgroupBarrier();

  for (var c = lane; c < params.channels; c += 8) {
    var sum = vec4f(0);
    for (var r = 0u; r < params.squeezed; r += 4) {
      let h = vec4f(hidden[r], hidden[r + 1], hidden[r + 2], hidden[r + 3]);
      sum = fma(w2[(c * params.squeezed + r) / 4], h, sum);
    }
    let v = sum_of(sum) + b2[c];
    let e = exp_of(-abs(v));                                        // cannot overflow
    s[first + c] = select(e, 1.0, v >= 0) / (1 + e);
  }
}
