// Losses of each element x against its target t, d = x − t, by PyTorch's definitions; p is the loss's own number:
//
//   MSE              d²
//   L1               |d|
//   SMOOTH_L1        d² / 2p where |d| < p, else |d| − p/2
//   HUBER            d² / 2 where |d| < p, else p (|d| − p/2)
//   BCE              −t max(ln x, −100) − (1 − t) max(ln(1 − x), −100); not a number where x is no probability
//   BCE_LOGITS       (1 − t) x + (1 + (w − 1) t) ln(1 + e⁻ˣ), with w = 1, or the weight of a positive target
//   POISSON          eˣ − t x
//   POISSON_RATE     x − t ln(x + p)
//   SOFT_MARGIN      ln(1 + e^(−t x))
//   HINGE_EMBEDDING  x where t is 1, max(0, p − x) where it is −1 (and both added where it is neither)
//
// forward gives the terms (reduce sums them up), backward dx = slope · scale · dy, or that of t with TARGET. dy is one number,
// or one an element where the terms are not reduced. Joined with nan.wgsl.

const MSE = 0u; const L1 = 1u; const SMOOTH_L1 = 2u; const HUBER = 3u; const BCE = 4u; const BCE_LOGITS = 5u;
const POISSON = 6u; const POISSON_RATE = 7u; const SOFT_MARGIN = 8u; const HINGE_EMBEDDING = 9u;

override WORKGROUP: u32 = 64;
override KIND: u32 = 0;
override EACH: bool = false;       // backward: whether dy has a number for each element
override TARGET: bool = false;     // backward: whether the gradient is the target's
override WEIGHTED: bool = false;   // whether positive targets have weights

struct Params { n: u32, weights: u32, p: f32, scale: f32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;       // the last dimensions' own, repeated
@group(0) @binding(3) var<storage, read_write> result: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

/// ln(1 + e) for e > −1, also where 1 + e forgets some of it (Kahan).
fn log_one_plus(e: f32) -> f32 {
  let u = 1 + e;
  if (u == 1) { return e; }
  return log(u) * (e / (u - 1));
}

/// ln(1 + eˣ)
fn softplus(v: f32) -> f32 {
  if (is_nan(v)) { return v; }
  return max(v, 0) + log_one_plus(exp_of(-abs(v)));
}

fn sigmoid(v: f32) -> f32 {
  let e = exp_of(-abs(v));
  return select(e, 1.0, v >= 0) / (1 + e);
}

fn is_probability(v: f32) -> bool { return !is_nan(v) && v >= 0 && v <= 1; }
fn clamped_log(v: f32) -> f32 { if (v == 0) { return -100; } return max(log(v), -100); }
fn log_of_rest(v: f32) -> f32 { if (v == 1) { return -100; } return max(log_one_plus(-v), -100); }

fn loss(v: f32, t: f32, w: f32) -> f32 {
  let d = v - t;
  switch (KIND) {
    case MSE: { return d * d; }
    case L1: { return abs(d); }
    case SMOOTH_L1: {
      if (abs(d) < params.p) { return 0.5 * d * d / params.p; }
      return abs(d) - 0.5 * params.p;
    }
    case HUBER: {
      if (abs(d) < params.p) { return 0.5 * d * d; }
      return params.p * (abs(d) - 0.5 * params.p);
    }
    case BCE: {
      if (!is_probability(v)) { return nan(); }
      return -t * clamped_log(v) - (1 - t) * log_of_rest(v);
    }
    case BCE_LOGITS: { return (1 - t) * v + (1 + (w - 1) * t) * softplus(-v); }
    case POISSON: { return exp_of(v) - t * v; }
    case POISSON_RATE: { return v - t * log_of(v + params.p); }
    case SOFT_MARGIN: { return softplus(-t * v); }
    default: {
      let pulled = select(v, 0.0, t == -1);
      if (t == 1) { return pulled; }
      return pulled + positive(params.p - v);
    }
  }
}

/// max(0, v), not a number where v is not.
fn positive(v: f32) -> f32 { if (is_nan(v)) { return v; } return max(v, 0); }

fn sign_of(d: f32) -> f32 { if (is_nan(d)) { return d; } return sign(d); }

fn slope(v: f32, t: f32, w: f32) -> f32 {
  let d = v - t;
  switch (KIND) {
    case MSE: { return 2 * d; }
    case L1: { return sign_of(d); }
    case SMOOTH_L1: {
      if (abs(d) < params.p) { return d / params.p; }
      return sign_of(d);
    }
    case HUBER: {
      if (abs(d) < params.p) { return d; }
      return params.p * sign_of(d);
    }
    case BCE: { return d / max((1 - v) * v, 1e-12); }
    case BCE_LOGITS: { return (1 - t) - (1 + (w - 1) * t) * sigmoid(-v); }
    case POISSON: { return exp_of(v) - t; }
    case POISSON_RATE: { return 1 - t / (v + params.p); }
    case SOFT_MARGIN: { return -t * sigmoid(-t * v); }
    default: {
      let pulled = select(1.0, 0.0, t == -1);
      if (t == 1) { return pulled; }
      return pulled - select(0.0, 1.0, v < params.p);
    }
  }
}

/// The target's: where it is not that of x turned round.
fn target_slope(v: f32, t: f32, w: f32) -> f32 {
  switch (KIND) {
    case BCE: {
      if (!is_probability(v)) { return nan(); }
      return log_of_rest(v) - clamped_log(v);
    }
    case BCE_LOGITS: { return (w - 1) * softplus(-v) - v; }
    case POISSON: { return -v; }
    case POISSON_RATE: { return -log_of(v + params.p); }
    case SOFT_MARGIN: { return -v * sigmoid(-t * v); }
    case HINGE_EMBEDDING: { return 0; }
    default: { return -slope(v, t, w); }
  }
}

fn weight_of(i: u32) -> f32 {
  if (WEIGHTED) { return weight[i % params.weights]; }
  return 1;
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i < params.n) { result[i] = loss(x[i], targets[i], weight_of(i)); }
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let g = params.scale * dy[select(0u, i, EACH)];
  if (TARGET) {
    result[i] = target_slope(x[i], targets[i], weight_of(i)) * g;
  } else {
    result[i] = slope(x[i], targets[i], weight_of(i)) * g;
  }
}
