// Rows at their own full scale.
//
//   peaks  out[row, part] = max over part, part + parts, … of |x[row, t]|
//   scale  out[row, t] = x[row, t] / peak[row],   0 where the peak is 0
//
// Not-a-number is larger than any number. Joined to nan.wgsl.
//
// Each workgroup walks along one row of the output: row z · ROWS + y of the launch, in steps of a row of workgroups.

override WORKGROUP: u32 = 64;
const ROWS = 65535u;    // that one dimension of a launch can hold

struct Params { rows: u32, length: u32, samples: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;             // [.., samples]
@group(0) @binding(1) var<storage, read_write> out: array<f32>;     // [rows, length]
@group(0) @binding(2) var<storage, read> peak: array<f32>;          // scale: [rows]
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn peaks(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.z * ROWS + id.y;
  if (row >= params.rows) { return; }
  var most = 0.0;
  for (var t = id.x; t < params.samples; t += groups.x * WORKGROUP) {
    let value = abs(x[row * params.samples + t]);
    if (is_nan(value) || value > most) { most = value; }
    if (is_nan(most)) { break; }
  }
  out[row * params.length + id.x] = most;         // length: the number of parts
}

@compute @workgroup_size(WORKGROUP)
fn scale(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.z * ROWS + id.y;
  if (row >= params.rows) { return; }
  let most = peak[row];
  for (var t = id.x; t < params.length; t += groups.x * WORKGROUP) {
    out[row * params.length + t] = select(x[row * params.length + t] / most, 0.0, most == 0);
  }
}
