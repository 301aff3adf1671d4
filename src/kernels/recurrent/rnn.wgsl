// A step of a plain recurrent layer (Elman 1990), all sums over inputs and hidden units done before by matrix products:
//
//   h' = f(p + q),   f = tanh or max(·, 0)      p = W x + b of this step, q = W' h + b' of the state before
//   dp = dq = dh' f',  which is 1 − h'², or whether h' > 0
//
// p: [steps, batch, hidden], q: [batch, hidden]; states: [steps + 1, batch, hidden]. Joined with recurrent.wgsl.

override RELU: bool = false;

@group(0) @binding(0) var<storage, read> q: array<f32>;
@group(0) @binding(1) var<storage, read> p: array<f32>;
@group(0) @binding(2) var<storage, read_write> states: array<f32>;

@group(0) @binding(0) var<storage, read> known_states: array<f32>;         // backward binds these four
@group(0) @binding(1) var<storage, read> d_states: array<f32>;
@group(0) @binding(2) var<storage, read> dh: array<f32>;                   // by way of q of the step behind; [batch, hidden]
@group(0) @binding(3) var<storage, read_write> dp: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let at = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (at >= params.n) { return; }
  let sum = p[params.step * params.n + at] + q[at];
  var h = 0.0;
  if (RELU) { h = select(sum, 0.0, sum < 0); } else { h = hyperbolic_tangent(sum); }     // NaN stays
  states[params.now * params.n + at] = h;
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let at = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (at >= params.n) { return; }
  let h = known_states[params.now * params.n + at];
  var d_h = d_states[params.now * params.n + at];
  if (params.last == 0) { d_h += dh[at]; }
  let slope = select(1 - h * h, select(1.0, 0.0, h <= 0), RELU);
  dp[params.step * params.n + at] = d_h * slope;
}
