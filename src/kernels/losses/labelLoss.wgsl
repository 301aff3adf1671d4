// Losses of labels, or of soft labels, given logits x (cross-entropy) or log-probabilities x (negative log-likelihood),
// [batch, classes, inner…]: a row is the classes of one place, `inner` elements apart.
//
//   q[r, c]   = weight[c] · ((1 − smoothing) · target[r, c] + smoothing / classes),  target[r, c] = [c = label[r]]
//   forward, pick     losses[r] = Σ_c q[r, c] · −log p[r, c]                              (reduce sums them up)
//   backward, spread  dx[r, c] = (p[r, c] · Σ_c q[r, c] − q[r, c]) · scale · dy, of log-probabilities −q[r, c] · scale · dy
//   count             how much a row counts in a mean: weight[label[r]]
//
// log p = x − max − log Σ exp(x − max) in forward, which keeps each row's maximum, sum and Σ q for its gradient; x itself
// in pick. All are 0 in rows with the ignored label. dy is one number, or one a row where the losses are not reduced. A label
// that is no class gives NaN, in the loss and in its row of the gradient: a mistake shows. Joined with nan.wgsl.

override WORKGROUP: u32 = 64;
override EACH: bool = false;       // whether dy has a number for each row
override SOFT: bool = false;       // targets are probabilities [batch, classes, inner…], by their bits
override SMOOTH: bool = false;
override WEIGHTED: bool = false;

struct Params { rows: u32, classes: u32, inner: u32, ignored: u32, scale: f32, smoothing: f32 }
struct Row { largest: f32, sum: f32, total: f32 }

@group(0) @binding(0) var<storage, read> targets: array<u32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;
@group(0) @binding(4) var<storage, read_write> rows: array<Row>;
@group(0) @binding(2) var<storage, read_write> counts: array<f32>;         // count
@group(0) @binding(2) var<storage, read> dy: array<f32>;                   // spread and backward
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
@group(0) @binding(4) var<storage, read> known: array<Row>;                // backward
@group(0) @binding(5) var<storage, read> logits: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

/// Where the first class of a row is.
fn base_of(row: u32) -> u32 {
  let batch = row / params.inner;
  return batch * params.classes * params.inner + row - batch * params.inner;
}

fn weight_of(c: u32) -> f32 {
  if (WEIGHTED) { return weight[c]; }
  return 1;
}

fn q_of(row: u32, base: u32, c: u32) -> f32 {
  var target_ = 0.0;
  if (SOFT) { target_ = bitcast<f32>(targets[base + c * params.inner]); } else if (targets[row] == c) { target_ = 1; }
  if (SMOOTH) { target_ = (1 - params.smoothing) * target_ + params.smoothing / f32(params.classes); }
  return weight_of(c) * target_;
}

fn is_ignored(row: u32) -> bool { return !SOFT && targets[row] == params.ignored; }
fn is_wrong(row: u32) -> bool { return !SOFT && targets[row] >= params.classes; }

/// Σ_c q[row, c] · −log p, where log p = x − largest − log_sum. Of a label that is not smoothed one term is not 0.
fn loss_of(row: u32, largest: f32, log_sum: f32) -> f32 {
  if (is_ignored(row)) { return 0; }
  if (is_wrong(row)) { return nan(); }
  let base = base_of(row);
  if (!SOFT && !SMOOTH) {
    let label = targets[row];
    return weight_of(label) * (log_sum - (x[base + label * params.inner] - largest));
  }
  var loss = 0.0;
  for (var c = 0u; c < params.classes; c++) {
    let q = q_of(row, base, c);
    if (q != 0) { loss += q * (log_sum - (x[base + c * params.inner] - largest)); }   // 0 of what can not be, too
  }
  return loss;
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (row >= params.rows) { return; }
  let base = base_of(row);
  var largest = x[base];
  for (var c = 1u; c < params.classes; c++) { largest = max(largest, x[base + c * params.inner]); }
  var sum = 0.0;
  for (var c = 0u; c < params.classes; c++) { sum += exp_of(x[base + c * params.inner] - largest); }
  var total = 0.0;
  if (SOFT || SMOOTH) {
    for (var c = 0u; c < params.classes; c++) { total += q_of(row, base, c); }
  } else if (!is_wrong(row)) {
    total = weight_of(targets[row]);
  }
  rows[row] = Row(largest, sum, total);
  losses[row] = loss_of(row, largest, log_of(sum));
}

@compute @workgroup_size(WORKGROUP)
fn pick(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (row < params.rows) { losses[row] = loss_of(row, 0, 0); }
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.rows * params.classes) { return; }
  let plane = i / params.inner;
  let row = plane / params.classes * params.inner + i - plane * params.inner;
  if (is_ignored(row)) {
    dx[i] = 0;
  } else if (is_wrong(row)) {
    dx[i] = nan();
  } else {
    let probability = exp_of(logits[i] - known[row].largest) / known[row].sum;
    let slope = probability * known[row].total - q_of(row, base_of(row), plane % params.classes);
    dx[i] = slope * params.scale * dy[select(0u, row, EACH)];
  }
}

/// The same, a row an invocation, for CPU adapters: what a row has in common is loaded once.
@compute @workgroup_size(WORKGROUP)
fn backwardRows(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (row >= params.rows) { return; }
  let base = base_of(row);
  let found = known[row];
  let factor = params.scale * dy[select(0u, row, EACH)];
  let ignored = is_ignored(row);
  let wrong = is_wrong(row);
  for (var c = 0u; c < params.classes; c++) {
    let at = base + c * params.inner;
    let probability = exp_of(logits[at] - found.largest) / found.sum;
    let slope = (probability * found.total - q_of(row, base, c)) * factor;
    dx[at] = select(select(slope, nan(), wrong), 0.0, ignored);
  }
}

@compute @workgroup_size(WORKGROUP)
fn spread(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.rows * params.classes) { return; }
  let plane = i / params.inner;
  let row = plane / params.classes * params.inner + i - plane * params.inner;
  if (is_ignored(row)) {
    dx[i] = 0;
  } else if (is_wrong(row)) {
    dx[i] = nan();
  } else {
    dx[i] = -q_of(row, base_of(row), plane % params.classes) * params.scale * dy[select(0u, row, EACH)];
  }
}

@compute @workgroup_size(WORKGROUP)
fn count(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (row >= params.rows) { return; }
  if (is_ignored(row)) {
    counts[row] = 0;
  } else if (is_wrong(row)) {
    counts[row] = 1;
  } else {
    counts[row] = weight_of(targets[row]);
  }
}
