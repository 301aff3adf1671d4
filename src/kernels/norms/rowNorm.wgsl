// Normalisation of rows: x as [samples, groups, n], each row of n elements on its own, and then each channel's weight and
// bias. The n elements of a row are those of n / inner channels, one after the other. Layer norm (J. L. Ba, J. R. Kiros
// and G. E. Hinton, 2016) has one group and inner = 1, group norm (Y. Wu and K. He, 2018) the pixels of a channel as inner:
//
//   x̂ = (x − μ) · s,   s = 1 / √(σ² + eps),   y = weight[c] · x̂ + bias[c]          μ, σ² (biased): of the row
//
// Root mean square norm (B. Zhang and R. Sennrich, 2019; CENTRED false) leaves μ out: s = 1 / √(mean(x²) + eps).
// Gradients, with g = weight[c] · dy and means over the row, the first of which RMS norm leaves out, too:
//
//   dx = s · (g − mean(g) − x̂ · mean(g · x̂)),   dweight[c] = Σ dy · x̂,   dbias[c] = Σ dy     over a channel's elements
//
// LANES invocations share a row: one where rows are many or short, a workgroup where they are few and long. Elements are
// measured from the row's first one, so that a large mean does not swallow the digits of a small deviation.

override WORKGROUP: u32 = 64;
override LANES: u32 = 1;              // divides WORKGROUP; a power of two
override CENTRED: bool = true;
override WEIGHT: bool = true;         // whether there is a weight, and a bias
override BIAS: bool = true;
override ADD: bool = false;           // whether dx is added to what is there

struct Params {
  samples: u32, groups: u32, n: u32, inner: u32,
  stepChannels: u32, stepInner: u32,     // LANES elements on: so many channels, and so many of a channel's elements
  splitsOuter: u32, splitsInner: u32,    // a channel's elements are split by sample, and by place within a sample
  each: u32,                             // rows of a workgroup, in rowNormTiles.wgsl
  sumGroups: u32, every: u32,            // each so many'th workgroup makes dweight and dbias, until these have; the others dx
  eps: f32,
}

/// What normalising a row takes: x̂ = ((x − pivot) − mean) · scale, its first element being the pivot. RMS norm: x · scale.
struct Row { mean: f32, scale: f32 }

@group(1) @binding(0) var<uniform> params: Params;

var<workgroup> shares: array<vec2f, WORKGROUP>;

/// The sum over the invocations that share a row.
fn over_lanes(share: vec2f, lid: u32) -> vec2f {
  if (LANES == 1) { return share; }
  shares[lid] = share;
  for (var step = LANES / 2; step > 0; step /= 2) {
    workgroupBarrier();
    if (lid % LANES < step) { shares[lid] += shares[lid + step]; }
  }
  workgroupBarrier();
  let total = shares[lid - lid % LANES];
  workgroupBarrier();
  return total;
}

/// An element of a row on the way of one of its invocations: its place, its channel within the group, its place in that.
struct Walk { j: u32, channel: u32, s: u32 }

fn begin(lane: u32) -> Walk { return Walk(lane, lane / params.inner, lane % params.inner); }

fn next(at: Walk) -> Walk {
  var to = Walk(at.j + LANES, at.channel + params.stepChannels, at.s + params.stepInner);
  if (to.s >= params.inner) { to.s -= params.inner; to.channel++; }
  return to;
}

// ---- forward: y, and what the gradient needs of each row

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> rows: array<Row>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;

fn weight_of(c: u32) -> f32 {
  if (WEIGHT) { return weight[c]; }
  return 1;
}

fn bias_of(c: u32) -> f32 {
  if (BIAS) { return bias[c]; }
  return 0;
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = (wid.y * groups.x + wid.x) * (WORKGROUP / LANES) + lid / LANES;
  let lane = lid % LANES;
  let there = row < params.samples * params.groups;
  let end = select(0u, params.n, there);          // invocations without a row wait for the others
  let base = select(0u, row * params.n, there);
  let count = f32(params.n);
  var pivot = 0.0;
  var mean = 0.0;
  if (CENTRED) {
    pivot = x[base];
    var sum = 0.0;
    for (var j = lane; j < end; j += LANES) { sum += x[base + j] - pivot; }
    mean = over_lanes(vec2f(sum, 0), lid).x / count;
  }
  var squares = 0.0;
  for (var j = lane; j < end; j += LANES) {
    let deviation = (x[base + j] - pivot) - mean;
    squares += deviation * deviation;
  }
  let scale = 1 / sqrt(over_lanes(vec2f(squares, 0), lid).x / count + params.eps);
  if (there && lane == 0) { rows[row] = Row(mean, scale); }
  let first = row % params.groups * (params.n / params.inner);
  for (var at = begin(lane); at.j < end; at = next(at)) {
    let c = first + at.channel;
    y[base + at.j] = ((x[base + at.j] - pivot) - mean) * scale * weight_of(c) + bias_of(c);
  }
}

