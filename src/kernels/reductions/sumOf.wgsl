// Sums of a function of each element over some dimensions, and functions of such sums:
//
//   variance    y = scale · Σ (x − c)²       c the mean        dx = 2 · scale · (x − c) · dy
//   std         y = √(scale · Σ (x − c)²)    c the mean        dx = scale · (x − c) / y · dy, 0 where y is 0
//   norm        y = √Σ x²                                      dx = x / y · dy, 0 where y is 0
//   logsumexp   y = c + ln Σ exp(x − c)      c the largest     dx = exp(x − y) · dy
//
// Where the largest is infinite c is 0. One invocation an output and a split of the reduced elements, as in reduce.wgsl:
//
//   add        parts[s, o] = the sum over r ≡ s (mod splits)
//   finish     y[o] of the parts' sum
//   gradient   dx

override FUNCTION: u32 = 0;
override WORKGROUP: u32 = 64;

const VARIANCE = 0u;
const STD = 1u;
const NORM = 2u;
const LOGSUMEXP = 3u;

struct Params {
  outputs: u32, reduced: u32, keptRank: u32, reducedRank: u32,
  keptShape: array<vec4u, 2>,
  keptStrides: array<vec4u, 2>,
  reducedShape: array<vec4u, 2>,
  reducedStrides: array<vec4u, 2>,
  splits: u32, scale: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;                // finish: the sums of the parts
@group(0) @binding(1) var<storage, read> centres: array<f32>;          // norm has none, and reads none
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<storage, read> y: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn centre(o: u32) -> f32 {
  if (FUNCTION == NORM) { return 0.0; }
  let c = centres[o];
  let infinite = (bitcast<u32>(c) & 0x7fffffffu) == 0x7f800000u;
  return select(c, 0.0, FUNCTION == LOGSUMEXP && infinite);
}

@compute @workgroup_size(WORKGROUP)
fn add(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.outputs * params.splits) { return; }
  let split = i / params.outputs;
  let o = i - split * params.outputs;
  let base = kept(o);
  let c = centre(o);
  var total = 0.0;
  for (var r = split; r < params.reduced; r += params.splits) {
    let difference = x[base + reduced(r)] - c;
    if (FUNCTION == LOGSUMEXP) { total += exp_of(difference); } else { total += difference * difference; }
  }
  out[i] = total;
}

@compute @workgroup_size(WORKGROUP)
fn finish(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let o = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (o >= params.outputs) { return; }
  if (FUNCTION == LOGSUMEXP) { out[o] = centre(o) + log_of(x[o]); }
  else if (FUNCTION == VARIANCE) { out[o] = params.scale * x[o]; }
  else { out[o] = sqrt(params.scale * x[o]); }
}

@compute @workgroup_size(WORKGROUP)
fn gradient(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.outputs * params.splits) { return; }
  let split = i / params.outputs;
  let o = i - split * params.outputs;
  let base = kept(o);
  let c = centre(o);
  var factor = dy[o];
  if (FUNCTION == VARIANCE) { factor *= 2.0 * params.scale; }
  else if (FUNCTION != LOGSUMEXP) { factor = select(factor * params.scale / y[o], 0.0, y[o] == 0.0); }
  for (var r = split; r < params.reduced; r += params.splits) {
    let at = base + reduced(r);
    if (FUNCTION == LOGSUMEXP) { out[at] = factor * exp_of(x[at] - y[o]); } else { out[at] = factor * (x[at] - c); }
  }
}
