// One step of Adamax (Kingma & Ba 2015, section 7) on parameters θ with gradients g, as torch.optim.Adamax defines it, t
// counting steps from 1:
//   g ← g + weightDecay · θ
//   m ← β₁ · m + (1 − β₁) · g
//   u ← max(β₂ · u, |g| + eps)
//   θ ← θ − lr / (1 − β₁ᵗ) · m / u
// Joined with slots.wgsl and unrolled. The last vec4 of a slot falls into padding.

struct Params {
  n4: array<vec4u, 4>, begins: array<vec4u, 4>, total: u32, per: u32,
  first: u32,                              // m and u are still to be written
  stepSize: f32, beta1: f32, gain1: f32, beta2: f32, eps: f32, weightDecay: f32,      // stepSize = lr / (1 − β₁ᵗ)
}

//: for k in 0..SLOTS
@group(0) @binding(${k * EACH}) var<storage, read_write> theta$k: array<vec4f>;
@group(0) @binding(${k * EACH + 1}) var<storage, read> gradient$k: array<vec4f>;
@group(0) @binding(${k * EACH + 2}) var<storage, read_write> mean$k: array<vec4f>;
@group(0) @binding(${k * EACH + 3}) var<storage, read_write> largest$k: array<vec4f>;
//: end
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let walk = walkOf(wid.y * groups.x + wid.x, lid);
  //: for k in 0..SLOTS
  if (walk.slot == $k) {
    for (var i = walk.first; i < walk.end; i += WORKGROUP) {
      let at = theta$k[i];
      let g = gradient$k[i] + params.weightDecay * at;
      var m = params.gain1 * g;
      var u = abs(g) + params.eps;
      if (params.first == 0) {
        m += params.beta1 * mean$k[i];
        u = max(params.beta2 * largest$k[i], u);
      }
      mean$k[i] = m;
      largest$k[i] = u;
      theta$k[i] = at - params.stepSize * m / u;
    }
  }
  //: end
}
