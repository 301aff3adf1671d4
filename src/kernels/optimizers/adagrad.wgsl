// One step of Adagrad (Duchi et al. 2011) on parameters θ with gradients g, as torch.optim.Adagrad defines it:
//   g ← g + weightDecay · θ
//   s ← s + g², which begins at initial
//   θ ← θ − rate · g / (√s + eps),   rate = lr / (1 + (step − 1) · lrDecay)
// Joined with slots.wgsl and unrolled. The last vec4 of a slot falls into padding.

struct Params {
  n4: array<vec4u, 4>, begins: array<vec4u, 4>, total: u32, per: u32,
  first: u32,                              // s is still to be written
  rate: f32, eps: f32, weightDecay: f32, initial: f32,
}

//: for k in 0..SLOTS
@group(0) @binding(${k * EACH}) var<storage, read_write> theta$k: array<vec4f>;
@group(0) @binding(${k * EACH + 1}) var<storage, read> gradient$k: array<vec4f>;
@group(0) @binding(${k * EACH + 2}) var<storage, read_write> sum$k: array<vec4f>;
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
      var s = vec4f(params.initial);
      if (params.first == 0) { s = sum$k[i]; }
      s += g * g;
      sum$k[i] = s;
      theta$k[i] = at - params.rate * g / (sqrt(s) + params.eps);
    }
  }
  //: end
}
