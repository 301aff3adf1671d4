// One step of stochastic gradient descent on one parameter θ with gradient g, as torch.optim.SGD defines it:
//   g ← g + weightDecay · θ
//   v ← g on the first step, else momentum · v + (1 − dampening) · g
//   g ← g + momentum · v with Nesterov's momentum, else v
//   θ ← θ − lr · g
// `plain` leaves out momentum, and with it v. Each invocation does four elements; the last falls into padding.

override WORKGROUP: u32 = 64;
override NESTEROV: bool = false;

struct Params { n4: u32, per: u32, first: u32, lr: f32, weightDecay: f32, momentum: f32, gain: f32 }   // gain = 1 − dampening

@group(0) @binding(0) var<storage, read_write> theta: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> velocity: array<vec4f>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn plain(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let first = (wid.y * groups.x + wid.x) * WORKGROUP * params.per + lid;
  let end = min(first + WORKGROUP * params.per, params.n4);
  for (var i = first; i < end; i += WORKGROUP) {
    let at = theta[i];
    theta[i] = at - params.lr * (gradient[i] + params.weightDecay * at);
  }
}

@compute @workgroup_size(WORKGROUP)
fn momentum(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let first = (wid.y * groups.x + wid.x) * WORKGROUP * params.per + lid;
  let end = min(first + WORKGROUP * params.per, params.n4);
  for (var i = first; i < end; i += WORKGROUP) {
    let at = theta[i];
    let g = gradient[i] + params.weightDecay * at;
    var v = g;
    if (params.first == 0) { v = params.momentum * velocity[i] + params.gain * g; }
    velocity[i] = v;
    if (NESTEROV) { v = g + params.momentum * v; }
    theta[i] = at - params.lr * v;
  }
}
