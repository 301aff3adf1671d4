// A batch norm by running statistics behind a convolution is a convolution with other weights and another bias (B. Jacob et al.,
// "Quantization and Training of Neural Networks", 2018, section 3.2), for each channel o:
//
//   weight[o] · (w[o] ∗ x + bias[o] − μ[o]) / √(σ²[o] + eps) + shift[o] = w'[o] ∗ x + bias'[o],
//   w'[o] = s w[o],   bias'[o] = s (bias[o] − μ[o]) + shift[o],   s = weight[o] / √(σ²[o] + eps)

override HAS_WEIGHT: bool;
override HAS_SHIFT: bool;
override HAS_BIAS: bool;

struct Params { channels: u32, inner: u32, eps: f32 }       // inner: weights of a channel

@group(0) @binding(0) var<storage, read> w: array<f32>;
@group(0) @binding(1) var<storage, read> bias: array<f32>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> variance: array<f32>;
@group(0) @binding(4) var<storage, read> weight: array<f32>;
@group(0) @binding(5) var<storage, read> shift: array<f32>;
@group(0) @binding(6) var<storage, read_write> foldedW: array<f32>;
@group(0) @binding(7) var<storage, read_write> foldedBias: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn fold(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * 64 + lid;
  if (i >= params.channels * params.inner) { return; }
  let o = i / params.inner;
  var scale = 1 / sqrt(variance[o] + params.eps);
  if (HAS_WEIGHT) { scale *= weight[o]; }
  foldedW[i] = scale * w[i];
  if (i != o * params.inner) { return; }
  var b = -mean[o];
  if (HAS_BIAS) { b += bias[o]; }
  b *= scale;
  if (HAS_SHIFT) { b += shift[o]; }
  foldedBias[o] = b;
}
