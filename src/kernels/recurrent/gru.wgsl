// A step of a layer of gated recurrent units (Cho et al. 2014; PyTorch's form and order r, z, n), all sums over inputs and
// hidden units done before by matrix products:
//
//   r, z = σ(p + q),   n = tanh(p + r q),   h' = (1 − z) n + z h
//                                           p = W x + b of this step, q = W' h + b' of the state before
//   backward, dh' being what comes from above and from the step behind:
//   dn = dh' (1 − z) (1 − n²),   dz = dh' (h − n) z (1 − z),   dr = dn q_n r (1 − r),   dq_n = dn r,   dh = dh' z
//
// p: [steps, batch, 3 · hidden], q: [batch, 3 · hidden]; gates, r, z, n and q_n: [steps, batch, 4 · hidden]; states:
// [steps + 1, batch, hidden]. Joined with recurrent.wgsl.

@group(0) @binding(0) var<storage, read> q: array<f32>;
@group(0) @binding(1) var<storage, read> p: array<f32>;
@group(0) @binding(2) var<storage, read_write> states: array<f32>;
@group(0) @binding(3) var<storage, read_write> gates: array<f32>;

@group(0) @binding(0) var<storage, read> known_states: array<f32>;         // backward binds these seven
@group(0) @binding(1) var<storage, read> known_gates: array<f32>;
@group(0) @binding(2) var<storage, read> d_states: array<f32>;
@group(0) @binding(3) var<storage, read> dh: array<f32>;                   // by way of q of the step behind; [batch, hidden]
@group(0) @binding(4) var<storage, read_write> carried: array<f32>;        // by way of its z h; [batch, hidden]
@group(0) @binding(5) var<storage, read_write> dp: array<f32>;
@group(0) @binding(6) var<storage, read_write> dq: array<f32>;             // of all steps, as dp

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let at = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (at >= params.n) { return; }
  let local = gate_place(at, 3);
  let place = params.step * 3 * params.n + local;
  let H = params.hidden;
  let q_n = q[local + 2 * H];
  let r = sigmoid(p[place] + q[local]);
  let z = sigmoid(p[place + H] + q[local + H]);
  let n = hyperbolic_tangent(p[place + 2 * H] + r * q_n);
  states[params.now * params.n + at] = (1 - z) * n + z * states[params.before * params.n + at];
  let kept = params.step * 4 * params.n + gate_place(at, 4);
  gates[kept] = r;
  gates[kept + H] = z;
  gates[kept + 2 * H] = n;
  gates[kept + 3 * H] = q_n;
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let at = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (at >= params.n) { return; }
  let place = params.step * 3 * params.n + gate_place(at, 3);
  let kept = params.step * 4 * params.n + gate_place(at, 4);
  let H = params.hidden;
  let r = known_gates[kept];
  let z = known_gates[kept + H];
  let n = known_gates[kept + 2 * H];
  let q_n = known_gates[kept + 3 * H];
  var d_h = d_states[params.now * params.n + at];
  if (params.last == 0) { d_h += dh[at] + carried[at]; }
  carried[at] = d_h * z;
  let d_z = d_h * (known_states[params.before * params.n + at] - n) * z * (1 - z);
  let d_n = d_h * (1 - z) * (1 - n * n);
  let d_r = d_n * q_n * r * (1 - r);
  dp[place] = d_r;
  dp[place + H] = d_z;
  dp[place + 2 * H] = d_n;
  dq[place] = d_r;
  dq[place + H] = d_z;
  dq[place + 2 * H] = d_n * r;
}
