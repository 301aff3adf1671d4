// Cross-entropy of labels, given logits [rows, classes]: log-softmax and negative log-likelihood in one.
//
//   forward   losses[r] = log Σ exp(x[r] − max) − (x[r, label[r]] − max)          (reduce sums them up)
//   backward  dx[r, c] = (exp(x[r, c] − max) / Σ exp(x[r] − max) − [c = label[r]]) · scale · dy
//
// Both are 0 in rows with the ignored label. dy is one number, or one a row where the losses are not reduced.
// forward keeps each row's maximum and sum. A label that is no class gives NaN, in the loss and in its row of the
// gradient: a mistake shows. Joined with nan.wgsl.

override WORKGROUP: u32 = 64;
override EACH: bool = false;       // backward: whether dy has a number for each row

struct Params { rows: u32, classes: u32, ignored: u32, scale: f32 }
struct Row { largest: f32, sum: f32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> losses: array<f32>;
@group(0) @binding(3) var<storage, read_write> rows: array<Row>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;             // backward binds these three
@group(0) @binding(3) var<storage, read> known: array<Row>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (row >= params.rows) { return; }
  let base = row * params.classes;
  var largest = x[base];
  for (var c = 1u; c < params.classes; c++) { largest = max(largest, x[base + c]); }
  var sum = 0.0;
  for (var c = 0u; c < params.classes; c++) { sum += exp(x[base + c] - largest); }
  rows[row] = Row(largest, sum);
  if (labels[row] == params.ignored) {
    losses[row] = 0;
  } else if (labels[row] < params.classes) {
    losses[row] = log(sum) - (x[base + labels[row]] - largest);
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
    let probability = exp(x[i] - known[row].largest) / known[row].sum;
    dx[i] = (probability - select(0.0, 1.0, i - row * params.classes == label)) * params.scale * dy[select(0u, row, EACH)];
  } else {
    dx[i] = nan();
  }
}
