// One step of Adadelta (Zeiler 2012) on parameters θ with gradients g, as torch.optim.Adadelta defines it:
//   g ← g + weightDecay · θ
//   s ← rho · s + (1 − rho) · g²
//   d = √(u + eps) / √(s + eps) · g
//   u ← rho · u + (1 − rho) · d²
//   θ ← θ − lr · d
// Joined with slots.wgsl and unrolled. The last vec4 of a slot falls into padding.

struct Params {
  n4: array<vec4u, 4>, begins: array<vec4u, 4>, total: u32, per: u32,
  first: u32,                              // s and u are still to be written
  lr: f32, rho: f32, gain: f32, eps: f32, weightDecay: f32,      // gain = 1 − rho
}

//: for k in 0..SLOTS
@group(0) @binding(${k * EACH}) var<storage, read_write> theta$k: array<vec4f>;
@group(0) @binding(${k * EACH + 1}) var<storage, read> gradient$k: array<vec4f>;
@group(0) @binding(${k * EACH + 2}) var<storage, read_write> square$k: array<vec4f>;
@group(0) @binding(${k * EACH + 3}) var<storage, read_write> moved$k: array<vec4f>;
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
      var s = vec4f(0);
      var u = vec4f(0);
      if (params.first == 0) { s = square$k[i]; u = moved$k[i]; }
      s = params.rho * s + params.gain * g * g;
      let d = sqrt(u + params.eps) / sqrt(s + params.eps) * g;
      square$k[i] = s;
      moved$k[i] = params.rho * u + params.gain * d * d;
      theta$k[i] = at - params.lr * d;
    }
  }
  //: end
}
