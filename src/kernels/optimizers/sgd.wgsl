// One step of stochastic gradient descent on parameters θ with gradients g, as torch.optim.SGD defines it:
//   g ← g + weightDecay · θ
//   v ← g on the first step, else momentum · v + (1 − dampening) · g
//   g ← g + momentum · v with Nesterov's momentum, else v
//   θ ← θ − lr · g
// Without momentum there is no v. Joined with slots.wgsl and unrolled: slots with a third array are those with momentum.
// The last vec4 of a slot falls into padding.

override NESTEROV: bool = false;

struct Params {
  n4: array<vec4u, 4>, begins: array<vec4u, 4>, total: u32, per: u32,
  first: u32, lr: f32, weightDecay: f32, momentum: f32, gain: f32      // gain = 1 − dampening
}

//: for k in 0..SLOTS
@group(0) @binding(${k * EACH}) var<storage, read_write> theta$k: array<vec4f>;
@group(0) @binding(${k * EACH + 1}) var<storage, read> gradient$k: array<vec4f>;
//: for momentum in 2..EACH
@group(0) @binding(${k * EACH + 2}) var<storage, read_write> velocity$k: array<vec4f>;
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
      var v = gradient$k[i] + params.weightDecay * at;
      //: for momentum in 2..EACH
      let g = v;
      if (params.first == 0) { v = params.momentum * velocity$k[i] + params.gain * g; }
      velocity$k[i] = v;
      if (NESTEROV) { v = g + params.momentum * v; }
      //: end
      theta$k[i] = at - params.lr * v;
    }
  }
  //: end
}