// ---- gradient: dx

@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> known: array<Row>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn gradient(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = (wid.y * groups.x + wid.x) * (WORKGROUP / LANES) + lid / LANES;
  let lane = lid % LANES;
  let there = row < params.samples * params.groups;
  let end = select(0u, params.n, there);
  let base = select(0u, row * params.n, there);
  let first = row % params.groups * (params.n / params.inner);
  let found = known[select(0u, row, there)];
  let pivot = select(0.0, x[base], CENTRED);
  var sums = vec2f(0);
  for (var at = begin(lane); at.j < end; at = next(at)) {
    let g = dy[base + at.j] * weight_of(first + at.channel);
    sums += vec2f(g, g * (((x[base + at.j] - pivot) - found.mean) * found.scale));
  }
  let means = over_lanes(sums, lid) / f32(params.n);
  let meanG = select(0.0, means.x, CENTRED);
  for (var at = begin(lane); at.j < end; at = next(at)) {
    let g = dy[base + at.j] * weight_of(first + at.channel);
    let normalized = ((x[base + at.j] - pivot) - found.mean) * found.scale;
    let d = found.scale * (g - (meanG + normalized * means.y));
    if (ADD) { dx[base + at.j] += d; } else { dx[base + at.j] = d; }
  }
}

// ---- the same for rows of one invocation each whose channels are single elements, four at a time: a CPU adapter's loops cost
// ---- more than what they compute, and its loads, but for those from textures (TEXTURES; see unroll.ts)

//: for only in TEXTURES..1
@group(0) @binding(0) var<storage, read> x4: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy4: array<vec4f>;
@group(0) @binding(3) var<storage, read> weight4: array<vec4f>;
@group(0) @binding(4) var<storage, read> bias4: array<vec4f>;
fn x4_at(i: u32) -> vec4f { return x4[i]; }
fn dy4_at(i: u32) -> vec4f { return dy4[i]; }
fn weight4_at(i: u32) -> vec4f { return weight4[i]; }
fn bias4_at(i: u32) -> vec4f { return bias4[i]; }
//: end
//: for only in 0..TEXTURES
@group(0) @binding(0) var x4: texture_storage_2d<rgba32float, read>;
@group(0) @binding(1) var dy4: texture_storage_2d<rgba32float, read>;
@group(0) @binding(3) var weight4: texture_storage_2d<rgba32float, read>;
@group(0) @binding(4) var bias4: texture_storage_2d<rgba32float, read>;
fn x4_at(i: u32) -> vec4f { return textureLoad(x4, texel(i)); }   // see shared/texel.wgsl
fn dy4_at(i: u32) -> vec4f { return textureLoad(dy4, texel(i)); }
fn weight4_at(i: u32) -> vec4f { return textureLoad(weight4, texel(i)); }
fn bias4_at(i: u32) -> vec4f { return textureLoad(bias4, texel(i)); }
//: end
@group(0) @binding(1) var<storage, read_write> y4: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dx4: array<vec4f>;

fn sum_of(v: vec4f) -> f32 { return (v.x + v.y) + (v.z + v.w); }

fn weight4_of(j: u32) -> vec4f {
  if (WEIGHT) { return weight4_at(j); }
  return vec4f(1);
}

@compute @workgroup_size(WORKGROUP)
fn forwardFours(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (row >= params.samples) { return; }
  let n4 = params.n / 4;
  let base = row * n4;
  let count = f32(params.n);
  var pivot = 0.0;
  var mean = 0.0;
  if (CENTRED) {
    pivot = x4_at(base).x;
    var sum = vec4f(0);
    for (var j = 0u; j < n4; j++) { sum += x4_at(base + j) - pivot; }
    mean = sum_of(sum) / count;
  }
  var squares = vec4f(0);
  for (var j = 0u; j < n4; j++) {
    let deviation = (x4_at(base + j) - pivot) - mean;
    squares += deviation * deviation;
  }
  let scale = 1 / sqrt(sum_of(squares) / count + params.eps);
  rows[row] = Row(mean, scale);
  for (var j = 0u; j < n4; j++) {
    var out = ((x4_at(base + j) - pivot) - mean) * scale * weight4_of(j);
    if (BIAS) { out += bias4_at(j); }
    y4[base + j] = out;
  }
}

