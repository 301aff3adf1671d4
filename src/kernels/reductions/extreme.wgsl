// The largest (or smallest) element over some dimensions of an array, and which it is: the first of equals. A NaN
// beats every number, as in PyTorch. One invocation an output and a split of the reduced elements:
//
//   find     values[s, o], positions[s, o] = largest x[kept(o) + reduced(r)] over r ≡ s (mod splits), and its r
//   merge    values[o], positions[o] = the best of the splits'
//   count    counts[s, o] = how many of them are equal to the largest
//   share    dx[kept(o) + reduced(r)] = dy[o] / counts[o] where x is equal to the largest, else 0: the gradient

override SMALLEST: bool = false;
override KIND: u32 = 0;   // of the elements of find and merge: 0 float32, 1 int32, else uint32 or bool
override WORKGROUP: u32 = 64;

struct Params {
  outputs: u32, reduced: u32, keptRank: u32, reducedRank: u32,
  keptShape: array<vec4u, 2>,
  keptStrides: array<vec4u, 2>,
  reducedShape: array<vec4u, 2>,
  reducedStrides: array<vec4u, 2>,
  splits: u32,
}

@group(0) @binding(0) var<storage, read> elements: array<u32>;           // bit patterns; merge: the splits' values
@group(0) @binding(1) var<storage, read_write> values: array<u32>;
@group(0) @binding(0) var<storage, read> x: array<f32>;                  // count and share: the elements
@group(0) @binding(2) var<storage, read_write> positions: array<u32>;
@group(0) @binding(3) var<storage, read> found: array<u32>;              // merge: the splits' positions
@group(0) @binding(1) var<storage, read> largest: array<f32>;            // count and share bind these with x
@group(0) @binding(2) var<storage, read_write> out: array<f32>;          // count: counts; share: dx
@group(0) @binding(3) var<storage, read> counts: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn beats(p: u32, q: u32) -> bool {
  if (KIND == 0u) {
    let a = bitcast<f32>(p);
    let b = bitcast<f32>(q);
    if (is_nan(a) || is_nan(b)) { return !is_nan(b); }
    return select(a > b, a < b, SMALLEST);
  }
  if (KIND == 1u) { return select(bitcast<i32>(p) > bitcast<i32>(q), bitcast<i32>(p) < bitcast<i32>(q), SMALLEST); }
  return select(p > q, p < q, SMALLEST);
}

@compute @workgroup_size(WORKGROUP)
fn find(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.outputs * params.splits) { return; }
  let split = i / params.outputs;
  let base = kept(i - split * params.outputs);
  var position = split;
  var best = elements[base + reduced(split)];
  for (var r = split + params.splits; r < params.reduced; r += params.splits) {
    let value = elements[base + reduced(r)];
    if (beats(value, best)) { best = value; position = r; }
  }
  values[i] = best;
  positions[i] = position;
}

@compute @workgroup_size(WORKGROUP)
fn merge(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let o = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (o >= params.outputs) { return; }
  var position = found[o];
  var best = elements[o];
  for (var split = 1u; split < params.splits; split++) {
    let value = elements[split * params.outputs + o];
    let at = found[split * params.outputs + o];
    if (beats(value, best) || (!beats(best, value) && at < position)) { best = value; position = at; }
  }
  values[o] = best;
  positions[o] = position;
}

fn equal(a: f32, b: f32) -> bool { return a == b || (is_nan(a) && is_nan(b)); }

@compute @workgroup_size(WORKGROUP)
fn count(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.outputs * params.splits) { return; }
  let split = i / params.outputs;
  let o = i - split * params.outputs;
  let base = kept(o);
  var total = 0.0;
  for (var r = split; r < params.reduced; r += params.splits) {
    if (equal(x[base + reduced(r)], largest[o])) { total += 1; }
  }
  out[i] = total;
}

@compute @workgroup_size(WORKGROUP)
fn share(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.outputs * params.splits) { return; }
  let split = i / params.outputs;
  let o = i - split * params.outputs;
  let base = kept(o);
  let each = dy[o] / counts[o];
  for (var r = split; r < params.reduced; r += params.splits) {
    let at = base + reduced(r);
    out[at] = select(0.0, each, equal(x[at], largest[o]));
  }
}
