// Batch normalisation of x [samples, channels, inner], each channel c on its own (S. Ioffe and C. Szegedy, "Batch
// Normalization", 2015):
//
//   x̂ = (x − μ) / √(σ² + eps),   y = weight[c] · x̂ + bias[c]
//
// Training: μ and σ² (biased) of the m = samples · inner elements of the channel in this batch. Evaluation: the
// running ones. Gradients (with b = Σ dy, w = Σ dy · x̂ over the channel):
//
//   dweight = w,  dbias = b,  dx = weight / √(σ² + eps) · (dy − (b + x̂ · w) / m)     the last term in training only
//
// With RELU, max(y, 0) takes y's place, and dy counts where y, computed again, is above 0.
//
// Sums over a channel are split among invocations (partial…) and put together in a second launch (merge…). Moments
// are never taken as E[x²] − E[x]²: elements are measured from the channel's first one, so that a large mean does
// not swallow the digits of a small deviation; each split takes its own mean before its squares; and splits are
// merged by their means (T. F. Chan, G. H. Golub and R. J. LeVeque, 1979).
//
// Elements are walked one at a time, or four (unroll.ts writes the one program or the other): `inner` counts in those.

//: for once in 0..1 - VECTORS
alias Elements = f32;
fn first_of(v: Elements) -> f32 { return v; }
fn sum_of(v: Elements) -> f32 { return v; }
fn are_nan(v: Elements) -> bool { return is_nan(v); }
//: end
//: for once in 0..VECTORS
alias Elements = vec4f;
fn first_of(v: Elements) -> f32 { return v.x; }
fn sum_of(v: Elements) -> f32 { return (v.x + v.y) + (v.z + v.w); }
fn are_nan(v: Elements) -> vec4<bool> { return is_nan4(v); }
//: end
const WIDTH: u32 = ${1 + 3 * VECTORS};

override WORKGROUP: u32 = 64;
override TRAINING: bool = true;
override WEIGHT: bool = true;         // whether there is a weight, and a bias
override BIAS: bool = true;
override RELU: bool = false;

struct Params {
  samples: u32, channels: u32, inner: u32,
  splitsOuter: u32, splitsInner: u32,    // a channel's elements are split by sample, and by place within a sample
  eps: f32, momentum: f32,
}

/// What normalising a channel takes: x̂ = ((x − pivot) − mean) · scale.
struct Channel { pivot: f32, mean: f32, scale: f32, variance: f32 }

@group(1) @binding(0) var<uniform> params: Params;

/// What one split found: of x, its mean (from the pivot) and Σ (x − mean)²; of the gradients, Σ dy · x̂ and Σ dy.
struct Part { a: f32, b: f32 }

/// The channel of invocation i, and where its split begins: it goes on in steps of splitsOuter and splitsInner.
struct Split { channel: u32, sample: u32, place: u32 }

fn split_of(i: u32) -> Split {
  let row = i / params.splitsInner;
  let sample = row / params.channels;
  return Split(row - sample * params.channels, sample, i - row * params.splitsInner);
}

/// Elements of the split that begins there.
fn count_of(sample: u32, place: u32) -> u32 {
  let rows = (params.samples - sample + params.splitsOuter - 1) / params.splitsOuter;
  return rows * ((params.inner - place + params.splitsInner - 1) / params.splitsInner) * WIDTH;
}

// ---- partialMoments and mergeMoments: the batch's mean and variance

@group(0) @binding(0) var<storage, read> x: array<Elements>;
@group(0) @binding(1) var<storage, read_write> parts: array<Part>;

@compute @workgroup_size(WORKGROUP)
fn partialMoments(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.channels * params.splitsOuter * params.splitsInner) { return; }
  let split = split_of(i);
  let pivot = first_of(x[split.channel * params.inner]);
  var mean = Elements(0);
  var squares = Elements(0);
  var count = 0.0;
  for (var n = split.sample; n < params.samples; n += params.splitsOuter) {
    let base = (n * params.channels + split.channel) * params.inner;
    for (var s = split.place; s < params.inner; s += params.splitsInner) {
      let value = x[base + s] - pivot;
      let deviation = value - mean;
      count += 1;
      mean += deviation * (1 / count);
      squares += deviation * (value - mean);
    }
  }
  // Where elements are four, each of them has gone by a mean of its own.
  let all = sum_of(mean) / f32(WIDTH);
  parts[i] = Part(all, sum_of(squares + count * (mean - all) * (mean - all)));
}

@group(0) @binding(1) var<storage, read> found: array<Part>;
@group(0) @binding(2) var<storage, read_write> channels: array<Channel>;

@compute @workgroup_size(WORKGROUP)
fn mergeMoments(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let c = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (c >= params.channels) { return; }
  let m = f32(params.samples * params.inner * WIDTH);
  var mean = 0.0;
  for (var n = 0u; n < params.splitsOuter; n++) {
    for (var s = 0u; s < params.splitsInner; s++) {
      mean += f32(count_of(n, s)) * found[(n * params.channels + c) * params.splitsInner + s].a;
    }
  }
  mean /= m;
  var squares = 0.0;
  for (var n = 0u; n < params.splitsOuter; n++) {
    for (var s = 0u; s < params.splitsInner; s++) {
      let part = found[(n * params.channels + c) * params.splitsInner + s];
      squares += part.b + f32(count_of(n, s)) * (part.a - mean) * (part.a - mean);
    }
  }
  let variance = squares / m;
  channels[c] = Channel(first_of(x[c * params.inner]), mean, 1 / sqrt(variance + params.eps), variance);
}

