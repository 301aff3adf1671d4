// A step of a layer of long short-term memory (Hochreiter & Schmidhuber 1997; gates in PyTorch's order i, f, g, o), all
// sums over inputs and hidden units done before by matrix products:
//
//   i, f, o = σ(p + q),  g = tanh(p + q)      p = W x + b of this step, q = W' h + b' of the state before
//   c' = f c + i g,      h' = o tanh c'
//
//   backward, dh' and dc' being what comes from above and from the step behind:
//   dc' += dh' o (1 − tanh² c'),   do = dh' tanh c',   di = dc' g,   df = dc' c,   dg = dc' i,   dc = dc' f
//   and through σ and tanh to what they were taken of, which is d(p) and d(q) alike
//
// p, gates: [steps, batch, 4 · hidden], q: [batch, 4 · hidden]; states: h and then c, each [steps + 1, batch, hidden].
// Joined with recurrent.wgsl.

@group(0) @binding(0) var<storage, read> q: array<f32>;
@group(0) @binding(1) var<storage, read> p: array<f32>;
@group(0) @binding(2) var<storage, read_write> states: array<f32>;
@group(0) @binding(3) var<storage, read_write> gates: array<f32>;

@group(0) @binding(0) var<storage, read> known_states: array<f32>;         // backward binds these six
@group(0) @binding(1) var<storage, read> known_gates: array<f32>;
@group(0) @binding(2) var<storage, read> d_states: array<f32>;
@group(0) @binding(3) var<storage, read> dh: array<f32>;                   // by way of q of the step behind; [batch, hidden]
@group(0) @binding(4) var<storage, read_write> carried: array<f32>;        // dc of the step behind; [batch, hidden]
@group(0) @binding(5) var<storage, read_write> dp: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let at = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (at >= params.n) { return; }
  let local = gate_place(at, 4);
  let place = params.step * 4 * params.n + local;
  let H = params.hidden;
  let i = sigmoid(p[place] + q[local]);
  let f = sigmoid(p[place + H] + q[local + H]);
  let g = hyperbolic_tangent(p[place + 2 * H] + q[local + 2 * H]);
  let o = sigmoid(p[place + 3 * H] + q[local + 3 * H]);
  let c = f * states[(params.rows + params.before) * params.n + at] + i * g;
  states[(params.rows + params.now) * params.n + at] = c;
  states[params.now * params.n + at] = o * hyperbolic_tangent(c);
  gates[place] = i;
  gates[place + H] = f;
  gates[place + 2 * H] = g;
  gates[place + 3 * H] = o;
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let at = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (at >= params.n) { return; }
  let place = params.step * 4 * params.n + gate_place(at, 4);
  let H = params.hidden;
  let i = known_gates[place];
  let f = known_gates[place + H];
  let g = known_gates[place + 2 * H];
  let o = known_gates[place + 3 * H];
  let c_before = known_states[(params.rows + params.before) * params.n + at];
  let t = hyperbolic_tangent(known_states[(params.rows + params.now) * params.n + at]);
  var d_h = d_states[params.now * params.n + at];
  var d_c = d_states[(params.rows + params.now) * params.n + at];
  if (params.last == 0) { d_h += dh[at]; d_c += carried[at]; }
  d_c += d_h * o * (1 - t * t);
  carried[at] = d_c * f;
  dp[place] = d_c * g * i * (1 - i);
  dp[place + H] = d_c * c_before * f * (1 - f);
  dp[place + 2 * H] = d_c * i * (1 - g * g);
  dp[place + 3 * H] = d_h * t * o * (1 - o);
}
