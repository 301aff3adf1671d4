// One step of Adam (Kingma & Ba 2015) and its kin on parameters θ with gradients g, as torch.optim defines them:
//   g ← g + weightDecay · θ, or where it is decoupled (AdamW)  θ ← θ − lr · weightDecay · θ
//   m ← β₁ · m + (1 − β₁) · g                    v ← β₂ · v + (1 − β₂) · g²
//   u ← v, or with AMSGrad (Reddi et al. 2018)   u ← max(u, v)
//   θ ← θ − (ofMean · m + ofGradient · g) / (√u · scale + eps)
// The factors depend on the step alone and are computed on the host, in float64: see adam.ts. Joined with slots.wgsl and
// unrolled: AMSGrad's are the slots with a fifth array. The last vec4 of a slot falls into padding.

override DECOUPLED: bool = false;          // AdamW

struct Params {
  n4: array<vec4u, 4>, begins: array<vec4u, 4>, total: u32, per: u32,
  first: u32,                              // m, v and u are still to be written
  beta1: f32, gain1: f32,                  // gain1 = 1 − β₁
  beta2: f32, gain2: f32,
  ofMean: f32, ofGradient: f32, scale: f32, eps: f32,
  decay: f32,                              // weightDecay; DECOUPLED: lr · weightDecay
}

//: for k in 0..SLOTS
@group(0) @binding(${k * EACH}) var<storage, read_write> theta$k: array<vec4f>;
@group(0) @binding(${k * EACH + 1}) var<storage, read> gradient$k: array<vec4f>;
@group(0) @binding(${k * EACH + 2}) var<storage, read_write> mean$k: array<vec4f>;
@group(0) @binding(${k * EACH + 3}) var<storage, read_write> square$k: array<vec4f>;
//: for amsgrad in 4..EACH
@group(0) @binding(${k * EACH + 4}) var<storage, read_write> largest$k: array<vec4f>;
//: end
//: end
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let walk = walkOf(wid.y * groups.x + wid.x, lid);
  //: for k in 0..SLOTS
  if (walk.slot == $k) {
    for (var i = walk.first; i < walk.end; i += WORKGROUP) {
      var at = theta$k[i];
      var g = gradient$k[i];
      if (DECOUPLED) { at -= params.decay * at; } else { g += params.decay * at; }
      var m = vec4f(0);
      var v = vec4f(0);
      if (params.first == 0) { m = mean$k[i]; v = square$k[i]; }
      m = params.beta1 * m + params.gain1 * g;
      v = params.beta2 * v + params.gain2 * g * g;
      mean$k[i] = m;
      square$k[i] = v;
      //: for amsgrad in 4..EACH
      if (params.first == 0) { v = max(largest$k[i], v); }
      largest$k[i] = v;
      //: end
      theta$k[i] = at - (params.ofMean * m + params.ofGradient * g) / (sqrt(v) * params.scale + params.eps);
    }
  }
  //: end
}
