// Softmax and log-softmax (see softmax.wgsl) of rows that lie together and are long, or few of them: a workgroup has a row, so that
// neighbours read what lies next to each other. Joined with nan.wgsl.

override WORKGROUP: u32 = 64;         // a power of two
override LOG: bool = false;

struct Params { rows: u32, n: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;            // backward: y
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

var<workgroup> shares: array<f32, WORKGROUP>;

/// The largest of all invocations' shares where `largest` says so, else their sum.
fn over_workgroup(share: f32, largest: bool, lid: u32) -> f32 {
  shares[lid] = share;
  for (var step = WORKGROUP / 2; step > 0; step /= 2) {
    workgroupBarrier();
    if (lid < step) { shares[lid] = select(shares[lid] + shares[lid + step], max(shares[lid], shares[lid + step]), largest); }
  }
  workgroupBarrier();
  let total = shares[0];
  workgroupBarrier();
  return total;
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = wid.y * groups.x + wid.x;
  if (row >= params.rows) { return; }
  let base = row * params.n;
  let end = base + params.n;
  var largest = minus_infinity();
  for (var at = base + lid; at < end; at += WORKGROUP) { largest = max(largest, x[at]); }
  largest = over_workgroup(largest, true, lid);
  var sum = 0.0;
  for (var at = base + lid; at < end; at += WORKGROUP) { sum += exp_of(x[at] - largest); }
  sum = over_workgroup(sum, false, lid);
  let logSum = log_of(sum);
  for (var to = base + lid; to < end; to += WORKGROUP) {
    let shifted = x[to] - largest;
    if (LOG) { out[to] = shifted - logSum; } else { out[to] = exp_of(shifted) / sum; }
  }
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = wid.y * groups.x + wid.x;
  if (row >= params.rows) { return; }
  let base = row * params.n;
  let end = base + params.n;
  var sum = 0.0;
  for (var at = base + lid; at < end; at += WORKGROUP) {
    if (LOG) { sum += dy[at]; } else { sum += x[at] * dy[at]; }
  }
  sum = over_workgroup(sum, false, lid);
  for (var to = base + lid; to < end; to += WORKGROUP) {
    if (LOG) { out[to] = dy[to] - exp_of(x[to]) * sum; } else { out[to] = x[to] * (dy[to] - sum); }
  }
}
