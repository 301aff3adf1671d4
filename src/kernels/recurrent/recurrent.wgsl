// What the steps of recurrent layers share: their parameters, where a unit's gates are, σ and tanh.

override WORKGROUP: u32 = 64;

struct Params {
  n: u32,            // batch · hidden
  hidden: u32,
  rows: u32,         // of states, which are one more than steps
  step: u32,
  before: u32,       // row of the state that the step begins with …
  now: u32,          // … and of the one that it makes
  last: u32,         // backward: whether no step is behind it
}

@group(1) @binding(0) var<uniform> params: Params;

// Of the first of `count` gates of unit `at`, in [batch, count · hidden].
fn gate_place(at: u32, count: u32) -> u32 {
  let row = at / params.hidden;
  return row * count * params.hidden + at - row * params.hidden;
}

fn sigmoid(x: f32) -> f32 {
  let e = exp_of(-abs(x));                                  // cannot overflow
  return select(1.0, e, x < 0) / (1 + e);
}

fn hyperbolic_tangent(x: f32) -> f32 {
  let e = exp_of(-2 * abs(x));
  return sign(x) * (1 - e) / (1 + e);
}
