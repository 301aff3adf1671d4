// Connectionist temporal classification (Graves et al. 2006) of log-probabilities lp [times, samples, classes]: over all ways
// to read a sample's labels l₁ … l_S out of its first `length` times, blanks between and repeats within allowed. With the labels
// l' = blank, l₁, blank, …, l_S, blank (places s = 0 … 2 S), ⊕ being the logarithm of a sum of exponentials,
//
//   alpha[t, s] = (alpha[t−1, s] ⊕ alpha[t−1, s−1] ⊕ alpha[t−1, s−2]) + lp[t, l'_s]
//   beta[t, s]  = (beta[t+1, s] ⊕ beta[t+1, s+1] ⊕ beta[t+1, s+2]) + lp[t, l'_s]
//   loss        = −(alpha[length−1, 2 S] ⊕ alpha[length−1, 2 S − 1])
//   gradient    d lp[t, c] = (exp lp[t, c] − exp((⊕ over l'_s = c of alpha[t, s] + beta[t, s]) + loss − lp[t, c])) · scale · dy
//
// where the step over two is there only from a label to another one. The gradient is PyTorch's: that of log-probabilities
// which logSoftmax made, whose own gradient takes nothing off it. Times after the length, and what can not be read at all where
// ZERO_INFINITY, have none. A sample is a workgroup's, in alpha and beta, a time after the other. Joined with nan.wgsl.

const WORKGROUP = 64u;
const LOWEST = -3.0e38;            // the logarithm of 0

override ZERO_INFINITY: bool = false;
override EACH: bool = false;       // whether dy has a number for each sample
override MEAN: bool = false;       // whether each sample's loss is divided by how many labels it has

struct Params { times: u32, samples: u32, classes: u32, places: u32, blank: u32, scale: f32 }   // places: 2 S + 1, of the longest

@group(0) @binding(0) var<storage, read> lp: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> facts: array<vec3u>;      // a sample's first label, its labels and its times
@group(0) @binding(3) var<storage, read_write> table: array<f32>;  // alpha, or beta [samples, times, places]
@group(0) @binding(4) var<storage, read_write> losses: array<f32>;
@group(0) @binding(3) var<storage, read> alphas: array<f32>;       // gradient
@group(0) @binding(4) var<storage, read> betas: array<f32>;
@group(0) @binding(5) var<storage, read> known: array<f32>;
@group(0) @binding(6) var<storage, read> dy: array<f32>;
@group(0) @binding(7) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn add3(a: f32, b: f32, c: f32) -> f32 {
  let most = max(a, max(b, c));
  if (most <= LOWEST) { return LOWEST; }
  return most + log_of(exp_of(a - most) + exp_of(b - most) + exp_of(c - most));
}

/// l'_s of the sample whose labels begin at `first`.
fn label_at(first: u32, s: u32) -> u32 {
  if (s % 2 == 0) { return params.blank; }
  return labels[first + s / 2];
}

fn lp_at(n: u32, t: u32, c: u32) -> f32 {
  if (c >= params.classes) { return nan(); }
  return lp[(t * params.samples + n) * params.classes + c];
}

fn row_of(n: u32, t: u32) -> u32 { return (n * params.times + t) * params.places; }

@compute @workgroup_size(WORKGROUP)
fn alpha(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let n = wid.y * groups.x + wid.x;
  if (n >= params.samples) { return; }
  let first = facts[n].x;
  let places = 2 * facts[n].y + 1;
  let length = facts[n].z;
  for (var t = 0u; t < length; t++) {
    let before = row_of(n, t - 1);
    for (var s = lid; s < places; s += WORKGROUP) {
      let label = label_at(first, s);
      var sum = LOWEST;
      if (t == 0) {
        if (s < 2) { sum = 0; }
      } else {
        var one = LOWEST;
        var two = LOWEST;
        if (s > 0) { one = table[before + s - 1]; }
        if (s > 1 && s % 2 == 1 && label != label_at(first, s - 2)) { two = table[before + s - 2]; }
        sum = add3(table[before + s], one, two);
      }
      table[row_of(n, t) + s] = sum + lp_at(n, t, label);
    }
    storageBarrier();
  }
  if (lid > 0) { return; }
  var total = LOWEST;
  if (length > 0) {
    let end = row_of(n, length - 1) + places - 1;
    var other = LOWEST;
    if (places > 1) { other = table[end - 1]; }
    total = add3(table[end], other, LOWEST);
  } else if (places == 1) {
    total = 0;
  }
  losses[n] = -total;
  if (total <= LOWEST) {
    var bits = 0x7f800000u;      // infinity: a variable, as in nan.wgsl
    losses[n] = bitcast<f32>(bits);
  }
}

@compute @workgroup_size(WORKGROUP)
fn beta(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let n = wid.y * groups.x + wid.x;
  if (n >= params.samples) { return; }
  let first = facts[n].x;
  let places = 2 * facts[n].y + 1;
  let length = facts[n].z;
  for (var back = 0u; back < length; back++) {
    let t = length - 1 - back;
    let after = row_of(n, t + 1);
    for (var s = lid; s < places; s += WORKGROUP) {
      let label = label_at(first, s);
      var sum = LOWEST;
      if (back == 0) {
        if (s + 2 >= places) { sum = 0; }
      } else {
        var one = LOWEST;
        var two = LOWEST;
        if (s + 1 < places) { one = table[after + s + 1]; }
        if (s + 2 < places && s % 2 == 1 && label != label_at(first, s + 2)) { two = table[after + s + 2]; }
        sum = add3(table[after + s], one, two);
      }
      table[row_of(n, t) + s] = sum + lp_at(n, t, label);
    }
    storageBarrier();
  }
}

/// What becomes of the samples' losses before they are added up.
@compute @workgroup_size(WORKGROUP)
fn share(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let n = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (n >= params.samples) { return; }
  var loss = lp[n];                // here the losses
  if (ZERO_INFINITY && loss > 3.0e38) { loss = 0; }
  if (MEAN) { loss /= f32(max(facts[n].y, 1)); }
  table[n] = loss;
}

@compute @workgroup_size(WORKGROUP)
fn gradient(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.times * params.samples * params.classes) { return; }
  let c = i % params.classes;
  let n = i / params.classes % params.samples;
  let t = i / params.classes / params.samples;
  let loss = known[n];
  if (t >= facts[n].z || (ZERO_INFINITY && loss > 3.0e38)) {
    dx[i] = 0;
    return;
  }
  if (loss > 3.0e38) {
    dx[i] = nan();
    return;
  }
  let first = facts[n].x;
  let row = row_of(n, t);
  var sum = 0.0;
  for (var s = 0u; s < 2 * facts[n].y + 1; s++) {
    if (label_at(first, s) == c) { sum += exp_of(alphas[row + s] + betas[row + s] + loss - lp[i]); }
  }
  var share = params.scale * dy[select(0u, n, EACH)];
  if (MEAN) { share /= f32(max(facts[n].y, 1)); }
  dx[i] = (exp_of(lp[i]) - sum) * share;
}
