// Negative log-likelihood of labels, given log-probabilities [rows, classes]:
//
//   pick      losses[r] = −logProbabilities[r, label[r]], 0 where the label is the ignored one     (reduce sums them up)
//   backward  d[r, c] = −scale · dy where c is the row's label, which is not ignored, else 0
//
// dy is one number, or one a row where the losses are not reduced. A label that is no class gives NaN, in the loss and in its row of the gradient: a mistake shows. Joined with nan.wgsl.

override WORKGROUP: u32 = 64;
override EACH: bool = false;       // backward: whether dy has a number for each row

struct Params { rows: u32, classes: u32, ignored: u32, scale: f32 }

@group(0) @binding(0) var<storage, read> logProbabilities: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> losses: array<f32>;
@group(0) @binding(0) var<storage, read> dy: array<f32>;                 // backward
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn pick(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (row >= params.rows) { return; }
  if (labels[row] == params.ignored) {
    losses[row] = 0;
  } else if (labels[row] < params.classes) {
    losses[row] = -logProbabilities[row * params.classes + labels[row]];
  } else {
    losses[row] = nan();
  }
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.rows * params.classes) { return; }
  let row = i / params.classes;
  let label = labels[row];
  if (label == params.ignored) {
    dx[i] = 0;
  } else if (label < params.classes) {
    dx[i] = select(0.0, -params.scale * dy[select(0u, row, EACH)], i - row * params.classes == label);
  } else {
    dx[i] = nan();
  }
}
