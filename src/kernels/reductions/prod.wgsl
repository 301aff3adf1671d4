// Products over some dimensions of an array, and their gradient, which is the product of the others:
//
//   dx[i] = dy · Π / x[i] where no element is 0; where one is, it alone gets dy · Π of the others; where more are, none does
//
// One invocation an output and a split of the reduced elements, as in reduce.wgsl:
//
//   multiply   out[s, o] = Π over r ≡ s (mod splits) of x, or with NONZERO of those x that are not 0
//   zeros      out[s, o] = how many of them are 0
//   share      dx, of the product of those that are not 0 and the number of zeros

override NONZERO: bool = false;
override WORKGROUP: u32 = 64;

struct Params {
  outputs: u32, reduced: u32, keptRank: u32, reducedRank: u32,
  keptShape: array<vec4u, 2>,
  keptStrides: array<vec4u, 2>,
  reducedShape: array<vec4u, 2>,
  reducedStrides: array<vec4u, 2>,
  splits: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> products: array<f32>;
@group(0) @binding(3) var<storage, read> counts: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

/// By its bits: a comparison with 0 may take it that there is no NaN.
fn is_zero(value: f32) -> bool { return (bitcast<u32>(value) & 0x7fffffffu) == 0u; }

@compute @workgroup_size(WORKGROUP)
fn multiply(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.outputs * params.splits) { return; }
  let split = i / params.outputs;
  let base = kept(i - split * params.outputs);
  var product = 1.0;
  for (var r = split; r < params.reduced; r += params.splits) {
    let value = x[base + reduced(r)];
    if (!NONZERO || !is_zero(value)) { product *= value; }
  }
  out[i] = product;
}

@compute @workgroup_size(WORKGROUP)
fn zeros(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.outputs * params.splits) { return; }
  let split = i / params.outputs;
  let base = kept(i - split * params.outputs);
  var count = 0.0;
  for (var r = split; r < params.reduced; r += params.splits) {
    if (is_zero(x[base + reduced(r)])) { count += 1.0; }
  }
  out[i] = count;
}

@compute @workgroup_size(WORKGROUP)
fn share(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.outputs * params.splits) { return; }
  let split = i / params.outputs;
  let o = i - split * params.outputs;
  let base = kept(o);
  let product = dy[o] * products[o];
  let endless = (bitcast<u32>(product) & 0x7fffffffu) >= 0x7f800000u;   // infinite, or not a number: times 0 it is none
  for (var r = split; r < params.reduced; r += params.splits) {
    let at = base + reduced(r);
    let value = x[at];
    if (counts[o] == 0.0) { out[at] = product / value; }
    else if (counts[o] == 1.0 && is_zero(value)) { out[at] = product; }
    else if (endless) { out[at] = nan(); }
    else { out[at] = 0.0; }
  }
}