fn gradient_of_row(row: u32) {
  if (row >= params.samples) { return; }
  let n4 = params.n / 4;
  let base = row * n4;
  let found = known[row];
  let pivot = select(0.0, x4_at(base).x, CENTRED);
  var sumG = vec4f(0);
  var sumGX = vec4f(0);
  for (var j = 0u; j < n4; j++) {
    let g = dy4_at(base + j) * weight4_of(j);
    sumG += g;
    sumGX += g * (((x4_at(base + j) - pivot) - found.mean) * found.scale);
  }
  let meanG = select(0.0, sum_of(sumG) / f32(params.n), CENTRED);
  let meanGX = sum_of(sumGX) / f32(params.n);
  for (var j = 0u; j < n4; j++) {
    let g = dy4_at(base + j) * weight4_of(j);
    let normalized = ((x4_at(base + j) - pivot) - found.mean) * found.scale;
    var d = found.scale * (g - (meanG + normalized * meanGX));
    if (ADD) { d += dx4[base + j]; }
    dx4[base + j] = d;
  }
}

@group(0) @binding(5) var<storage, read_write> dWeight4: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dBias4: array<vec4f>;

fn totals_of_four(c: u32) {
  let n4 = params.n / 4;
  if (c >= n4) { return; }
  var ofWeight = vec4f(0);
  var ofBias = vec4f(0);
  for (var i = 0u; i < params.samples; i++) {
    let found = known[i];
    let pivot = select(0.0, x4_at(i * n4).x, CENTRED);
    let d = dy4_at(i * n4 + c);
    ofWeight += d * (((x4_at(i * n4 + c) - pivot) - found.mean) * found.scale);
    ofBias += d;
  }
  dWeight4[c] = ofWeight;
  dBias4[c] = ofBias;
}

@compute @workgroup_size(WORKGROUP)
fn gradientFours(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  gradient_of_row((wid.y * groups.x + wid.x) * WORKGROUP + lid);
}

@compute @workgroup_size(WORKGROUP)
fn totalFours(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  totals_of_four((wid.y * groups.x + wid.x) * WORKGROUP + lid);
}

/// Both, in a launch: neither asks for the other. Sums take longer than rows, and a CPU's threads have a run of workgroups each,
/// so they stand apart.
@compute @workgroup_size(WORKGROUP)
fn allFours(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let group = wid.y * groups.x + wid.x;
  let sums = group / params.every;
  if (group % params.every == 0 && sums < params.sumGroups) { totals_of_four(sums * WORKGROUP + lid); }
  else { gradient_of_row((group - min(sums + 1, params.sumGroups)) * WORKGROUP + lid); }
}

// ---- dweight and dbias: total where channels are many, else in two steps: partial, and merge

/// Σ dy · x̂ and Σ dy over the elements of channel c from that sample and that place on, in steps of the splits.
fn sums_of(c: u32, sample: u32, place: u32) -> vec2f {
  let channels = params.n / params.inner;
  let group = c / channels;
  var sums = vec2f(0);
  for (var i = sample; i < params.samples; i += params.splitsOuter) {
    let row = i * params.groups + group;
    let found = known[row];
    let pivot = select(0.0, x[row * params.n], CENTRED);
    let base = row * params.n + (c - group * channels) * params.inner;
    for (var s = place; s < params.inner; s += params.splitsInner) {
      let d = dy[base + s];
      sums += vec2f(d * (((x[base + s] - pivot) - found.mean) * found.scale), d);
    }
  }
  return sums;
}

@group(0) @binding(3) var<storage, read_write> dWeight: array<f32>;
@group(0) @binding(4) var<storage, read_write> dBias: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn total(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let c = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (c >= params.groups * (params.n / params.inner)) { return; }
  let sums = sums_of(c, 0, 0);
  dWeight[c] = sums.x;
  dBias[c] = sums.y;
}

@group(0) @binding(3) var<storage, read_write> parts: array<vec2f>;   // [splitsOuter, channels, splitsInner]

@compute @workgroup_size(WORKGROUP)
fn partial(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  let channels = params.groups * (params.n / params.inner);
  if (i >= params.splitsOuter * channels * params.splitsInner) { return; }
  let row = i / params.splitsInner;
  parts[i] = sums_of(row % channels, row / channels, i % params.splitsInner);
}

@group(0) @binding(0) var<storage, read> partials: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> mergedWeight: array<f32>;
@group(0) @binding(2) var<storage, read_write> mergedBias: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn merge(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let c = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  let channels = params.groups * (params.n / params.inner);
  if (c >= channels) { return; }
  var sums = vec2f(0);
  for (var n = 0u; n < params.splitsOuter; n++) {
    for (var s = 0u; s < params.splitsInner; s++) { sums += partials[(n * channels + c) * params.splitsInner + s]; }
  }
  mergedWeight[c] = sums.x;
  mergedBias[c] = sums.y;
}
