// One step of RMSprop (Hinton 2012) on parameters θ with gradients g, as torch.optim.RMSprop defines it:
//   g ← g + weightDecay · θ
//   s ← alpha · s + (1 − alpha) · g²
//   d = √s + eps, where it is centered √(s − a²) + eps with   a ← alpha · a + (1 − alpha) · g
//   θ ← θ − lr · g / d, with momentum θ − lr · b with   b ← momentum · b + g / d
// Joined with slots.wgsl and unrolled, for MOMENTUM and CENTERED of 0 or 1. The last vec4 of a slot falls into padding.

struct Params {
  n4: array<vec4u, 4>, begins: array<vec4u, 4>, total: u32, per: u32,
  first: u32,                              // s, b and a are still to be written
  lr: f32, alpha: f32, gain: f32, eps: f32, weightDecay: f32, momentum: f32,      // gain = 1 − alpha
}

//: for k in 0..SLOTS
@group(0) @binding(${k * EACH}) var<storage, read_write> theta$k: array<vec4f>;
@group(0) @binding(${k * EACH + 1}) var<storage, read> gradient$k: array<vec4f>;
@group(0) @binding(${k * EACH + 2}) var<storage, read_write> square$k: array<vec4f>;
//: for once in 0..MOMENTUM
@group(0) @binding(${k * EACH + 3}) var<storage, read_write> buffer$k: array<vec4f>;
//: end
//: for once in 0..CENTERED
@group(0) @binding(${k * EACH + 3 + MOMENTUM}) var<storage, read_write> mean$k: array<vec4f>;
//: end
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
      var s = params.gain * g * g;
      if (params.first == 0) { s += params.alpha * square$k[i]; }
      square$k[i] = s;
      //: for once in 0..CENTERED
      var a = params.gain * g;
      if (params.first == 0) { a += params.alpha * mean$k[i]; }
      mean$k[i] = a;
      s -= a * a;
      //: end
      var b = g / (sqrt(s) + params.eps);
      //: for once in 0..MOMENTUM
      if (params.first == 0) { b += params.momentum * buffer$k[i]; }
      buffer$k[i] = b;
      //: end
      theta$k[i] = at - params.lr * b;
    }
  }
  //: end
}
