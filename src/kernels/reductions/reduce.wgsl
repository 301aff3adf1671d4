// Sums over some dimensions of an array:   out[s, o] = scale · Σ over r ≡ s (mod splits) of x[kept(o) + reduced(r)]
//
// One invocation an output and a split of the reduced elements; several splits' sums are summed by another launch.
// Whole numbers wrap around at 32 bits.
// `columns` sums the rows of matrices whose columns are a multiple of four, a vec4 of columns an invocation; `rows` sums runs of
// elements that follow each other, four at a time, where each begins at a multiple of four.
// Splitting keeps long float32 sums accurate (the error grows with the length of one chain of additions) and
// the adapter busy where outputs are few. Neighbouring splits read neighbouring elements.

override WORKGROUP: u32 = 64;

struct Params {
  outputs: u32, reduced: u32, keptRank: u32, reducedRank: u32,
  keptShape: array<vec4u, 2>,
  keptStrides: array<vec4u, 2>,
  reducedShape: array<vec4u, 2>,
  reducedStrides: array<vec4u, 2>,
  splits: u32, scale: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(0) var<storage, read> x4: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out4: array<vec4f>;
@group(0) @binding(0) var<storage, read> whole: array<u32>;          // int32, uint32 or bool: all are added alike
@group(0) @binding(1) var<storage, read_write> total: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn sum(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.outputs * params.splits) { return; }
  let split = i / params.outputs;
  let base = kept(i - split * params.outputs);
  let step = params.splits;
  var totals = vec4f(0);    // four chains: shorter, and independent of each other
  var r = split;
  for (; r + 3 * step < params.reduced; r += 4 * step) {
    totals += vec4f(
      x[base + reduced(r)],
      x[base + reduced(r + step)],
      x[base + reduced(r + 2 * step)],
      x[base + reduced(r + 3 * step)],
    );
  }
  for (; r < params.reduced; r += step) { totals.x += x[base + reduced(r)]; }
  out[i] = ((totals.x + totals.y) + (totals.z + totals.w)) * params.scale;
}

@compute @workgroup_size(WORKGROUP)
fn columns(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  let quads = params.outputs / 4;
  if (i >= quads * params.splits) { return; }
  let split = i / quads;
  let at = kept(4 * (i - split * quads)) / 4;
  let row = params.reducedStrides[0].x / 4;
  let step = params.splits;
  var totals = array<vec4f, 4>();
  var r = split;
  for (; r + 3 * step < params.reduced; r += 4 * step) {
    totals[0] += x4[at + r * row];
    totals[1] += x4[at + (r + step) * row];
    totals[2] += x4[at + (r + 2 * step) * row];
    totals[3] += x4[at + (r + 3 * step) * row];
  }
  for (; r < params.reduced; r += step) { totals[0] += x4[at + r * row]; }
  out4[i] = ((totals[0] + totals[1]) + (totals[2] + totals[3])) * params.scale;
}

@compute @workgroup_size(WORKGROUP)
fn rows(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.outputs * params.splits) { return; }
  let split = i / params.outputs;
  let at = kept(i - split * params.outputs) / 4;
  let quads = params.reduced / 4;
  let step = params.splits;
  var totals = array<vec4f, 2>();
  var r = split;
  for (; r + 3 * step < quads; r += 4 * step) {
    totals[0] += x4[at + r] + x4[at + r + step];
    totals[1] += x4[at + r + 2 * step] + x4[at + r + 3 * step];
  }
  for (; r < quads; r += step) { totals[0] += x4[at + r]; }
  let sums = totals[0] + totals[1];
  out[i] = ((sums.x + sums.y) + (sums.z + sums.w)) * params.scale;
}

@compute @workgroup_size(WORKGROUP)
fn sumWhole(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.outputs * params.splits) { return; }
  let split = i / params.outputs;
  let base = kept(i - split * params.outputs);
  var sum = 0u;
  for (var r = split; r < params.reduced; r += params.splits) { sum += whole[base + reduced(r)]; }
  total[i] = sum;
}