// ---- the running statistics: updated in training (PyTorch's rule, with the unbiased variance), used in evaluation

@group(0) @binding(0) var<storage, read> batch: array<Channel>;
@group(0) @binding(1) var<storage, read_write> runningMean: array<f32>;
@group(0) @binding(2) var<storage, read_write> runningVar: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn updateRunning(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let c = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (c >= params.channels) { return; }
  let m = f32(params.samples * params.inner * WIDTH);
  let mean = batch[c].pivot + batch[c].mean;
  let variance = batch[c].variance * (m / (m - 1));
  runningMean[c] = (1 - params.momentum) * runningMean[c] + params.momentum * mean;
  runningVar[c] = (1 - params.momentum) * runningVar[c] + params.momentum * variance;
}

@group(0) @binding(0) var<storage, read> knownMean: array<f32>;
@group(0) @binding(1) var<storage, read> knownVar: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn fromRunning(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let c = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (c >= params.channels) { return; }
  channels[c] = Channel(knownMean[c], 0, 1 / sqrt(knownVar[c] + params.eps), knownVar[c]);
}

// ---- y

@group(0) @binding(1) var<storage, read_write> y: array<Elements>;
@group(0) @binding(2) var<storage, read> known: array<Channel>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> weight: array<f32>;

fn normalized(value: Elements, channel: Channel) -> Elements { return ((value - channel.pivot) - channel.mean) * channel.scale; }

fn weight_of(c: u32) -> f32 {
  if (WEIGHT) { return weight[c]; }
  return 1;
}

fn bias_of(c: u32) -> f32 {
  if (BIAS) { return bias[c]; }
  return 0;
}

fn rectified(y: Elements) -> Elements {
  if (!RELU) { return y; }
  return select(y, Elements(0), (y < Elements(0)) & !are_nan(y));
}

@compute @workgroup_size(WORKGROUP)
fn normalize(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.channels * params.splitsOuter * params.splitsInner) { return; }
  let split = split_of(i);
  let channel = known[split.channel];
  let w = weight_of(split.channel);
  let b = bias_of(split.channel);
  for (var n = split.sample; n < params.samples; n += params.splitsOuter) {
    let base = (n * params.channels + split.channel) * params.inner;
    for (var s = split.place; s < params.inner; s += params.splitsInner) {
      y[base + s] = rectified(normalized(x[base + s], channel) * w + b);
    }
  }
}

// ---- partialGradients and mergeGradients: Σ dy · x̂ and Σ dy; then dx

@group(0) @binding(3) var<storage, read> dy: array<Elements>;
@group(0) @binding(5) var<storage, read> shift: array<f32>;    // the bias again

fn shift_of(c: u32) -> f32 {
  if (BIAS) { return shift[c]; }
  return 0;
}

/// The gradient of y, from that of max(y, 0).
fn let_through(dy: Elements, y: Elements) -> Elements {
  if (!RELU) { return dy; }
  return select(Elements(0), dy, (y > Elements(0)) | are_nan(y));
}

@compute @workgroup_size(WORKGROUP)
fn partialGradients(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.channels * params.splitsOuter * params.splitsInner) { return; }
  let split = split_of(i);
  let channel = known[split.channel];
  let w = weight_of(split.channel);
  let b = shift_of(split.channel);
  var sumDyX = Elements(0);
  var sumDy = Elements(0);
  for (var n = split.sample; n < params.samples; n += params.splitsOuter) {
    let base = (n * params.channels + split.channel) * params.inner;
    for (var s = split.place; s < params.inner; s += params.splitsInner) {
      let value = normalized(x[base + s], channel);
      let g = let_through(dy[base + s], value * w + b);
      sumDyX += g * value;
      sumDy += g;
    }
  }
  parts[i] = Part(sum_of(sumDyX), sum_of(sumDy));
}

@group(0) @binding(0) var<storage, read> sums: array<Part>;
@group(0) @binding(1) var<storage, read_write> dWeight: array<f32>;
@group(0) @binding(2) var<storage, read_write> dBias: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn mergeGradients(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let c = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (c >= params.channels) { return; }
  var total = Part(0, 0);
  for (var n = 0u; n < params.splitsOuter; n++) {
    for (var s = 0u; s < params.splitsInner; s++) {
      let part = sums[(n * params.channels + c) * params.splitsInner + s];
      total.a += part.a;
      total.b += part.b;
    }
  }
  dWeight[c] = total.a;
  dBias[c] = total.b;
}

@group(0) @binding(1) var<storage, read_write> dx: array<Elements>;
@group(0) @binding(6) var<storage, read> dyX: array<f32>;      // dweight
@group(0) @binding(7) var<storage, read> dyAlone: array<f32>;  // dbias

@compute @workgroup_size(WORKGROUP)
fn gradient(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.channels * params.splitsOuter * params.splitsInner) { return; }
  let split = split_of(i);
  let c = split.channel;
  let channel = known[c];
  let m = f32(params.samples * params.inner * WIDTH);
  var meanDy = 0.0;
  var meanDyX = 0.0;
  if (TRAINING) { meanDy = dyAlone[c] / m; meanDyX = dyX[c] / m; }
  let w = weight_of(c);
  let b = shift_of(c);
  let scale = channel.scale * w;
  for (var n = split.sample; n < params.samples; n += params.splitsOuter) {
    let base = (n * params.channels + c) * params.inner;
    for (var s = split.place; s < params.inner; s += params.splitsInner) {
      let value = normalized(x[base + s], channel);
      dx[base + s] = scale * (let_through(dy[base + s], value * w + b) - (meanDy + value * meanDyX));
    }
  }
}
